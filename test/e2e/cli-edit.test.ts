import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertFails, dst, dstJson, scratchFolder } from './cli-process.ts';
import { diskTorrent } from './disk-torrent.ts';

interface EditJson {
  path: string;
  changed: boolean;
  before: { infoHashV1: string };
  infoHashV1: string;
  name: string;
  private: boolean;
  source: string | null;
  comment: string | null;
  trackers: string[][];
  webSeeds: string[];
}

test('edit changes trackers in place and keeps the info hash', async () => {
  await using folder = await scratchFolder();
  const { file, infoHash } = await diskTorrent(folder.path);
  const added = await dstJson<EditJson>([
    'edit',
    file,
    '-t',
    'http://a.example/,http://b.example/',
    '-t',
    'udp://c.example:1',
  ]);
  assert.equal(added.path, file);
  assert.equal(added.changed, false);
  assert.equal(added.infoHashV1, infoHash);
  assert.deepEqual(added.trackers, [['http://a.example/', 'http://b.example/'], ['udp://c.example:1']]);
  const flags = ['--remove-tracker', 'http://a.example/', '--replace-tracker', 'udp://c.example:1,udp://d.example:2'];
  assert.deepEqual((await dstJson<EditJson>(['edit', file, ...flags])).trackers, [
    ['http://b.example/'],
    ['udp://d.example:2'],
  ]);
  const replaced = await dstJson<EditJson>(['edit', file, '--no-trackers', '-t', 'http://only.example/']);
  assert.deepEqual(replaced.trackers, [['http://only.example/']]);
  assert.deepEqual((await dstJson<EditJson>(['info', file])).trackers, [['http://only.example/']]);
  assert.deepEqual((await readdir(folder.path)).toSorted(), ['test-1', 'test-1.torrent']);
});

test('edit sets and removes web seeds and comment, to another file or standard output', async () => {
  await using folder = await scratchFolder();
  const { file, bytes } = await diskTorrent(folder.path);
  const other = join(folder.path, 'other.torrent');
  const json = await dstJson<EditJson>(['edit', file, '-o', other, '-w', 'http://w.example/', '-c', 'words']);
  assert.deepEqual([json.webSeeds, json.comment], [['http://w.example/'], 'words']);
  assert.deepEqual(new Uint8Array(await readFile(file)), bytes);
  const { stdoutBytes, code } = await dst(['edit', other, '-o', '-', '--no-web-seeds', '--no-comment']);
  assert.equal(code, 0);
  assert.deepEqual(new Uint8Array(stdoutBytes), bytes);
});

test('a change of the info hash is refused, and done when it is permitted', async () => {
  await using folder = await scratchFolder();
  const { file, bytes, infoHash } = await diskTorrent(folder.path);
  for (const flags of [['--private'], ['--source', 'X'], ['--name', 'other']]) {
    const { stderr } = await assertFails(['edit', file, ...flags], 2, 'INFOHASH_CHANGE');
    assert.ok(stderr.includes(infoHash));
  }
  assert.deepEqual(new Uint8Array(await readFile(file)), bytes);
  const json = await dstJson<EditJson>([
    'edit',
    file,
    '--private',
    '--source',
    'X',
    '--name',
    'other',
    '--allow-new-infohash',
  ]);
  assert.equal(json.changed, true);
  assert.equal(json.before.infoHashV1, infoHash);
  assert.notEqual(json.infoHashV1, infoHash);
  assert.deepEqual([json.private, json.source, json.name], [true, 'X', 'other']);
});

test('a change in the info dictionary that changes nothing keeps the hash and is allowed', async () => {
  await using folder = await scratchFolder();
  const { file } = await diskTorrent(folder.path);
  assert.equal((await dstJson<EditJson>(['edit', file, '--no-private', '--name', 'test-1'])).changed, false);
});

test('edit refuses what would be a mistake', async () => {
  await using folder = await scratchFolder();
  const { file } = await diskTorrent(folder.path);
  const other = join(folder.path, 'other.torrent');
  await writeFile(other, 'mine');
  await assertFails(['edit', file], 2, 'USAGE');
  await assertFails(['edit', file, '--remove-tracker', 'http://nowhere/'], 2, 'USAGE_VALUE');
  await assertFails(['edit', file, '--add-tracker', 'nowhere'], 2, 'USAGE_VALUE');
  await assertFails(['edit', file, '--no-date', '-o', other], 9, 'OUTPUT_EXISTS');
  assert.equal(await readFile(other, 'utf8'), 'mine');
  await assertFails(
    ['edit', file, '--no-date', '-o', join(folder.path, 'no', 'such', 'folder')],
    3,
    'OUTPUT_UNWRITABLE',
  );
  await assertFails(['edit', join(folder.path, 'missing'), '--no-date'], 3, 'SOURCE_NOT_FOUND');
  await assertFails(['edit', other, '--no-date'], 6, 'BENCODE_SYNTAX');
  assert.equal((await dst(['edit', file, '--no-date', '-o', other, '--force'])).code, 0);
});
