/** Where a torrent's data lies, and what becomes of the torrent when the data is gone for a while. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeRequest, Frame } from '../../src/codec/wire/index.ts';
import type { FakePeer } from '../sim/fake-peer.ts';
import { disk } from '../sim/sim-disk.ts';
import { onStage, type Stage, type StageOptions } from './engine-stage.ts';
import { metadataPeer } from './extension-peer.ts';
import { honestSeed } from './scripted-seed.ts';

const PIECE = 65_536;
/** Four files of four, three, two and one piece; none shares a piece with another. */
const content = { files: [4 * PIECE, 3 * PIECE, 2 * PIECE, PIECE] };
const leeching: StageOptions = { content };
const seeding: StageOptions = { content, has: 'everything' };

const askedPieces = (peer: FakePeer): number[] => {
  const pieces = peer.received.flatMap((message) => (message.type === 'request' ? [message.piece] : []));
  return [...new Set(pieces)].sort((a, b) => a - b);
};
const pathsOn = (stage: Stage): string[] => [...stage.member.files.files.keys()].sort();

/** Takes the torrent out of the session and adds it again. */
async function again(stage: Stage, options: Parameters<Stage['add']>[1]): Promise<Stage> {
  await stage.member.session.remove(stage.torrent);
  return stage.add(stage.content, options);
}

/** Takes all files from the session's disk; returns what puts them back. */
function unplug({ member: { files } }: Stage): () => void {
  const before = [...files.files];
  files.files.clear();
  return () => {
    for (const [path, bytes] of before) files.files.set(path, bytes);
  };
}

const kinds = (stage: Stage): string[] => [...new Set(stage.states)];

// ---- added and not started

test('a torrent that is added paused tells what is there and does nothing', () =>
  onStage({ content, has: [0, 1, 2, 3, 9] }, async (first) => {
    const stage = await again(first, { isPaused: true });
    await stage.torrent.data.idle();
    await stage.clock.sleep(60_000);
    assert.deepEqual(kinds(stage), ['paused']);
    const { piecesHave, done, wantedDone, checked } = stage.torrent.status();
    assert.deepEqual([piecesHave, done, wantedDone, checked], [5, 5 * PIECE, 5 * PIECE, 1]);
    assert.deepEqual(
      stage.torrent.files().map((file) => file.done / PIECE),
      [4, 0, 0, 1],
    );
    assert.deepEqual([...(stage.torrent.pieces()?.have ?? [])], [0, 1, 2, 3, 9]);
    assert.deepEqual(stage.torrent.status().sources, []);
    await assert.rejects(stage.peer(), 'it takes no peers');
    stage.torrent.life.start();
    await honestSeed(stage);
    await stage.untilState('seeding');
  }));

test('what nobody vouches for is hashed when the torrent is started, not before', () =>
  onStage(seeding, async (first) => {
    first.member.files.journals.clear();
    const stage = await again(first, { isPaused: true });
    await stage.torrent.data.idle();
    assert.equal(stage.torrent.status().piecesHave, 0);
    stage.torrent.life.start();
    await stage.untilState('seeding');
    assert.deepEqual(kinds(stage), ['paused', 'checking', 'seeding']);
    assert.equal(stage.torrent.status().piecesHave, 10);
  }));

test('a magnet link that is added paused asks nobody', () =>
  onStage(leeching, async (first) => {
    await first.member.session.remove(first.torrent);
    const stage = first.add(first.content, { isPaused: true }, true);
    await stage.clock.sleep(1000);
    assert.equal(stage.torrent.state.kind, 'paused');
    stage.torrent.life.start();
    assert.equal(stage.torrent.state.kind, 'fetching-metadata');
  }));

test('data that is trusted is not hashed', () =>
  onStage(seeding, async (first) => {
    first.member.files.journals.clear();
    const stage = await again(first, { trustsData: true });
    const checked: number[] = [];
    stage.torrent.events.on('state', (state) => void (state.kind === 'checking' && checked.push(state.total)));
    await stage.untilState('seeding');
    assert.ok(checked.every((total) => total === 0));
    await stage.swarm.assertBitExact();
  }));

