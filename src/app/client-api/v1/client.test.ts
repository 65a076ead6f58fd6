import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { version } from '../../../base/version.ts';
import { ApiClient } from '../fakes.test.ts';

describe('the client', () => {
  test('shows its figures', async () => {
    const api = await ApiClient.create();
    api.client.torrents.addSample();
    const { json } = await api.ask('GET', '/stats');
    assert.deepEqual(json, { version, ...(JSON.parse(JSON.stringify(api.client.stats())) as object) });
  });

  test('shows folders and their space, and none that callers may not name', async () => {
    const api = await ApiClient.create();
    assert.deepEqual((await api.ask('GET', '/free-space?path=/media')).json, { free: 5e11, total: 1e12 });
    const { items } = (await api.ask('GET', '/fs?path=/media')).json;
    assert.deepEqual(items[0], { name: 'films', isFolder: true, size: null });
    assert.equal((await api.ask('GET', '/fs?path=/media/missing')).status, 404);
    for (const path of [
      '/etc',
      '/media/../etc',
      '/mediax',
      '..',
      '/media/..%2f..%2fetc',
      '/downloads%00/x',
      '%2e%2e%2fetc',
    ]) {
      for (const what of ['free-space', 'fs']) {
        const { status, json } = await api.ask('GET', `/${what}?path=${path}`);
        assert.deepEqual([status, json.code], [403, 'CLIENT_PATH_REFUSED'], path);
      }
    }
    for (const query of ['', 'path=', `path=${'a'.repeat(5000)}`, 'path=/media&path=/etc']) {
      assert.equal((await api.ask('GET', `/fs?${query}`)).status, 400);
    }
  });

  test('bans addresses, and takes them again', async () => {
    const api = await ApiClient.create();
    const body = { hosts: ['192.0.2.5', '2001:DB8:0::5'] };
    assert.deepEqual((await api.ask('POST', '/bans', { body })).json, { items: ['192.0.2.5', '2001:db8::5'] });
    assert.equal((await api.ask('POST', '/bans', { body: { hosts: ['evil.example'] } })).status, 400);
    assert.equal((await api.ask('DELETE', '/bans/192.0.2.5')).status, 204);
    assert.equal((await api.ask('DELETE', '/bans/192.0.2.5')).status, 404);
    assert.deepEqual((await api.ask('GET', '/bans')).json, { items: ['2001:db8::5'] });
  });

  test('reads its blocklist again', async () => {
    const api = await ApiClient.create();
    api.client.blocklistRanges = 200_000;
    assert.deepEqual((await api.ask('POST', '/blocklist/refresh')).json, { ranges: 200_000 });
  });

  test('ends once the answer is out', async () => {
    const api = await ApiClient.create();
    assert.equal((await api.ask('POST', '/shutdown')).status, 202);
    assert.equal(api.client.isShutDown, true);
  });
});

describe('categories and labels', () => {
  test('are made, listed and removed, with slashes in their names too', async () => {
    const api = await ApiClient.create();
    const made = await api.ask('PUT', '/categories/films%2Fold', { body: { savePath: '/media/old' } });
    assert.deepEqual(made.json, { name: 'films/old', savePath: '/media/old' });
    await api.ask('PUT', '/categories/music', { body: {} });
    assert.deepEqual((await api.ask('PUT', '/categories/films%2Fold', { body: {} })).json, made.json);
    await api.ask('PUT', '/categories/music', { body: { savePath: '/media/music' } });
    const emptied = await api.ask('PUT', '/categories/music', { body: { savePath: '' } });
    assert.deepEqual(emptied.json, { name: 'music', savePath: '' });
    assert.equal((await api.ask('GET', '/categories')).json.items.length, 2);
    assert.equal((await api.ask('DELETE', '/categories/films%2Fold')).status, 204);
    assert.equal((await api.ask('DELETE', '/categories/films%2Fold')).status, 404);
    const refused = await api.ask('PUT', '/categories/x', { body: { savePath: '/etc' } });
    assert.deepEqual([refused.status, refused.json.code], [403, 'CLIENT_PATH_REFUSED']);
    for (const name of ['..', 'a%2F..%2Fb', '%0a', 'x'.repeat(256)]) {
      const { status } = await api.ask('PUT', `/categories/${name}`, { body: {} });
      assert.ok(status === 400 || status === 404, name);
    }
    for (const [method, path] of [
      ['PUT', '/categories/'],
      ['DELETE', '/categories/?x'],
      ['DELETE', '/labels/'],
    ] as const) {
      const { status, json } = await api.ask(method, path, method === 'PUT' ? { body: {} } : {});
      assert.deepEqual([status, json.code], [400, 'API_INVALID'], path);
      assert.match(json.detail, /ends where a name has to stand/);
    }
    assert.equal((await api.ask('POST', '/categories/', { body: {} })).status, 405);
    assert.deepEqual((await api.ask('POST', '/labels', { body: { labels: ['b', 'a'] } })).json, { items: ['a', 'b'] });
    assert.equal((await api.ask('DELETE', '/labels/a')).status, 204);
    assert.equal((await api.ask('DELETE', '/labels/a')).status, 404);
    assert.deepEqual((await api.ask('GET', '/labels')).json, { items: ['b'] });
  });
});

describe('webhooks', () => {
  const body = { url: 'https://example.org/hook', events: ['torrent.*', 'health.changed'], secret: 's'.repeat(32) };

  test('are made, listed without their secret, and removed', async () => {
    const api = await ApiClient.create();
    const made = await api.ask('POST', '/webhooks', { body });
    assert.equal(made.status, 201);
    const list = await api.ask('GET', '/webhooks');
    assert.deepEqual(list.json.items, [made.json]);
    assert.ok(!list.text.includes(body.secret));
    assert.equal((await api.ask('DELETE', '/webhooks/1')).status, 204);
    assert.equal((await api.ask('DELETE', '/webhooks/1')).status, 404);
  });

  test('are not made without a whole address, which is said', async () => {
    const api = await ApiClient.create();
    for (const url of ['ftp://x/', 'hooks.example/x', '']) {
      const { json } = await api.ask('POST', '/webhooks', { body: { ...body, url } });
      assert.equal(json.detail, 'body/url: a whole address is wanted: https://… or http://…', url);
    }
  });

  for (const wrong of [
    { url: 'file:///etc/passwd' },
    { url: 'gopher://x/' },
    { url: 'javascript:alert(1)' },
    { url: 'x' },
    { events: [] },
    { events: ['torrent.added\n'] },
    { events: ['[object Object]'] },
    { secret: 'short' },
    { more: 1 },
  ]) {
    test(`are not made with ${JSON.stringify(wrong)}`, async () => {
      const api = await ApiClient.create();
      assert.equal((await api.ask('POST', '/webhooks', { body: { ...body, ...wrong } })).status, 400);
    });
  }
});
