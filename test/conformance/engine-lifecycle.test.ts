import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeRequest, Frame } from '../../src/codec/wire/index.ts';
import type { FakePeer } from '../sim/fake-peer.ts';
import { disk } from '../sim/sim-disk.ts';
import { testTorrent } from '../sim/test-torrent.ts';
import { onStage, type Stage, type StageOptions } from './engine-stage.ts';
import { metadataPeer } from './extension-peer.ts';
import { honestSeed, seed } from './scripted-seed.ts';

const PIECE = 65_536;
/** Four files of four, three, two and one piece; none shares a piece with another. */
const content = { files: [4 * PIECE, 3 * PIECE, 2 * PIECE, PIECE] };
const leeching: StageOptions = { content };
const seeding: StageOptions = { content, has: 'everything' };

const askedPieces = (peer: FakePeer): number[] => {
  const pieces = peer.received.flatMap((message) => (message.type === 'request' ? [message.piece] : []));
  return [...new Set(pieces)].sort((a, b) => a - b);
};
const requestCount = (peer: FakePeer): number => peer.received.filter(({ type }) => type === 'request').length;
const doneFiles = (stage: Stage): number[] =>
  stage.torrent
    .files()
    .filter(({ done, length }) => done === length)
    .map(({ index }) => index);

/** Spoils the first byte of a file on the session's disk. */
function spoilFile(stage: Stage, index: number): void {
  const path = ['/downloads', ...(stage.geometry.files[index]?.path ?? [])].join('/');
  const bytes = stage.member.files.files.get(path) as Uint8Array;
  bytes[0] = (bytes[0] as number) ^ 0xff;
}

// ---- selection

test('only the selected files are asked for', () =>
  onStage({ ...leeching, torrent: { select: [1, 3] } }, async (stage) => {
    const peer = await honestSeed(stage);
    await stage.untilState('seeding');
    assert.deepEqual(askedPieces(peer), [4, 5, 6, 9]);
    const { wantedSize, wantedDone, piecesHave } = stage.torrent.status();
    assert.deepEqual([wantedSize, wantedDone, piecesHave], [4 * PIECE, 4 * PIECE, 4]);
  }));

test('a torrent of which nothing is selected waits as a seed of nothing', () =>
  onStage({ ...leeching, torrent: { select: [] } }, async (stage) => {
    const peer = await honestSeed(stage);
    await stage.clock.sleep(2000);
    assert.equal(stage.torrent.state.kind, 'seeding');
    assert.equal(requestCount(peer), 0);
  }));

test('more files may be selected when the first are there', () =>
  onStage({ ...leeching, torrent: { select: [3] } }, async (stage) => {
    await honestSeed(stage);
    await stage.untilState('seeding');
    await stage.torrent.wishes.select([0, 3]);
    await honestSeed(stage);
    await stage.until(() => doneFiles(stage).length === 2);
    assert.deepEqual(doneFiles(stage), [0, 3]);
    await stage.untilState('seeding');
  }));

test('more files may be selected while others are downloaded', () =>
  onStage({ ...leeching, torrent: { select: [0] } }, async (stage) => {
    await honestSeed(stage, { up: 50_000 });
    await stage.until(() => stage.torrent.status().piecesHave > 0);
    await stage.torrent.wishes.select([0, 2]);
    await stage.untilState('seeding');
    assert.deepEqual(doneFiles(stage), [0, 2]);
  }));

test('a file that is no longer selected is no longer asked for', () =>
  onStage(leeching, async (stage) => {
    const peer = await honestSeed(stage, { up: 20_000 });
    await stage.until(() => requestCount(peer) > 0);
    await stage.torrent.wishes.select([3]);
    await stage.clock.sleep(2000);
    const before = requestCount(peer);
    await stage.untilState('seeding');
    const later = peer.received.filter(({ type }) => type === 'request').slice(before);
    assert.ok(later.every((message) => message.type === 'request' && message.piece === 9));
    assert.ok(doneFiles(stage).includes(3));
  }));

