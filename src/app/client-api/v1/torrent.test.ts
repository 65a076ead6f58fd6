import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FakeTorrent, sampleTorrentFile } from '../../../../test/support/fake-client.ts';
import { DstError } from '../../../base/errors.ts';
import { storageErrors } from '../../../storage/index.ts';
import { ApiClient } from '../fakes.test.ts';

const options = { name: 'film', files: { 'a.mkv': 100_000, 'sub/b.txt': 5 } };

async function withFilm(): Promise<{ api: ApiClient; torrent: FakeTorrent; path: string }> {
  const api = await ApiClient.create();
  const torrent = api.client.torrents.addSample(options);
  return { api, torrent, path: `/torrents/${torrent.hash}` };
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a torrent', () => {
  test('is shown with its magnet link, by its hash in any letter case', async () => {
    const { api, torrent } = await withFilm();
    const { json } = await api.ask('GET', `/torrents/${torrent.hash.toUpperCase()}`);
    assert.deepEqual(json, { ...(plain(torrent.view()) as object), magnetLink: torrent.magnetLink() });
  });

  test('is removed also by who says that no body is JSON, and changed by nobody with none', async () => {
    const { api, path } = await withFilm();
    const headers = { 'content-type': 'application/json' };
    assert.equal((await api.ask('PATCH', path, { headers })).status, 400);
    assert.equal((await api.ask('PATCH', path, { headers, body: '{' })).status, 400);
    assert.equal((await api.ask('DELETE', path, { headers })).status, 204);
  });

  test('that there is not is told to be none', async () => {
    const { api } = await withFilm();
    const { status, json } = await api.ask('GET', `/torrents/${'ff'.repeat(20)}`);
    assert.deepEqual([status, json.code], [404, 'API_NOT_FOUND']);
  });

  test('is changed in what is named, goals one by one', async () => {
    const { api, torrent, path } = await withFilm();
    const settings = { category: 'films', downloadLimit: 5, goals: { ratio: 'none' } };
    const { status, json } = await api.ask('PATCH', path, { body: { name: 'new', settings } });
    assert.deepEqual([status, json.name], [200, 'new']);
    await api.ask('PATCH', path, { body: { settings: { goals: { minutes: 60 } } } });
    const { category, downloadLimit, uploadLimit, goals } = torrent.view().settings;
    assert.deepEqual([category, downloadLimit, uploadLimit], ['films', 5, 0]);
    assert.deepEqual(goals, { ratio: 'none', minutes: 60, idleMinutes: 'default' });
    for (const body of [
      { settings: { nothing: 1 } },
      { id: 5 },
      { name: '' },
      { settings: { goals: { ratio: -1 } } },
      [],
      null,
    ]) {
      assert.equal((await api.ask('PATCH', path, { body })).status, 400);
    }
  });

  test('is removed, and its data only when that is said', async () => {
    const { api, torrent, path } = await withFilm();
    const { status, text } = await api.ask('DELETE', path);
    assert.deepEqual([status, text], [204, '']);
    assert.deepEqual([api.client.torrents.size, api.client.torrents.deleted], [0, []]);
    assert.equal((await api.ask('DELETE', path)).status, 404);
    const again = api.client.torrents.addSample(options);
    for (const query of ['data=yes', 'data=', 'data=1', 'deleteData=true']) {
      assert.equal((await api.ask('DELETE', `${path}?${query}`)).status, 400);
    }
    await api.ask('DELETE', `${path}?data=true`);
    assert.deepEqual([torrent.hash, api.client.torrents.deleted], [again.hash, [again.hash]]);
  });

  test('shows its files, peers, trackers, web seeds, pieces and what is wrong', async () => {
    const { api, torrent, path } = await withFilm();
    torrent.setProgress(0.6);
    torrent.diagnosis = {
      summary: 'Nobody sends.',
      findings: [
        { code: 'all-choked', weight: 'blocks', message: '2 peers choke us', advice: null, facts: { peers: 2 } },
      ],
    };
    const shown = async (what: string): Promise<unknown> => (await api.ask('GET', `${path}/${what}`)).json;
    assert.deepEqual(await shown('files'), { items: plain(torrent.files()) });
    assert.deepEqual(await shown('peers'), { items: plain(torrent.peers()) });
    assert.deepEqual(await shown('trackers'), { items: plain(torrent.trackers()) });
    assert.deepEqual(await shown('webseeds'), { items: [] });
    assert.deepEqual(await shown('why'), plain(torrent.diagnosis));
    assert.deepEqual(await shown('pieces'), { count: 2, have: 'gA==', active: [1], availability: [2, 2] });
  });

  test('has a log of its own events', async () => {
    const { api, torrent, path } = await withFilm();
    api.client.torrents.addSample({ name: 'other' });
    const { hash } = torrent;
    api.client.events.emit('torrent.state', { hash, from: 'downloading', to: 'seeding' });
    api.client.events.emit('health.changed', { check: 'space', problem: null });
    const { json } = await api.ask('GET', `${path}/log`);
    const told = (json.items as { name: string; data: unknown }[]).map(({ name, data }) => ({ name, data }));
    assert.deepEqual(told.at(-1), { name: 'torrent.state', data: { hash, from: 'downloading', to: 'seeding' } });
    assert.ok(told.every(({ data }) => (data as { hash: string }).hash === hash));
  });

  test('without metadata has no pieces and no file', async () => {
    const api = await ApiClient.create();
    const hash = 'ab'.repeat(20);
    await api.client.torrents.add({ source: hash });
    for (const what of ['pieces', 'metainfo']) {
      const { status, json } = await api.ask('GET', `/torrents/${hash}/${what}`);
      assert.deepEqual([status, json.code], [409, 'API_CONFLICT']);
    }
    assert.deepEqual((await api.ask('GET', `/torrents/${hash}/files`)).json, { items: [] });
  });

  test('gives its torrent file', async () => {
    const { api, path } = await withFilm();
    const { headers, bytes } = await api.ask('GET', `${path}/metainfo`);
    assert.deepEqual(bytes, sampleTorrentFile(options));
    assert.equal(headers['content-type'], 'application/x-bittorrent');
    assert.match(headers['content-disposition'] ?? '', /^attachment; filename="film.torrent"/);
  });

  test('gets priorities, peers and trackers', async () => {
    const { api, torrent, path } = await withFilm();
    const files = await api.ask('PATCH', `${path}/files`, { body: { priorities: { 0: 0, 1: 7 } } });
    assert.deepEqual(
      files.json.items.map(({ priority }: { priority: number }) => priority),
      [0, 7],
    );
    const unknown = await api.ask('PATCH', `${path}/files`, { body: { priorities: { 5: 1 } } });
    assert.deepEqual([unknown.status, unknown.json.code], [404, 'CLIENT_NO_SUCH_FILE']);
    const peers = ['192.0.2.1:5', '[2001:DB8::1]:6'];
    assert.deepEqual((await api.ask('POST', `${path}/peers`, { body: { peers } })).json, {
      added: ['192.0.2.1:5', '[2001:db8::1]:6'],
      refused: [],
    });
    assert.equal((await api.ask('POST', `${path}/peers`, { body: { peers: ['x:1'] } })).status, 400);
    const tiers = [['http://a.example/', 'http://b.example/'], ['udp://c.example:1']];
    await api.ask('PUT', `${path}/trackers`, { body: { tiers } });
    assert.deepEqual(
      torrent.trackers().map(({ tier, url }) => [tier, url]),
      [
        [0, 'http://a.example/'],
        [0, 'http://b.example/'],
        [1, 'udp://c.example:1'],
      ],
    );
  });
});

