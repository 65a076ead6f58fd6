/** Contract: what the library @ctrl/transmission, which many programs are built on, does with our Transmission RPC. */
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Transmission } from '@ctrl/transmission';
import { scratchFolder } from '../e2e/cli-process.ts';
import { DaemonProcess } from '../e2e/daemon-process.ts';
import { diskTorrent } from '../e2e/disk-torrent.ts';

test('the library @ctrl/transmission', { timeout: 480_000 }, async (t) => {
  await using scratch = await scratchFolder();
  const source = join(scratch.path, 'source');
  await mkdir(source);
  const torrent = await diskTorrent(source, { files: [300_000, 200_000], pieceLength: 16_384 });
  await using daemon = await DaemonProcess.start(scratch.path);
  const { name: username, password } = daemon.login;
  const client = new Transmission({ baseUrl: `${daemon.url}/`, username, password });
  const hash = torrent.infoHash;

  await t.test('adds a torrent by its content, and knows it', async () => {
    const content = (await readFile(torrent.file)).toString('base64');
    // What it would take by itself, /downloads, is a folder of containers.
    await client.addTorrent(content, { 'download-dir': daemon.downloads, paused: true });
    await client.setTorrent(hash, { labels: ['books'] });
    // It was looked for data first.
    await daemon.untilState(hash, 'stopped');
    const added = await client.getTorrent(hash);
    assert.deepEqual([added.id, added.name, added.state, added.label], [hash, 'test-1', 'paused', 'books']);
    assert.equal(added.totalSize, 500_000);
  });

  await t.test('lists all that it asks for', async () => {
    assert.equal((await client.getAllData()).torrents.length, 1);
    const { torrents } = (await client.listTorrents()).arguments;
    assert.ok(Object.keys(torrents[0] ?? {}).length > 50);
    for (const [name, value] of Object.entries(torrents[0] ?? {})) assert.notEqual(value, undefined, name);
  });

  await t.test('checks, starts, moves and renames', async () => {
    await cp(join(torrent.folder, 'test-1'), join(daemon.downloads, 'test-1'), { recursive: true });
    await client.verifyTorrent(hash);
    await client.resumeTorrent(hash);
    await daemon.untilState(hash, 'seeding');
    assert.equal((await client.getTorrent(hash)).isCompleted, true);
    const elsewhere = join(daemon.downloads, 'elsewhere');
    await client.moveTorrent(hash, elsewhere);
    await daemon.until(
      'moved',
      () => client.getTorrent(hash),
      ({ savePath }) => savePath === elsewhere,
    );
    await daemon.untilState(hash, 'seeding');
    await client.renamePath(hash, { path: 'test-1', name: 'forest' });
    assert.equal((await stat(join(elsewhere, 'forest/file-0000'))).size, 300_000);
  });

  await t.test('sets limits, priorities and the session', async () => {
    await client.setTorrent(hash, { downloadLimit: 50, downloadLimited: true, 'files-unwanted': [1] });
    const { arguments: answer } = await client.listTorrents(hash, ['downloadLimit', 'wanted']);
    const [row] = answer.torrents as unknown as { downloadLimit: number; wanted: number[] }[];
    assert.deepEqual([row?.downloadLimit, row?.wanted], [50, [1, 0]]);
    await client.setSession({ 'speed-limit-up': 70, 'speed-limit-up-enabled': true });
    assert.equal((await client.getSession()).arguments['speed-limit-up'], 70);
    assert.ok((await client.freeSpace(daemon.downloads)).arguments['size-bytes'] > 0);
  });

  await t.test('changes the queue, asks trackers, pauses and removes', async () => {
    await client.queueTop(hash);
    await client.queueDown(hash);
    await client.reannounceTorrent(hash);
    await client.pauseTorrent(hash);
    await daemon.untilState(hash, 'stopped');
    await client.removeTorrent(hash, true);
    assert.deepEqual(await daemon.torrents(), []);
    await daemon.until(
      'gone from the disk',
      () => readdir(join(daemon.downloads, 'elsewhere')),
      (names) => names.length === 0,
    );
  });
});
