import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { assertFails, dst, dstJson, scratchFolder } from './cli-process.ts';
import { diskTorrent } from './disk-torrent.ts';

test('magnet prints the link of a torrent, from a file or standard input', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path);
  const { code, stdout } = await dst(['magnet', torrent.file]);
  assert.equal(code, 0);
  assert.equal(stdout, `magnet:?xt=urn:btih:${torrent.infoHash}&dn=test-1&xl=1000000\n`);
  assert.equal((await dst(['magnet', '-'], { stdin: await readFile(torrent.file) })).stdout, stdout);
});

test('the link of a hybrid torrent names both hashes', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path, { version: 'hybrid' });
  const { stdout } = await dst(['link', torrent.file]);
  assert.match(stdout, /^magnet:\?xt=urn:btih:[0-9a-f]{40}&xt=urn:btmh:1220[0-9a-f]{64}&/);
});

test('magnet adds peers and selected files to a link, and takes trackers and web seeds out', async () => {
  const link = `magnet:?xt=urn:btih:${'0'.repeat(40)}&tr=http%3A%2F%2Ft.example%2F&ws=http%3A%2F%2Fw.example%2F`;
  const tidy = `magnet:?xt=urn:btih:${'0'.repeat(40)}`;
  assert.equal((await dst(['magnet', link, '--no-trackers', '--no-web-seeds'])).stdout, `${tidy}\n`);
  const flags = [
    '--no-trackers',
    '--no-web-seeds',
    '--select',
    '3,0-1',
    '--peer',
    '[::1]:6881',
    '--peer',
    '127.0.0.1:1',
  ];
  const { stdout } = await dst(['magnet', link, ...flags]);
  assert.equal(stdout, `${tidy}&x.pe=[::1]:6881&x.pe=127.0.0.1:1&so=0-1,3\n`);
});

test('magnet tidies a link: base32 and capitals become lower-case hexadecimal', async () => {
  const { stdout } = await dst(['magnet', `MAGNET:?xt=urn:btih:${'A'.repeat(32)}&dn=a+b`]);
  assert.equal(stdout, `magnet:?xt=urn:btih:${'0'.repeat(40)}&dn=a%20b\n`);
});

test('magnet --json has the link and what it says', async () => {
  const link = `magnet:?xt=urn:btih:${'12'.repeat(20)}`;
  const json = await dstJson<{ magnet: string; infoHashV1: string }>(['magnet', link]);
  assert.deepEqual([json.magnet, json.infoHashV1], [link, '12'.repeat(20)]);
});

test('bad links, files and flags end with their codes', async () => {
  await assertFails(['magnet', 'magnet:?xt=urn:btih:short'], 6, 'MAGNET_BAD_HASH');
  await assertFails(['magnet', 'missing.torrent'], 3, 'SOURCE_NOT_FOUND');
  await assertFails(['magnet', '-'], 6, 'BENCODE_SYNTAX', { stdin: 'hello' });
  await assertFails(['magnet', 'x', '--select', '5-1'], 2, 'USAGE_VALUE');
});
