/** The key of a sealed torrent in the memory of the storage: one place for all threads, and zeros when it is done with. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { cipherContent, sharedKey } from '../../src/storage/content-cipher.ts';
import type { JobKind, Site } from '../../src/storage/file/disk-jobs.ts';
import { DiskPool } from '../../src/storage/file/disk-pool.ts';
import { HashWorkers, fileStorage } from '../../src/storage/file/index.ts';
import { InlineDisk } from '../../src/storage/file/inline-disk.ts';
import { planSealedTorrent } from '../../src/codec/metainfo/index.ts';
import type { StorageOptions } from '../../src/storage/index.ts';
import { TempFolder } from './file-fixture.ts';
import { makeSample, type Sample } from './sample-torrent.ts';

const contentKey = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
const sample = makeSample({ 'a.bin': 100_000 }, { contentKey });
const zeros = new Uint8Array(32);

/** The keys that jobs are given from now on; those of one kind fail. */
function keysOfJobs(t: TestContext, failing?: JobKind): Set<Uint8Array> {
  const keys = new Set<Uint8Array>();
  for (const { prototype } of [InlineDisk, DiskPool]) {
    const { run } = prototype;
    t.mock.method(prototype, 'run', function (this: DiskPool, ...args: Parameters<DiskPool['run']>) {
      const key = (args[1] as { readonly site?: Site }).site?.contentKey ?? null;
      if (key !== null) {
        assert.notDeepEqual(key, zeros);
        keys.add(key);
      }
      if (args[0] === failing) return Promise.reject(new Error('the job failed'));
      return run.apply(this as never, args as never);
    });
  }
  return keys;
}

const optionsFor = (folder: TempFolder, { infoHashes }: Sample): StorageOptions => ({
  directory: folder.path,
  infoHashes,
  contentKey,
  selection: 'all',
  allocation: 'sparse',
  isWritable: true,
});

function areForgotten(keys: ReadonlySet<Uint8Array>): void {
  assert.equal(keys.size, 1);
  for (const key of keys) {
    assert.ok(key.buffer instanceof SharedArrayBuffer);
    assert.deepEqual(key, zeros);
  }
  assert.equal(contentKey[0], 1); // That of the caller is his.
}

describe('the content key in the storage', () => {
  for (const workers of [0, 1]) {
    for (const end of ['close', 'delete'] as const) {
      it(`is overwritten on ${end} (${workers} workers)`, async (t) => {
        const keys = keysOfJobs(t);
        using folder = new TempFolder();
        await using factory = fileStorage({ workers });
        const storage = await factory.open(sample.geometry, optionsFor(folder, sample));
        await sample.store(storage);
        await storage.move(folder.join('moved'));
        assert.deepEqual(await sample.readPiece(storage, 0), sample.bytes(0, sample.geometry.pieceSize(0)));
        await storage[end]();
        areForgotten(keys);
      });
    }
  }

  it('is overwritten when the torrent cannot be opened', async (t) => {
    const keys = keysOfJobs(t, 'survey');
    using folder = new TempFolder();
    await using factory = fileStorage({ workers: 0 });
    await assert.rejects(factory.open(sample.geometry, optionsFor(folder, sample)), /the job failed/);
    areForgotten(keys);
  });

  it('is overwritten with the close of a torrent whose files could not be made', async (t) => {
    const keys = keysOfJobs(t, 'allocate');
    using folder = new TempFolder();
    await using factory = fileStorage({ workers: 0 });
    const storage = await factory.open(sample.geometry, { ...optionsFor(folder, sample), allocation: 'full' });
    await assert.rejects(storage.prepare(), /the job failed/);
    await storage.close();
    areForgotten(keys);
  });

  it('is overwritten when a new torrent was hashed', async (t) => {
    const keys = keysOfJobs(t);
    using folder = new TempFolder();
    folder.write('x', new Uint8Array(50_000));
    const options = { format: 'v1', name: 'x', isSingleFile: true, pieceLength: undefined } as const;
    const sealed = { ...options, carrierName: 'c', carrierLength: (length: number) => length };
    const { carrier, content } = planSealedTorrent([{ path: [], length: 50_000 }], sealed);
    await using workers = new HashWorkers(50_000, 1);
    await workers.hash(carrier, [folder.join('x')], { seal: { content, contentKey } });
    areForgotten(keys);
  });

  it('does the same in shared memory', () => {
    const [one, other] = [new Uint8Array(100), new Uint8Array(100)];
    cipherContent(contentKey, one, 33);
    cipherContent(sharedKey(contentKey), other, 33);
    assert.deepEqual(one, other);
  });
});
