import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toHex } from '../../../base/bytes.ts';
import type { FileView, PieceMap, TorrentView } from '../../client/index.ts';
import { FAKE_NOW, sampleTorrentFile } from '../../../../test/support/fake-client.ts';
import { Stage } from './stage.test.ts';

const MAGNET = `magnet:?xt=urn:btih:${'ab'.repeat(20)}&dn=linked`;

describe('a torrent in the list', () => {
  test('has the fields that Sonarr, Flood and VueTorrent read', async () => {
    const stage = await Stage.open();
    const torrent = stage.client.torrents.addSample({ files: { 'a.mkv': 600_000, 'b.txt': 400_000 }, comment: 'hi' });
    torrent.setProgress(0.5);
    await torrent.change({
      category: 'films',
      labels: ['x', 'y'],
      downloadLimit: 5000,
      isSequential: true,
      isSuperSeeding: true,
    });
    const [row] = await stage.read('torrents/info');
    const { reannounce, magnet_uri, popularity, ...rest } = row;
    assert.match(magnet_uri, new RegExp(`^magnet:\\?xt=urn:btih:${torrent.hash}`));
    assert.equal(reannounce, FAKE_NOW + 1200 - stage.api.clock.wall());
    assert.equal(popularity, 0);
    assert.deepEqual(rest, {
      added_on: FAKE_NOW - 60,
      amount_left: 500_000,
      auto_tmm: false,
      availability: 2.5,
      category: 'films',
      comment: 'hi',
      completed: 500_000,
      completion_on: -1,
      content_path: '/downloads/sample',
      dl_limit: 5000,
      dlspeed: 500_000,
      download_path: '',
      downloaded: 0,
      downloaded_session: 0,
      eta: 600,
      f_l_piece_prio: false,
      force_start: false,
      has_metadata: true,
      hash: torrent.hash,
      inactive_seeding_time_limit: -2,
      infohash_v1: torrent.hash,
      infohash_v2: '',
      last_activity: FAKE_NOW - 1,
      max_inactive_seeding_time: -1,
      max_ratio: -1,
      max_seeding_time: -1,
      name: 'sample',
      num_complete: 10,
      num_incomplete: 5,
      num_leechs: 1,
      num_seeds: 1,
      priority: 1,
      private: false,
      progress: 0.5,
      ratio: 0,
      ratio_limit: -2,
      root_path: '/downloads/sample',
      save_path: '/downloads',
      seeding_time: 0,
      seeding_time_limit: -2,
      seen_complete: -1,
      seq_dl: true,
      size: 1_000_000,
      state: 'downloading',
      super_seeding: true,
      tags: 'x, y',
      time_active: 60,
      total_size: 1_000_000,
      tracker: 'http://tracker.example/announce',
      trackers_count: 1,
      up_limit: 0,
      uploaded: 0,
      uploaded_session: 0,
      upspeed: 20_000,
    });
  });

  test('has the goals that count: its own, none, or those of the client', async () => {
    const stage = await Stage.open({ config: { goals: { ratio: 2, idleMinutes: 30 } } });
    const torrent = stage.torrent();
    await torrent.change({ goals: { ratio: 'default', minutes: 90, idleMinutes: 'none' } });
    const [row] = await stage.read('torrents/info');
    assert.deepEqual([row.ratio_limit, row.seeding_time_limit, row.inactive_seeding_time_limit], [-2, 90, -1]);
    assert.deepEqual([row.max_ratio, row.max_seeding_time, row.max_inactive_seeding_time], [2, 90, -1]);
  });

  test('of which nothing is known but the link has no path and no size, and takes endless time', async () => {
    const stage = await Stage.open();
    await stage.client.torrents.add({ source: MAGNET });
    stage.client.torrents.all()[0]?.set({ eta: null });
    const [row] = await stage.read('torrents/info');
    assert.deepEqual([row.state, row.content_path, row.total_size, row.private], ['metaDL', '', -1, null]);
    assert.deepEqual([row.eta, row.progress, row.has_metadata], [8_640_000, 0, false]);
    const { pieces_num, piece_size } = await stage.read('torrents/properties', { hash: row.hash });
    assert.deepEqual([pieces_num, piece_size], [-1, -1]);
  });

  test('that is complete takes no more time when it is stopped, and is ratio -1 beyond all measure', async () => {
    const stage = await Stage.open({ config: { incomplete: '/downloads/part' } });
    const torrent = stage.torrent();
    assert.equal((await stage.read('torrents/info'))[0].download_path, '/downloads/part');
    torrent.setProgress(1);
    torrent.set({ state: 'stopped', ratio: 20_000, secondsSeeding: 50 });
    const [row] = await stage.read('torrents/info');
    assert.deepEqual([row.eta, row.ratio, row.progress, row.download_path], [8_640_000, -1, 1, '']);
    assert.deepEqual([row.completion_on, row.seeding_time, row.time_active], [FAKE_NOW, 50, 110]);
  });
});