test('what was begun of files that are no longer selected gives its memory to others', () =>
  onStage({ ...leeching, pieceBudget: 2 * PIECE }, async (stage) => {
    // The first peer begins as many pieces as memory allows, all of the first file, and brings no more.
    const silent = await honestSeed(stage, { pieces: [0, 1, 2, 3], answer: () => null });
    await stage.until(() => requestCount(silent) >= 8);
    await stage.torrent.wishes.select([1, 2, 3]);
    stage.keepAlive(silent);
    await honestSeed(stage, { pieces: [4, 5, 6, 7, 8, 9] });
    await stage.untilState('seeding', 20_000);
    assert.deepEqual(doneFiles(stage), [1, 2, 3]);
  }));

test('deselecting all that is missing ends the download', () =>
  onStage(leeching, async (stage) => {
    await honestSeed(stage, { pieces: [4, 5, 6] });
    await stage.until(() => doneFiles(stage).includes(1));
    await stage.torrent.wishes.select([1]);
    assert.equal(stage.torrent.state.kind, 'seeding');
  }));

test('a file of higher priority comes first', () =>
  onStage(
    {
      ...leeching,
      torrent: {
        priorities: new Map([
          [2, 7],
          [1, 1],
        ]),
      },
    },
    async (stage) => {
      const order: number[] = [];
      stage.torrent.events.on('piece', (piece) => void order.push(piece));
      await honestSeed(stage, { up: 200_000 });
      await stage.untilState('seeding');
      assert.deepEqual(order.slice(0, 2).sort(), [7, 8]);
      assert.deepEqual(order.slice(-3).sort(), [4, 5, 6]);
    },
  ));

test('a priority may be changed while the torrent runs', () =>
  onStage(leeching, async (stage) => {
    const order: number[] = [];
    stage.torrent.events.on('piece', (piece) => void order.push(piece));
    await stage.torrent.wishes.setPriority(3, 7);
    await honestSeed(stage, { up: 100_000 });
    await stage.untilState('seeding');
    assert.equal(order[0], 9);
  }));

test('a seed whose connection has ended when nothing more was wanted is dialed at once when more is wanted', () =>
  onStage(leeching, async (stage) => {
    await stage.torrent.wishes.select([3]);
    const listener = await stage.listen(stage.host());
    stage.torrent.addPeers([listener.address]);
    const serve = async (): Promise<FakePeer> => {
      const peer = await listener.next();
      peer.handshake(stage.infoHash, {}, 's');
      await peer.expectHandshake();
      return peer;
    };
    const peer = await serve();
    seed(stage, peer);
    await stage.untilState('seeding');
    peer.close();
    await stage.clock.sleep(2000);
    const begun = stage.clock.now();
    await stage.torrent.wishes.setPriority(2, 4);
    await serve();
    assert.ok(stage.clock.now() - begun <= 2000, `dialed after ${stage.clock.now() - begun} ms`);
  }));

test('sequential mode brings the pieces in order, also after a pause', () =>
  onStage(leeching, async (stage) => {
    stage.torrent.wishes.setSequential(true);
    const order: number[] = [];
    stage.torrent.events.on('piece', (piece) => void order.push(piece));
    await honestSeed(stage, { up: 100_000 });
    await stage.until(() => order.length >= 3);
    await stage.torrent.life.pause();
    stage.torrent.life.start();
    await stage.untilState('downloading');
    await honestSeed(stage, { up: 100_000 });
    await stage.untilState('seeding');
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  }));

test('a file that does not exist cannot be selected', () =>
  onStage(leeching, async (stage) => {
    await assert.rejects(stage.torrent.wishes.select([0, 4]), { code: 'ENGINE_BAD_FILE_INDEX' });
    await assert.rejects(stage.torrent.wishes.setPriority(-1, 3), { code: 'ENGINE_BAD_FILE_INDEX' });
  }));

