import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FakeTorrent } from '../../../../test/support/fake-client.ts';
import { Stage } from './stage.test.ts';

const urlsOf = (torrent: FakeTorrent): string[][] => {
  const tiers: string[][] = [];
  for (const { url, tier } of torrent.trackers()) (tiers[tier] ??= []).push(url);
  return tiers;
};

describe('torrents', () => {
  test('are started and stopped, in both spellings, some or all', async () => {
    const stage = await Stage.open();
    const [a, b] = [stage.torrent('a'), stage.torrent('b')];
    const states = (): string[] => [a, b].map((torrent) => torrent.view().state);
    for (const [stop, start] of [
      ['stop', 'start'],
      ['pause', 'resume'],
    ] as const) {
      await stage.does(`torrents/${stop}`, { hashes: a.hash });
      assert.deepEqual(states(), ['stopped', 'downloading']);
      await stage.does(`torrents/${stop}`, { hashes: 'all' });
      assert.deepEqual(states(), ['stopped', 'stopped']);
      await stage.does(`torrents/${start}`, { hashes: `${a.hash}|${'0'.repeat(40)}|${b.hash}` });
      assert.deepEqual(states(), ['downloading', 'downloading']);
    }
    await stage.refuses('torrents/stop', {}, 400);
  });

  test('are forced, and are not', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    await stage.does('torrents/setForceStart', { hashes: torrent.hash, value: 'true' });
    assert.ok(torrent.view().settings.isForced);
    await stage.does('torrents/setForceStart', { hashes: torrent.hash, value: 'false' });
    assert.ok(!torrent.view().settings.isForced);
    await stage.refuses('torrents/setForceStart', { hashes: torrent.hash }, 400);
  });

  test('are removed, with their data or without', async () => {
    const stage = await Stage.open();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => stage.torrent(name)) as [FakeTorrent, FakeTorrent, FakeTorrent];
    await stage.does('torrents/delete', { hashes: a.hash });
    await stage.does('torrents/delete', { hashes: b.hash, deleteFiles: 'false' });
    await stage.does('torrents/delete', { hashes: c.hash, deleteFiles: 'True' });
    assert.deepEqual([stage.client.torrents.size, stage.client.torrents.deleted], [0, [c.hash]]);
  });

  test('are checked and announced', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    await stage.does('torrents/recheck', { hashes: torrent.hash });
    await stage.does('torrents/reannounce', { hashes: torrent.hash });
    assert.deepEqual(torrent.calls, ['verify', 'reannounce']);
    await torrent.setTrackers([]);
    await stage.does('torrents/reannounce', { hashes: torrent.hash });
  });

  test('change places in the queue, if there is one', async () => {
    const stage = await Stage.open();
    const hashes = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, stage.torrent(name).hash]));
    const order = (): string =>
      stage.client.torrents
        .all()
        .map((torrent) => torrent.view().name)
        .join('');
    for (const [path, hash, expected] of [
      ['topPrio', hashes['c'], 'cab'],
      ['bottomPrio', hashes['a'], 'cba'],
      ['increasePrio', hashes['a'], 'cab'],
      ['decreasePrio', hashes['c'], 'acb'],
    ] as const) {
      await stage.does(`torrents/${path}`, { hashes: hash ?? '' });
      assert.equal(order(), expected, path);
    }
    const first = stage.client.torrents.all()[0] as FakeTorrent;
    const place = async (): Promise<number> => (await stage.read('torrents/info', { hashes: first.hash }))[0].priority;
    assert.equal(await place(), 1);
    first.setProgress(1);
    assert.equal(await place(), 0, 'what is there whole waits for no download');
    await stage.client.settings.set({ 'queue.enabled': false });
    await stage.refuses('torrents/topPrio', { hashes: 'all' }, 409);
    assert.equal((await stage.read('torrents/info'))[0].priority, 0);
  });

  test('get limits; none is 0 and less', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    for (const [limit, expected] of [
      [1000, 1000],
      [0, 0],
      [-1, 0],
    ] as const) {
      await stage.does('torrents/setUploadLimit', { hashes: torrent.hash, limit });
      await stage.does('torrents/setDownloadLimit', { hashes: torrent.hash, limit });
      const { uploadLimit, downloadLimit } = torrent.view().settings;
      assert.deepEqual([uploadLimit, downloadLimit], [expected, expected]);
    }
    await stage.refuses('torrents/setUploadLimit', { hashes: torrent.hash, limit: 'x' }, 400);
  });

  test('get goals; -2 is that of the client, -1 none, and what is not said stays', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    const goals = { ratioLimit: 1.5, seedingTimeLimit: -1, inactiveSeedingTimeLimit: 20 };
    await stage.does('torrents/setShareLimits', { hashes: torrent.hash, ...goals });
    assert.deepEqual(torrent.view().settings.goals, { ratio: 1.5, minutes: 'none', idleMinutes: 20 });
    await stage.does('torrents/setShareLimits', { hashes: torrent.hash, ratioLimit: -2, seedingTimeLimit: 0 });
    assert.deepEqual(torrent.view().settings.goals, { ratio: 'default', minutes: 0, idleMinutes: 20 });
  });

  test('are downloaded in order, and not, each time it is asked', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    for (const expected of [true, false]) {
      await stage.does('torrents/toggleSequentialDownload', { hashes: torrent.hash });
      await stage.does('torrents/toggleFirstLastPiecePrio', { hashes: torrent.hash });
      const { isSequential, isFirstLast } = torrent.view().settings;
      assert.deepEqual([isSequential, isFirstLast], [expected, expected]);
    }
  });

  test('are super-seeded, and not, as it is asked', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    for (const value of [true, false]) {
      await stage.does('torrents/setSuperSeeding', { hashes: 'all', value: String(value) });
      assert.equal(torrent.view().settings.isSuperSeeding, value);
    }
    await stage.refuses('torrents/setSuperSeeding', { hashes: 'all' }, 400);
  });

  test('are not managed: that can be switched off, but not on', async () => {
    const stage = await Stage.open();
    stage.torrent();
    await stage.does('torrents/setAutoManagement', { hashes: 'all', enable: 'false' });
    await stage.refuses('torrents/setAutoManagement', { hashes: 'all', enable: 'true' }, 409);
    await stage.refuses('torrents/setAutoManagement', { hashes: 'all' }, 400);
  });

  test('are moved to another folder with their files, where callers may have some', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    await stage.does('torrents/setLocation', { hashes: torrent.hash, location: ' /media/films ' });
    assert.deepEqual([torrent.view().savePath, torrent.calls], ['/media/films', ['moved']]);
    await stage.does('torrents/setSavePath', { id: torrent.hash, path: '/downloads' });
    assert.equal(torrent.view().savePath, '/downloads');
    for (const [location, status] of [
      ['/etc', 409],
      ['films', 409],
      ['', 400],
    ] as const) {
      await stage.refuses('torrents/setLocation', { hashes: torrent.hash, location }, status);
      await stage.refuses('torrents/setSavePath', { id: torrent.hash, path: location }, status);
    }
    assert.equal(torrent.view().savePath, '/downloads');
  });

  test('are renamed, and so are their files and folders where they are', async () => {
    const stage = await Stage.open();
    const torrent = stage.client.torrents.addSample({ files: { 'sub/a.mkv': 1, 'b.txt': 1 } });
    const { hash } = torrent;
    await stage.does('torrents/rename', { hash, name: ' a\nname ' });
    assert.equal(torrent.view().name, 'a name');
    await stage.refuses('torrents/rename', { hash, name: ' ' }, 409);
    await stage.does('torrents/renameFile', { hash, oldPath: 'sample/sub/a.mkv', newPath: 'sample/sub/c.mkv' });
    await stage.does('torrents/renameFolder', { hash, oldPath: 'sample/sub/', newPath: 'sample/other/' });
    assert.deepEqual(
      torrent.files().map(({ path }) => path),
      ['sample/other/c.mkv', 'sample/b.txt'],
    );
    for (const [oldPath, newPath] of [
      ['sample/b.txt', 'sample/sub/b.txt'],
      ['sample/none', 'sample/some'],
      ['sample/b.txt', 'sample/..'],
    ] as const) {
      await stage.refuses('torrents/renameFile', { hash, oldPath, newPath }, 409);
    }
  });

  test('have their files changed by the index that the list tells, pads or not', async () => {
    const stage = await Stage.open();
    const { hash } = stage.client.torrents.addSample({ files: { a: 10, '.pad/6': 6, b: 10 } });
    const files = async (): Promise<Record<'index' | 'priority', number>[]> =>
      await stage.read('torrents/files', { hash });
    const last = (await files()).at(-1);
    await stage.does('torrents/filePrio', { hash, id: String(last?.index), priority: '0' });
    assert.deepEqual(
      (await files()).map(({ priority }) => priority),
      [1, 0],
    );
  });

  test('get priorities for their files', async () => {
    const stage = await Stage.open();
    const torrent = stage.client.torrents.addSample({ files: { a: 1, b: 1, c: 1 } });
    const { hash } = torrent;
    for (const [id, priority] of [
      ['0|2', 7],
      ['1', 0],
      ['2', 6],
    ] as const) {
      await stage.does('torrents/filePrio', { hash, id, priority });
    }
    const told = async (): Promise<number[]> =>
      (await stage.read('torrents/files', { hash })).map(({ priority }: { priority: number }) => priority);
    assert.deepEqual(await told(), [7, 0, 6]);
    await stage.does('torrents/filePrio', { hash, id: '0|1|2', priority: 1 });
    assert.deepEqual(
      torrent.files().map(({ priority }) => priority),
      [4, 4, 4],
    );
    // Those of other APIs are told as the nearest.
    await torrent.setPriorities(new Map([1, 3, 5].map((priority, file) => [file, priority])));
    assert.deepEqual(await told(), [1, 1, 6]);
    for (const [id, priority, status] of [
      ['0', 2, 400],
      ['0', 'x', 400],
      ['x', 1, 400],
      ['9', 1, 409],
    ] as const) {
      await stage.refuses('torrents/filePrio', { hash, id, priority }, status);
    }
    await stage.client.torrents.add({ source: 'ab'.repeat(20) });
    await stage.refuses('torrents/filePrio', { hash: 'ab'.repeat(20), id: '0', priority: 1 }, 409);
  });

  test('get peers, as far as these are addresses and not refused', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    const peers = '192.0.2.1:6881|127.0.0.1:6881|[2001:db8::1]:51413|nonsense';
    const { json } = await stage.post('torrents/addPeers', { hashes: torrent.hash, peers });
    assert.deepEqual(json, { [torrent.hash]: { added: 2, failed: 2 } });
    assert.deepEqual(torrent.calls, ['peers 192.0.2.1:6881,[2001:db8::1]:51413']);
    const here = await stage.post('torrents/addPeers', { hashes: torrent.hash, peers: '127.0.0.1:6881' });
    assert.deepEqual(here.json, { [torrent.hash]: { added: 0, failed: 1 } });
    await stage.refuses('torrents/addPeers', { hashes: torrent.hash, peers: 'nonsense' }, 400);
  });
});

