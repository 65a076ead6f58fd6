/**
 * VueTorrent 2.34.1 with the daemon for its qBittorrent: what it sends from the login to the logout, page by page, as its
 * build was seen to send it in a browser, and the fields that it reads of the answers. It is in no registry, so this
 * stands for it.
 */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { decodeTorrent } from '../../src/app/torrent-file/index.ts';
import { scratchFolder } from './cli-process.ts';
import { DaemonProcess } from './daemon-process.ts';
import { showAndFilm } from './disk-torrent.ts';

type Form = Readonly<Record<string, string | number | boolean>>;
type Row = Readonly<Record<string, unknown>>;

interface Maindata {
  readonly rid: number;
  readonly full_update?: boolean;
  readonly server_state?: Row;
  readonly torrents?: Readonly<Record<string, Row>>;
  readonly torrents_removed?: readonly string[];
  readonly categories?: Readonly<Record<string, { readonly name: string; readonly savePath: string }>>;
  readonly tags?: readonly string[];
  readonly trackers?: Readonly<Record<string, readonly string[]>>;
}

const fieldsOf = (form: Form): [string, string][] => Object.entries(form).map(([name, value]) => [name, String(value)]);

class VueTorrent {
  readonly #url: string;
  #cookie = '';
  rid: number | null = null;

  constructor({ url }: { readonly url: string }) {
    this.#url = url;
  }

  async send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { cookie: this.#cookie };
    const answer = await fetch(`${this.#url}/api/v2/${path}`, { ...init, headers });
    this.#cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? this.#cookie;
    return answer;
  }

  get(path: string, form: Form = {}): Promise<Response> {
    const query = new URLSearchParams(fieldsOf(form)).toString();
    return this.send(query === '' ? path : `${path}?${query}`);
  }

  post(path: string, form: Form = {}): Promise<Response> {
    return this.send(path, { method: 'POST', body: new URLSearchParams(fieldsOf(form)) });
  }

  async read<T>(path: string, form: Form = {}): Promise<T> {
    const answer = await this.get(path, form);
    assert.equal(answer.status, 200, path);
    return (await answer.json()) as T;
  }

  /** A change; must succeed. */
  async does(path: string, form: Form = {}): Promise<string> {
    const answer = await this.post(path, form);
    const text = await answer.text();
    assert.equal(answer.status, 200, `${path}: ${text}`);
    return text;
  }

  /** What its dialog sends, where files are; values that are not set are left out. */
  async add(form: Form, file?: Uint8Array): Promise<string> {
    const body = new FormData();
    for (const [name, value] of fieldsOf({
      ...{ addToTopOfQueue: false, autoTMM: false, contentLayout: 'Original', firstLastPiecePrio: false },
      ...{ paused: false, stopped: false, sequentialDownload: false, skip_checking: false, stopCondition: 'None' },
      ...{ useDownloadPath: false, ...form },
    })) {
      body.set(name, value);
    }
    if (file !== undefined) body.append('torrents', new File([new Uint8Array(file)], 'show.torrent'));
    const answer = await this.send('torrents/add', { method: 'POST', body });
    return await answer.text();
  }

  async sync(): Promise<Maindata> {
    const data = await this.read<Maindata>('sync/maindata', this.rid === null ? {} : { rid: this.rid });
    this.rid = data.rid;
    return data;
  }

  async row(hash: string): Promise<Row> {
    const [row] = await this.read<Row[]>('torrents/info', { hashes: hash });
    assert.ok(row !== undefined);
    return row;
  }
}

/** Fields of `of` that are no numbers it could show. */
const noNumbers = (of: Row, names: string): string[] => names.split(' ').filter((name) => !Number.isFinite(of[name]));
const noTexts = (of: Row, names: string): string[] => names.split(' ').filter((name) => typeof of[name] !== 'string');
const noSwitches = (of: Row, names: string): string[] =>
  names.split(' ').filter((name) => typeof of[name] !== 'boolean');

