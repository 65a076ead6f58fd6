import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LightMyRequestResponse } from 'fastify';
import { type FakeTorrent, sampleTorrentFile } from '../../../../test/support/fake-client.ts';
import { type Answer, HEADER, Stage } from './stage.test.ts';

describe('who may ask', () => {
  test('without name and password nothing is told, not even the session id', async () => {
    const stage = await Stage.open();
    const wrong = `Basic ${Buffer.from('ada:wrong').toString('base64')}`;
    for (const headers of [{ accept: '*/*' }, { accept: '*/*', authorization: wrong }]) {
      const response = await stage.send({ method: 'session-get' }, headers);
      assert.equal(response.statusCode, 401);
      assert.equal(response.headers[HEADER], undefined);
      assert.match(String(response.headers['www-authenticate']), /^Basic /);
    }
  });

  test('without the session id any request, GET too, is answered 409 with it', async () => {
    const stage = await Stage.open();
    for (const url of ['/transmission/rpc', '/transmission/rpc/']) {
      for (const method of ['GET', 'POST'] as const) {
        const response = await stage.send({ method: 'session-get' }, undefined, url, method);
        assert.equal(response.statusCode, 409);
        assert.match(String(response.headers[HEADER]), /^[\w-]{48}$/);
      }
    }
  });

  test('a page of another site and another host get nothing', async () => {
    const stage = await Stage.open();
    const foreign = await stage.send({}, { origin: 'http://evil.example', authorization: 'Basic eDp5' });
    assert.equal(foreign.statusCode, 403);
    const rebound = await stage.send({}, { host: 'evil.example', authorization: 'Basic eDp5' });
    assert.equal(rebound.statusCode, 421);
  });
});