describe('trackers', () => {
  const [a, b, c] = ['http://a.example/x?k=1|2', 'http://b.example/x', 'udp://c.example:1/x'];

  test('are added, a tier after each empty line', async () => {
    const stage = await Stage.open();
    const torrent = stage.client.torrents.addSample({ trackers: [[a]] });
    await stage.does('torrents/addTrackers', { hash: torrent.hash, urls: `${a}\r\n${b}\n\n\n${c}\n${c}` });
    assert.deepEqual(urlsOf(torrent), [[a, b], [c]]);
  });

  test('are replaced in their place', async () => {
    const stage = await Stage.open();
    const torrent = stage.client.torrents.addSample({ trackers: [[a], [b]] });
    const { hash } = torrent;
    await stage.does('torrents/editTracker', { hash, origUrl: a, newUrl: c });
    assert.deepEqual([urlsOf(torrent), torrent.calls], [[[c], [b]], ['reannounce']]);
    await stage.does('torrents/editTracker', { hash, url: c, newUrl: a });
    assert.deepEqual(urlsOf(torrent), [[a], [b]]);
    await stage.refuses('torrents/editTracker', { hash, origUrl: a, newUrl: 'nonsense' }, 400);
    await stage.refuses('torrents/editTracker', { hash, origUrl: a, newUrl: b }, 409);
    await stage.refuses('torrents/editTracker', { hash, origUrl: c, newUrl: 'http://d.example/' }, 409);
  });

  test('are put in another tier, with or without another URL', async () => {
    const stage = await Stage.open();
    const torrent = stage.client.torrents.addSample({ trackers: [[a], [b]] });
    const { hash } = torrent;
    await stage.does('torrents/editTracker', { hash, url: a, tier: 1 });
    assert.deepEqual(urlsOf(torrent), [[b, a]]);
    await stage.does('torrents/editTrackers', { hash, url: a, newUrl: c, tier: 7 });
    assert.deepEqual(urlsOf(torrent), [[b], [c]]);
    await stage.refuses('torrents/editTracker', { hash, url: a, tier: -1 }, 400);
    await stage.refuses('torrents/editTracker', { hash, url: a }, 400);
  });

  test('are removed, be their URLs encoded or not; a stopped torrent is not announced', async () => {
    const stage = await Stage.open();
    const torrent = stage.client.torrents.addSample({ trackers: [[a], [b], [c]] });
    torrent.set({ state: 'stopped' });
    await stage.does('torrents/removeTrackers', { hash: torrent.hash, urls: `${encodeURIComponent(a)}|${c}` });
    assert.deepEqual([urlsOf(torrent), torrent.calls], [[[b]], []]);
    await stage.does('torrents/removeTrackers', { hash: torrent.hash, urls: `%|${b}` });
    assert.deepEqual(torrent.trackers(), []);
  });
});

