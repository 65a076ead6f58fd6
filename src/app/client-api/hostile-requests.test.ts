/** Requests that are made to hurt: bombs, injections, and pages of other sites. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { PASSWORD } from '../../../test/support/memory-access.ts';
import { type Answer, ApiClient } from './fakes.test.ts';
import { qbittorrent } from './qbittorrent/index.ts';
import { transmissionRpc } from './transmission/index.ts';

const api = await ApiClient.create({ hostNames: ['dst.example'] });
const torrent = api.client.torrents.addSample();
await torrent.setName('"><script>alert(1)</script>');
Object.assign(torrent.files()[0] as object, { path: '<script>alert(1)</script>' });

function assertProblem({ status, headers, json }: Answer, ...expected: number[]): void {
  assert.ok(expected.includes(status), String(status));
  assert.match(headers['content-type'] ?? '', /^application\/problem\+json/);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(json.status, status);
  assert.match(json.code, /^[A-Z_]+$/);
  assert.ok((json.detail ?? '').length <= 300);
}

describe('a body that is made to hurt', () => {
  for (const [what, body, status] of [
    ['over the limit', `{"labels":["${'x'.repeat(1024 * 1024)}"]}`, 413],
    ['of a hundred thousand lists in one another', '['.repeat(100_000) + ']'.repeat(100_000), 400],
    ['of a hundred thousand objects in one another', `${'{"labels":'.repeat(90_000)}1${'}'.repeat(90_000)}`, 400],
    ['with fifty thousand keys', `{${Array.from({ length: 50_000 }, (_, i) => `"k${i}":1`).join()}}`, 400],
    ['of broken JSON', '{"labels":', 400],
    ['of nothing', '', 400],
    ['that is null', 'null', 400],
    ['that is a list', '[]', 400],
    ['with a number of a hundred thousand digits', `{"labels":["x"],"n":${'9'.repeat(100_000)}}`, 400],
    ['with __proto__', '{"labels":["x"],"__proto__":{"isAdmin":true}}', 400],
    ['with an escaped __proto__', String.raw`{"labels":["x"],"\u005f_proto__":{"isAdmin":true}}`, 400],
    ['with a constructor', '{"labels":["x"],"constructor":{"prototype":{"polluted":1}}}', 400],
  ] as const) {
    test(`is refused: one ${what}`, async () => {
      assertProblem(await api.ask('POST', '/labels', { body }), status);
      assert.equal(({} as { polluted?: number }).polluted, undefined);
      assert.deepEqual(api.client.categories.labels(), []);
    });
  }

  test('is refused as any other type than JSON', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      '',
      'x',
    ]) {
      const answer = await api.ask('POST', '/labels', { body: '{"labels":["x"]}', headers: { 'content-type': type } });
      assertProblem(answer, 415);
    }
  });

  test('is refused compressed, in all dialects', async () => {
    const fetchTorrent = (): Promise<Uint8Array> => Promise.reject(new Error('not here'));
    const mounts = [transmissionRpc({ fetchTorrent, webFolder: () => null }), qbittorrent({ fetchTorrent })];
    const all = await ApiClient.create({ mounts });
    const body = gzipSync('{"labels":["x"]}');
    for (const path of ['/api/v1/labels', '/transmission/rpc', '/api/v2/torrents/createTags']) {
      const { status, headers, text } = await all.askPath('POST', path, {
        body,
        headers: { 'content-encoding': 'gzip' },
      });
      assert.deepEqual([status, headers['accept-encoding']], [415, 'identity'], path);
      assert.match(text, /without a Content-Encoding/);
    }
    const plain = { body: { labels: ['x'] }, headers: { 'content-encoding': 'identity' } };
    assert.equal((await all.ask('POST', '/labels', plain)).status, 201);
  });

  test('is not even read without proof of who asks', async () => {
    const body = '['.repeat(10_000_000);
    for (const path of ['/labels', '/torrents', '/create', '/settings']) {
      assertProblem(await api.ask('POST', path, { body, token: null }), 401);
    }
  });

  test('of prototypes in settings changes nothing', async () => {
    for (const body of [
      '{"__proto__":{"a":1}}',
      '{"constructor.prototype":1}',
      '{"limits.__proto__":1}',
      '{"__proto__.x":1}',
    ]) {
      assertProblem(await api.ask('PATCH', '/settings', { body }), 400);
    }
  });
});

describe('an address that is made to hurt', () => {
  for (const [what, path] of [
    ['a hundred thousand keys', `/torrents?${Array.from({ length: 100_000 }, (_, i) => `k${i}=1`).join('&')}`],
    ['one key a hundred thousand times', `/torrents?${'limit=1&'.repeat(100_000)}`],
    ['a limit beyond numbers', `/torrents?limit=${'9'.repeat(1000)}`],
    ['a limit that is no number', '/torrents?limit=NaN'],
    ['__proto__', '/torrents?__proto__=1'],
    ['a constructor', '/torrents?constructor[prototype][x]=1'],
    ['a key where there are none', '/stats?x=1'],
    ['a hash that is a prototype', '/torrents/__proto__'],
    ['encoded slashes', '/torrents/..%2f..%2f..%2fetc%2fpasswd'],
    ['encoded dots', '/torrents/%2e%2e%2f%2e%2e%2fsecret'],
    ['a backslash', '/torrents/..%5c..%5csecret'],
    ['a broken escape', '/torrents/%zz'],
    ['bytes that are no UTF-8', '/torrents/%ff%fe'],
    ['an id that is none', '/create/-1'],
    ['an id beyond numbers', `/webhooks/${'9'.repeat(90)}`],
  ] as const) {
    test(`is refused: one with ${what}`, async () => {
      assertProblem(await api.ask(what.startsWith('an id beyond') ? 'DELETE' : 'GET', path), 400);
    });
  }

  test('leads nowhere when its dots leave the API', async () => {
    for (const path of [
      '/../../../etc/passwd',
      '/%2e%2e/%2e%2e/secret',
      '//stats',
      '/torrents//files',
      '/stats%00',
      '/docs/../../x',
    ]) {
      assertProblem(await api.ask('GET', path), 404, 400);
    }
  });

  test('finds the same door at another spelling of its path', async () => {
    for (const path of ['/api/v1/stats/', '/%61pi/v1/stats', '/x/../api/v1/stats', '/health/%2e%2e/api/v1/stats']) {
      assert.equal((await api.askPath('GET', path)).status, 200, path);
      for (const method of ['GET', 'HEAD'])
        assert.equal((await api.askPath(method, path, { token: null })).status, 401, path);
      assert.equal((await api.askPath('GET', path, { headers: { host: 'evil.example' } })).status, 421, path);
    }
  });

  test('that is long is refused', async () => {
    assertProblem(await api.ask('GET', `/torrents/${'a'.repeat(100_000)}`), 414);
  });
});

describe('words of strangers', () => {
  test('come out as JSON that no browser takes for a page', async () => {
    for (const path of [
      '/torrents',
      `/torrents/${torrent.hash}`,
      `/torrents?search=${encodeURIComponent('<script>')}`,
      `/torrents/${torrent.hash}/files`,
    ]) {
      const { text, headers } = await api.ask('GET', path, { headers: { accept: 'text/html' } });
      assert.ok(text.includes('<script>alert(1)'), path);
      assert.match(headers['content-type'] ?? '', /^application\/json/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.match(headers['content-security-policy'] ?? '', /^default-src 'none'/);
    }
  });

  test('in an address come back in a problem that no browser takes for a page', async () => {
    assertProblem(await api.ask('GET', '/torrents/<script>alert(1)</script>%zz'), 400);
    assertProblem(await api.ask('GET', `/torrents?filter=${encodeURIComponent('<img src=x onerror=alert(1)>')}`), 400);
  });

  test('end no header', async () => {
    const apart = await ApiClient.create();
    const evil = apart.client.torrents.addSample({ name: 'x' });
    await evil.setName('a"\r\nx-evil: 1\r\n\r\n<script>');
    const { headers } = await apart.ask('GET', `/torrents/${evil.hash}/metainfo`);
    assert.equal(headers['x-evil'], undefined);
    assert.match(
      headers['content-disposition'] ?? '',
      /^attachment; filename="a___x-evil: 1____<script>.torrent"; filename\*=UTF-8''/,
    );
  });
});

describe('a page of another site', () => {
  test('that made its name lead here is told that this is another host', async () => {
    for (const host of ['evil.example', 'evil.example:8470', 'localhost.evil.example', '127.0.0.1.evil.example']) {
      for (const path of ['/api/v1/stats', '/api/v1/sessions', '/health/live', '/nothing', '/']) {
        const answer = await api.askPath('GET', path, { headers: { host } });
        assertProblem(answer, 421);
        assert.equal(answer.json.code, 'API_UNKNOWN_HOST');
      }
    }
    for (const host of ['localhost', '127.0.0.1:8470', '[::1]', 'dst.example', 'nas:8470']) {
      assert.equal((await api.ask('GET', '/stats', { headers: { host } })).status, 200, host);
    }
  });

  test('gets nothing by a cookie, and nothing that would let it ask', async () => {
    const { cookie, csrf } = await api.login('ada', PASSWORD);
    const own = { cookie, 'x-dst-csrf': csrf };
    for (const foreign of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost' },
      { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate' },
    ]) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const answer = await api.ask(method, '/labels', { token: null, headers: { ...own, ...foreign } });
        assertProblem(answer, 403);
        assert.equal(answer.json.code, 'API_FOREIGN_ORIGIN');
        assert.doesNotMatch(Object.keys(answer.headers).join(), /access-control/);
      }
      const login = { name: 'ada', password: PASSWORD };
      assertProblem(await api.ask('POST', '/sessions', { token: null, headers: foreign, body: login }), 403);
    }
  });

  test('of this host gets its answer, and so does a program with a token', async () => {
    const { cookie } = await api.login('ada', PASSWORD);
    for (const headers of [
      { cookie, origin: 'http://localhost:8470' },
      { cookie, 'sec-fetch-site': 'same-origin' },
      { cookie, 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' },
    ]) {
      assert.equal((await api.ask('GET', '/labels', { token: null, headers })).status, 200);
    }
    const answer = await api.ask('GET', '/labels', { headers: { origin: 'https://app.example' } });
    assert.equal(answer.status, 200);
    assert.doesNotMatch(Object.keys(answer.headers).join(), /access-control/);
  });

  test('may link to a page for people, and to nothing else', async () => {
    const { cookie } = await api.login('ada', PASSWORD);
    const headers = { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    assert.equal((await api.ask('GET', '/docs', { token: null, headers })).status, 200);
    assert.equal((await api.ask('GET', '/stats', { token: null, headers })).status, 403);
    const embedded = { ...headers, 'sec-fetch-mode': 'no-cors' };
    assert.equal((await api.ask('GET', '/docs', { token: null, headers: embedded })).status, 403);
  });

  test('cannot show any answer inside itself', async () => {
    for (const path of ['/api/v1/docs', '/api/v1/stats', '/health/live', '/nothing']) {
      const { headers } = await api.askPath('GET', path);
      assert.match(headers['content-security-policy'] ?? '', /frame-ancestors 'none'/);
      assert.deepEqual(
        [headers['x-frame-options'], headers['cross-origin-resource-policy'], headers['cross-origin-opener-policy']],
        ['DENY', 'same-origin', 'same-origin'],
      );
    }
  });
});

describe('who shows nothing', () => {
  test('gets to know that the program is alive, and nothing more', async () => {
    assert.deepEqual((await api.askPath('GET', '/health/live', { token: null })).json, { status: 'ok' });
    for (const path of ['/health', '/health/ready'])
      assertProblem(await api.askPath('GET', path, { token: null }), 401);
    const start = await api.askPath('GET', '/', { token: null });
    assert.match(start.text, /^<!doctype html>.*The daemon is running/);
    assert.match(String(start.headers['content-security-policy']), /^default-src 'none'; style-src 'sha256-/);
    assert.equal(start.text, (await api.askPath('GET', '/')).text);
    assertProblem(await api.askPath('GET', '/nothing', { token: null }), 404);
  });

  test('gains nothing by a token in another place', async () => {
    for (const asked of [
      { path: `/stats?access_token=${api.token}`, headers: {} },
      { path: `/stats?ticket=${api.token}`, headers: {} },
      { path: '/stats', headers: { cookie: `dst_session=${api.token}` } },
      { path: '/stats', headers: { authorization: `Basic ${Buffer.from(`ada:${PASSWORD}`).toString('base64')}` } },
      { path: '/stats', headers: { authorization: api.token } },
      { path: '/stats', headers: { authorization: `Bearer ${'A'.repeat(100_000)}` } },
    ]) {
      assertProblem(await api.ask('GET', asked.path, { token: null, headers: asked.headers }), 401);
    }
  });
});