test('files of a magnet link can be selected when its metadata has come, not before', () =>
  onStage({ content, isMagnet: true }, async (stage) => {
    await assert.rejects(stage.torrent.wishes.select([3]), { code: 'ENGINE_NO_METADATA' });
    let selecting: Promise<void> | undefined;
    stage.torrent.events.on('metadata', () => void (selecting = stage.torrent.wishes.select([3])));
    await metadataPeer(stage, stage.content.metainfo.info.raw);
    await stage.until(() => selecting !== undefined);
    await selecting;
    const peer = await honestSeed(stage);
    await stage.untilState('seeding');
    assert.deepEqual(askedPieces(peer), [9]);
  }));

test('a selection given with a magnet link holds once the metadata has come', () =>
  onStage({ content, isMagnet: true, torrent: { select: [2] } }, async (stage) => {
    await metadataPeer(stage, stage.content.metainfo.info.raw);
    const peer = await honestSeed(stage);
    await stage.untilState('seeding');
    assert.deepEqual(askedPieces(peer), [7, 8]);
  }));

// ---- pause, resume, recheck, removal

test('a pause closes all connections and asks for nothing more; a resume goes on with what is there', () =>
  onStage(leeching, async (stage) => {
    const first = await honestSeed(stage, { up: 100_000 });
    await stage.until(() => stage.torrent.status().piecesHave >= 4);
    await stage.torrent.life.pause();
    assert.equal(stage.torrent.state.kind, 'paused');
    assert.equal(stage.torrent.status().peersConnected, 0);
    await first.expectClose();
    const had = stage.torrent.status().piecesHave;
    await stage.clock.sleep(600_000);
    stage.torrent.life.start();
    await stage.untilState('downloading');
    const second = await honestSeed(stage);
    await stage.untilState('seeding');
    assert.ok(askedPieces(second).length <= 10 - had);
    await stage.swarm.assertBitExact();
  }));

test('a piece that was being written when the torrent was paused is not fetched again', () =>
  onStage({ ...leeching, disk: disk().slow({ seek: 2000 }) }, async (stage) => {
    const first = await honestSeed(stage, { pieces: [5] });
    await stage.until(() => requestCount(first) === 4);
    await stage.clock.sleep(500);
    const pausing = stage.torrent.life.pause();
    stage.torrent.life.start();
    await pausing;
    await stage.until(() => stage.torrent.status().piecesHave === 1, 5000);
    const second = await honestSeed(stage);
    await stage.untilState('seeding');
    assert.deepEqual(askedPieces(second), [0, 1, 2, 3, 4, 6, 7, 8, 9]);
    await stage.swarm.assertBitExact();
  }));

test('a seed that is paused and resumed serves again', () =>
  onStage(seeding, async (stage) => {
    await stage.torrent.life.pause();
    stage.torrent.life.start();
    await stage.untilState('seeding');
    const peer = await stage.peer();
    peer.send(Frame.interested);
    await peer.expect('unchoke');
    peer.send(encodeRequest(stage.block(0, 0)));
    await peer.expect('piece');
  }));

test('starting a torrent that runs changes nothing', () =>
  onStage(leeching, async (stage) => {
    const peer = await honestSeed(stage, { up: 50_000 });
    await stage.until(() => stage.torrent.status().piecesHave > 0);
    stage.torrent.life.start();
    stage.torrent.life.start();
    await stage.untilState('seeding');
    assert.equal(requestCount(peer), 40, 'each block was asked for once');
  }));

test('a removed torrent cannot be started again', () =>
  onStage(leeching, async (stage) => {
    await stage.member.session.remove(stage.torrent);
    assert.throws(() => stage.torrent.life.start(), { code: 'ENGINE_CLOSED' });
    assert.equal(stage.torrent.state.kind, 'closed');
  }));

