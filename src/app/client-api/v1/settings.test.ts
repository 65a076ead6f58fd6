import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clientConfig, describeConfig } from '../../config/index.ts';
import { ApiClient } from '../fakes.test.ts';

interface Item {
  readonly key: string;
  readonly value: unknown;
  readonly pending: unknown;
  readonly origin: string;
  readonly isLocalOnly: boolean;
}
const item = async (api: ApiClient, key: string): Promise<Item | undefined> =>
  ((await api.ask('GET', '/settings')).json.items as Item[]).find((one) => one.key === key);

describe('settings', () => {
  test('are all shown with where they come from, and secrets are not', async () => {
    const api = await ApiClient.create({ config: { database: 'postgres://user:hunter2@db/x' } });
    api.client.settings.fix('limits.upload');
    const { text, json } = await api.ask('GET', '/settings');
    assert.deepEqual(
      json.items.map(({ key }: Item) => key),
      describeConfig(clientConfig).map(({ key }) => key),
    );
    assert.doesNotMatch(text, /hunter2/);
    const database = json.items.find(({ key }: Item) => key === 'database');
    assert.deepEqual([database.value, database.isSecret], [null, true]);
    assert.equal((await item(api, 'limits.upload'))?.origin, 'environment');
    assert.deepEqual((await item(api, 'api.port'))?.value, 8470);
  });

  test('are changed, all or none', async () => {
    const api = await ApiClient.create({ config: { peers: { port: 4000 } } });
    const body = { 'limits.download': 1000, 'queue.downloads': null, 'peers.port': 5000 };
    const { status, json } = await api.ask('PATCH', '/settings', { body });
    assert.deepEqual([status, json.changed], [200, ['limits.download', 'queue.downloads', 'peers.port']]);
    assert.deepEqual(json.needRestart, ['peers.port']);
    const states = await Promise.all(['limits.download', 'peers.port'].map((key) => item(api, key)));
    assert.deepEqual(
      states.map((state) => [state?.value, state?.pending]),
      [
        [1000, null],
        [4000, { value: 5000 }],
      ],
    );
    for (const [wrong, code, expected] of [
      [{ 'limits.download': 5, 'peers.port': -1 }, 'CONFIG_INVALID', 400],
      [{ 'limits.nothing': 5 }, 'CONFIG_INVALID', 400],
      [{ 'a.b.c': 5 }, 'API_INVALID', 400],
      [{ 'constructor.prototype': 5 }, 'CONFIG_INVALID', 400],
    ] as const) {
      const refused = await api.ask('PATCH', '/settings', { body: wrong });
      assert.deepEqual([refused.status, refused.json.code], [expected, code]);
    }
    assert.equal(api.client.settings.value.limits.download, 1000);
    api.client.settings.fix('limits.upload');
    const fixed = await api.ask('PATCH', '/settings', { body: { 'limits.upload': 1 } });
    assert.deepEqual([fixed.status, fixed.json.code], [409, 'CONFIG_FIXED']);
  });

  test('that would give away the machine are changed on it alone', async () => {
    const api = await ApiClient.create();
    for (const body of [
      { 'torrents.onComplete': '/bin/sh' },
      { 'torrents.watch': ['/etc'] },
      { 'api.roots': ['/srv'] },
      { 'api.hostNames': ['evil.example'] },
      { 'peers.blocklist': '/etc/passwd' },
      { 'peers.interface': 'wg0' },
      { 'peers.nameServers': [] },
      { data: '/tmp' },
    ]) {
      const { status, json } = await api.ask('PATCH', '/settings', { body });
      assert.deepEqual([status, json.code], [403, 'API_LOCAL_ONLY']);
      assert.equal((await item(api, Object.keys(body)[0] as string))?.isLocalOnly, true);
      const local = await ApiClient.create({ isLocal: true });
      const changed = await local.ask('PATCH', '/settings', { token: null, body });
      assert.equal(changed.status, 200, changed.text);
    }
  });

  test('lead data to no folder that callers may not name', async () => {
    const api = await ApiClient.create();
    for (const key of ['downloads', 'incomplete']) {
      const { status, json } = await api.ask('PATCH', '/settings', { body: { [key]: '/etc' } });
      assert.deepEqual([status, json.code], [403, 'CLIENT_PATH_REFUSED']);
      assert.equal((await api.ask('PATCH', '/settings', { body: { [key]: '/media/films' } })).status, 200);
    }
    const asDefault = await api.ask('PATCH', '/settings', { body: { downloads: null } });
    assert.deepEqual([asDefault.status, asDefault.json.code], [403, 'CLIENT_PATH_REFUSED']);
    const local = await ApiClient.create({ isLocal: true });
    assert.equal((await local.ask('PATCH', '/settings', { token: null, body: { downloads: '/etc' } })).status, 200);
  });
});

describe('limits', () => {
  test('are shown, and changed by who works with torrents', async () => {
    const api = await ApiClient.create();
    const token = await api.tokenFor('control');
    const body = { download: 5000, alternative: true, followSchedule: false, schedule: ['mon-fri 08:00-17:30'] };
    const { status, json } = await api.ask('PATCH', '/limits', { token, body });
    assert.equal(status, 200);
    assert.deepEqual(json, (await api.ask('GET', '/limits', { token })).json);
    assert.deepEqual([json.download, json.upload, json.alternative], [5000, 0, true]);
    for (const wrong of [{ download: -1 }, { alternative: 'never' }, { nothing: 1 }, { schedule: ['x'] }]) {
      assert.equal((await api.ask('PATCH', '/limits', { token, body: wrong })).status, 400);
    }
  });
});