describe('the dialects', () => {
  test('the old one gives back the tag and the names as they were asked for', async () => {
    const stage = await Stage.open();
    const { id, hash } = stage.torrent();
    const answer = await stage.rpc({
      method: 'torrent-get',
      arguments: { fields: ['id', 'hashString', 'file-count', 'fileCount', 'fileStats', 'nonsense'], ids: [hash] },
      tag: 77,
    });
    assert.deepEqual(answer, {
      arguments: {
        torrents: [
          {
            id,
            hashString: hash,
            'file-count': 1,
            fileCount: 1,
            fileStats: [{ bytesCompleted: 0, wanted: true, priority: 0 }],
          },
        ],
      },
      result: 'success',
      tag: 77,
    });
  });

  test('a field is told once, however often it is asked for', async () => {
    const stage = await Stage.open();
    const { hash } = stage.torrent();
    const fields = ['nothing', ...Array.from({ length: 1000 }, () => 'hashString')];
    assert.deepEqual(await stage.call('torrent-get', { fields, format: 'table' }), {
      torrents: [['hashString'], [hash]],
    });
  });

  test('spellings of fields are not without number', async () => {
    const stage = await Stage.open();
    const spellings = (name: string): string[] =>
      name
        .split('_')
        .reduce<string[]>(
          (all, word) =>
            all.flatMap((one) =>
              one === '' ? [word] : [`${one}-${word}`, `${one}_${word}`, one + word[0]?.toUpperCase() + word.slice(1)],
            ),
          [''],
        );
    const fields = [
      ...[
        'peers_getting_from_us',
        'peers_sending_to_us',
        'webseeds_sending_to_us',
        'seed_ratio_limit',
        'seed_ratio_mode',
      ],
      ...['seed_idle_limit', 'seed_idle_mode', 'size_when_done', 'left_until_done', 'metadata_percent_complete'],
      ...['honors_session_limits', 'max_connected_peers', 'primary_mime_type', 'manual_announce_time', 'file_count'],
      ...[
        'total_size',
        'piece_size',
        'piece_count',
        'is_private',
        'upload_ratio',
        'upload_limit',
        'rate_upload',
        'start_date',
      ],
    ].flatMap(spellings);
    assert.ok(fields.length > 200);
    assert.match(await stage.fails('torrent-get', { fields }), /too many fields/);
  });

  test('parameters may not be lists in one another without end', async () => {
    const stage = await Stage.open();
    const nested = (levels: number): string =>
      `{"method":"session-stats","arguments":{"a":${'['.repeat(levels)}${']'.repeat(levels)}}}`;
    assert.equal(((await stage.rpc(nested(31))) as Answer).result, 'success');
    for (const levels of [32, 100_000]) {
      assert.match(((await stage.rpc(nested(levels))) as Answer).result, /too deep/);
    }
  });

  test('arguments and tags of other types are passed over', async () => {
    const stage = await Stage.open();
    for (const rest of [{ arguments: [] }, { arguments: null }, { tag: 'a' }, { tag: null }]) {
      const answer = (await stage.rpc({ method: 'session-get', ...rest })) as Answer;
      assert.deepEqual([answer.result, 'tag' in answer], ['success', false], JSON.stringify(rest));
    }
  });

  test('what is no request is answered with an error', async () => {
    const stage = await Stage.open();
    for (const body of ['{', '{"method":1}', 'null', '{"method":"nonsense"}', '{"method":"__proto__"}']) {
      assert.notEqual(((await stage.rpc(body)) as Answer).result, 'success', body);
    }
  });

  test('a body is JSON whatever its type is called', async () => {
    const stage = await Stage.open();
    for (const type of ['json', 'application/x-www-form-urlencoded', 'text/plain; charset=utf-8', '']) {
      assert.equal(
        (await stage.send({ method: 'session-get' }, { ...stage.headers, 'content-type': type })).statusCode,
        200,
      );
    }
  });

  test('a list that is long is whole', async () => {
    const stage = await Stage.open();
    const torrents = Array.from({ length: 250 }, (_, i) => stage.torrent(`t${i}`));
    const fields = ['id', 'name'];
    const { torrents: rows } = await stage.call('torrent-get', { fields });
    assert.deepEqual(
      rows,
      torrents.map(({ id }, i) => ({ id, name: `t${i}` })),
    );
    const { torrents: table } = await stage.call('torrent-get', { fields, format: 'table' });
    assert.deepEqual(table, [fields, ...torrents.map(({ id }, i) => [id, `t${i}`])]);
  });

  test('a table has the names once', async () => {
    const stage = await Stage.open();
    const torrents = [stage.torrent('a'), stage.torrent('b')];
    const { torrents: rows } = await stage.call('torrent-get', { fields: ['id', 'name'], format: 'table' });
    assert.deepEqual(rows, [['id', 'name'], ...torrents.map(({ id }, i) => [id, ['a', 'b'][i]])]);
  });
});

