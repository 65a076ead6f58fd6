/** Contract: the library @ctrl/qbittorrent against a real daemon (each of its calls: e2e/qbittorrent-library.test.ts). */
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { QBittorrent, TorrentFilePriority } from '@ctrl/qbittorrent';
import { scratchFolder } from '../e2e/cli-process.ts';
import { DaemonProcess } from '../e2e/daemon-process.ts';
import { diskTorrent } from '../e2e/disk-torrent.ts';

test('the library @ctrl/qbittorrent with a daemon', { timeout: 480_000 }, async (t) => {
  await using scratch = await scratchFolder();
  const source = join(scratch.path, 'source');
  await mkdir(source);
  const torrent = await diskTorrent(source, { files: [300_000, 200_000], pieceLength: 16_384 });
  await using daemon = await DaemonProcess.start(scratch.path);
  const { name: username, password } = daemon.login;
  const library = new QBittorrent({ baseUrl: `${daemon.url}/`, username, password });
  const hash = torrent.infoHash;

  await t.test('adds a torrent by its content, paused and in a category, and lists it', async () => {
    await library.createCategory('books', join(daemon.downloads, 'books'));
    const bytes = new Uint8Array(await readFile(torrent.file));
    const added = await library.normalizedAddTorrent(bytes, { startPaused: true, label: 'books' });
    assert.deepEqual([added.id, added.name, added.state, added.label], [hash, 'test-1', 'paused', 'books']);
    const { torrents, labels } = await library.getAllData();
    assert.deepEqual([torrents.map(({ id }) => id), labels], [[hash], [{ id: 'books', name: 'books', count: 1 }]]);
    const [row] = await library.listTorrents({ category: 'books', filter: 'stopped' });
    assert.deepEqual([row?.size, row?.save_path], [500_000, join(daemon.downloads, 'books')]);
  });

  await t.test('sees its files, and leaves one out', async () => {
    await library.setFilePriority(hash, '1', TorrentFilePriority.Skip);
    const files = await library.torrentFiles(hash);
    assert.deepEqual(
      files.map(({ name, size, priority }) => [name, size, priority]),
      [
        ['test-1/file-0000', 300_000, 1],
        ['test-1/file-0001', 200_000, 0],
      ],
    );
    await library.setFilePriority(hash, '1', TorrentFilePriority.NormalPriority);
    assert.equal((await library.torrentFiles(hash))[1]?.priority, 1);
  });

  await t.test('checks, resumes, moves and pauses', async () => {
    await cp(join(torrent.folder, 'test-1'), join(daemon.downloads, 'books/test-1'), { recursive: true });
    await library.recheckTorrent(hash);
    await library.resumeTorrent(hash);
    await daemon.untilState(hash, 'seeding');
    const { state, isCompleted } = await library.getTorrent(hash);
    assert.deepEqual([state, isCompleted], ['seeding', true]);
    const elsewhere = join(daemon.downloads, 'elsewhere');
    await library.setTorrentLocation(hash, elsewhere);
    await daemon.until(
      'moved',
      () => library.getTorrent(hash),
      ({ savePath }) => savePath === elsewhere,
    );
    await daemon.untilState(hash, 'seeding');
    assert.equal((await stat(join(elsewhere, 'test-1/file-0000'))).size, 300_000);
    await library.pauseTorrent(hash);
    await daemon.untilState(hash, 'stopped');
    // The library calls that seeding.
    assert.equal((await library.listTorrents({ hashes: hash }))[0]?.state, 'stoppedUP');
  });

  await t.test('changes the category and removes the torrent with its data', async () => {
    await library.createCategory('read');
    await library.setTorrentCategory(hash, 'read');
    await library.removeCategory('books');
    assert.deepEqual(
      [(await library.getTorrent(hash)).label, Object.keys(await library.getCategories())],
      ['read', ['read']],
    );
    await library.removeTorrent(hash, true);
    assert.deepEqual([await library.listTorrents(), await daemon.torrents()], [[], []]);
    await daemon.until(
      'gone from the disk',
      () => readdir(join(daemon.downloads, 'elsewhere')),
      (names) => names.length === 0,
    );
  });
});
