import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertFails, dst, dstJson, scratchFolder } from './cli-process.ts';
import { diskTorrent } from './disk-torrent.ts';

interface InfoJson {
  infoHashV1: string | null;
  infoHashV2: string | null;
  name: string | null;
  totalSize: number | null;
  pieceLength: number | null;
  pieceCount: number | null;
  files: { path: string; length: number; attr?: string }[];
  private: boolean | null;
  trackers: string[][];
  webSeeds: string[];
  warnings: { code: string }[];
}

test('info --json says what a v1 torrent says', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path, { files: [100_000, 50_000], isPrivate: true });
  const json = await dstJson<InfoJson>(['info', torrent.file]);
  assert.equal(json.infoHashV1, torrent.infoHash);
  assert.equal(json.infoHashV2, null);
  assert.deepEqual([json.name, json.totalSize, json.pieceLength, json.pieceCount], ['test-1', 150_000, 65_536, 3]);
  assert.deepEqual(json.files, [
    { path: 'file-0000', length: 100_000 },
    { path: 'file-0001', length: 50_000 },
  ]);
  assert.equal(json.private, true);
  assert.deepEqual([json.trackers, json.webSeeds], [[], []]);
  assert.deepEqual(
    json.warnings.map((warning) => warning.code),
    ['NO_TRACKER'],
  );
});

test('info --json marks the pad files of a hybrid torrent and gives both hashes', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path, { files: [100_000, 50_000], version: 'hybrid' });
  const json = await dstJson<InfoJson>(['info', torrent.file]);
  assert.match(json.infoHashV1 ?? '', /^[0-9a-f]{40}$/);
  assert.match(json.infoHashV2 ?? '', /^[0-9a-f]{64}$/);
  assert.equal(json.totalSize, 150_000);
  assert.deepEqual(json.files[1], { path: '.pad/31072', length: 31_072, attr: 'p' });
});

test('info --json gives a single file by its name, and a v2 torrent no v1 hash', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path, { version: 'v2' });
  const json = await dstJson<InfoJson>(['info', '-'], { stdin: await readFile(torrent.file) });
  assert.equal(json.infoHashV1, null);
  assert.equal(json.infoHashV2, torrent.infoHash);
  assert.deepEqual(json.files, [{ path: 'test-1', length: 1_000_000 }]);
});

test('info --json of a magnet link has the same fields', async () => {
  const link = `magnet:?xt=urn:btih:${'ab'.repeat(20)}&dn=some+name&tr=udp%3A%2F%2Ft.example%3A80&so=0,2-3&x.pe=127.0.0.1:6881`;
  const json = await dstJson<InfoJson & { peers: string[]; select: number[] }>(['info', link]);
  assert.equal(json.infoHashV1, 'ab'.repeat(20));
  assert.equal(json.name, 'some name');
  assert.deepEqual([json.totalSize, json.pieceLength, json.pieceCount, json.private], [null, null, null, null]);
  assert.deepEqual(json.trackers, [['udp://t.example:80']]);
  assert.deepEqual([json.files, json.peers, json.select], [[], ['127.0.0.1:6881'], [0, 2, 3]]);
});

test('info shows a table and the files to people', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path, { files: [100_000, 50_000] });
  const { code, stdout } = await dst(['info', torrent.file]);
  assert.equal(code, 0);
  assert.match(stdout, /^Name +test-1\nFormat +v1\n/);
  assert.ok(stdout.includes(torrent.infoHash));
  assert.match(stdout, /├─ file-0000 +97\.7 KiB\n└─ file-0001 +48\.8 KiB\n$/);
});

test('what a torrent says cannot reach the terminal as a control sequence', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path);
  const comment = Buffer.from('evil\u001b[2J\u202e\r\n');
  const bytes = Buffer.concat([Buffer.from(`d7:comment${comment.length}:`), comment, torrent.bytes.subarray(1)]);
  const file = join(folder.path, 'evil.torrent');
  await writeFile(file, bytes);
  const { stdout } = await dst(['info', file]);
  assert.match(stdout, /^Comment +evil\\x1b\[2J\\u202e/m);
  assert.doesNotMatch(stdout, /[\u001b\u202e\r]/);
  const { stdout: json } = await dst(['info', file, '--json']);
  assert.doesNotMatch(json, /[\u001b\u202e\r]/);
});

test('an invalid torrent ends with code 6 and the rule that it breaks', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path);
  const write = async (name: string, bytes: Uint8Array | string): Promise<string> => {
    const file = join(folder.path, name);
    await writeFile(file, bytes);
    return file;
  };
  const cases: [name: string, bytes: Uint8Array | string, code: string][] = [
    ['empty', '', 'BENCODE_TRUNCATED'],
    ['web-page', '<html><body>404</body></html>', 'BENCODE_SYNTAX'],
    ['truncated', torrent.bytes.subarray(0, torrent.bytes.length / 2), 'BENCODE_TRUNCATED'],
    ['no-info', 'd8:announce3:abce', 'METAINFO_INFO_MISSING'],
    ['list', 'le', 'METAINFO_NOT_A_DICTIONARY'],
  ];
  for (const [name, bytes, code] of cases) await assertFails(['info', await write(name, bytes)], 6, code);
  await assertFails(['info', '-'], 6, 'BENCODE_SYNTAX', { stdin: 'nonsense' });
  await assertFails(['info', 'magnet:?dn=nothing'], 6, 'MAGNET_NO_HASH');
});

test('a file that cannot be read is told apart: missing, a folder, forbidden, empty input', async () => {
  await using folder = await scratchFolder();
  await assertFails(['info', join(folder.path, 'nothing.torrent')], 3, 'SOURCE_NOT_FOUND');
  const { stderr } = await assertFails(['info', folder.path], 8, 'SOURCE_UNREADABLE');
  assert.match(stderr, /" is a folder \(.*\n.*`dst create`/);
  await assertFails(['info', '-'], 8, 'INPUT_UNREADABLE', { stdin: '' });
  if (process.platform === 'linux') await assertFails(['info', '/dev/zero'], 2, 'SOURCE_TOO_LARGE');
  if (process.getuid?.() === 0) return; // root may read anything
  const file = join(folder.path, 'secret.torrent');
  await writeFile(file, 'x');
  await chmod(file, 0);
  await assertFails(['info', file], 4, 'SOURCE_UNREADABLE');
});