describe('categories', () => {
  test('are made, changed and removed', async () => {
    const stage = await Stage.open();
    await stage.does('torrents/createCategory', { category: 'films', savePath: '/media/films' });
    await stage.does('torrents/createCategory', { category: 'tv' });
    assert.deepEqual(await stage.read('torrents/categories'), {
      films: { name: 'films', savePath: '/media/films' },
      tv: { name: 'tv', savePath: '' },
    });
    await stage.does('torrents/editCategory', { category: 'tv', savePath: '/media/tv' });
    assert.equal(stage.client.categories.find('tv')?.savePath, '/media/tv');
    await stage.refuses('torrents/createCategory', { category: 'tv' }, 409);
    await stage.refuses('torrents/editCategory', { category: 'none', savePath: '' }, 409);
    for (const [category, status] of [
      ['', 400],
      ['a//b', 409],
    ] as const) {
      await stage.refuses('torrents/createCategory', { category }, status);
    }
    await stage.refuses('torrents/createCategory', { category: 'x', savePath: '/etc' }, 409);
    await stage.does('torrents/removeCategories', { categories: 'films\ntv' });
    assert.deepEqual(await stage.read('torrents/categories'), {});
  });

  test('are given to torrents, if there is such a one', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    await stage.refuses('torrents/setCategory', { hashes: torrent.hash, category: 'tv' }, 409);
    await stage.does('torrents/createCategory', { category: 'tv' });
    await stage.does('torrents/setCategory', { hashes: torrent.hash, category: 'tv' });
    assert.equal(torrent.view().settings.category, 'tv');
    await stage.does('torrents/setCategory', { hashes: torrent.hash, category: '' });
    assert.equal(torrent.view().settings.category, '');
  });
});

