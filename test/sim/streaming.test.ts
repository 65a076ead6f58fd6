/** Files that are read while they are downloaded: what readers need comes first, in the order of their need. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteCount, Millis } from '../../src/base/units.ts';
import { Swarm, type SwarmMember, type SwarmOptions } from './swarm.ts';

const KB = 1000;
const MB = 1_000_000;
const PIECE = 65_536;

interface Scene {
  readonly swarm: Swarm;
  readonly member: SwarmMember;
  /** Pieces in the order in which they came. */
  readonly order: number[];
}

/** One leecher and three seeds of 200 kB/s each. */
async function scene(files: readonly ByteCount[], options: Partial<SwarmOptions> = {}): Promise<Scene> {
  const swarm = new Swarm({
    seed: 1,
    latency: 20,
    ...options,
    torrent: { files, pieceLength: PIECE, ...options.torrent },
  });
  for (let i = 0; i < 3; i++) await swarm.addSeed({ up: 200 * KB });
  const member = await swarm.addMember();
  const order: number[] = [];
  member.torrent.events.on('piece', (piece) => void order.push(piece));
  return { swarm, member, order };
}

/** Reads a range to its end, and compares it. */
async function read(
  { swarm, member }: Scene,
  from: ByteCount,
  to: ByteCount,
  file = 0,
  pause: Millis = 0,
): Promise<void> {
  const { offset } = swarm.torrent.geometry.files[file] as { offset: number };
  let at = from;
  for await (const bytes of member.torrent.readers.open(file).read(from, to)) {
    const right = swarm.torrent.data.subarray(offset + at, offset + at + bytes.length);
    assert.ok(Buffer.compare(bytes, right) === 0, `bytes at ${at} are wrong`);
    at += bytes.length;
    if (pause > 0) await swarm.clock.sleep(pause);
  }
  assert.equal(at, to);
}

/** Inversions of a sequence against ascending order, as a share of all pairs. */
function disorder(pieces: readonly number[]): number {
  let inversions = 0;
  for (const [i, piece] of pieces.entries())
    for (const earlier of pieces.slice(0, i)) if (earlier > piece) inversions++;
  return inversions / Math.max(1, (pieces.length * (pieces.length - 1)) / 2);
}

const isUnder = (limit: number, value: number, what: string): void => assert.ok(value < limit, `${what}: ${value}`);

test('a file that is read from its start comes about in order, though the torrent is not sequential', async () => {
  const play = await scene([6 * MB]);
  await play.swarm.clock.finish(read(play, 0, 6 * MB));
  isUnder(0.1, disorder(play.order.filter((piece) => piece < 60)), 'disorder');
});

test('without a reader it comes in another order', async () => {
  const play = await scene([6 * MB]);
  await play.swarm.untilComplete({ within: 60_000 });
  assert.ok(disorder(play.order) > 0.3);
});

test('a seek brings the new place first, within a few seconds', async () => {
  const play = await scene([20 * MB]);
  const { swarm, order } = play;
  await swarm.clock.finish(read(play, 0, 500 * KB));
  await swarm.run(3000);
  const [before, begun] = [order.length, swarm.clock.now()];
  const target = Math.floor((15 * MB) / PIECE);
  await swarm.clock.finish(read(play, 15 * MB, 15 * MB + 300 * KB));
  isUnder(4000, swarm.clock.now() - begun, 'time until the new place was read, ms');
  assert.ok(order.slice(before).includes(target));
});

test('what a reader needs comes also when slow peers occupy all memory for pieces in progress', async () => {
  const swarm = new Swarm({ seed: 1, pieceBudget: 4 * PIECE, torrent: { files: [20 * MB], pieceLength: PIECE } });
  const slow = Array.from({ length: 100 }, (_, piece) => piece);
  for (let i = 0; i < 4; i++) await swarm.addMember({ up: KB, has: slow, torrent: { isSeedOnly: true } });
  const member = await swarm.addMember();
  await swarm.run(10_000);
  await swarm.addMember({ up: 200 * KB, has: [200, 201, 202], torrent: { isSeedOnly: true } });
  await swarm.run(3000);
  const begun = swarm.clock.now();
  await swarm.clock.finish(read({ swarm, member, order: [] }, 200 * PIECE, 202 * PIECE));
  isUnder(4000, swarm.clock.now() - begun, 'time until the place was read, ms');
});

test('several readers of several files are served at the same time', async () => {
  const play = await scene([4 * MB, 4 * MB, 4 * MB]);
  const readers = [read(play, 0, 2 * MB, 0), read(play, 3 * MB, 4 * MB, 2), read(play, MB, 2 * MB, 2)];
  await play.swarm.clock.finish(Promise.all(readers));
  const firstFile = play.order.filter((piece) => piece < (2 * MB) / PIECE).length;
  assert.ok(firstFile >= 30);
  const unread = play.order.filter((piece) => piece > (4.1 * MB) / PIECE && piece < (7.9 * MB) / PIECE).length;
  assert.ok(
    unread < play.order.length / 4,
    `${unread} of ${play.order.length} pieces are of the file that nobody reads`,
  );
});