test('a paused torrent that is checked rests again afterwards', () =>
  onStage(seeding, async (stage) => {
    await stage.torrent.life.pause();
    const [path] = pathsOn(stage);
    stage.member.files.files.get(path as string)?.fill(0);
    stage.states.length = 0;
    await stage.torrent.life.recheck();
    await stage.untilState('paused');
    assert.deepEqual(kinds(stage), ['paused', 'checking']);
    assert.equal(stage.torrent.status().piecesHave, 6);
    await stage.clock.sleep(60_000);
    assert.equal(stage.torrent.state.kind, 'paused');
  }));

test('a torrent that is started while it is checked goes on', () =>
  onStage(seeding, async (stage) => {
    await stage.torrent.life.pause();
    await stage.torrent.life.recheck();
    stage.torrent.life.start();
    await stage.untilState('seeding');
  }));

// ---- places

test('a torrent moves while it seeds, and tells how far it is', () =>
  onStage(seeding, async (stage) => {
    const steps: number[][] = [];
    await stage.torrent.relocation.move('/other', { onProgress: (...step) => void steps.push(step) });
    assert.equal(stage.torrent.data.places.directory, '/other');
    assert.equal(stage.torrent.state.kind, 'seeding');
    assert.ok(pathsOn(stage).every((path) => path.startsWith('/other/')));
    assert.deepEqual(steps.at(-1), [10 * PIECE, 10 * PIECE]);
    const next = await again(stage, { directory: '/other' });
    await next.untilState('seeding');
    assert.equal(next.torrent.status().piecesHave, 10);
  }));

test('a magnet link whose metadata is not there moves by name', () =>
  onStage({ content, isMagnet: true }, async (stage) => {
    await stage.torrent.relocation.move('/other');
    await metadataPeer(stage, stage.content.metainfo.info.raw);
    await honestSeed(stage);
    await stage.untilState('seeding');
    assert.ok(pathsOn(stage).every((path) => path.startsWith('/other/')));
  }));

test('a torrent whose files are said to be elsewhere looks at them there', () =>
  onStage(leeching, async (stage) => {
    const { data, geometry } = stage.content;
    for (const { path, offset, length } of geometry.files) {
      stage.member.files.files.set(['/other', ...path].join('/'), data.slice(offset, offset + length));
    }
    await stage.torrent.relocation.setDirectory('/other');
    await stage.untilState('seeding');
    assert.equal(stage.torrent.data.places.directory, '/other');
  }));

test('also one that rests, which rests on', () =>
  onStage({ content, has: [0, 1] }, async (stage) => {
    await stage.torrent.life.pause();
    await stage.torrent.relocation.setDirectory('/other');
    assert.deepEqual([stage.torrent.state.kind, stage.torrent.status().piecesHave], ['paused', 0]);
    await stage.torrent.relocation.setDirectory('/downloads');
    assert.equal(stage.torrent.state.kind, 'paused');
    stage.torrent.life.start();
    await stage.untilState('downloading');
    assert.equal(stage.torrent.status().piecesHave, 2);
  }));

test('one that is started as soon as it rests is not shown where its files were', () =>
  onStage(seeding, async (stage) => {
    const { torrent } = stage;
    const before = stage.states.length;
    torrent.events.on('state', ({ kind }) => {
      if (kind === 'paused') torrent.life.start();
    });
    await torrent.relocation.setDirectory('/other');
    await stage.untilState('downloading');
    assert.ok(!stage.states.slice(before).includes('seeding'));
    assert.equal(torrent.status().piecesHave, 0);
    await honestSeed(stage);
    await stage.untilState('seeding');
    assert.ok(pathsOn(stage).some((path) => path.startsWith('/other/')));
  }));

