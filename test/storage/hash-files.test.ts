/** Hashing files for a new torrent, against hashes that are computed plainly. */
import assert from 'node:assert/strict';
import { appendFileSync, truncateSync, utimesSync } from 'node:fs';
import { describe, it } from 'node:test';
import { codeOf } from '../../src/base/errors.ts';
import type { TorrentFormat, TorrentHashes, TorrentPlan } from '../../src/codec/metainfo/index.ts';
import { HashWorkers } from '../../src/storage/file/index.ts';
import { buildTorrent, content } from '../conformance/build-torrent.ts';
import { TempFolder } from './file-fixture.ts';

const lengths = { 'a.bin': 100_000, 'b/c.bin': 16_384, 'b/d.bin': 1, 'b/empty': 0, 'e.bin': 200_001, 'f.bin': 65_536 };

function prepare(folder: TempFolder, format: TorrentFormat, pieceLength = 32_768) {
  const files = Object.entries(lengths).map(([path, length], i) => ({ path, content: content(length, i) }));
  for (const file of files) folder.write(file.path, file.content);
  const sources = files.map((file) => folder.join(file.path));
  return { ...buildTorrent(files, { format, pieceLength }), sources };
}

async function hashFiles(
  plan: TorrentPlan,
  sources: readonly string[],
  options: Parameters<HashWorkers['hash']>[2] = {},
  threads?: number,
): Promise<TorrentHashes> {
  await using workers = new HashWorkers(plan.length, threads);
  return await workers.hash(plan, sources, options);
}

describe('hashing files', () => {
  for (const format of ['v1', 'v2', 'hybrid'] as const) {
    it(`gives the piece hashes, roots and piece layers of a ${format} torrent`, async () => {
      using folder = new TempFolder();
      const { plan, hashes, sources } = prepare(folder, format);
      const progress: number[] = [];
      const result = await hashFiles(plan, sources, { onProgress: (done, total) => progress.push(done, total) });
      assert.deepEqual(result.pieces, hashes.pieces);
      assert.deepEqual(
        result.files.map(
          (file) => file && [Buffer.from(file.root).toString('hex'), Buffer.from(file.pieceLayer).toString('hex')],
        ),
        hashes.files.map(
          (file) => file && [Buffer.from(file.root).toString('hex'), Buffer.from(file.pieceLayer).toString('hex')],
        ),
      );
      assert.deepEqual(progress.slice(-2), [plan.length, plan.length]);
    });
  }

  it('uses workers for large torrents, with the same result', async () => {
    using folder = new TempFolder();
    const large = content(1 << 20, 1);
    const bytes = new Uint8Array(65 << 20);
    for (let at = 0; at < bytes.length; at += large.length) bytes.set(large, at);
    folder.write('large.bin', bytes);
    const built = buildTorrent([{ path: 'large.bin', content: bytes }], {
      format: 'v1',
      pieceLength: 1 << 20,
      isSingleFile: true,
    });
    const result = await hashFiles(built.plan, [folder.join('large.bin')], {}, 2);
    assert.deepEqual(result.pieces, built.hashes.pieces);
  });

  it('fails when a file is shorter or longer than planned, or is gone', async () => {
    using folder = new TempFolder();
    const { plan, sources } = prepare(folder, 'v1');
    const isChanged = (error: unknown): boolean => codeOf(error) === 'STORAGE_FILE_CHANGED';
    truncateSync(folder.join('e.bin'), 200_000);
    await assert.rejects(hashFiles(plan, sources), isChanged);
    appendFileSync(folder.join('e.bin'), Uint8Array.of(1, 2));
    await assert.rejects(hashFiles(plan, sources), isChanged);
    await assert.rejects(
      hashFiles(plan, [...sources.slice(0, 4), folder.join('gone'), ...sources.slice(5)]),
      isChanged,
    );
  });

  it('fails when a file is written to meanwhile', async () => {
    using folder = new TempFolder();
    const { plan, sources } = prepare(folder, 'v1');
    let isTouched = false;
    const touch = (): void => {
      if (!isTouched) utimesSync(folder.join('a.bin'), 1_600_000_000, 1_600_000_000);
      isTouched = true;
    };
    await assert.rejects(hashFiles(plan, sources, { onProgress: touch }), {
      code: 'STORAGE_FILE_CHANGED',
      details: { path: folder.join('a.bin') },
    });
  });

  it('stops when the signal aborts', async () => {
    using folder = new TempFolder();
    const { plan, sources } = prepare(folder, 'v2');
    const reason = new Error('enough');
    await assert.rejects(hashFiles(plan, sources, { signal: AbortSignal.abort(reason) }), reason);
  });
});