test('a reader that stops early leaves no wish behind', async () => {
  const order = async (isStopped: boolean): Promise<number> => {
    const swarm = new Swarm({ seed: 1, latency: 20, torrent: { files: [20 * MB], pieceLength: PIECE } });
    for (let i = 0; i < 3; i++) await swarm.addSeed({ up: 200 * KB });
    const member = await swarm.addMember({ has: Array.from({ length: 32 }, (_, piece) => piece) });
    const later: number[] = [];
    const abort = new AbortController();
    const reading = async (): Promise<void> => {
      // So quick a reader wants all that follows.
      for await (const _ of member.torrent.readers.open(0).read(0, 20 * MB, { signal: abort.signal }))
        await swarm.clock.sleep(100);
    };
    const stopped = reading().catch(() => {});
    await swarm.run(2000);
    if (isStopped) abort.abort();
    await swarm.run(5000);
    const listening = member.torrent.events.on('piece', (piece) => void later.push(piece));
    await swarm.run(15_000);
    listening[Symbol.dispose]();
    abort.abort();
    await swarm.clock.finish(stopped);
    return disorder(later);
  };
  isUnder(0.1, await order(false), 'disorder while it reads');
  assert.ok((await order(true)) > 0.3);
});

test('a slow reader reads little ahead, and the rest of the torrent goes on by rarity', async () => {
  const play = await scene([20 * MB]);
  const reading = read(play, 0, 2 * MB, 0, 2000);
  await play.swarm.run(15_000);
  const ahead = play.order.filter((piece) => piece < 80).length;
  isUnder(0.7, ahead / play.order.length, 'share of pieces near the reader');
  await play.swarm.clock.finish(reading);
});

test('a file can be read of a sealed torrent, and is plain', async () => {
  const swarm = new Swarm({ seed: 2, torrent: { files: [MB], sealed: 'off' } });
  await swarm.addSeed();
  const member = await swarm.addMember();
  const parts: Uint8Array[] = [];
  const reading = async (): Promise<void> => {
    for await (const part of member.torrent.readers.open(0).read(0, MB)) parts.push(part);
  };
  await swarm.clock.finish(reading());
  const path = ['/downloads', ...(member.torrent.files()[0]?.path ?? [])].join('/');
  assert.ok(Buffer.compare(Buffer.concat(parts), member.files.files.get(path) as Uint8Array) === 0);
  assert.notEqual(Buffer.compare(Buffer.concat(parts), swarm.torrent.data), 0);
});

test('a reader that waits is told when the torrent stops; what is there can be read all the same', async () => {
  const play = await scene([6 * MB]);
  const { swarm, member } = play;
  await swarm.clock.finish(read(play, 0, 200 * KB));
  const waiting = assert.rejects(read(play, 0, 6 * MB), { code: 'ENGINE_NOT_RUNNING' });
  await swarm.run(1000);
  await swarm.clock.finish(member.torrent.life.pause());
  await swarm.clock.finish(waiting);
  await swarm.clock.finish(read(play, 0, 200 * KB));
  const removed = assert.rejects(read(play, 5 * MB, 6 * MB), { code: 'ENGINE_NOT_RUNNING' });
  await swarm.clock.finish(removed);
});

test('a reader waits for the check of the data, and goes on by itself', async () => {
  const play = await scene([2 * MB]);
  const { swarm, member } = play;
  await swarm.untilComplete({ within: 60_000 });
  const recheck = member.torrent.life.recheck();
  await swarm.clock.finish(read(play, MB, 2 * MB));
  await swarm.clock.finish(recheck);
});

test('a file that is not wanted and not there cannot be read', async () => {
  const play = await scene([2 * MB, 2 * MB]);
  await play.swarm.clock.finish(play.member.torrent.wishes.select([1]));
  await play.swarm.clock.finish(assert.rejects(read(play, 0, MB, 0), { code: 'ENGINE_NOT_WANTED' }));
});

test('a signal ends the reading', async () => {
  const play = await scene([20 * MB]);
  const abort = new AbortController();
  const reason = new Error('enough');
  const reading = async (): Promise<void> => {
    for await (const _ of play.member.torrent.readers.open(0).read(0, 20 * MB, { signal: abort.signal }))
      abort.abort(reason);
  };
  await play.swarm.clock.finish(assert.rejects(reading(), reason));
});

test('a range past the end is cut, an empty one ends at once', async () => {
  const play = await scene([MB]);
  const sizes: number[] = [];
  const reader = play.member.torrent.readers.open(0);
  const reading = async (): Promise<void> => {
    for await (const part of reader.read(MB - 10, MB + 10)) sizes.push(part.length);
    for await (const part of reader.read(MB, MB + 10)) sizes.push(part.length);
  };
  await play.swarm.clock.finish(reading());
  assert.deepEqual([reader.size, sizes], [MB, [10]]);
});