test('files are renamed while the torrent runs, and found again by their new names', () =>
  onStage({ content, has: [0, 1] }, async (stage) => {
    const path = stage.geometry.files[0]?.path ?? [];
    const paths = new Map([[0, ['films', 'film.mkv']]]);
    await stage.torrent.relocation.setPaths(paths);
    assert.deepEqual(stage.torrent.files()[0]?.path, ['films', 'film.mkv']);
    await honestSeed(stage);
    await stage.untilState('seeding');
    assert.ok(pathsOn(stage).includes('/downloads/films/film.mkv'));
    assert.ok(!pathsOn(stage).includes(['/downloads', ...path].join('/')));
    const next = await again(stage, { paths });
    await next.untilState('seeding');
    assert.deepEqual(next.torrent.files()[0]?.path, ['films', 'film.mkv']);
  }));

test('names that no file can have are refused and change nothing', () =>
  onStage(leeching, async (stage) => {
    const before = stage.torrent.files();
    await assert.rejects(stage.torrent.relocation.setPaths(new Map([[0, ['..', 'x']]])), { code: 'STORAGE_BAD_PATH' });
    await assert.rejects(stage.torrent.relocation.setPaths(new Map([[9, ['x']]])), { code: 'ENGINE_BAD_FILE_INDEX' });
    assert.deepEqual(stage.torrent.files(), before);
  }));

test('a file is told with its pieces, and how rare they are', () =>
  onStage(leeching, async (stage) => {
    await honestSeed(stage, { answer: () => null });
    await honestSeed(stage, { answer: () => null, pieces: [4, 5, 7, 8] });
    await stage.clock.sleep(500);
    assert.deepEqual(
      stage.torrent.files().map(({ firstPiece, lastPiece, availability }) => [firstPiece, lastPiece, availability]),
      [
        [0, 3, 1],
        [4, 6, 1],
        [7, 8, 2],
        [9, 9, 1],
      ],
    );
    const map = stage.torrent.pieces();
    assert.deepEqual([...(map?.availability ?? [])], [1, 1, 1, 1, 2, 2, 1, 2, 2, 1]);
    assert.ok((map?.active.length ?? 0) > 0);
  }));

