/** What peers are asked for when somebody reads a file that is still downloading. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BlockRange, encodeReject } from '../../src/codec/wire/index.ts';
import type { FakePeer } from '../sim/fake-peer.ts';
import { onStage, type Stage, type StageOptions } from './engine-stage.ts';
import { honestSeed, seed } from './scripted-seed.ts';

const PIECE = 65_536;
const leeching: StageOptions = { content: { files: [8 * PIECE, 8 * PIECE] } };

const piecesOf = (peer: FakePeer, type: 'request' | 'cancel', from = 0): number[] =>
  peer.received.slice(from).flatMap((message) => (message.type === type ? [message.piece] : []));

/** Begins to read a file; errors are for nobody. */
function beginReading(stage: Stage, file: number, from: number): void {
  const reading = async (): Promise<void> => {
    for await (const _ of stage.torrent.readers.open(file).read(from, 8 * PIECE));
  };
  void reading().catch(() => {});
}

test('requests for what nobody waits for are taken back, and what is read is asked for at once', () =>
  onStage(leeching, async (stage) => {
    const peer = await honestSeed(stage, { answer: () => null });
    await stage.until(() => piecesOf(peer, 'request').length >= 16);
    const before = peer.received.length;
    const other = piecesOf(peer, 'request').filter((piece) => piece !== 13 && piece !== 14);
    beginReading(stage, 1, 5 * PIECE);
    await stage.clock.sleep(200);
    assert.ok(piecesOf(peer, 'cancel', before).length >= other.length - 1);
    assert.deepEqual(piecesOf(peer, 'request', before).slice(0, 2), [13, 13]);
  }));

test('a peer that can bring nothing of it goes on as it was', () =>
  onStage(leeching, async (stage) => {
    const peer = await honestSeed(stage, { answer: () => null, pieces: [0, 1, 2, 3, 4, 5] });
    await stage.until(() => piecesOf(peer, 'request').length >= 16);
    beginReading(stage, 1, 5 * PIECE);
    await stage.clock.sleep(200);
    assert.deepEqual(piecesOf(peer, 'cancel'), []);
  }));

test('a reject for what was taken back does not count against the same block when it is asked for anew', () =>
  onStage(leeching, async (stage) => {
    const peer = await honestSeed(stage, { answer: () => null });
    await stage.until(() => piecesOf(peer, 'request').length >= 16);
    const before = peer.received.length;
    beginReading(stage, 1, 5 * PIECE);
    await stage.clock.sleep(200);
    const since = peer.received.slice(before);
    const takenBack = since.flatMap((message) => (message.type === 'cancel' ? [message] : []));
    const asked = since.flatMap((message) => (message.type === 'request' ? [message] : []));
    const isAskedAnew = (one: BlockRange): boolean =>
      asked.some(({ piece, begin }) => piece === one.piece && begin === one.begin);
    assert.ok(takenBack.some(isAskedAnew));
    for (const block of takenBack) peer.send(encodeReject(block));
    await stage.clock.sleep(200);
    for (const block of asked) peer.sendPiece(block.piece, block.begin, stage.bytes(block));
    await stage.clock.sleep(200);
    const { wasted, downloaded } = stage.torrent.status();
    assert.deepEqual([wasted, downloaded], [0, asked.length * 16_384]);
  }));

for (const [whose, options] of [
  ['of the session', { engine: { downloadLimit: 500_000 } }],
  ['of the torrent', { torrent: { downloadLimit: 500_000 } }],
] as const) {
  test(`under a download limit ${whose} nothing comes twice, and what is read comes within two seconds`, () =>
    onStage({ content: { files: [20_000_000], pieceLength: 262_144 }, ...options }, async (stage) => {
      await honestSeed(stage); // as a system's send buffer does, it has sent what is cancelled
      const reader = stage.torrent.readers.open(0);
      for (const from of [0, 19_900_000, 10_000_000, 5_000_000, 15_000_000]) {
        await stage.clock.sleep(from === 10_000_000 ? 4000 : 0);
        const start = stage.clock.now();
        for await (const _ of reader.read(from, from + 65_536));
        const took = stage.clock.now() - start;
        assert.ok(took < 2000, `${took} ms`);
      }
      await stage.untilState('seeding', 60_000);
      const { wasted, downloaded, done } = stage.torrent.status();
      assert.deepEqual([wasted, downloaded, done], [0, 20_000_000, 20_000_000]);
    }));
}

test('reading on asks for what follows without taking anything back', () =>
  onStage(leeching, async (stage) => {
    const peer = await stage.peer({ fast: true });
    seed(stage, peer, { delay: 50 });
    let read = 0;
    const reading = async (): Promise<void> => {
      for await (const part of stage.torrent.readers.open(0).read(0, 8 * PIECE)) read += part.length;
    };
    await reading();
    assert.equal(read, 8 * PIECE);
    assert.deepEqual(piecesOf(peer, 'cancel'), []);
  }));

test('a reader that waits is told when its file is no longer wanted, though nothing comes of the others', () =>
  onStage(leeching, async (stage) => {
    let code: unknown;
    const reading = async (): Promise<void> => {
      for await (const _ of stage.torrent.readers.open(0).read(0, PIECE));
    };
    void reading().catch((error: { code: string }) => (code = error.code));
    await stage.clock.sleep(1000);
    await stage.torrent.wishes.select([1]);
    await stage.clock.sleep(1000);
    assert.equal(code, 'ENGINE_NOT_WANTED');
  }));

test('files are not known before the metadata of a magnet link, and bad ones never', () =>
  onStage({ ...leeching, isMagnet: true }, async (stage) => {
    assert.throws(() => stage.torrent.readers.open(0), { code: 'ENGINE_NO_METADATA' });
    await stage.member.session.remove(stage.torrent);
    const known = stage.add(stage.content);
    assert.throws(() => known.torrent.readers.open(2), { code: 'ENGINE_BAD_FILE_INDEX' });
  }));
