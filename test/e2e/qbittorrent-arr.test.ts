/** Contract: what Sonarr and Radarr do with qBittorrent, over a client in memory. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FakeTorrent, sampleTorrentFile } from '../support/fake-client.ts';
import { PASSWORD } from '../support/memory-access.ts';
import { type QbittorrentServer, qbittorrentServer } from '../support/qbittorrent-server.ts';
import { AuthenticationFailure } from './arr.ts';
import { QbittorrentArr, type QbittorrentArrSettings } from './qbittorrent-arr.ts';

const file = sampleTorrentFile({ name: 'Show.S01E01', files: { 'show.mkv': 900_000, 'show.nfo': 100_000 } });
const single = sampleTorrentFile({ name: 'film.mkv' });

const onlyTorrent = ({ client }: QbittorrentServer): FakeTorrent => {
  const [torrent, ...others] = client.torrents.all();
  assert.ok(torrent !== undefined && others.length === 0);
  return torrent;
};

const login = { username: 'oscar', password: PASSWORD };

for (const [program, category, settings] of [
  ['Sonarr', 'tv-sonarr', login],
  ['Radarr', 'radarr', login],
  ['Sonarr with a token as its API key', 'tv-sonarr', null],
] as const) {
  describe(program, () => {
    const arrOf = (server: QbittorrentServer, more: Partial<QbittorrentArrSettings> = {}): QbittorrentArr =>
      new QbittorrentArr(server, { category, ...(settings ?? { apiKey: server.token }), ...more });

    test('finds its settings right, and makes its categories', async () => {
      await using server = await qbittorrentServer();
      const arr = arrOf(server, { importedCategory: 'done', isFirst: true });
      await arr.test();
      await arr.test();
      assert.deepEqual(
        server.client.categories.all().map(({ name }) => name),
        [category, 'done'],
      );
      assert.equal(arr.calls.filter((path) => path === 'torrents/createCategory').length, 2);
    });

    test('knows that it may not, with another password or key', async () => {
      await using server = await qbittorrentServer();
      const wrong = settings === null ? { apiKey: 'dst_nonsense' } : { password: 'wrong' };
      await assert.rejects(arrOf(server, wrong).test(), AuthenticationFailure);
    });

    test('sees where things will be', async () => {
      await using server = await qbittorrentServer();
      const arr = arrOf(server);
      await arr.test();
      assert.equal(await arr.outputFolder(), '/downloads');
      await server.client.categories.put({ name: category, savePath: '/media/tv' });
      assert.equal(await arr.outputFolder(), '/media/tv');
    });

    test('sends a torrent file, follows it, imports it and removes it', async () => {
      await using server = await qbittorrentServer();
      const arr = arrOf(server, { importedCategory: 'done', initialState: 'Stop', isSequential: true });
      await arr.test();
      server.client.torrents.addSample({ name: 'of somebody else' });
      await arr.download(file, '', { ratio: 1.5, minutes: 600 });
      const [item] = await arr.items();
      const torrent = server.client.torrents.find(item?.downloadId ?? '') as FakeTorrent;
      assert.deepEqual(item, {
        downloadId: torrent.hash.toUpperCase(),
        title: 'Show.S01E01',
        category,
        status: 'Paused',
        outputPath: null,
        remainingSize: 1_000_000,
        remainingTime: null,
        canBeRemoved: false,
      });
      const { isSequential, goals } = torrent.view().settings;
      assert.deepEqual([isSequential, goals.ratio, goals.minutes], [true, 1.5, 600]);
      await torrent.start();
      torrent.setProgress(0.25);
      const [running] = await arr.items();
      assert.deepEqual(
        [running?.status, running?.remainingSize, running?.remainingTime],
        ['Downloading', 750_000, 600],
      );
      torrent.setProgress(1);
      const [complete] = await arr.items();
      assert.deepEqual(
        [complete?.status, complete?.outputPath, complete?.remainingTime, complete?.canBeRemoved],
        ['Completed', '/downloads/Show.S01E01', 0, false],
      );
      torrent.set({ state: 'stopped', ratio: 1.5 });
      assert.equal((await arr.items())[0]?.canBeRemoved, true);
      await server.client.categories.put({ name: 'done', savePath: '' });
      await arr.markAsImported(torrent.hash.toUpperCase());
      assert.deepEqual([torrent.view().settings.category, await arr.items()], ['done', []]);
      await arr.remove(torrent.hash.toUpperCase(), true);
      assert.deepEqual(server.client.torrents.deleted, [torrent.hash]);
    });

    test('sends a link to the head of the queue', async () => {
      await using server = await qbittorrentServer();
      const arr = arrOf(server, { isFirst: true });
      server.client.torrents.addSample();
      const hash = 'AB'.repeat(20);
      await arr.download(`magnet:?xt=urn:btih:${hash}&dn=film&tr=http%3A%2F%2Ft.example%2Fannounce`, hash);
      assert.equal(server.client.torrents.all()[0]?.hash, hash.toLowerCase());
      // There is no DHT to find peers by: that is worth a warning to the program.
      assert.deepEqual(
        (await arr.items()).map(({ status, category: of }) => [status, of]),
        [['Warning', category]],
      );
    });

    test('starts by force, and removes without the data', async () => {
      await using server = await qbittorrentServer();
      const arr = arrOf(server, { initialState: 'ForceStart' });
      const hash = 'cd'.repeat(20);
      await arr.download(`magnet:?xt=urn:btih:${hash}&tr=http%3A%2F%2Ft.example%2Fannounce`, hash);
      const torrent = onlyTorrent(server);
      assert.ok(torrent.view().settings.isForced);
      if (program.startsWith('Sonarr')) {
        await arr.addTags(hash, ['a show', 'hd']);
        assert.deepEqual(torrent.view().settings.labels, ['a show', 'hd']);
      }
      await arr.remove(hash, false);
      assert.deepEqual([server.client.torrents.size, server.client.torrents.deleted], [0, []]);
    });

    test('is given the file itself of a torrent with one file', async () => {
      await using server = await qbittorrentServer();
      const arr = arrOf(server);
      await arr.download(single, '');
      onlyTorrent(server).setProgress(1);
      const [item] = await arr.items();
      assert.deepEqual([item?.status, item?.outputPath], ['Completed', '/downloads/film.mkv']);
    });

    test('logs in once, or never with a key', async () => {
      await using server = await qbittorrentServer();
      const arr = arrOf(server);
      for (let i = 0; i < 3; i++) await arr.items();
      assert.equal(arr.calls.filter((path) => path === 'auth/login').length, settings === null ? 0 : 1);
    });
  });
}