describe('torrents', () => {
  test('all fields that clients ask for are there', async () => {
    const stage = await Stage.open();
    stage.torrent();
    const fields =
      'activityDate addedDate bandwidthPriority comment corruptEver creator dateCreated desiredAvailable doneDate downloadDir downloadedEver downloadLimit downloadLimited error errorString eta etaIdle file-count fileCount files fileStats hashString haveUnchecked haveValid honorsSessionLimits id isFinished isPrivate isStalled labels leftUntilDone magnetLink manualAnnounceTime maxConnectedPeers metadataPercentComplete name peer-limit peers peersConnected peersFrom peersGettingFromUs peersSendingToUs percentDone pieceCount pieces pieceSize priorities queuePosition rateDownload rateUpload recheckProgress secondsDownloading secondsSeeding seedIdleLimit seedIdleMode seedRatioLimit seedRatioMode sizeWhenDone startDate status totalSize trackers trackerStats trackerList uploadedEver uploadLimit uploadLimited uploadRatio wanted webseeds webseedsSendingToUs'.split(
        ' ',
      );
    const { torrents } = await stage.call('torrent-get', { fields });
    assert.deepEqual(Object.keys((torrents as object[])[0] as object), fields);
  });

  test('what is complete is told as others look for it: by its name on the disk, when it has arrived', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent('film');
    const told = async (): Promise<unknown[]> => {
      const fields = ['name', 'status', 'error', 'errorString'];
      const { torrents } = await stage.call('torrent-get', { fields, ids: torrent.hash });
      return Object.values((torrents as object[])[0] as object);
    };
    await torrent.setName('My film');
    torrent.set({ warning: 'no tracker answers' });
    assert.deepEqual(await told(), ['film', 4, 1, 'no tracker answers']);
    torrent.setProgress(1);
    assert.deepEqual(await told(), ['film', 6, 0, '']);
    torrent.set({ state: 'moving' });
    assert.deepEqual(await told(), ['film', 4, 0, '']);
    torrent.set({ state: 'failed', problem: { code: 'STORAGE_FULL', message: 'disk full', healsItself: true } });
    assert.deepEqual(await told(), ['film', 0, 3, 'disk full']);
    const hash = 'ab'.repeat(20);
    await stage.call('torrent-add', { filename: `magnet:?xt=urn:btih:${hash}&dn=linked` });
    const { torrents } = await stage.call('torrent-get', { fields: ['name'], ids: hash });
    assert.deepEqual(torrents, [{ name: 'linked' }]);
  });

  test('a torrent is added by content, link and address, and a second time is a duplicate', async () => {
    const stage = await Stage.open();
    const metainfo = Buffer.from(sampleTorrentFile({ name: 'new' })).toString('base64');
    const labels = ['a', 'b', 'a'];
    const first = await stage.call('torrent-add', { metainfo, paused: true, 'download-dir': '/downloads/x', labels });
    assert.equal((first['torrent-added'] as { name: string }).name, 'new');
    const second = await stage.call('torrent-add', { metainfo });
    assert.deepEqual(second['torrent-duplicate'], first['torrent-added']);
    const torrent = stage.client.torrents.find((first['torrent-added'] as { hashString: string }).hashString);
    assert.deepEqual([torrent?.view().state, torrent?.view().settings.labels], ['checking', ['a', 'b']]);
    await stage.call('torrent-add', { filename: `magnet:?xt=urn:btih:${'ab'.repeat(20)}&dn=m` });
    await stage.call('torrent-add', { filename: 'http://192.0.2.1/x.torrent' });
    assert.deepEqual(stage.fetched, ['http://192.0.2.1/x.torrent']);
    assert.equal(stage.client.torrents.size, 3);
  });

  test('cookies go along to the address of a torrent, but for those that no header can have', async () => {
    const stage = await Stage.open();
    const filename = 'http://192.0.2.1/x.torrent';
    await stage.call('torrent-add', { filename, cookies: 'uid=1; pass=a' });
    assert.deepEqual(stage.fetched, [`${filename} with uid=1; pass=a`]);
    for (const cookies of ['a=1\r\nHost: b', 'ä', 'a'.repeat(8193)]) {
      await assert.rejects(stage.call('torrent-add', { filename, cookies }), /cookies cannot be sent/);
    }
    assert.equal(stage.fetched.length, 1);
  });

  test('what is there of a torrent that is added paused is checked once, as of one that is started', async () => {
    const stage = await Stage.open();
    const metainfo = Buffer.from(sampleTorrentFile({ name: 'new' })).toString('base64');
    for (const paused of [true, true]) await stage.call('torrent-add', { metainfo, paused });
    const [torrent] = stage.client.torrents.all() as FakeTorrent[];
    assert.deepEqual(torrent?.calls, ['verify']);
    await stage.call('torrent-add', { filename: `magnet:?xt=urn:btih:${'ab'.repeat(20)}`, paused: true });
    assert.deepEqual((stage.client.torrents.all() as FakeTorrent[])[1]?.calls, []);
  });

  test('a path of the daemon is not read, and content that is none is told so', async () => {
    const stage = await Stage.open();
    await stage.fails('torrent-add', { filename: '/etc/passwd' });
    await stage.fails('torrent-add', { metainfo: 'AAAA' });
    await stage.fails('torrent-add', {});
    await stage.fails('torrent-add', {
      filename: `magnet:?xt=urn:btih:${'ab'.repeat(20)}`,
      'download-dir': 'relative',
    });
    assert.equal(stage.client.torrents.size, 0);
  });

  test('settings are set, and read back', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    const { id } = torrent;
    const args = {
      bandwidthPriority: 1,
      downloadLimit: 50,
      downloadLimited: true,
      uploadLimited: true,
      honorsSessionLimits: false,
      labels: ['x'],
      'peer-limit': 7,
      seedRatioLimit: 1.5,
      seedRatioMode: 1,
      seedIdleMode: 2,
    };
    await stage.call('torrent-set', { ids: id, ...args });
    const { torrents } = await stage.call('torrent-get', { ids: [id], fields: [...Object.keys(args), 'uploadLimit'] });
    assert.deepEqual((torrents as object[])[0], { ...args, uploadLimit: 100 });
    await stage.call('torrent-set', { ids: id, seedRatioMode: 0, downloadLimited: false });
    const { settings } = torrent.view();
    assert.deepEqual([settings.goals.ratio, settings.downloadLimit], ['default', 0]);
  });

  test('a limit that does not count is told as what it would be, and is that when it is switched on', async () => {
    const stage = await Stage.open();
    const { id } = stage.torrent();
    const limits = async (): Promise<unknown> => {
      const fields = ['downloadLimit', 'uploadLimit', 'seedRatioLimit', 'seedIdleLimit'];
      return ((await stage.call('torrent-get', { ids: id, fields }))['torrents'] as object[])[0];
    };
    const usual = { downloadLimit: 100, uploadLimit: 100, seedRatioLimit: 2, seedIdleLimit: 30 };
    assert.deepEqual(await limits(), usual);
    for (const change of [
      { downloadLimited: true },
      { uploadLimited: true },
      { seedRatioMode: 1 },
      { seedIdleMode: 1 },
    ])
      await stage.call('torrent-set', { ids: id, ...change });
    assert.deepEqual(await limits(), usual);
    await stage.call('session-set', { seedRatioLimit: 3, seedRatioLimited: true });
    await stage.call('torrent-set', { ids: id, seedRatioMode: 0 });
    assert.deepEqual(await limits(), { ...usual, seedRatioLimit: 3 });
  });

  test('finished is what reached a goal, and not what the user stopped', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    torrent.setProgress(1);
    const isFinished = async (): Promise<unknown> =>
      ((await stage.call('torrent-get', { fields: ['isFinished'] }))['torrents'] as { isFinished: boolean }[])[0]
        ?.isFinished;
    torrent.set({ state: 'stopped' });
    assert.equal(await isFinished(), false);
    torrent.set({ isSeedingOver: true });
    assert.equal(await isFinished(), true);
  });

  test('the most peers of a torrent are those of all, unless it has a number of its own', async () => {
    const stage = await Stage.open();
    const { id } = stage.torrent();
    const limits = async (): Promise<unknown[]> => {
      const { torrents } = await stage.call('torrent-get', { ids: id, fields: ['peer-limit', 'maxConnectedPeers'] });
      return Object.values((torrents as object[])[0] ?? {});
    };
    assert.deepEqual(await limits(), [100, 100]);
    await stage.call('session-set', { 'peer-limit-per-torrent': 40 });
    assert.deepEqual(await limits(), [40, 40]);
    await stage.call('torrent-set', { ids: id, 'peer-limit': 7 });
    assert.deepEqual(await limits(), [7, 7]);
  });

  test('files: an empty list means all, and what is not there is refused', async () => {
    const stage = await Stage.open();
    const torrent = stage.client.torrents.addSample({ files: { a: 10, b: 10, c: 10 } });
    await stage.call('torrent-set', {
      ids: torrent.id,
      'files-unwanted': [],
      'files-wanted': [1],
      'priority-high': [1],
    });
    assert.deepEqual(
      torrent.files().map(({ priority }) => priority),
      [0, 7, 0],
    );
    await stage.fails('torrent-set', { ids: torrent.id, 'files-wanted': [3] });
  });

  test('numbers of files count no pads, neither when they are told nor when they are taken', async () => {
    const stage = await Stage.open();
    const options = { name: 'padded', files: { a: 10, '.pad/6': 6, b: 10, '.pad/22': 22, c: 10 } };
    const file = (name: string): string => Buffer.from(sampleTorrentFile({ ...options, name })).toString('base64');
    const torrent = stage.client.torrents.addSample(options);
    const told = async (hash: string): Promise<unknown> => {
      const fields = ['files', 'fileStats', 'priorities', 'wanted'];
      const { torrents } = await stage.call('torrent-get', { ids: hash, fields });
      const [{ files, fileStats, priorities, wanted }] = torrents as [Record<string, Record<string, unknown>[]>];
      return [
        files?.map(({ name }) => String(name).slice(-1)),
        fileStats?.map((one) => one['wanted']),
        priorities,
        wanted,
      ];
    };
    const changes = { 'files-unwanted': [1], 'priority-high': [2], 'priority-low': [0] };
    const expected = [
      ['a', 'b', 'c'],
      [true, false, true],
      [-1, 0, 1],
      [1, 0, 1],
    ];
    await stage.call('torrent-set', { ids: torrent.id, ...changes });
    assert.deepEqual(await told(torrent.hash), expected);
    assert.deepEqual(
      torrent.files().map(({ index, priority }) => [index, priority]),
      [
        [0, 1],
        [2, 0],
        [4, 7],
      ],
    );
    await stage.call('torrent-set', { ids: torrent.id, 'files-wanted': [1] });
    assert.equal(torrent.files()[1]?.priority, 4);
    assert.match(await stage.fails('torrent-set', { ids: torrent.id, 'files-wanted': [3] }), /no file 3/);
    const added = await stage.call('torrent-add', { metainfo: file('new'), ...changes });
    assert.deepEqual(await told((added['torrent-added'] as { hashString: string }).hashString), expected);
    assert.match(await stage.fails('torrent-add', { metainfo: file('other'), 'priority-low': [3] }), /no file 3/);
  });

  test('trackers are added, replaced, removed and given as a whole', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    const urls = (): string[][] => {
      const tiers: string[][] = [];
      for (const { url, tier } of torrent.trackers()) (tiers[tier] ??= []).push(url);
      return tiers;
    };
    const [a, b, c] = ['http://a.example/announce', 'http://b.example/announce', 'udp://c.example:1'];
    await stage.call('torrent-set', { ids: torrent.id, trackerList: `${a}\n${b}\n\n${c}\n` });
    assert.deepEqual(urls(), [[a, b], [c]]);
    const [first, second] = torrent.trackers();
    await stage.call('torrent-set', {
      ids: torrent.id,
      trackerRemove: [first?.id],
      trackerReplace: [second?.id, a],
      trackerAdd: [b, c],
    });
    assert.deepEqual(urls(), [[a], [c], [b]]);
    await stage.fails('torrent-set', { ids: torrent.id, trackerRemove: [99] });
  });

  test('actions do what they are called', async () => {
    const stage = await Stage.open();
    const torrents = [stage.torrent('a'), stage.torrent('b')];
    const [one, two] = torrents as [FakeTorrent, FakeTorrent];
    await stage.call('torrent-stop', { ids: [one.id] });
    assert.deepEqual(
      torrents.map((torrent) => torrent.view().state === 'stopped'),
      [true, false],
    );
    await stage.call('torrent-stop');
    await stage.call('torrent-start-now', { ids: two.hash });
    assert.equal(two.view().settings.isForced, true);
    await stage.call('queue-move-bottom', { ids: [one.id] });
    assert.deepEqual(
      stage.client.torrents.all().map(({ id }) => id),
      [two.id, one.id],
    );
    await stage.call('torrent-set-location', { ids: [one.id], location: '/downloads/other', move: true });
    assert.equal(one.view().savePath, '/downloads/other');
    assert.deepEqual(await stage.call('torrent-rename-path', { ids: [one.id], path: 'a', name: 'z' }), {
      path: 'a',
      name: 'z',
      id: one.id,
    });
    await stage.call('torrent-remove', { ids: [one.id, -1], 'delete-local-data': true });
    assert.equal(stage.client.torrents.size, 1);
  });
});