describe('the state', () => {
  const half = { wantedDone: 1, wantedSize: 2 };
  const whole = { wantedDone: 2, wantedSize: 2 };
  const problem = (code: string): Partial<TorrentView> => ({
    state: 'failed',
    problem: { code, message: 'it failed', healsItself: true },
  });
  const cases: readonly (readonly [state: string, facts: Partial<TorrentView>, isForced?: boolean])[] = [
    ['error', problem('STORAGE_NO_SPACE')],
    ['missingFiles', problem('STORAGE_MISSING')],
    ['stoppedDL', { state: 'stopped', ...half }],
    ['stoppedUP', { state: 'stopped', ...whole }],
    ['queuedDL', { state: 'queued', ...half }],
    ['queuedUP', { state: 'queued', ...whole }],
    ['checkingDL', { state: 'checking', ...half }],
    ['checkingUP', { state: 'checking', completedAt: FAKE_NOW, ...half }],
    ['checkingResumeData', { state: 'waiting-to-check', ...half }],
    ['uploading', { state: 'seeding', uploadRate: 1, ...whole }],
    ['stalledUP', { state: 'seeding', uploadRate: 0, ...whole }],
    ['forcedUP', { state: 'seeding', uploadRate: 0, ...whole }, true],
    ['downloading', { state: 'downloading', ...half }],
    ['stalledDL', { state: 'downloading', isStalled: true, ...half }],
    ['forcedDL', { state: 'downloading', isStalled: true, ...half }, true],
    ['metaDL', { state: 'fetching-metadata', hasMetadata: false }],
    ['forcedMetaDL', { state: 'fetching-metadata', hasMetadata: false }, true],
    ['moving', { state: 'moving', ...whole }],
  ];

  test('is told in the words of qBittorrent 5', async () => {
    const stage = await Stage.open();
    for (const [i, [, facts, isForced = false]] of cases.entries()) {
      const torrent = stage.torrent(`torrent ${i}`);
      torrent.set({ ...facts, settings: { ...torrent.view().settings, isForced } });
    }
    const rows = await stage.read('torrents/info');
    assert.deepEqual(
      rows.map((row: { state: string }) => row.state),
      cases.map(([state]) => state),
    );
  });

  test('is what the filters look at', async () => {
    const stage = await Stage.open();
    for (const [i, [, facts, isForced = false]] of cases.entries()) {
      const torrent = stage.torrent(`torrent ${i}`);
      torrent.set({ uploadRate: 0, ...facts, settings: { ...torrent.view().settings, isForced } });
    }
    const expected: Readonly<Record<string, string>> = {
      downloading: 'stoppedDL queuedDL checkingDL downloading stalledDL forcedDL metaDL forcedMetaDL',
      seeding: 'queuedUP checkingUP uploading stalledUP forcedUP',
      completed: 'stoppedUP queuedUP checkingUP uploading stalledUP forcedUP',
      stopped: 'stoppedDL stoppedUP',
      paused: 'stoppedDL stoppedUP',
      active: 'uploading forcedUP downloading forcedDL metaDL forcedMetaDL moving',
      stalled: 'stalledUP stalledDL',
      stalled_uploading: 'stalledUP',
      stalled_downloading: 'stalledDL',
      checking: 'checkingDL checkingUP checkingResumeData',
      moving: 'moving',
      errored: 'error missingFiles',
    };
    const states = async (filter: string): Promise<string> =>
      (await stage.read('torrents/info', { filter })).map(({ state }: { state: string }) => state).join(' ');
    for (const [filter, listed] of Object.entries(expected)) assert.equal(await states(filter), listed, filter);
    for (const filter of ['running', 'resumed']) assert.equal((await states(filter)).split(' ').length, 16, filter);
    assert.equal((await states('inactive')).split(' ').length, 11);
    for (const filter of ['all', 'nonsense']) assert.equal((await states(filter)).split(' ').length, 18);
  });
});

