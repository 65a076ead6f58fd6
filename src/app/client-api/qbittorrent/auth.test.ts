import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PASSWORD } from '../../../../test/support/memory-access.ts';
import type { Answer } from '../fakes.test.ts';
import { endpoints } from './endpoints.ts';
import { Stage } from './stage.test.ts';

const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

const sidOf = (header: string | undefined): string => /^SID=([^;]*)/.exec(String(header))?.[1] ?? '';

describe('who is not known', () => {
  test('is refused by each endpoint, and by what is none', async () => {
    const stage = await Stage.open();
    const paths = [...endpoints.keys(), 'auth/logout', 'rss/items', 'search/start', 'app/nonsense', 'nonsense'];
    for (const path of paths) {
      for (const method of ['GET', 'POST']) {
        for (const headers of [
          {},
          { cookie: `SID=${'a'.repeat(43)}` },
          { authorization: 'Bearer nonsense' },
        ] as const) {
          const answer = await stage.api.askPath(method, `/api/v2/${path}`, { token: null, headers });
          assert.deepEqual([answer.status, answer.text], [403, 'Forbidden'], `${method} ${path}`);
          assert.match(answer.headers['content-type'] ?? '', /^text\/plain/);
        }
      }
    }
  });

  test('cannot have anything read that is long', async () => {
    const stage = await Stage.open();
    const body = `hashes=${'x'.repeat(9 * 1024 * 1024)}`;
    assert.equal((await stage.post('torrents/add', {}, { token: null, body })).status, 403);
    assert.equal((await stage.post('torrents/add', {}, { token: await stage.api.tokenFor('read'), body })).status, 403);
    assert.equal((await stage.post('torrents/add', {}, { body })).status, 413);
  });

  test('is told from a page of another site, and from a host of another name', async () => {
    const stage = await Stage.open();
    const { headers } = await stage.post('auth/login', { username: 'ada', password: PASSWORD }, { token: null });
    const cookie = `SID=${sidOf(headers['set-cookie'])}`;
    const foreign = { token: null, headers: { cookie, origin: 'http://evil.example' } };
    assert.equal((await stage.post('torrents/stop', { hashes: 'all' }, foreign)).status, 403);
    const rebound = { token: null, headers: { cookie, host: 'evil.example' } };
    assert.equal((await stage.get('app/version', {}, rebound)).status, 421);
    const own = { token: null, headers: { cookie, origin: 'http://localhost:8470' } };
    assert.equal((await stage.post('torrents/stop', { hashes: 'all' }, own)).status, 200);
  });
});

