import assert from 'node:assert/strict';
import { appendFile, mkdir, open, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertFails, dst, dstJson, scratchFolder } from './cli-process.ts';
import { type DiskTorrent, diskTorrent } from './disk-torrent.ts';

interface VerifyJson {
  ok: boolean;
  pieceCount: number;
  goodPieces: number;
  files: { path: string; state: string; badPieces: number }[];
}

const sizes = [200_000, 70_000, 0, 300_000];

async function flipByte(torrent: DiskTorrent, name: string, at: number): Promise<void> {
  await using file = await open(join(torrent.folder, 'test-1', name), 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
  await file.write(Buffer.from([(buffer[0] as number) ^ 1]), 0, 1, at);
}

for (const version of ['v1', 'v2', 'hybrid'] as const) {
  test(`verify finds good ${version} data good, by its folder or by itself under another name`, async () => {
    await using folder = await scratchFolder();
    const torrent = await diskTorrent(folder.path, { files: sizes, version });
    const json = await dstJson<VerifyJson>(['verify', torrent.file, folder.path]);
    assert.equal(json.ok, true);
    assert.equal(json.goodPieces, json.pieceCount);
    assert.deepEqual(
      json.files.map((file) => file.state),
      ['good', 'good', 'good', 'good'],
    );
    const { code, stdout, stderr } = await dst(['verify', torrent.file], { cwd: folder.path });
    assert.deepEqual([code, stdout], [0, '']);
    assert.match(stderr, /^test-1: all good, 557 KiB in 4 files$/m);
    await rename(join(folder.path, 'test-1'), join(folder.path, 'renamed'));
    assert.equal((await dst(['check', torrent.file, '-d', join(folder.path, 'renamed')])).code, 0);
  });

  test(`verify names the bad files of a ${version} torrent`, async () => {
    await using folder = await scratchFolder();
    const torrent = await diskTorrent(folder.path, { files: sizes, version });
    await flipByte(torrent, 'file-0000', 1000);
    await appendFile(join(folder.path, 'test-1', 'file-0003'), 'more');
    const { code, stdout } = await dst(['verify', torrent.file, folder.path]);
    assert.equal(code, 6);
    assert.equal(stdout, 'bad (1 piece): file-0000\ntoo long: file-0003\n');
  });
}

test('a file that shares a piece with a missing one is not called bad', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path, { files: sizes });
  await rm(join(folder.path, 'test-1', 'file-0001'));
  await rm(join(folder.path, 'test-1', 'file-0002'));
  await truncate(join(folder.path, 'test-1', 'file-0003'), 299_999);
  const { code, stdout } = await dst(['verify', torrent.file, folder.path, '--json']);
  assert.equal(code, 6);
  const json = JSON.parse(stdout) as VerifyJson;
  assert.equal(json.ok, false);
  assert.deepEqual(
    json.files.map((file) => file.state),
    ['uncertain', 'missing', 'missing', 'short'],
  );
});

test('a single file is verified under any name', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path);
  await rename(join(folder.path, 'test-1'), join(folder.path, 'copy.bin'));
  assert.equal((await dst(['verify', torrent.file, join(folder.path, 'copy.bin')])).code, 0);
});

test('verify ends with codes for missing data, bad torrents and wrong flags', async () => {
  await using folder = await scratchFolder();
  await using empty = await scratchFolder();
  const torrent = await diskTorrent(folder.path);
  await assertFails(['verify', torrent.file, empty.path], 3, 'DATA_NOT_FOUND');
  await assertFails(['verify', torrent.file, join(empty.path, 'none')], 3, 'DATA_NOT_FOUND');
  await assertFails(['verify', join(folder.path, 'test-1')], 6, /^BENCODE_/);
  await assertFails(['verify', '-', folder.path], 6, 'BENCODE_SYNTAX', { stdin: 'x' });
  await assertFails(['verify', torrent.file, folder.path, '-d', folder.path], 2, 'USAGE');
  await assertFails(['verify', torrent.file, '--threads', '0'], 2, 'USAGE_VALUE');
});

test('a v2 torrent without its piece layers cannot be verified, and says so', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path, { version: 'v2', hasPieceLayers: false });
  await assertFails(['verify', torrent.file, folder.path], 2, 'VERIFY_NO_HASHES');
});

test('data is verified under the names of the torrent although not every system could have them', {
  skip: process.platform === 'win32',
}, async () => {
  await using folder = await scratchFolder();
  const album = join(folder.path, 'a: b');
  await mkdir(join(album, 'why?'), { recursive: true });
  await writeFile(join(album, 'why?', '"c".bin'), 'x'.repeat(40_000));
  await writeFile(join(album, 'd.bin'), 'y'.repeat(1_000));
  const torrent = join(folder.path, 'album.torrent');
  assert.equal((await dst(['create', album, '-o', torrent])).code, 0);
  const json = await dstJson<VerifyJson>(['verify', torrent, folder.path]);
  assert.deepEqual(
    json.files.map(({ path, state }) => [path, state]),
    [
      ['d.bin', 'good'],
      ['why?/"c".bin', 'good'],
    ],
  );
  await rename(album, join(folder.path, 'other'));
  assert.equal((await dst(['verify', torrent, join(folder.path, 'other')])).code, 0);
  const safe = join(folder.path, 'a_ b');
  await rename(join(folder.path, 'other'), safe);
  await rename(join(safe, 'why?'), join(safe, 'why_'));
  assert.equal((await dst(['verify', torrent, folder.path])).code, 0);
});