describe('the list', () => {
  async function three(): Promise<Stage> {
    const stage = await Stage.open();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => stage.torrent(name));
    await a?.change({ category: 'films', labels: ['x'] });
    await b?.change({ category: 'films/old' });
    a?.set({ downloadRate: 5, isPrivate: true });
    b?.set({ downloadRate: 7 });
    c?.set({ downloadRate: 3, hasMetadata: false });
    return stage;
  }
  const names = (rows: readonly { name: string }[]): string => rows.map(({ name }) => name).join('');

  test('is that of a category, of a tag, of those without, of hashes, or of private ones', async () => {
    const stage = await three();
    const hashes = stage.client.torrents.all().map(({ hash }) => hash) as [string, string, string];
    for (const [fields, listed] of [
      [{}, 'abc'],
      [{ category: 'films' }, 'a'],
      [{ category: '' }, 'c'],
      [{ tag: 'x' }, 'a'],
      [{ tag: '' }, 'bc'],
      [{ hashes: `${hashes[0].toUpperCase()}|${hashes[2]}|${'0'.repeat(40)}` }, 'ac'],
      [{ hashes: 'all' }, 'abc'],
      [{ private: true }, 'a'],
      [{ private: 'False' }, 'bc'],
    ] as const) {
      assert.equal(names(await stage.read('torrents/info', fields)), listed, JSON.stringify(fields));
    }
  });

  test('is in any order, and any part of it', async () => {
    const stage = await three();
    for (const [fields, listed] of [
      [{ sort: 'dlspeed' }, 'cab'],
      [{ sort: 'dlspeed', reverse: 'true' }, 'bac'],
      [{ sort: 'name', reverse: 'TRUE', limit: 2 }, 'cb'],
      [{ sort: 'private' }, 'cba'],
      [{ offset: 1, limit: 1 }, 'b'],
      [{ offset: -1 }, 'c'],
      [{ offset: 7 }, 'abc'],
      [{ limit: 0 }, 'abc'],
    ] as const) {
      assert.equal(names(await stage.read('torrents/info', fields)), listed, JSON.stringify(fields));
    }
    assert.equal((await stage.get('torrents/info', { sort: 'nonsense' })).status, 400);
    assert.equal(await stage.read('torrents/count'), '3');
  });
});