const LINK_TRACKER = 'http://127.0.0.1:1/announce';

describe('VueTorrent takes the daemon for qBittorrent', { timeout: 480_000 }, () => {
  test('from the login to the logout', async (t) => {
    await using scratch = await scratchFolder();
    const peerFolder = join(scratch.path, 'peer');
    const source = join(peerFolder, 'downloads');
    const { show, film } = await showAndFilm(source);
    await using peer = await DaemonProcess.start(peerFolder);
    const torrent = (await readFile(show.file)).toString('base64');
    await peer.api('/torrents', { method: 'POST', body: { torrent } });
    await using daemon = await DaemonProcess.start(scratch.path);
    const vue = new VueTorrent(daemon);
    const [hash, link] = [show.infoHash, film.infoHash];
    const shows = join(daemon.downloads, 'shows');

    await t.test('it shows its login to who is nobody', async () => {
      assert.equal((await vue.get('app/version')).status, 403);
    });

    await t.test('it logs in, and takes the program for a version 5 with libtorrent 2', async () => {
      const { name: username, password } = daemon.login;
      assert.equal(await vue.does('auth/login', { username, password }), 'Ok.');
      const version = (await (await vue.get('app/version')).text()).replace('v', '');
      // It compares them as text; from 5.1 on it would ask for more.
      assert.ok(version >= '5' && version < '5.1');
      const { libtorrent, platform } = await vue.read<Row>('app/buildInfo');
      assert.ok(String(libtorrent) >= '2');
      assert.match(String(platform), /^(?:linux|macos|windows|unknown)$/);
    });

    await t.test('its side bar has numbers to show', async () => {
      const { full_update: isFull, server_state: state = {} } = await vue.sync();
      assert.equal(isFull, true);
      const numbers =
        'alltime_dl alltime_ul average_time_queue dht_nodes dl_info_data dl_info_speed dl_rate_limit free_space_on_disk queued_io_jobs total_buffers_size total_peer_connections total_queued_size total_wasted_session up_info_data up_info_speed up_rate_limit';
      assert.deepEqual(noNumbers(state, numbers), []);
      const texts = 'connection_status global_ratio read_cache_hits read_cache_overload write_cache_overload';
      assert.deepEqual(noTexts(state, texts), []);
      assert.deepEqual(noSwitches(state, 'queueing use_alt_speed_limits'), []);
    });

    await t.test('it adds a link with a name of its own', async () => {
      const urls = `magnet:?xt=urn:btih:${link}&dn=film&tr=${encodeURIComponent(LINK_TRACKER)}`;
      assert.equal(await vue.add({ rename: 'My film', savepath: daemon.downloads, urls }), 'Ok.');
      // Until its turn has come, which is decided in a moment, it waits.
      await daemon.untilState(link, 'fetching-metadata');
      const { torrents = {}, trackers } = await vue.sync();
      const { name, state, size } = torrents[link] ?? {};
      assert.deepEqual([name, state, size], ['My film', 'metaDL', 0]);
      assert.deepEqual(trackers, { [LINK_TRACKER]: [link] });
    });

    await t.test('it adds a file that is stopped, in a category, with tags, at a path', async () => {
      const form = { category: 'shows', tags: 'blue,green', savepath: shows, paused: true, stopped: true };
      assert.equal(await vue.add(form, await readFile(show.file)), 'Ok.');
      const { torrents = {}, categories, tags } = await vue.sync();
      const { category, tags: tagsOfIt, save_path: path } = torrents[hash] ?? {};
      assert.deepEqual([category, tagsOfIt, path], ['shows', 'blue, green', shows]);
      assert.deepEqual(categories, { shows: { name: 'shows', savePath: '' } });
      assert.deepEqual(tags, ['blue', 'green']);
      const { state } = await daemon.untilState(hash, 'stopped');
      assert.deepEqual([state, (await vue.row(hash))['state']], ['stopped', 'stoppedDL']);
    });

    await t.test('its dashboard has all that it shows of torrents, with and without metadata', async () => {
      const numbers =
        'added_on amount_left availability completion_on dl_limit dlspeed downloaded downloaded_session eta inactive_seeding_time_limit last_activity num_complete num_incomplete num_leechs num_seeds popularity priority progress ratio ratio_limit reannounce seeding_time seeding_time_limit seen_complete size time_active total_size trackers_count up_limit uploaded uploaded_session upspeed';
      const texts =
        'category comment content_path download_path infohash_v1 infohash_v2 magnet_uri name root_path save_path state tags tracker';
      const switches = 'auto_tmm f_l_piece_prio force_start has_metadata seq_dl super_seeding';
      for (const row of [await vue.row(hash), await vue.row(link)]) {
        assert.deepEqual([noNumbers(row, numbers), noTexts(row, texts), noSwitches(row, switches)], [[], [], []]);
      }
    });

    await t.test('it starts, forces, checks, announces and stops', async () => {
      const hashes = hash;
      await vue.does('torrents/start', { hashes });
      await daemon.untilState(hash, 'downloading');
      await vue.does('torrents/setForceStart', { hashes, value: true });
      assert.equal((await vue.row(hash))['force_start'], true);
      await vue.does('torrents/recheck', { hashes });
      await daemon.untilState(hash, 'downloading');
      await vue.does('torrents/reannounce', { hashes: link });
      await vue.does('torrents/stop', { hashes: 'all' });
      for (const one of [hash, link]) await daemon.untilState(one, 'stopped');
    });

    await t.test('its menu switches, and moves in the queue', async () => {
      await vue.does('torrents/toggleSequentialDownload', { hashes: hash });
      await vue.does('torrents/toggleFirstLastPiecePrio', { hashes: hash });
      await vue.does('torrents/setSuperSeeding', { hashes: hash, value: true });
      const { seq_dl: isSequential, f_l_piece_prio: isFirstLast, super_seeding: isSuper } = await vue.row(hash);
      assert.deepEqual([isSequential, isFirstLast, isSuper], [true, true, true]);
      for (const [path, priority] of [
        ['topPrio', 1],
        ['decreasePrio', 2],
        ['increasePrio', 1],
        ['bottomPrio', 2],
      ] as const) {
        await vue.does(`torrents/${path}`, { hashes: hash });
        assert.equal((await vue.row(hash))['priority'], priority, path);
      }
    });

    await t.test('its dialogs set limits of speed and of sharing', async () => {
      await vue.does('torrents/setDownloadLimit', { hashes: hash, limit: 50_000 });
      await vue.does('torrents/setUploadLimit', { hashes: hash, limit: 0 });
      const limits = { ratioLimit: 1.5, seedingTimeLimit: -1, inactiveSeedingTimeLimit: -1 };
      await vue.does('torrents/setShareLimits', { hashes: hash, ...limits, shareLimitAction: 'Default' });
      const row = await vue.row(hash);
      assert.deepEqual([row['dl_limit'], row['up_limit']], [50_000, 0]);
      const names = ['ratio_limit', 'seeding_time_limit', 'inactive_seeding_time_limit'];
      assert.deepEqual(
        names.map((name) => row[name]),
        [1.5, -1, -1],
      );
    });

    await t.test(
      'it gives another name and another path, and is told that there is no other download path',
      async () => {
        await vue.does('torrents/rename', { hash, name: 'My show' });
        await vue.does('torrents/setAutoManagement', { hashes: hash, enable: false });
        await vue.does('torrents/setSavePath', { id: hash, path: join(daemon.downloads, 'moved') });
        const { name, save_path: path } = await vue.row(hash);
        assert.deepEqual([name, path], ['My show', join(daemon.downloads, 'moved')]);
        await daemon.untilState(hash, 'stopped'); // it is on its way no more
        assert.equal((await vue.post('torrents/setDownloadPath', { id: hash, path: shows })).status, 409);
      },
    );

    await t.test('it makes tags and categories, and gives them to torrents', async () => {
      await vue.does('torrents/createTags', { tags: 'red' });
      await vue.does('torrents/addTags', { hashes: hash, tags: 'red' });
      await vue.does('torrents/removeTags', { hashes: hash, tags: 'blue' });
      // It can be given again from the menu.
      assert.deepEqual(await vue.read('torrents/tags'), ['blue', 'green', 'red']);
      const folder = { savePath: '', downloadPath: '', downloadPathEnabled: false };
      await vue.does('torrents/createCategory', { category: 'films', ...folder });
      await vue.does('torrents/setCategory', { hashes: link, category: 'films' });
      assert.equal((await vue.row(hash))['tags'], 'green, red');
      assert.equal((await vue.row(link))['category'], 'films');
    });

    await t.test('it renames a tag and a category by making new ones', async () => {
      await vue.does('torrents/createTags', { tags: 'crimson' });
      const tagged = await vue.read<Row[]>('torrents/info', { tag: 'red' });
      await vue.does('torrents/addTags', { hashes: tagged.map((row) => row['hash']).join('|'), tags: 'crimson' });
      await vue.does('torrents/deleteTags', { tags: 'red' });
      const folder = { savePath: shows, downloadPath: '', downloadPathEnabled: false };
      await vue.does('torrents/createCategory', { category: 'series', ...folder });
      await vue.does('torrents/editCategory', { category: 'shows', ...folder });
      const inIt = await vue.read<Row[]>('torrents/info', { category: 'shows' });
      await vue.does('torrents/setCategory', { hashes: inIt.map((row) => row['hash']).join('|'), category: 'series' });
      await vue.does('torrents/removeCategories', { categories: 'shows' });
      const { category, tags } = await vue.row(hash);
      assert.deepEqual([category, tags], ['series', 'green, crimson']);
      assert.deepEqual(Object.keys(await vue.read('torrents/categories')), ['films', 'series']);
    });

    await t.test('its overview of a torrent has properties, files and pieces', async () => {
      const properties = await vue.read<Row>('torrents/properties', { hash });
      const numbers =
        'addition_date completion_date creation_date dl_speed_avg up_speed_avg piece_size pieces_have pieces_num share_ratio';
      assert.deepEqual([noNumbers(properties, numbers), noTexts(properties, 'comment created_by')], [[], []]);
      assert.equal((await vue.read<number[]>('torrents/pieceStates', { hash })).length, properties['pieces_num']);
      const files = await vue.read<Row[]>('torrents/files', { hash });
      assert.deepEqual(
        files.map(({ index, name, size, priority, progress }) => [index, name, size, priority, progress]),
        [
          [0, 'test-1/file-0000', 300_000, 1, 0],
          [1, 'test-1/file-0001', 200_000, 1, 0],
        ],
      );
    });

    await t.test('its tree of files sets priorities and renames', async () => {
      await vue.does('torrents/filePrio', { hash, id: '0|1', priority: 0 });
      await vue.does('torrents/filePrio', { hash, id: '1', priority: 7 });
      await vue.does('torrents/renameFile', { hash, oldPath: 'test-1/file-0001', newPath: 'test-1/episode 1' });
      await vue.does('torrents/renameFolder', { hash, oldPath: 'test-1', newPath: 'show' });
      const files = await vue.read<Row[]>('torrents/files', { hash });
      assert.deepEqual(
        files.map(({ name, priority }) => [name, priority]),
        [
          ['show/file-0000', 0],
          ['show/episode 1', 7],
        ],
      );
      await vue.does('torrents/filePrio', { hash, id: '0|1', priority: 1 });
    });

    await t.test('its list of trackers adds, edits and removes', async () => {
      const url = (port: number): string => `http://127.0.0.1:${port}/announce`;
      await vue.does('torrents/addTrackers', { hash, urls: `${url(2)}\n\n${url(3)}` });
      await vue.does('torrents/editTracker', { hash, url: url(2), origUrl: url(2), newUrl: url(4) });
      await vue.does('torrents/removeTrackers', { hash, urls: encodeURIComponent(url(3)) });
      const rows = await vue.read<Row[]>('torrents/trackers', { hash });
      // It leaves the first three alone, as it knows them by their tier.
      assert.deepEqual(
        rows.map((row) => [row['tier'], row['url']]),
        [...['** [DHT] **', '** [PeX] **', '** [LSD] **'].map((name) => [-1, name]), [0, url(4)]],
      );
      for (const row of rows) {
        assert.deepEqual(noNumbers(row, 'status tier num_seeds num_peers num_downloaded num_leeches'), []);
      }
    });

    await t.test('its list of peers takes one, and shows it', async () => {
      await vue.does('torrents/start', { hashes: hash });
      await vue.does('torrents/addPeers', { hashes: hash, peers: await peer.peerAddress() });
      type Peers = { readonly full_update: boolean; readonly peers: Readonly<Record<string, Row>> };
      const [known] = await daemon.until(
        'connected',
        async () => Object.values((await vue.read<Peers>('sync/torrentPeers', { hash })).peers),
        (peers) => peers.length > 0,
      );
      const row = known ?? {};
      assert.deepEqual(noNumbers(row, 'port progress dl_speed downloaded up_speed uploaded relevance'), []);
      assert.deepEqual(noTexts(row, 'ip client connection peer_id_client flags flags_desc files'), []);
      // Until here the limit has kept it from being done.
      await vue.does('torrents/setDownloadLimit', { hashes: hash, limit: 0 });
      await daemon.untilState(hash, 'seeding');
      assert.equal((await vue.row(hash))['progress'], 1);
    });

    await t.test('it saves a torrent file, with the trackers of now', async () => {
      const answer = await vue.get('torrents/export', { hash });
      const { infoHashes, trackers } = decodeTorrent(new Uint8Array(await answer.arrayBuffer()));
      assert.deepEqual(infoHashes, show.metainfo.infoHashes);
      assert.deepEqual(trackers, [['http://127.0.0.1:4/announce']]);
    });

    await t.test('its settings are all sent back, with what was changed', async () => {
      const before = await vue.read<Row>('app/preferences');
      const divided =
        'dl_limit up_limit alt_dl_limit alt_up_limit torrent_file_size_limit disk_queue_size socket_send_buffer_size socket_receive_buffer_size';
      assert.deepEqual(noNumbers(before, divided), []);
      assert.deepEqual(noTexts(before, 'export_dir export_dir_fin current_network_interface save_path temp_path'), []);
      assert.equal(typeof before['scan_dirs'], 'object');
      const changed = { ...before, up_limit: 524_288, max_connec: 300 };
      await vue.does('app/setPreferences', { json: JSON.stringify(changed) });
      assert.deepEqual(await vue.read('app/preferences'), changed);
      assert.ok(Array.isArray(await vue.read('app/networkInterfaceList')));
      assert.ok(Array.isArray(await vue.read('app/networkInterfaceAddressList', { iface: '' })));
    });

    await t.test('it switches to the alternative limits and back', async () => {
      for (const isAlternative of [true, false]) {
        await vue.does('transfer/toggleSpeedLimitsMode');
        assert.deepEqual((await vue.sync()).server_state?.['use_alt_speed_limits'], isAlternative);
      }
    });

    await t.test('its log has lines of kinds that it knows', async () => {
      const kinds = { info: true, normal: true, warning: true, critical: true };
      const lines = await vue.read<Row[]>('log/main', { last_known_id: -1, ...kinds });
      assert.ok(lines.some(({ message }) => message === 'Added torrent "My film"'));
      for (const line of lines) {
        assert.deepEqual(noNumbers(line, 'id timestamp'), []);
        assert.ok([1, 2, 4, 8].includes(line['type'] as number));
      }
      const last = Number(lines.at(-1)?.['id']);
      const newer = await vue.read<Row[]>('log/main', { last_known_id: last, ...kinds });
      assert.ok(newer.every(({ id }) => Number(id) > last));
    });

    await t.test('its creator makes a torrent, and shows when', async () => {
      const book = join(daemon.downloads, 'book');
      await writeFile(book, 'x'.repeat(100_000));
      assert.equal((await vue.post('app/getDirectoryContent', { dirPath: daemon.downloads, mode: 'all' })).status, 200);
      const form = { format: 'hybrid', pieceSize: 0, optimizeAlignment: false, paddedFileSizeLimit: 0, private: false };
      const texts = { torrentFilePath: '', trackers: `${LINK_TRACKER}||${LINK_TRACKER}2`, urlSeeds: '', source: '' };
      const answer = await vue.does('torrentcreator/addTask', {
        ...{ sourcePath: book, ...form, startSeeding: false, ...texts, comment: '' },
      });
      const { taskID } = JSON.parse(answer) as { taskID: string };
      const [task = {}] = await daemon.until(
        'made',
        () => vue.read<Row[]>('torrentcreator/status'),
        ([one]) => one?.['status'] === 'Finished',
      );
      assert.deepEqual([task['taskID'], task['format'], task['private']], [taskID, 'hybrid', false]);
      assert.deepEqual(task['trackers'], [LINK_TRACKER, '', `${LINK_TRACKER}2`]);
      for (const name of ['timeAdded', 'timeStarted', 'timeFinished']) {
        // It makes dates of them, which numbers would put into January 1970.
        assert.ok(new Date(task[name] as string).getFullYear() >= 2024, name);
      }
      assert.equal((await vue.get('torrentcreator/torrentFile', { taskID })).status, 200);
      await vue.does('torrentcreator/deleteTask', { taskID });
      assert.deepEqual(await vue.read('torrentcreator/status'), []);
    });

    await t.test('its pages of feeds, searches and cookies are empty, and are told that there are none', async () => {
      assert.deepEqual(await vue.read('rss/items', { withData: true }), {});
      assert.deepEqual(await vue.read('rss/rules'), {});
      assert.deepEqual(await vue.read('search/plugins'), []);
      assert.deepEqual(await vue.read('app/cookies'), []);
      const feed = { url: 'http://127.0.0.1:1/feed', path: 'feed' };
      assert.equal((await vue.post('rss/addFeed', feed)).status, 409);
      assert.equal((await vue.post('search/start', { pattern: 'x', category: 'all', plugins: 'enabled' })).status, 409);
    });

    await t.test('it removes with the data, and without', async () => {
      await vue.sync();
      await vue.does('torrents/delete', { hashes: hash, deleteFiles: true });
      await vue.does('torrents/delete', { hashes: link, deleteFiles: false });
      assert.deepEqual((await vue.sync()).torrents_removed?.toSorted(), [hash, link].toSorted());
      await daemon.until(
        'gone from the disk',
        () => readdir(join(daemon.downloads, 'moved')).catch(() => []),
        (names) => names.length === 0,
      );
    });

    await t.test('it bans a peer by its address with the port', async () => {
      await vue.does('transfer/banPeers', { peers: '127.0.0.1:6881' });
      assert.equal((await vue.read<Row>('app/preferences'))['banned_IPs'], '127.0.0.1');
    });

    await t.test('once it has logged out it is nobody', async () => {
      await vue.does('auth/logout');
      assert.equal((await vue.get('sync/maindata', { rid: vue.rid ?? 0 })).status, 403);
    });
  });
});
