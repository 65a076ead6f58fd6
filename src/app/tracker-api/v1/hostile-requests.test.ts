/** Requests that are made to hurt: bombs, injections, and pages of other sites. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answer, ApiClient } from '../fakes.test.ts';

const client = await ApiClient.create({ hostNames: () => ['tracker.example'] });
const one = 'ab'.repeat(20);

const post = (body: string): Promise<Answer> => client.ask('POST', '/accounts', { body });

function assertProblem({ status, headers, json }: Answer, expected: number): void {
  assert.equal(status, expected);
  assert.match(headers['content-type'] ?? '', /^application\/problem\+json/);
  assert.equal(json.status, expected);
  assert.match(json.code, /^[A-Z_]+$/);
  assert.ok((json.detail ?? '').length <= 300);
}

describe('a body that is made to hurt', () => {
  for (const [what, body, status] of [
    ['over the limit', JSON.stringify({ name: 'x'.repeat(4 * 1024 * 1024) }), 413],
    ['of a hundred thousand lists in one another', '['.repeat(100_000) + ']'.repeat(100_000), 400],
    ['of a hundred thousand objects in one another', `${'{"name":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 400],
    ['with a deep list for a name', `{"name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 400],
    ['with a hundred thousand keys', `{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`).join()}}`, 400],
    ['of broken JSON', '{"name":', 400],
    ['of nothing', '', 400],
    ['that is null', 'null', 400],
    ['that is a list', '[]', 400],
    ['with a number of a million digits', `{"name":"x","maxPeers":${'9'.repeat(1_000_000)}}`, 400],
    ['with __proto__', '{"name":"x","__proto__":{"isEnabled":false}}', 400],
    ['with an escaped __proto__', String.raw`{"name":"x","\u005f_proto__":{"isEnabled":false}}`, 400],
    ['with a constructor', '{"name":"x","constructor":{"prototype":{"polluted":1}}}', 400],
    ['with a constructor that is a text', '{"name":"x","constructor":"y"}', 400],
    ['with hasOwnProperty', '{"name":"x","hasOwnProperty":1}', 400],
  ] as const) {
    test(`is refused: one ${what}`, async () => {
      assertProblem(await post(body), status);
      assert.equal(({} as { polluted?: number }).polluted, undefined);
      assert.deepEqual((await client.ask('GET', '/accounts')).json.items, []);
    });
  }

  test('is refused as any other type than JSON', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const answer = await client.ask('POST', '/accounts', { body: '{"name":"x"}', headers: { 'content-type': type } });
      assertProblem(answer, 415);
      assert.equal(answer.headers['accept'], 'application/json');
      assert.equal(
        answer.json.detail,
        'the body has to be application/json, with the header Content-Type: application/json',
      );
    }
  });

  test('is not even read without a token', async () => {
    const body = '['.repeat(10_000_000);
    assertProblem(await client.ask('POST', '/accounts', { body, token: null }), 401);
  });
});

describe('an address that is made to hurt', () => {
  for (const [what, path] of [
    ['a hundred thousand keys', `/torrents?${Array.from({ length: 100_000 }, (_, i) => `k${i}=1`).join('&')}`],
    ['one key a hundred thousand times', `/torrents?${'limit=1&'.repeat(100_000)}`],
    ['a huge limit', '/torrents?limit=1001'],
    ['a limit beyond numbers', `/torrents?limit=${'9'.repeat(1000)}`],
    ['a limit of nothing', '/torrents?limit='],
    ['a limit of zero', '/torrents?limit=0'],
    ['half a limit', '/torrents?limit=1.5'],
    ['a limit that is no number', '/torrents?limit=NaN'],
    ['__proto__', '/torrents?__proto__=1'],
    ['a constructor', '/torrents?constructor[prototype][x]=1'],
    ['a search for a character that cannot be stored', '/torrents?search=%00'],
    ['a key where there are none', '/accounts/1?access_token=x'],
    ['an id beyond numbers', `/accounts/${'9'.repeat(90)}`],
    ['an id that is none', '/accounts/-1'],
    ['a hash that is a prototype', '/torrents/__proto__'],
    ['encoded slashes', '/torrents/..%2f..%2f..%2fetc%2fpasswd'],
    ['encoded dots', '/torrents/%2e%2e%2f%2e%2e%2fsecret'],
    ['a backslash', '/torrents/..%5c..%5csecret'],
    ['a broken escape', '/torrents/%zz'],
    ['bytes that are no UTF-8', '/torrents/%ff%fe'],
  ] as const) {
    test(`is refused: one with ${what}`, async () => {
      assertProblem(await client.ask('GET', path), 400);
    });
  }

  test('leads nowhere when its dots leave the API', async () => {
    for (const path of ['/../../../etc/passwd', '/%2e%2e/%2e%2e/secret', '//bans', '/torrents//peers', '/bans%00']) {
      const { status } = await client.ask('GET', path);
      assert.ok(status === 404 || status === 400, `${path}: ${status}`);
    }
  });

  test('that is long is refused', async () => {
    assertProblem(await client.ask('GET', `/torrents/${'a'.repeat(100_000)}`), 414);
  });
});

test('a wish for a thousand ranges is passed over: the answer is whole', async () => {
  const range = `bytes=${Array<string>(1000).fill('0-').join()}`;
  const answer = await client.ask('GET', '/bans', { headers: { range } });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json, { items: [], next: null });
  assert.equal(answer.headers['content-range'], undefined);
});

describe('a name that is made to hurt', () => {
  test('in two lines, put into the database by other hands, does not come out in a header', async () => {
    const apart = await ApiClient.create();
    const name = 'a\r\nx-evil: 1\r\n\r\n<script>';
    const settings = { name, isEnabled: true, maxPeers: null, expiresAt: null };
    const { id } = await apart.tracker.repository.accounts.create(settings);
    for (const path of [`/accounts/${id}`, '/accounts']) {
      const { headers, json } = await apart.ask('GET', path);
      assert.equal((json.items?.[0] ?? json).name, name);
      assert.doesNotMatch(JSON.stringify(headers), /evil/);
    }
  });

  test('in two lines is not taken', async () => {
    for (const [method, path] of [
      ['POST', '/accounts'],
      ['PUT', `/torrents/${one}`],
      ['POST', '/tokens'],
    ] as const) {
      const answer = await client.ask(method, path, { body: { name: 'a\r\nx-evil: 1', scopes: ['bans:read'] } });
      assertProblem(answer, 400);
      assert.doesNotMatch(JSON.stringify(answer.headers), /evil/);
    }
  });

  test('with a script comes out as JSON that no browser takes for a page', async () => {
    const apart = await ApiClient.create();
    const name = '"><script>alert(1)</script>';
    await apart.ask('POST', '/accounts', { body: { name } });
    await apart.ask('PUT', `/torrents/${one}`, { body: { name } });
    for (const path of ['/accounts', '/accounts/1', '/torrents', `/torrents/${one}`, `/torrents?search=${name}`]) {
      const { text, headers } = await apart.ask('GET', encodeURI(path), { headers: { accept: 'text/html' } });
      assert.ok(text.includes('<script>alert(1)</script>'));
      assert.match(headers['content-type'] ?? '', /^application\/json/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.match(headers['content-security-policy'] ?? '', /default-src 'none'/);
    }
  });

  test('in an address comes back in a problem that no browser takes for a page', async () => {
    const { headers } = await client.ask('GET', '/torrents/<script>alert(1)</script>%zz');
    assert.match(headers['content-type'] ?? '', /^application\/problem\+json/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
  });
});

describe('a page of another site', () => {
  test('that made its name lead here is told that this is another host', async () => {
    for (const host of ['evil.example', 'evil.example:6969', 'localhost.evil.example', '127.0.0.1.evil.example', '']) {
      for (const path of ['/api/v1/openapi.json', '/api/v1/tracker/bans', '/api/nothing']) {
        const answer = await client.askPath('GET', path, { headers: { host } });
        assertProblem(answer, 421);
        assert.equal(answer.json.code, 'API_UNKNOWN_HOST');
      }
    }
  });

  test('gets nothing, and nothing that would let it ask', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://localhost', 'http://localhost:6968']) {
      for (const method of ['GET', 'OPTIONS']) {
        const answer = await client.ask(method, '/bans', { headers: { origin } });
        assertProblem(answer, 403);
        assert.equal(answer.json.code, 'API_FOREIGN_ORIGIN');
        assert.doesNotMatch(Object.keys(answer.headers).join(), /access-control/);
      }
    }
  });

  test('of this host gets its answer, without headers for others', async () => {
    const { status, headers } = await client.ask('GET', '/bans', { headers: { origin: 'http://localhost:6969' } });
    assert.equal(status, 200);
    assert.doesNotMatch(Object.keys(headers).join(), /access-control/);
  });

  test('may use a name that the tracker was told, from the moment on that it was', async () => {
    const names: string[] = [];
    const apart = await ApiClient.create({ hostNames: () => names });
    const headers = { host: 'tracker.example' };
    assert.equal((await apart.ask('GET', '/bans', { headers })).status, 421);
    names.push('tracker.example');
    assert.equal((await apart.ask('GET', '/bans', { headers })).status, 200);
  });
});