describe('the details of a torrent', () => {
  test('are not found when there is none, and not asked for without a hash', async () => {
    const stage = await Stage.open();
    for (const path of ['properties', 'files', 'trackers', 'webseeds', 'pieceStates', 'pieceHashes', 'export']) {
      assert.equal((await stage.get(`torrents/${path}`, { hash: '0'.repeat(40) })).status, 404, path);
      assert.equal((await stage.get(`torrents/${path}`)).status, 400, path);
    }
    assert.equal((await stage.get('sync/torrentPeers', { hash: 'x' })).status, 404);
  });

  test('are its properties', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    torrent.set({ downloaded: 6000, uploaded: 100, secondsDownloading: 6, secondsSeeding: 14, ratio: 0.5 });
    const properties = await stage.read('torrents/properties', { hash: torrent.hash.toUpperCase() });
    assert.equal(properties.hash, torrent.hash);
    assert.deepEqual(
      [properties.dl_speed_avg, properties.up_speed_avg, properties.time_elapsed, properties.seeding_time],
      [1000, 5, 20, 14],
    );
    assert.deepEqual(
      [properties.creation_date, properties.addition_date, properties.completion_date, properties.created_by],
      [FAKE_NOW - 86_400, FAKE_NOW - 60, -1, 'a test'],
    );
    assert.deepEqual(
      [properties.nb_connections, properties.nb_connections_limit, properties.share_ratio, properties.save_path],
      [2, 100, 0.5, '/downloads'],
    );
    // Without a limit they say -1, and the list 0.
    assert.deepEqual([properties.dl_limit, properties.up_limit], [-1, -1]);
    assert.ok(Object.values(properties).every((value) => value !== undefined));
  });

  test('are its files, all or some', async () => {
    const stage = await Stage.open();
    const torrent = stage.client.torrents.addSample({ files: { 'a.mkv': 100_000, 'sub/b.txt': 50_000 } });
    torrent.setProgress(0.5);
    await torrent.setPriorities(new Map([[1, 0]]));
    const { hash } = torrent;
    const all = [
      {
        availability: 1,
        index: 0,
        is_seed: false,
        name: 'sample/a.mkv',
        piece_range: [0, 1],
        priority: 1,
        progress: 0.5,
        size: 100_000,
      },
      {
        availability: 1,
        index: 1,
        name: 'sample/sub/b.txt',
        piece_range: [1, 2],
        priority: 0,
        progress: 0.5,
        size: 50_000,
      },
    ];
    assert.deepEqual(await stage.read('torrents/files', { hash }), all);
    assert.deepEqual(await stage.read('torrents/files', { hash, indexes: '1' }), [all[1]]);
    assert.deepEqual(await stage.read('torrents/files', { hash, indexes: '1|1' }), [all[1]]);
    assert.equal((await stage.get('torrents/files', { hash, indexes: '1|1|1' })).status, 400);
    for (const indexes of ['2', '-1', 'x']) {
      assert.equal((await stage.get('torrents/files', { hash, indexes })).status, 409, indexes);
    }
  });

  test('is how much of each file peers have, from 0 to 1, and -1 once all is there', async () => {
    const stage = await Stage.open();
    const torrent = stage.client.torrents.addSample({ files: { a: 131_072, b: 65_536, empty: 0 } });
    const { have } = torrent.pieces() as PieceMap;
    torrent.pieces = () => ({ have, active: [], availability: Uint16Array.of(7, 0, 0) });
    const told = async (): Promise<unknown> =>
      (await stage.read('torrents/files', { hash: torrent.hash })).map((file: FileView) => file.availability);
    assert.deepEqual(await told(), [0.5, 0, 1]);
    torrent.setProgress(1);
    assert.deepEqual(await told(), [-1, -1, -1]);
  });

  test('are its pieces: which are there or under way, and their hashes', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    torrent.setProgress(0.5);
    const { hash } = torrent;
    const states = await stage.read('torrents/pieceStates', { hash });
    assert.deepEqual(states, [...Array<number>(8).fill(2), 1, ...Array<number>(7).fill(0)]);
    const hashes: string[] = await stage.read('torrents/pieceHashes', { hash });
    assert.equal(hashes.join(''), toHex(torrent.metainfo?.info.pieces ?? new Uint8Array()));
    assert.equal(hashes.length, 16);
    await stage.client.torrents.add({ source: MAGNET });
    for (const path of ['torrents/pieceStates', 'torrents/pieceHashes', 'torrents/files', 'torrents/webseeds']) {
      assert.deepEqual(await stage.read(path, { hash: 'ab'.repeat(20) }), []);
    }
  });

  test('are its torrent file, once there is one', async () => {
    const stage = await Stage.open();
    const { hash } = stage.torrent();
    const { bytes, headers } = await stage.get('torrents/export', { hash });
    assert.deepEqual(bytes, sampleTorrentFile({ name: 'sample' }));
    assert.equal(headers['content-type'], 'application/x-bittorrent');
    assert.match(headers['content-disposition'] ?? '', new RegExp(`^attachment; filename="${hash}.torrent"`));
    await stage.client.torrents.add({ source: MAGNET });
    assert.equal((await stage.get('torrents/export', { hash: 'ab'.repeat(20) })).status, 409);
  });

  test('are its trackers, after other sources of peers', async () => {
    const stage = await Stage.open();
    const torrent = stage.client.torrents.addSample({
      isPrivate: true,
      trackers: [['http://a.example/announce'], ['udp://b.example:1/announce']],
    });
    const rows = await stage.read('torrents/trackers', { hash: torrent.hash });
    assert.deepEqual(
      rows.map(({ url, tier, status }: { url: string; tier: number; status: number }) => [url, tier, status]),
      [
        ['** [DHT] **', -1, 0],
        ['** [PeX] **', -1, 0],
        ['** [LSD] **', -1, 0],
        ['http://a.example/announce', 0, 2],
        ['udp://b.example:1/announce', 1, 2],
      ],
    );
    assert.equal(rows[0].msg, 'This torrent is private');
    assert.deepEqual(
      [rows[3].num_seeds, rows[3].num_leeches, rows[3].num_peers, rows[3].num_downloaded],
      [10, 5, 15, 100],
    );
  });

  test('are the limits of several, by their hashes', async () => {
    const stage = await Stage.open();
    const { hash } = stage.torrent();
    await stage.does('torrents/setDownloadLimit', { hashes: hash, limit: 4096 });
    const none = '0'.repeat(40);
    const { json } = await stage.post('torrents/downloadLimit', { hashes: `${hash}|${none}` });
    assert.deepEqual(json, { [hash]: 4096, [none]: -1 });
    assert.deepEqual(await stage.read('torrents/uploadLimit', { hashes: hash }), { [hash]: 0 });
  });
});

test('what only reads takes no form with files', async () => {
  const stage = await Stage.open();
  const body = '--x\r\ncontent-disposition: form-data; name="hash"\r\n\r\nx\r\n--x--\r\n';
  const form = { body, headers: { 'content-type': 'multipart/form-data; boundary=x' } };
  assert.equal((await stage.post('torrents/info', {}, form)).status, 415);
  assert.equal((await stage.post('torrents/createTags', {}, form)).status, 400);
});

test('hashes count once, and are not without number', async () => {
  const stage = await Stage.open();
  const hashes = Array.from({ length: 100_001 }, (_, i) => i).join('|');
  assert.equal((await stage.post('torrents/stop', { hashes })).status, 400);
  assert.equal((await stage.post('torrents/stop', { hashes: 'x|'.repeat(100_001) })).status, 200);
});
