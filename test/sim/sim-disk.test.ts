import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import type { Geometry } from '../../src/codec/metainfo/geometry.ts';
import type { PoolBuffer, Storage, StorageFactory, StorageOptions } from '../../src/storage/storage.ts';
import { SimClock } from './sim-clock.ts';
import { disk, type DiskDescription } from './sim-disk.ts';

const PIECE = 1000;
const hashes = { sha1: null, merkle: null };

/** A storage that reads as sevens and takes every piece but those named. */
function plainStorage(bad: readonly number[] = []): StorageFactory {
  const storage: Partial<Storage> = {
    geometry: { pieceLength: PIECE, pieceSize: () => PIECE } as unknown as Geometry,
    commit: async (piece) => (bad.includes(piece) ? 'mismatch' : 'stored'),
    check: async () => true,
    read: async (into, runs) => {
      for (const run of runs) into.bytes.fill(7, run.at, run.at + run.length);
    },
  };
  return { open: async () => storage as Storage };
}

const buffer = (size: number): PoolBuffer => ({ id: 0, bytes: new Uint8Array(size), release() {} });

async function open(
  description: DiskDescription,
  base: StorageFactory = plainStorage(),
): Promise<{ clock: SimClock; storage: Storage; readPiece: (piece: number) => Promise<boolean> }> {
  const clock = new SimClock();
  const factory = description.over(base, { clock, random: seededRandom(1) });
  const storage = await factory.open({} as Geometry, {} as StorageOptions);
  const readPiece = async (piece: number): Promise<boolean> => {
    const into = buffer(PIECE);
    await clock.finish(storage.read(into, [{ offset: piece * PIECE, at: 0, length: PIECE }]));
    return into.bytes.every((byte) => byte === 7);
  };
  return { clock, storage, readPiece };
}

test('a disk without faults is as quick as it is right', async () => {
  const { clock, storage, readPiece } = await open(disk());
  assert.equal(await readPiece(0), true);
  assert.equal(await storage.commit(0, buffer(PIECE), hashes), 'stored');
  assert.equal(clock.now(), 0);
});

test('a slow disk does one thing after the other', async () => {
  const { clock, storage } = await open(disk().slow({ seek: 10, rate: 100_000 }));
  const done: number[] = [];
  const note = (): void => void done.push(clock.now());
  const work = [
    storage.commit(0, buffer(PIECE), hashes),
    storage.read(buffer(PIECE), [{ offset: 0, at: 0, length: 500 }]),
    storage.check(0, hashes),
  ].map((promise: Promise<unknown>) => promise.then(note));
  assert.equal(storage.backlog, PIECE);
  await clock.finish(Promise.all(work));
  assert.deepEqual(done, [20, 35, 55]);
  assert.equal(storage.backlog, 0);
});

test('a full disk refuses what no longer fits, and bad pieces take no room', async () => {
  const { storage } = await open(disk().full(2 * PIECE), plainStorage([0]));
  assert.equal(await storage.commit(0, buffer(PIECE), hashes), 'mismatch');
  assert.equal(await storage.commit(1, buffer(PIECE), hashes), 'stored');
  assert.equal(await storage.commit(2, buffer(PIECE), hashes), 'stored');
  await assert.rejects(storage.commit(3, buffer(PIECE), hashes), { code: 'STORAGE_NO_SPACE' });
  assert.equal(storage.backlog, 0);
});

test('a full disk has room again when someone has made some', async () => {
  const { clock, storage } = await open(disk().full(0, { freedAfter: 5000 }));
  await assert.rejects(storage.commit(0, buffer(PIECE), hashes), { code: 'STORAGE_NO_SPACE' });
  await clock.run(4999);
  await assert.rejects(storage.commit(0, buffer(PIECE), hashes), { code: 'STORAGE_NO_SPACE' });
  await clock.run(1);
  assert.equal(await storage.commit(0, buffer(PIECE), hashes), 'stored');
  assert.equal(await storage.commit(1, buffer(PIECE), hashes), 'stored');
});

test('a corrupt disk spoils the named pieces, or the named share of its reads', async () => {
  const named = await open(disk().corrupt(new Set([3])));
  assert.deepEqual([await named.readPiece(2), await named.readPiece(3)], [true, false]);
  const some = await open(disk().corrupt(0.25));
  let spoiled = 0;
  for (let i = 0; i < 400; i++) if (!(await some.readPiece(0))) spoiled++;
  assert.ok(spoiled > 70 && spoiled < 130, `${spoiled} of 400`);
});

test('a failing disk fails in the named share of its operations', async () => {
  const reads = await open(disk().readErrors(1));
  await assert.rejects(reads.readPiece(0), { code: 'STORAGE_READ_FAILED' });
  const writes = await open(disk().writeErrors(1));
  await assert.rejects(writes.storage.commit(0, buffer(PIECE), hashes), { code: 'STORAGE_WRITE_FAILED' });
});

test('a description is not changed by what is built from it', async () => {
  const plain = disk();
  plain.corrupt(1).full(0);
  const { storage, readPiece } = await open(plain);
  assert.equal(await readPiece(0), true);
  assert.equal(await storage.commit(0, buffer(PIECE), hashes), 'stored');
});
