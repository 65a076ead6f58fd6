/** Contract: what the library @ctrl/qbittorrent, which many programs are built on, does with our WebAPI. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { QBittorrent, TorrentFilePriority } from '@ctrl/qbittorrent';
import { sampleTorrentFile } from '../support/fake-client.ts';
import { PASSWORD } from '../support/memory-access.ts';
import { type QbittorrentServer, qbittorrentServer } from '../support/qbittorrent-server.ts';

const libraryOf = ({ url }: QbittorrentServer): QBittorrent =>
  new QBittorrent({ baseUrl: url, username: 'ada', password: PASSWORD });

const file = new Uint8Array(sampleTorrentFile({ name: 'show', files: { 'one.mkv': 200_000, 'two.mkv': 100_000 } }));

describe('the library @ctrl/qbittorrent', () => {
  test('logs in and sees a version 5', async () => {
    await using server = await qbittorrentServer();
    const library = libraryOf(server);
    assert.equal(await library.login(), true);
    const { auth, version } = library.exportState() as { auth: { cookieName: string }; version: object };
    assert.equal(auth.cookieName, 'SID');
    assert.deepEqual(version, { version: 'v5.0.5', isVersion5OrHigher: true });
    assert.deepEqual([await library.getAppVersion(), await library.getApiVersion()], ['v5.0.5', '2.11.2']);
    assert.equal((await library.getBuildInfo()).bitness, 64);
  });

  test('is told when the password is wrong', async () => {
    await using server = await qbittorrentServer();
    const library = new QBittorrent({ baseUrl: server.url, username: 'ada', password: 'wrong' });
    await assert.rejects(library.login(), /Auth Failed/);
    await assert.rejects(library.listTorrents(), /Auth Failed/);
  });

  test('works with a token of ours as its API key', async () => {
    await using server = await qbittorrentServer();
    const library = new QBittorrent({ baseUrl: server.url, apiKey: server.token });
    assert.equal(await library.login(), true);
    assert.deepEqual(await library.listTorrents(), []);
  });

  test('adds, lists, stops and starts, and removes a torrent', async () => {
    await using server = await qbittorrentServer();
    const library = libraryOf(server);
    const added = await library.normalizedAddTorrent(file, { startPaused: true, label: 'tv' });
    assert.deepEqual([added.name, added.state, added.label, added.isCompleted], ['show', 'paused', 'tv', false]);
    const { id } = added;
    const stateOf = async (): Promise<string> => (await library.getTorrent(id)).state;
    await library.startTorrent(id);
    assert.equal(await stateOf(), 'downloading');
    await library.pauseTorrent([id]);
    assert.equal(await stateOf(), 'paused');
    await library.resumeTorrent('all');
    server.client.torrents.find(id)?.setProgress(1);
    const done = await library.getTorrent(id);
    assert.deepEqual([done.state, done.progress, done.isCompleted, done.eta], ['seeding', 1, true, 0]);
    assert.deepEqual([done.totalSize, done.totalSelected, done.savePath], [300_000, 300_000, '/downloads']);
    const { torrents, labels } = await library.getAllData();
    assert.deepEqual([torrents.length, labels], [1, [{ id: 'tv', name: 'tv', count: 1 }]]);
    await assert.rejects(library.addTorrent(file), /Failed to add torrent/);
    await library.removeTorrent(id, true);
    assert.deepEqual([await library.listTorrents(), server.client.torrents.deleted], [[], [id]]);
  });

  test('adds a link with options', async () => {
    await using server = await qbittorrentServer();
    const library = libraryOf(server);
    await library.addMagnet(`magnet:?xt=urn:btih:${'ab'.repeat(20)}&dn=linked`, {
      savepath: '/media',
      category: 'films',
      tags: 'a,b',
      paused: 'true',
      sequentialDownload: 'true',
    });
    const [row] = await library.listTorrents({ category: 'films', filter: 'paused', tag: 'a' });
    assert.deepEqual([row?.name, row?.save_path, row?.tags, row?.seq_dl], ['linked', '/media', 'a, b', true]);
    assert.deepEqual(await library.listTorrents({ filter: 'resumed' }), []);
  });

  test('sees files and gives them priorities and names', async () => {
    await using server = await qbittorrentServer();
    const library = libraryOf(server);
    const { id } = await library.normalizedAddTorrent(file);
    await library.setFilePriority(id, '1', TorrentFilePriority.Skip);
    await library.setFilePriority(id, ['0'], TorrentFilePriority.MaxPriority);
    await library.renameFile(id, 'show/two.mkv', 'show/2.mkv');
    await library.renameFolder(id, 'show', 'shows');
    const files = await library.torrentFiles(id);
    assert.deepEqual(
      files.map(({ name, priority, size }) => [name, priority, size]),
      [
        ['shows/one.mkv', 7, 200_000],
        ['shows/2.mkv', 0, 100_000],
      ],
    );
    assert.deepEqual(
      [await library.torrentPieceStates(id), (await library.torrentPieceHashes(id)).length],
      [[1, 0, 0, 0, 0], 5],
    );
  });

  test('sees properties, trackers, web seeds and peers, and changes trackers', async () => {
    await using server = await qbittorrentServer();
    const library = libraryOf(server);
    const { id } = await library.normalizedAddTorrent(file);
    const { pieces_num: pieces, created_by: creator } = await library.torrentProperties(id);
    assert.deepEqual([pieces, creator], [5, 'a test']);
    await library.addTrackers(id, 'http://b.example/announce');
    await library.removeTrackers(id, 'http://tracker.example/announce');
    const trackers = await library.torrentTrackers(id);
    assert.deepEqual(trackers.map(({ url }) => url).slice(3), ['http://b.example/announce']);
    assert.deepEqual(await library.torrentWebSeeds(id), []);
    const { peers } = await library.torrentPeers(id);
    assert.deepEqual(Object.keys(peers ?? {}), ['192.0.2.7:6881', '[2001:db8::7]:51413']);
  });

  test('manages categories and tags', async () => {
    await using server = await qbittorrentServer();
    const library = libraryOf(server);
    const { id } = await library.normalizedAddTorrent(file);
    await library.createCategory('tv', '/media/tv');
    await library.editCategory('tv', '/media/shows');
    await library.setTorrentCategory(id, 'tv');
    assert.deepEqual(await library.getCategories(), { tv: { name: 'tv', savePath: '/media/shows' } });
    await library.createTags('x,y');
    await library.addTorrentTags(id, 'x,z');
    assert.deepEqual(
      [await library.getTags(), (await library.getTorrent(id)).tags],
      [
        ['x', 'y', 'z'],
        ['x', 'z'],
      ],
    );
    await library.removeTorrentTags(id, 'x');
    await library.deleteTags('y');
    await library.resetTorrentCategory(id);
    await library.removeCategory('tv');
    const { label, tags } = await library.getTorrent(id);
    assert.deepEqual([label, tags, await library.getCategories()], ['', ['z'], {}]);
  });

  test('moves, renames, limits, queues and checks', async () => {
    await using server = await qbittorrentServer();
    const library = libraryOf(server);
    const other = await library.normalizedAddTorrent(new Uint8Array(sampleTorrentFile({ name: 'other' })));
    const { id } = await library.normalizedAddTorrent(file);
    await library.setTorrentLocation(id, '/media/shows');
    await library.setTorrentName(id, 'My show');
    await library.setTorrentDownloadLimit(id, 4096);
    await library.topPriority(id);
    await library.recheckTorrent(id);
    await library.reannounceTorrent(id);
    const [row] = await library.listTorrents({ hashes: id });
    assert.deepEqual(
      [row?.save_path, row?.content_path, row?.name, row?.dl_limit, row?.priority, row?.state],
      ['/media/shows', '/media/shows/show', 'My show', 4096, 1, 'checkingDL'],
    );
    assert.deepEqual(await library.getTorrentDownloadLimit(id), { [id]: 4096 });
    await library.queueDown(id);
    assert.equal((await library.getTorrent(other.id)).queuePosition, 1);
  });

  test('reads and sets preferences', async () => {
    await using server = await qbittorrentServer();
    const library = libraryOf(server);
    const before = await library.getPreferences();
    assert.deepEqual([before.save_path, before.dl_limit, before.max_ratio_enabled], ['/downloads', 0, false]);
    await library.setPreferences({ dl_limit: 5000, max_ratio_enabled: true, max_ratio: 2 });
    const { dl_limit: limit, max_ratio: ratio, max_ratio_enabled: isOn } = await library.getPreferences();
    assert.deepEqual([limit, ratio, isOn], [5000, 2, true]);
    assert.equal(await library.getDefaultSavePath(), '/downloads');
    assert.deepEqual(await library.getDirectoryContent('/media'), ['/media/films', '/media/one.mkv']);
  });

  test('follows changes', async () => {
    await using server = await qbittorrentServer();
    const library = libraryOf(server);
    const { id } = await library.normalizedAddTorrent(file);
    const all = await library.getSyncMainData();
    assert.deepEqual([all.full_update, Object.keys(all.torrents ?? {})], [true, [id]]);
    await library.pauseTorrent(id);
    const update = await library.getSyncMainData(all.rid);
    assert.equal(update.full_update, undefined);
    assert.equal(update.torrents?.[id]?.state, 'stoppedDL');
  });

  test('gets a new session by itself when the old one is over', async () => {
    await using server = await qbittorrentServer();
    const library = libraryOf(server);
    await library.login();
    assert.ok(library.state.auth !== undefined);
    library.state.auth.sid = 'x'.repeat(43);
    assert.deepEqual(await library.listTorrents(), []);
  });

  test('looks into a torrent file, gets files and limits, and finds no feeds', async () => {
    await using server = await qbittorrentServer();
    const library = libraryOf(server);
    const [metadata] = await library.parseTorrentMetadata(file);
    assert.deepEqual(metadata?.info.files, [
      { path: 'show/one.mkv', length: 200_000 },
      { path: 'show/two.mkv', length: 100_000 },
    ]);
    const { id } = await library.normalizedAddTorrent(file);
    assert.deepEqual(await library.fetchTorrentMetadata(id), metadata);
    assert.deepEqual(await library.saveTorrentMetadata(id), server.client.torrents.find(id)?.torrentFile());
    assert.equal((await library.torrentPieceAvailability(id)).length, metadata.info.pieces_num);
    server.client.torrents.find(id)?.setProgress(1);
    assert.equal((await library.downloadTorrentFile(id, 1)).length, 100_000);
    await library.setTransferSpeedLimits({ up_limit: 1000, dl_limit: 2000, alt_up_limit: 3000, alt_dl_limit: 4000 });
    assert.equal((await library.getTransferSpeedLimits()).alt_dl_limit, 4000);
    assert.match(await library.rotateApiKey(), /^dst_/);
    assert.deepEqual(
      [await library.getRssRules(), await library.loadClientData(), await library.getCookies()],
      [{}, {}, []],
    );
    assert.ok((await library.getFreeSpaceAtPath('/downloads')) >= 0);
    assert.ok((await library.getProcessInfo()).launch_time > 0);
    assert.deepEqual(await library.getTorrentCreatorStatus(), []);
  });
});