describe('tags', () => {
  test('are made and deleted, given and taken', async () => {
    const stage = await Stage.open();
    const torrent = stage.torrent();
    const { hash } = torrent;
    await stage.does('torrents/createTags', { tags: 'a, b' });
    await stage.does('torrents/addTags', { hashes: hash, tags: 'b,c,d' });
    await stage.does('torrents/addTags', { hashes: hash, tags: 'c' });
    assert.deepEqual(torrent.view().settings.labels, ['b', 'c', 'd']);
    assert.deepEqual(await stage.read('torrents/tags'), ['a', 'b', 'c', 'd']);
    await stage.does('torrents/removeTags', { hashes: hash, tags: 'c' });
    await stage.does('torrents/deleteTags', { tags: 'a,d' });
    // What no torrent has is still there for others.
    assert.deepEqual([torrent.view().settings.labels, await stage.read('torrents/tags')], [['b'], ['b', 'c']]);
    await stage.does('torrents/removeTags', { hashes: hash });
    assert.deepEqual([torrent.view().settings.labels, await stage.read('torrents/tags')], [[], ['b', 'c']]);
  });
});

test('a comment and a download path of its own cannot be had', async () => {
  const stage = await Stage.open();
  const { hash } = stage.torrent();
  await stage.refuses('torrents/setComment', { hashes: hash, comment: 'x' }, 409);
  await stage.refuses('torrents/setDownloadPath', { id: hash, path: '/downloads/x' }, 409);
  await stage.does('torrents/setDownloadPath', { id: hash, path: '' });
});