describe('a login', () => {
  test('gives a cookie that no script reads and no other site sends, and says Ok.', async () => {
    const stage = await Stage.open();
    const { status, text, headers } = await stage.post(
      'auth/login',
      { username: 'ada', password: PASSWORD },
      { token: null },
    );
    assert.deepEqual([status, text], [200, 'Ok.']);
    assert.match(headers['set-cookie'] ?? '', /^SID=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
    // Some clients send the whole header back.
    for (const cookie of [`SID=${sidOf(headers['set-cookie'])}`, `a=b; ${headers['set-cookie']}`]) {
      assert.equal((await stage.get('app/version', {}, { token: null, headers: { cookie } })).text, 'v5.0.5');
    }
  });

  test('over TLS gives a cookie that is sent over TLS alone', async () => {
    const stage = await Stage.open({ trustProxy: ['192.0.2.1'] });
    const asked = { token: null, headers: { 'x-forwarded-proto': 'https' } };
    const { headers } = await stage.post('auth/login', { username: 'ada', password: PASSWORD }, asked);
    assert.match(headers['set-cookie'] ?? '', /; Secure/);
  });

  test('with a wrong password says Fails., without a cookie', async () => {
    const stage = await Stage.open();
    for (const fields of [{ username: 'ada', password: 'wrong' }, { username: 'nobody', password: PASSWORD }, {}]) {
      const { status, text, headers } = await stage.post('auth/login', fields, { token: null });
      assert.deepEqual([status, text, headers['set-cookie']], [200, 'Fails.', undefined]);
    }
  });

  test('is refused for a while after many wrong passwords of an address, in all ways to show one', async () => {
    const stage = await Stage.open();
    const wrong = { username: 'ada', password: 'wrong' };
    for (let i = 0; i < 5; i++) await stage.post('auth/login', wrong, { token: null });
    const right = { username: 'ada', password: PASSWORD };
    const delayed = await stage.post('auth/login', right, { token: null });
    assert.equal(delayed.status, 403);
    assert.match(delayed.text, /too many wrong passwords/);
    assert.equal(delayed.headers['retry-after'], '1');
    const headers = { authorization: basic('ada', PASSWORD) };
    assert.equal((await stage.get('app/version', {}, { token: null, headers })).status, 403);
    const elsewhere = { token: null, from: '198.51.100.1' };
    assert.equal((await stage.post('auth/login', right, elsewhere)).text, 'Ok.');
    stage.api.clock.advance(1000);
    assert.equal((await stage.post('auth/login', right, { token: null })).text, 'Ok.');
  });

  test('ends with the logout', async () => {
    const stage = await Stage.open();
    const { headers } = await stage.post('auth/login', { username: 'vera', password: PASSWORD }, { token: null });
    const asked = { token: null, headers: { cookie: `SID=${sidOf(headers['set-cookie'])}` } };
    const out = await stage.post('auth/logout', {}, asked);
    assert.deepEqual([out.status, out.text], [200, '']);
    assert.match(out.headers['set-cookie'] ?? '', /^SID=; .*Max-Age=0$/);
    assert.equal((await stage.get('app/version', {}, asked)).status, 403);
  });

  test('takes a short form alone', async () => {
    const stage = await Stage.open();
    const long = { username: 'ada', password: 'x'.repeat(5000) };
    assert.equal((await stage.post('auth/login', long, { token: null })).status, 413);
  });

  test('takes a form in several parts, without files', async () => {
    const stage = await Stage.open();
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const post = (...parts: readonly string[]): Promise<Answer> => {
      const body = parts.map((part) => `--b\r\nContent-Disposition: form-data; name=${part}\r\n`).join('');
      return stage.post('auth/login', {}, { token: null, headers, body: `${body}--b--\r\n` });
    };
    const name = '"username"\r\n\r\nada';
    const login = await post(name, `"password"\r\n\r\n${PASSWORD}`);
    assert.deepEqual([login.status, login.text], [200, 'Ok.']);
    assert.equal((await post(name)).text, 'Fails.');
    assert.equal((await post(name, `"password"\r\n\r\n${'x'.repeat(5000)}`)).status, 413);
    assert.equal((await post(name, '"password"; filename="f"\r\n\r\nx')).status, 413);
    assert.equal((await post(...Array<string>(9).fill(name))).status, 413);
  });
});

describe('who is known', () => {
  test('shows a token, or name and password with each request, beside a cookie that is worth nothing too', async () => {
    const stage = await Stage.open();
    const token = await stage.api.tokenFor('read');
    for (const headers of [
      { authorization: `Bearer ${token}` },
      { authorization: basic('vera', PASSWORD) },
      { authorization: basic('vera', PASSWORD), cookie: `SID=${'x'.repeat(43)}` },
    ] as readonly Record<string, string>[]) {
      assert.equal((await stage.get('app/webapiVersion', {}, { token: null, headers })).text, '2.11.2');
    }
  });

  test('comes through the socket', async () => {
    const stage = await Stage.open({ isLocal: true });
    assert.equal((await stage.get('app/version', {}, { token: null })).status, 200);
  });

  test('may do what its scope allows', async () => {
    const stage = await Stage.open();
    const [read, control] = [await stage.api.tokenFor('read'), await stage.api.tokenFor('control')];
    for (const [path, { scope, isChange }] of endpoints) {
      const ask = (token: string): ReturnType<Stage['get']> =>
        isChange ? stage.post(path, {}, { token }) : stage.get(path, {}, { token });
      assert.equal((await ask(read)).status === 403, scope !== 'read', `${path} with read`);
      assert.equal((await ask(control)).status === 403, scope === 'admin', `${path} with control`);
    }
  });
});

describe('methods', () => {
  test('what changes something takes POST alone; what is read takes GET and POST', async () => {
    const stage = await Stage.open();
    stage.torrent();
    for (const [path, { isChange }] of endpoints) {
      const { status, headers } = await stage.get(path, { hashes: 'all', hash: 'all' });
      assert.equal(status === 405, isChange, path);
      if (isChange) assert.equal(headers['allow'], 'POST');
      if (!isChange) assert.notEqual((await stage.post(path, {})).status, 405, path);
    }
    for (const path of ['auth/login', 'auth/logout']) assert.equal((await stage.get(path)).status, 405, path);
    assert.equal(stage.client.torrents.size, 1);
    assert.equal((await stage.api.askPath('HEAD', '/api/v2/app/shutdown')).status, 405);
    assert.ok(!stage.client.isShutDown);
  });

  test('what nobody knows is not found', async () => {
    const stage = await Stage.open();
    for (const path of ['rss/nonsense', 'torrents/nonsense', 'app', '', '__proto__/constructor']) {
      assert.deepEqual([(await stage.get(path)).status, (await stage.post(path)).status], [404, 404], path);
    }
  });

  test('a body of any type is read as a form, and none as an empty one', async () => {
    const stage = await Stage.open();
    const { hash } = stage.torrent();
    for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded; charset=UTF-8']) {
      const { json } = await stage.post('torrents/properties', { hash }, { headers: { 'content-type': type } });
      assert.equal(json.hash, hash, type);
    }
    assert.equal((await stage.api.askPath('POST', '/api/v2/torrents/info')).json.length, 1);
    const form = `--b\r\nContent-Disposition: form-data; name="hashes"\r\n\r\n${hash}\r\n--b--\r\n`;
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    assert.equal((await stage.post('torrents/stop', {}, { headers, body: form })).status, 200);
    assert.equal(stage.client.torrents.find(hash)?.view().state, 'stopped');
  });

  test('changes leave a line with who made them', async () => {
    const lines: unknown[] = [];
    const write = (message: string, fields?: object): void => void lines.push([message, fields]);
    const logger = { debug: write, info: write, warn: write, error: write };
    const stage = await Stage.open({ logger });
    await stage.does('torrents/stop', { hashes: 'all' });
    await stage.read('torrents/info');
    assert.deepEqual(lines, [['asked by the qBittorrent API', { path: 'torrents/stop', by: 'test' }]]);
  });
});