describe('peers that are refused', () => {
  test('are told apart from those that were added', async () => {
    const { api, torrent, path } = await withFilm();
    const peers = ['127.0.0.1:5', '192.0.2.1:5'];
    const { status, json } = await api.ask('POST', `${path}/peers`, { body: { peers } });
    const refused = [{ peer: '127.0.0.1:5', reason: 'not in `api.privateRanges`' }];
    assert.deepEqual([status, json], [200, { added: ['192.0.2.1:5'], refused }]);
    assert.deepEqual(torrent.calls, ['peers 192.0.2.1:5']);
  });

  test('are an error when there are no others', async () => {
    const { api, torrent, path } = await withFilm();
    const { status, json } = await api.ask('POST', `${path}/peers`, { body: { peers: ['127.0.0.1:5'] } });
    assert.deepEqual([status, json.code], [403, 'CLIENT_PEER_REFUSED']);
    assert.equal(json.detail, '127.0.0.1:5: not in `api.privateRanges`');
    assert.deepEqual(torrent.calls, []);
  });
});

describe('an action', () => {
  test('is done with one torrent', async () => {
    const { api, torrent, path } = await withFilm();
    const act = async (name: string, body?: object): Promise<number> =>
      (await api.ask('POST', `${path}/actions/${name}`, { body })).status;
    assert.equal(await act('stop'), 204);
    assert.equal(torrent.view().state, 'stopped');
    assert.equal(await act('start', { isForced: true }), 204);
    assert.deepEqual([torrent.view().state, torrent.view().settings.isForced], ['downloading', true]);
    assert.equal(await act('start'), 204);
    assert.equal(torrent.view().settings.isForced, false);
    assert.equal(await act('reannounce', {}), 204);
    assert.equal(await act('verify'), 204);
    assert.equal(await act('move', { savePath: '/media' }), 204);
    assert.equal(await act('move', { savePath: '/media/other', movesData: false }), 204);
    assert.deepEqual(torrent.calls, ['reannounce', 'verify', 'moved', 'pointed elsewhere']);
    assert.equal(torrent.view().contentPath, '/media/other/film');
    assert.equal(await act('rename', { path: 'film/sub', name: 'texts' }), 204);
    assert.equal(torrent.files()[1]?.path, 'film/texts/b.txt');
  });

  test('that announces says of a torrent which does not run that nothing was announced', async () => {
    const { api, torrent, path } = await withFilm();
    const other = api.client.torrents.addSample({ name: 'other' });
    await torrent.stop();
    const { status, json } = await api.ask('POST', `${path}/actions/reannounce`);
    assert.deepEqual([status, json.code], [409, 'CLIENT_NOT_RUNNING']);
    const body = { hashes: [torrent.hash, other.hash] };
    const many = await api.ask('POST', '/torrents/actions/reannounce', { body });
    assert.deepEqual([many.status, many.json.done], [200, 1]);
    assert.deepEqual(many.json.failed, [{ hash: torrent.hash, code: 'CLIENT_NOT_RUNNING', detail: json.detail }]);
    assert.equal(json.detail, 'nothing was announced: it does not run (stopped)');
  });

  test('that announces says of a torrent without trackers that nothing was announced', async () => {
    const { api, torrent, path } = await withFilm();
    await torrent.setTrackers([]);
    const { status, json } = await api.ask('POST', `${path}/actions/reannounce`);
    assert.deepEqual([status, json.code, json.detail], [409, 'CLIENT_NO_TRACKER', 'nothing was announced: no tracker']);
    await torrent.stop();
    assert.equal((await api.ask('POST', `${path}/actions/reannounce`)).json.code, 'CLIENT_NOT_RUNNING');
  });

  test('moves torrents in the queue', async () => {
    const { api, torrent, path } = await withFilm();
    const [b, c] = ['b', 'c'].map((name) => api.client.torrents.addSample({ name }));
    const order = (): string =>
      api.client.torrents
        .all()
        .map((one) => one.view().name)
        .join();
    for (const [to, expected] of [
      ['bottom', 'b,c,film'],
      ['up', 'b,film,c'],
      ['top', 'film,b,c'],
      ['down', 'b,film,c'],
      [{ position: 2 }, 'b,c,film'],
    ] as const) {
      assert.equal((await api.ask('POST', `${path}/actions/queue`, { body: { to } })).status, 204);
      assert.equal(order(), expected);
    }
    const hashes = [torrent.hash, c?.hash, b?.hash];
    await api.ask('POST', '/torrents/actions/queue', { body: { hashes: hashes.slice(0, 2), to: 'top' } });
    assert.equal(order(), 'c,film,b');
  });

  test('is done with many, and what fails is told with its hash', async () => {
    const { api, torrent } = await withFilm();
    const other = api.client.torrents.addSample({ name: 'other' });
    const all = await api.ask('POST', '/torrents/actions/stop', { body: { hashes: 'all' } });
    assert.deepEqual(all.json, { done: 2, failed: [] });
    assert.deepEqual([torrent.view().state, other.view().state], ['stopped', 'stopped']);
    const moved = await api.ask('POST', '/torrents/actions/move', { body: { hashes: [other.hash], savePath: '/etc' } });
    assert.deepEqual([moved.json.done, moved.json.failed[0].code], [0, 'CLIENT_PATH_REFUSED']);
    const body = { hashes: [torrent.hash, other.hash], settings: { labels: ['x'] } };
    assert.equal((await api.ask('POST', '/torrents/actions/change', { body })).json.done, 2);
    assert.deepEqual(api.client.categories.labels(), ['x']);
    const removal = { hashes: [other.hash], deleteData: true };
    await api.ask('POST', '/torrents/actions/remove', { body: removal });
    assert.deepEqual([api.client.torrents.size, api.client.torrents.deleted], [1, [other.hash]]);
    const unknown = await api.ask('POST', '/torrents/actions/stop', {
      body: { hashes: [torrent.hash, 'ff'.repeat(20)] },
    });
    assert.equal(unknown.status, 404);
  });

  test('takes no path that leads out of its folder', async () => {
    const { api, torrent, path } = await withFilm();
    for (const savePath of ['/etc', '/downloads/../etc', '..', '', '/media/\0', `/${'a/'.repeat(3000)}`]) {
      const { status } = await api.ask('POST', `${path}/actions/move`, { body: { savePath } });
      assert.ok(status === 400 || status === 403, savePath);
    }
    for (const name of ['..', '.', '', 'a/b', '../x', 'a\\b', 'a\0b']) {
      const { status } = await api.ask('POST', `${path}/actions/rename`, { body: { path: 'film/a.mkv', name } });
      assert.equal(status, 400, name);
    }
    for (const wrong of ['../../etc/passwd', '/etc/passwd', 'film/../..', 'nothing']) {
      const { status } = await api.ask('POST', `${path}/actions/rename`, { body: { path: wrong, name: 'x' } });
      assert.equal(status, 404, wrong);
    }
    assert.equal(torrent.view().contentPath, '/downloads/film');
  });

  test('that the disk refuses says why, for one torrent and in a list', async () => {
    const { api, torrent, path } = await withFilm();
    const refuses = async (): Promise<void> => {
      throw new DstError('STORAGE_TARGET_EXISTS', storageErrors.STORAGE_TARGET_EXISTS, '/downloads/film/b.mkv exists');
    };
    Object.assign(torrent, { rename: refuses, setSavePath: refuses });
    const renamed = await api.ask('POST', `${path}/actions/rename`, { body: { path: 'film/a.mkv', name: 'b.mkv' } });
    const told = { code: 'STORAGE_TARGET_EXISTS', detail: '/downloads/film/b.mkv exists' };
    assert.deepEqual([renamed.status, renamed.json.code, renamed.json.detail], [409, ...Object.values(told)]);
    const many = await api.ask('POST', '/torrents/actions/move', {
      body: { hashes: [torrent.hash], savePath: '/downloads/other' },
    });
    assert.deepEqual(many.json.failed, [{ hash: torrent.hash, ...told }]);
  });

  test('that nobody knows is none', async () => {
    const { api, path } = await withFilm();
    for (const name of ['explode', '__proto__', 'constructor']) {
      assert.equal((await api.ask('POST', `${path}/actions/${name}`, { body: {} })).status, 404);
    }
    assert.equal((await api.ask('POST', `${path}/actions/stop`, { body: { force: true } })).status, 400);
  });
});