test('pieces of connected peers are counted also by one who seeds', () =>
  onStage(seeding, async (stage) => {
    await honestSeed(stage, { pieces: [1, 2] });
    await stage.clock.sleep(500);
    assert.deepEqual([...(stage.torrent.pieces()?.availability ?? [])], [0, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(stage.torrent.files()[0]?.availability, -1);
  }));

test('the first and last piece of each wanted file come first when that is wanted', () =>
  onStage({ ...leeching, torrent: { isFirstLast: true, select: [0, 1] } }, async (stage) => {
    const order: number[] = [];
    stage.torrent.events.on('piece', (piece) => void order.push(piece));
    await honestSeed(stage, { up: 200_000 });
    await stage.untilState('seeding');
    assert.deepEqual(order.slice(0, 4).sort(), [0, 3, 4, 6]);
  }));

test('that may be wanted later, too', () =>
  onStage({ ...leeching, torrent: { isSequential: true } }, async (stage) => {
    const order: number[] = [];
    stage.torrent.events.on('piece', (piece) => void order.push(piece));
    stage.torrent.wishes.setFirstLast(true);
    await honestSeed(stage, { up: 200_000 });
    await stage.untilState('seeding');
    assert.deepEqual(order.slice(-3), [1, 2, 5]);
  }));

test('who was connected when a torrent was paused is dialled at once when it goes on', () =>
  onStage(leeching, async (stage) => {
    const host = stage.host();
    const listener = await stage.listen(host);
    stage.torrent.addPeers([listener.address]);
    const peer = await listener.next();
    await peer.expectHandshake();
    peer.handshake(stage.infoHash);
    await stage.until(() => stage.torrent.status().peersConnected === 1);
    await stage.torrent.life.pause();
    stage.torrent.life.start();
    const before = stage.clock.now();
    await listener.next();
    assert.ok(stage.clock.now() - before < 1000);
  }));

// ---- data that is gone for a while

test('a read that fails long after its torrent did is not held against it', () =>
  onStage(seeding, async (stage) => {
    const storage = stage.torrent.data.content?.storage;
    const reads: ((error: Error) => void)[] = [];
    Object.assign(storage as object, { read: () => new Promise((_, reject) => void reads.push(reject)) });
    for (let i = 0; i < 2; i++) {
      const peer = await stage.peer();
      peer.send(Frame.interested);
      await peer.expect('unchoke');
      peer.send(encodeRequest(stage.block(i, 0)));
    }
    await stage.until(() => reads.length === 2);
    reads[0]?.(new Error('the drive is gone'));
    await stage.untilState('failed');
    stage.torrent.life.start();
    await stage.untilState('seeding');
    reads[1]?.(new Error('the drive is gone'));
    await stage.clock.sleep(1000);
    assert.equal(stage.torrent.state.kind, 'seeding');
  }));

test('data that is gone fails the torrent; when it is back, the torrent goes on without a check', () =>
  onStage(seeding, async (first) => {
    const plug = unplug(first);
    const stage = await again(first, {});
    await stage.untilState('failed');
    const { state } = stage.torrent;
    assert.equal(state.kind === 'failed' && state.error.code, 'STORAGE_MISSING');
    assert.deepEqual(pathsOn(stage), []);
    await stage.torrent.wishes.select([0, 1]);
    stage.torrent.life.start();
    await stage.untilState('failed');
    plug();
    const checks: number[] = [];
    stage.torrent.events.on('state', (next) => void (next.kind === 'checking' && checks.push(next.total)));
    stage.torrent.life.start();
    await stage.untilState('seeding');
    assert.equal(stage.torrent.status().piecesHave, 10);
    assert.ok(checks.every((total) => total === 0));
  }));

test('a paused torrent whose data is gone says so and stays paused', () =>
  onStage(seeding, async (first) => {
    unplug(first);
    const stage = await again(first, { isPaused: true });
    await stage.torrent.data.idle();
    await stage.clock.sleep(0);
    const { state } = stage.torrent;
    assert.equal(state.kind === 'paused' && state.error?.code, 'STORAGE_MISSING');
  }));

test('a check takes what is gone for gone: it is downloaded again', () =>
  onStage(seeding, async (first) => {
    unplug(first);
    const stage = await again(first, {});
    await stage.untilState('failed');
    await stage.torrent.life.recheck();
    await stage.untilState('downloading');
    await honestSeed(stage);
    await stage.untilState('seeding');
    await stage.swarm.assertBitExact();
  }));

test('a full disk fails the torrent; with room again it goes on with all that it had', () =>
  onStage({ ...leeching, disk: disk().full(5 * PIECE, { freedAfter: 60_000 }) }, async (stage) => {
    await honestSeed(stage);
    await stage.untilState('failed');
    const { state } = stage.torrent;
    assert.equal(state.kind === 'failed' && state.error.code, 'STORAGE_NO_SPACE');
    const had = [...(stage.torrent.pieces()?.have ?? [])];
    assert.equal(had.length, 5);
    stage.states.length = 0;
    stage.torrent.life.start();
    await honestSeed(stage);
    await stage.untilState('failed');
    await stage.clock.sleep(60_000);
    stage.torrent.life.start();
    const peer = await stage.until(() => stage.torrent.isOpen).then(() => honestSeed(stage));
    await stage.untilState('seeding');
    assert.deepEqual(
      askedPieces(peer).filter((piece) => had.includes(piece)),
      [],
    );
    await stage.swarm.assertBitExact();
  }));

test('a torrent that failed can be moved to where there is room', () =>
  onStage({ ...leeching, disk: disk().full(5 * PIECE, { freedAfter: 1000 }) }, async (stage) => {
    await honestSeed(stage);
    await stage.untilState('failed');
    await stage.torrent.relocation.move('/other');
    await stage.clock.sleep(1000);
    stage.torrent.life.start();
    await stage.until(() => stage.torrent.isOpen);
    await honestSeed(stage);
    await stage.untilState('seeding');
    assert.ok(pathsOn(stage).every((path) => path.startsWith('/other/')));
  }));