test('only where nothing is said of ids are they all: nothing chosen is no torrent', async () => {
  const stage = await Stage.open();
  const [{ id }] = [stage.torrent('a'), stage.torrent('b')];
  for (const ids of [[], null]) await stage.call('torrent-remove', { ids, 'delete-local-data': true });
  const told = async (params: object): Promise<number> => {
    const { torrents } = await stage.call('torrent-get', { ...params, fields: ['id'] });
    return (torrents as object[]).length;
  };
  assert.deepEqual([await told({}), await told({ ids: [] }), await told({ id })], [2, 0, 1]);
});

describe('the session', () => {
  test('what is set is read back, in the units of Transmission', async () => {
    const stage = await Stage.open();
    const args = {
      'download-dir': '/downloads/new',
      'speed-limit-down': 250,
      'speed-limit-down-enabled': true,
      'alt-speed-down': 10,
      'alt-speed-up': 20,
      'alt-speed-time-enabled': true,
      'alt-speed-time-begin': 480,
      'alt-speed-time-end': 1050,
      'alt-speed-time-day': 62,
      'download-queue-enabled': true,
      'download-queue-size': 3,
      'seed-queue-enabled': false,
      'queue-stalled-enabled': false,
      seedRatioLimit: 2.5,
      seedRatioLimited: true,
      'idle-seeding-limit': 45,
      'idle-seeding-limit-enabled': true,
      'peer-limit-global': 99,
      'start-added-torrents': false,
      encryption: 'required',
      'peer-port': 6881,
      'cache-size-mb': 100,
    };
    await stage.call('session-set', args);
    const told = await stage.call('session-get', { fields: Object.keys(args) });
    assert.deepEqual(told, args);
    assert.equal(stage.client.settings.value.limits.download, 250_000);
    assert.deepEqual(stage.client.settings.value.limits.schedule, ['mon,tue,wed,thu,fri 08:00-17:30']);
  });

  test('the alternative limits are switched apart from their schedule', async () => {
    const stage = await Stage.open();
    await stage.call('session-set', { 'alt-speed-time-enabled': true });
    const fields = ['alt-speed-enabled', 'alt-speed-time-enabled'];
    for (const isOn of [true, false]) {
      await stage.call('session-set', { 'alt-speed-enabled': isOn });
      const told = await stage.call('session-get', { fields });
      assert.deepEqual(told, { 'alt-speed-enabled': isOn, 'alt-speed-time-enabled': true });
    }
  });

  test('a limit that is switched off keeps its number', async () => {
    const stage = await Stage.open();
    await stage.call('session-set', { 'speed-limit-up': 70, 'speed-limit-up-enabled': true });
    await stage.call('session-set', { 'speed-limit-up-enabled': false });
    assert.equal(stage.client.settings.value.limits.upload, 0);
    assert.equal((await stage.call('session-get'))['speed-limit-up'], 70);
    await stage.call('session-set', { 'speed-limit-up-enabled': true });
    assert.equal(stage.client.settings.value.limits.upload, 70_000);
  });

  test('the folder for incomplete files is switched on, and then chosen, as the web client does it', async () => {
    const stage = await Stage.open();
    await stage.call('session-set', { 'incomplete-dir-enabled': true });
    const fields = ['incomplete-dir', 'incomplete-dir-enabled'];
    const on = { 'incomplete-dir-enabled': true };
    assert.deepEqual(await stage.call('session-get', { fields }), { 'incomplete-dir': '/downloads', ...on });
    await stage.call('session-set', { 'incomplete-dir': '/downloads/part' });
    assert.deepEqual(await stage.call('session-get', { fields }), { 'incomplete-dir': '/downloads/part', ...on });
  });

  test('the folder for downloads is one that may be used', async () => {
    const stage = await Stage.open();
    await stage.fails('session-set', { 'download-dir': '/etc' });
    await stage.fails('session-set', { 'incomplete-dir': '/etc', 'incomplete-dir-enabled': true });
  });

  test('paths of the machine are for admins', async () => {
    for (const [user, isShown] of [
      ['ada', true],
      ['vera', false],
    ] as const) {
      const stage = await Stage.open(user);
      await stage.client.settings.set({ data: '/own/data', 'torrents.onComplete': '/own/program' });
      const session = await stage.call('session-get');
      assert.deepEqual(
        [session['config-dir'], session['script-torrent-done-filename']],
        isShown ? ['/own/data', '/own/program'] : ['', ''],
      );
    }
  });

  test('no program can be set to be run', async () => {
    const stage = await Stage.open();
    await stage.call('session-set', { 'script-torrent-done-enabled': true, 'script-torrent-done-filename': '/bin/sh' });
    assert.equal(stage.client.settings.value.torrents.onComplete, null);
  });

  test('a torrent is active that is not stopped and has not failed', async () => {
    const stage = await Stage.open();
    for (const state of ['stopped', 'failed', 'seeding', 'downloading'] as const) stage.torrent(state).set({ state });
    const { torrentCount, activeTorrentCount, pausedTorrentCount } = await stage.call('session-stats');
    assert.deepEqual([torrentCount, activeTorrentCount, pausedTorrentCount], [4, 2, 2]);
  });

  test('clients find a version that they know', async () => {
    const stage = await Stage.open();
    const session = await stage.call('session-get');
    assert.match(session['version'] as string, /^4\.0\.\d+ \(dst /);
    assert.equal(session['rpc-version'], 17);
    const stats = await stage.call('session-stats');
    assert.deepEqual(Object.keys(stats['cumulative-stats'] as object).sort(), [
      'downloadedBytes',
      'filesAdded',
      'secondsActive',
      'sessionCount',
      'uploadedBytes',
    ]);
  });
});

test('files of a web client are served, and nothing beside its folder', async () => {
  const stage = await Stage.open();
  const get = (url: string): Promise<LightMyRequestResponse> => stage.send('', undefined, url, 'GET');
  assert.equal((await get('/transmission/web/names.ts')).statusCode, 404);
  for (const path of ['../server.ts', '..%2fserver.js', '%2e%2e/server.js', 'a/../../x.js', '%00.js']) {
    assert.equal((await get(`/transmission/web/${path}`)).statusCode, 404, path);
  }
});

test('there are no bandwidth groups, and who makes one or puts a torrent in one is told so', async () => {
  const stage = await Stage.open();
  const { hash } = stage.torrent();
  assert.deepEqual(await stage.call('group-get', { group: 'slow' }), { group: [] });
  assert.match(await stage.fails('group-set', { name: 'slow', 'speed-limit-up': 1 }), /no bandwidth groups/);
  assert.match(await stage.fails('torrent-set', { ids: hash, group: 'slow' }), /no bandwidth groups/);
  await stage.call('torrent-set', { ids: hash, group: '' });
});