test('a torrent cannot be added twice, but again after its removal', () =>
  onStage(seeding, async (stage) => {
    assert.throws(() => stage.add(stage.content), { code: 'ENGINE_DUPLICATE' });
    await stage.member.session.remove(stage.torrent);
    const again = stage.add(stage.content);
    await again.untilState('seeding');
  }));

test('removal with its data deletes the data, without it keeps it', () =>
  onStage(seeding, async (stage) => {
    await stage.member.session.remove(stage.torrent);
    assert.equal(stage.member.files.files.size, 4);
    const again = stage.add(stage.content);
    await again.untilState('seeding');
    await stage.member.session.remove(again.torrent, { deleteData: true });
    assert.equal(stage.member.files.files.size, 0);
  }));

test('data on the disk that nobody vouches for is hashed, good pieces are kept, bad ones fetched', () =>
  onStage(seeding, async (stage) => {
    await stage.member.session.remove(stage.torrent);
    stage.member.files.journals.clear();
    spoilFile(stage, 1);
    const again = stage.add(stage.content);
    await again.untilState('downloading');
    assert.ok(again.states.includes('checking'));
    assert.equal(again.torrent.status().piecesHave, 9);
    const peer = await honestSeed(again);
    await again.untilState('seeding');
    assert.deepEqual(askedPieces(peer), [4]);
  }));

test('a recheck finds what has been spoiled on the disk, and it is fetched again', () =>
  onStage(seeding, async (stage) => {
    spoilFile(stage, 0);
    spoilFile(stage, 3);
    await stage.torrent.life.recheck();
    await stage.untilState('downloading');
    assert.equal(stage.torrent.status().piecesHave, 8);
    const peer = await honestSeed(stage);
    await stage.untilState('seeding');
    assert.deepEqual(askedPieces(peer), [0, 9]);
    await stage.swarm.assertBitExact();
  }));

test('a recheck is done once, not again after each pause', () =>
  onStage(seeding, async (stage) => {
    let checked = 0;
    stage.torrent.events.on('state', (state) => {
      if (state.kind === 'checking') checked = Math.max(checked, state.done);
    });
    await stage.torrent.life.recheck();
    await stage.untilState('seeding');
    assert.equal(checked, 10);
    checked = 0;
    await stage.torrent.life.pause();
    stage.torrent.life.start();
    await stage.untilState('seeding');
    assert.equal(checked, 0);
  }));

test('a check that a pause interrupts is taken up again', () =>
  onStage({ ...seeding, disk: disk().slow({ seek: 1000 }) }, async (stage) => {
    await stage.member.session.remove(stage.torrent);
    stage.member.files.journals.clear();
    const again = stage.add(stage.content);
    await again.until(() => again.torrent.state.kind === 'checking');
    await stage.clock.sleep(3500);
    await again.torrent.life.pause();
    again.torrent.life.start();
    await again.untilState('seeding');
    assert.equal(again.torrent.status().piecesHave, 10);
    assert.equal(again.torrent.status().downloaded, 0);
  }));

test('a torrent that is removed while its data is opened lets go of it', () =>
  onStage(seeding, async (stage) => {
    let open = 0;
    const other = testTorrent({ files: [100_000], seed: 2 });
    const original = stage.storages.open;
    stage.storages.open = async (geometry, options) => {
      await stage.clock.sleep(1000);
      const opened = await original(geometry, options);
      open++;
      const { close } = opened;
      opened.close = () => (open--, close.call(opened));
      return opened;
    };
    const added = stage.add(other);
    await stage.clock.sleep(500);
    await stage.member.session.remove(added.torrent);
    await stage.clock.sleep(2000);
    assert.equal(open, 0);
    assert.equal(added.torrent.state.kind, 'closed');
  }));

