import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { listFiles, type ListOptions } from './list-files.ts';

const options: ListOptions = { followSymlinks: false, exclude: null, signal: null };
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dst-list-'));
  await mkdir(join(folder, 'b', 'empty'), { recursive: true });
  for (const name of ['b.txt', 'B.txt', '.hidden', 'b/inner', 'ä']) await writeFile(join(folder, name), name);
  await symlink('..', join(folder, 'b', 'up'));
  await symlink('../b.txt', join(folder, 'b', 'link'));
});
after(async () => await rm(folder, { recursive: true }));

const pathsOf = (files: readonly { path: readonly string[] }[]): string[] => files.map((file) => file.path.join('/'));

test('files come in the order of their bytes, hidden ones too', async () => {
  const { files, isSingleFile } = await listFiles(folder, options);
  assert.equal(isSingleFile, false);
  assert.deepEqual(pathsOf(files), ['.hidden', 'B.txt', 'b/inner', 'b.txt', 'ä']);
  assert.deepEqual(
    files.map((file) => file.length),
    [7, 5, 7, 5, 2],
  );
});

test('links and empty folders are left out and said to be', async () => {
  const { skipped } = await listFiles(folder, options);
  assert.deepEqual(
    skipped.map(({ path, reason }) => [path.slice(folder.length + 1), reason]),
    [
      ['b/empty', 'empty folder'],
      ['b/link', 'symbolic link'],
      ['b/up', 'symbolic link'],
    ],
  );
});

test('links are followed on demand, but never in a circle', async () => {
  const { files, skipped } = await listFiles(folder, { ...options, followSymlinks: true });
  assert.deepEqual(pathsOf(files), ['.hidden', 'B.txt', 'b/inner', 'b/link', 'b.txt', 'ä']);
  assert.deepEqual(
    skipped.map((entry) => entry.reason),
    ['empty folder', 'link to a folder above it'],
  );
});

test('a file stands for itself, and the excluded file is left out', async () => {
  const single = await listFiles(join(folder, 'b.txt'), options);
  assert.deepEqual(single, {
    isSingleFile: true,
    files: [{ path: [], source: join(folder, 'b.txt'), length: 5 }],
    skipped: [],
  });
  const { files, skipped } = await listFiles(folder, { ...options, exclude: join(folder, 'b.txt') });
  assert.equal(files.length, 4);
  assert.ok(skipped.some((entry) => entry.reason === 'the torrent itself'));
});

test('a missing path is an error with the system code as its cause', async () => {
  await assert.rejects(listFiles(join(folder, 'nothing'), options), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'CREATE_UNREADABLE');
    assert.equal((error.cause as { code?: string }).code, 'ENOENT');
    return true;
  });
});

test('a name that is not UTF-8 is refused', {
  skip: process.platform !== 'linux' && 'only Linux has such names',
}, async () => {
  const bad = await mkdtemp(join(tmpdir(), 'dst-list-'));
  try {
    await writeFile(Buffer.concat([Buffer.from(`${bad}/x`), Buffer.from([0xff])]), '');
    await assert.rejects(listFiles(bad, options), { code: 'CREATE_NAME' });
  } finally {
    await rm(bad, { recursive: true });
  }
});