test('a closed session leaves no timer behind', () =>
  onStage(leeching, async (stage) => {
    await honestSeed(stage, { up: 20_000 });
    await stage.clock.sleep(2000);
    await stage.member.session.close();
    await stage.clock.sleep(600_000);
    const { fired } = stage.clock;
    await stage.clock.sleep(3_600_000);
    assert.ok(stage.clock.fired - fired < 5, `${stage.clock.fired - fired} timers fired`);
  }));

// ---- storage failures

test('a full disk stops the torrent with the code of the storage while another torrent goes on', () =>
  onStage({ ...seeding, disk: disk().full(2 * PIECE) }, async (stage) => {
    const peer = await stage.peer();
    const other = stage.add(testTorrent({ files: [300_000], seed: 2 }));
    await other.untilState('downloading');
    await honestSeed(other);
    await other.untilState('failed');
    const { state } = other.torrent;
    assert.ok(state.kind === 'failed');
    assert.equal(state.error.code, 'STORAGE_NO_SPACE');
    assert.deepEqual([other.torrent.status().peersConnected, other.torrent.status().piecesHave], [0, 2]);
    peer.send(Frame.interested);
    await peer.expect('unchoke');
    peer.send(encodeRequest(stage.block(0, 0)));
    await peer.expect('piece');
    assert.equal(stage.torrent.state.kind, 'seeding');
  }));

test('a torrent that found its disk full goes on where it was once there is room', () =>
  onStage({ ...leeching, disk: disk().full(5 * PIECE, { freedAfter: 60_000 }) }, async (stage) => {
    await honestSeed(stage);
    await stage.untilState('failed');
    const had = stage.torrent.status().piecesHave;
    assert.equal(had, 5);
    stage.torrent.life.start();
    await stage.untilState('downloading');
    await honestSeed(stage);
    await stage.untilState('failed');
    await stage.clock.sleep(60_000);
    stage.torrent.life.start();
    await stage.untilState('downloading');
    const peer = await honestSeed(stage);
    await stage.untilState('seeding');
    assert.equal(askedPieces(peer).length, 5);
    await stage.swarm.assertBitExact();
  }));

test('a disk that cannot be read stops the seed, and the request is rejected', () =>
  onStage({ ...seeding, disk: disk().readErrors(1) }, async (stage) => {
    const peer = await stage.peer({ fast: true });
    peer.send(Frame.interested);
    await peer.expect('unchoke');
    peer.send(encodeRequest(stage.block(0, 0)));
    await stage.untilState('failed');
    const { state } = stage.torrent;
    assert.ok(state.kind === 'failed');
    assert.equal(state.error.code, 'STORAGE_READ_FAILED');
  }));

test('data that cannot be opened stops the torrent, and a start tries again', () =>
  onStage(leeching, async (stage) => {
    let isBroken = true;
    const original = stage.storages.open;
    stage.storages.open = async (geometry, options) => {
      if (isBroken) throw new Error('the folder is gone');
      return original(geometry, options);
    };
    const other = stage.add(testTorrent({ files: [100_000], seed: 2 }));
    await other.untilState('failed');
    const { state } = other.torrent;
    assert.ok(state.kind === 'failed');
    assert.equal(state.error.code, 'ENGINE_STORAGE_FAILED');
    assert.equal(stage.torrent.state.kind, 'downloading');
    isBroken = false;
    other.torrent.life.start();
    await other.untilState('downloading');
    await honestSeed(other);
    await other.untilState('seeding');
  }));

test('a slow disk holds the peers back instead of filling memory', () =>
  onStage(
    { content: { files: [4_000_000] }, pieceBudget: 8 * PIECE, disk: disk().slow({ rate: 100_000 }) },
    async (stage) => {
      await honestSeed(stage);
      await stage.clock.sleep(5000);
      const { downloaded, piecesHave } = stage.torrent.status();
      assert.ok(downloaded <= (piecesHave + 12) * PIECE, `${downloaded} bytes came, ${piecesHave} pieces are stored`);
      await stage.untilState('seeding', 120_000);
      await stage.swarm.assertBitExact();
    },
  ));
