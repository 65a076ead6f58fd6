import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PASSWORD } from '../../../../test/support/memory-access.ts';
import { type Answer, ApiClient } from '../fakes.test.ts';

const login = (
  api: ApiClient,
  name: string,
  password = PASSWORD,
  headers: Record<string, string> = {},
): Promise<Answer> => api.ask('POST', '/sessions', { body: { name, password }, token: null, headers });

describe('a login', () => {
  test('gives a cookie that scripts and other sites cannot use, and the value for changes', async () => {
    const api = await ApiClient.create();
    const { status, headers, json } = await login(api, 'Oscar');
    assert.equal(status, 201);
    assert.match(
      String(headers['set-cookie']),
      /^dst_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/,
    );
    const { csrf, ...rest } = json;
    assert.deepEqual(rest, { name: 'oscar', kind: 'session', scope: 'control' });
    assert.match(csrf, /^[\w-]{43}$/);
  });

  test('over TLS gives a cookie for this host and TLS alone', async () => {
    const api = await ApiClient.create({ trustProxy: ['192.0.2.1'] });
    const { headers } = await login(api, 'ada', PASSWORD, { 'x-forwarded-proto': 'https' });
    assert.match(String(headers['set-cookie']), /^__Host-dst_session=[\w-]{43}; Path=\/; .*; Secure$/);
    const direct = await ApiClient.create();
    const spoofed = await login(direct, 'ada', PASSWORD, { 'x-forwarded-proto': 'https' });
    assert.match(String(spoofed.headers['set-cookie']), /^dst_session=/);
  });

  test('with a wrong name or password is refused in the same words', async () => {
    const api = await ApiClient.create();
    const answers = [await login(api, 'ada', 'a wrong password'), await login(api, 'nobody')];
    for (const { status, json, headers } of answers) {
      assert.deepEqual([status, json.code], [401, 'ACCESS_DENIED']);
      assert.equal(headers['set-cookie'], undefined);
    }
    assert.equal(answers[0]?.text, answers[1]?.text);
  });

  test('is delayed for who guesses, by the address of the client and not of a header', async () => {
    const api = await ApiClient.create();
    for (let i = 0; i < 5; i++) await login(api, 'ada', 'a wrong password', { 'x-forwarded-for': `192.0.2.${50 + i}` });
    const { status, headers, json } = await login(api, 'ada');
    assert.deepEqual([status, json.code, headers['retry-after']], [429, 'ACCESS_DELAYED', '1']);
    const elsewhere = { body: { name: 'ada', password: PASSWORD }, token: null, from: '192.0.2.200' };
    assert.equal((await api.ask('POST', '/sessions', elsewhere)).status, 201);
    const behindProxy = await ApiClient.create({ trustProxy: ['192.0.2.1'] });
    for (let i = 0; i < 6; i++) {
      const from = { 'x-forwarded-for': `203.0.113.${i}` };
      assert.equal((await login(behindProxy, 'ada', 'a wrong password', from)).status, 401);
    }
  });

  test('makes a new session and ends the one that was shown: none can be planted', async () => {
    const api = await ApiClient.create();
    const planted = await api.login('vera', PASSWORD);
    const made = await login(api, 'ada', PASSWORD, { cookie: planted.cookie });
    const cookie = String(made.headers['set-cookie']).split(';')[0] as string;
    assert.notEqual(cookie, planted.cookie);
    assert.equal((await api.ask('GET', '/session', { token: null, headers: { cookie: planted.cookie } })).status, 401);
    const invented = `dst_session=${'B'.repeat(43)}`;
    await login(api, 'ada', PASSWORD, { cookie: invented });
    assert.equal((await api.ask('GET', '/session', { token: null, headers: { cookie: invented } })).status, 401);
  });

  for (const [what, body] of [
    ['a long body', { name: 'ada', password: 'x'.repeat(5000) }],
    ['a list for a name', { name: ['ada'], password: PASSWORD }],
    ['no password', { name: 'ada' }],
    ['a key that nobody knows', { name: 'ada', password: PASSWORD, role: 'admin' }],
  ] as const) {
    test(`is refused with ${what}`, async () => {
      const { status } = await (await ApiClient.create()).ask('POST', '/sessions', { body, token: null });
      assert.ok(status === 400 || status === 413);
    });
  }
});

describe('a session', () => {
  test('may read with its cookie, and change something only with the value too', async () => {
    const api = await ApiClient.create();
    const { cookie, csrf } = await api.login('ada', PASSWORD);
    assert.equal((await api.ask('GET', '/torrents', { token: null, headers: { cookie } })).status, 200);
    const body = { labels: ['x'] };
    for (const headers of [{ cookie }, { cookie, 'x-dst-csrf': '' }, { cookie, 'x-dst-csrf': 'A'.repeat(43) }]) {
      const { status, json } = await api.ask('POST', '/labels', { token: null, headers, body });
      assert.deepEqual([status, json.code], [403, 'API_CSRF']);
    }
    const other = await api.login('ada', PASSWORD);
    const crossed = { cookie, 'x-dst-csrf': other.csrf };
    assert.equal((await api.ask('POST', '/labels', { token: null, headers: crossed, body })).status, 403);
    const headers = { cookie: `other=1; ${cookie}; more=2`, 'x-dst-csrf': csrf };
    assert.equal((await api.ask('POST', '/labels', { token: null, headers, body })).status, 201);
    assert.deepEqual((await api.ask('GET', '/session', { token: null, headers })).json, {
      name: 'ada',
      kind: 'session',
      scope: 'admin',
      csrf,
    });
  });

  test('ends by logout', async () => {
    const api = await ApiClient.create();
    const { cookie, csrf } = await api.login('vera', PASSWORD);
    const headers = { cookie, 'x-dst-csrf': csrf };
    const { status, headers: told } = await api.ask('DELETE', '/session', { token: null, headers });
    assert.equal(status, 204);
    assert.match(String(told['set-cookie']), /^dst_session=; .*Max-Age=0/);
    assert.equal((await api.ask('GET', '/session', { token: null, headers })).status, 401);
    assert.equal((await api.ask('DELETE', '/session')).status, 409);
  });

  test('changes its own password by the one it has, and ends with all others', async () => {
    const api = await ApiClient.create();
    const { cookie, csrf } = await api.login('vera', PASSWORD);
    const headers = { cookie, 'x-dst-csrf': csrf };
    const change = (current: string): Promise<Answer> =>
      api.ask('PUT', '/session/password', { token: null, headers, body: { current, password: 'a new password' } });
    assert.equal((await change('a wrong password')).status, 401);
    assert.equal((await change(PASSWORD)).status, 204);
    assert.equal((await api.ask('GET', '/session', { token: null, headers })).status, 401);
    assert.equal((await login(api, 'vera')).status, 401);
    assert.equal((await login(api, 'vera', 'a new password')).status, 201);
  });
});

describe('users', () => {
  test('are made, listed, changed and removed, and their passwords are never told', async () => {
    const api = await ApiClient.create();
    const body = { name: 'max', role: 'viewer', password: 'long enough' };
    const made = await api.ask('POST', '/users', { body });
    assert.deepEqual([made.status, made.json], [201, { name: 'max', role: 'viewer', createdAt: api.clock.wall() }]);
    const list = await api.ask('GET', '/users');
    assert.deepEqual(
      list.json.items.map(({ name, role }: { name: string; role: string }) => `${name} ${role}`),
      ['admin admin', 'ada admin', 'oscar operator', 'vera viewer', 'max viewer'],
    );
    assert.doesNotMatch(list.text, /argon|password/i);
    assert.equal((await api.ask('PATCH', '/users/Max', { body: { role: 'admin' } })).json.role, 'admin');
    assert.equal((await api.ask('DELETE', '/users/max')).status, 204);
    assert.equal((await api.ask('DELETE', '/users/max')).status, 404);
    for (const [wrong, status] of [
      [{ ...body, name: 'ada' }, 409],
      [{ ...body, role: 'root' }, 400],
      [{ ...body, password: 'short' }, 400],
      [{ ...body, name: 'a b' }, 400],
    ] as const) {
      assert.equal((await api.ask('POST', '/users', { body: wrong })).status, status);
    }
  });

  test('always leave an admin', async () => {
    const api = await ApiClient.create();
    await api.ask('DELETE', '/users/admin');
    for (const last of [
      await api.ask('DELETE', '/users/ada'),
      await api.ask('PATCH', '/users/ada', { body: { role: 'viewer' } }),
    ]) {
      assert.deepEqual([last.status, last.json.code], [409, 'ACCESS_LAST_ADMIN']);
    }
  });
});

describe('tokens', () => {
  test('are told once, listed without their secret, and revoked', async () => {
    const api = await ApiClient.create();
    const { status, json } = await api.ask('POST', '/tokens', { body: { name: 'sonarr', scope: 'control' } });
    assert.equal(status, 201);
    assert.match(json.token, /^dst_[\w-]{43}$/);
    const list = await api.ask('GET', '/tokens');
    assert.equal(list.json.items.length, 2);
    assert.ok(!list.text.includes(json.token));
    assert.equal((await api.ask('GET', '/session', { token: json.token })).json.scope, 'control');
    assert.equal((await api.ask('DELETE', `/tokens/${json.id.toUpperCase()}`)).status, 204);
    assert.equal((await api.ask('GET', '/session', { token: json.token })).status, 401);
    assert.equal((await api.ask('DELETE', `/tokens/${json.id}`)).status, 404);
  });

  test('may do no more than their maker, and make no others', async () => {
    const api = await ApiClient.create();
    const { cookie, csrf } = await api.login('oscar', PASSWORD);
    const asked = { token: null, headers: { cookie, 'x-dst-csrf': csrf } };
    const more = await api.ask('POST', '/tokens', { ...asked, body: { name: 'x', scope: 'admin' } });
    assert.deepEqual([more.status, more.json.code], [403, 'API_SCOPE_MISSING']);
    const { json } = await api.ask('POST', '/tokens', { ...asked, body: { name: 'x', scope: 'read' } });
    assert.equal(json.owner, 'oscar');
    const child = await api.ask('POST', '/tokens', { token: json.token, body: { name: 'y', scope: 'read' } });
    assert.deepEqual([child.status, child.json.code], [403, 'API_SCOPE_MISSING']);
    assert.equal((await api.ask('DELETE', `/tokens/${json.id}`, { token: json.token })).status, 403);
  });

  test('of others are not shown to who is no admin, and cannot be revoked', async () => {
    const api = await ApiClient.create();
    const { json: foreign } = await api.ask('POST', '/tokens', { body: { name: 'x', scope: 'read' } });
    const { cookie, csrf } = await api.login('oscar', PASSWORD);
    const asked = { token: null, headers: { cookie, 'x-dst-csrf': csrf } };
    const { json: own } = await api.ask('POST', '/tokens', { ...asked, body: { name: 'mine', scope: 'read' } });
    assert.deepEqual(
      (await api.ask('GET', '/tokens', asked)).json.items.map(({ name }: { name: string }) => name),
      ['mine'],
    );
    assert.equal((await api.ask('DELETE', `/tokens/${foreign.id}`, asked)).status, 404);
    assert.equal((await api.ask('DELETE', `/tokens/${own.id}`, asked)).status, 204);
  });

  test('end in the future, or not at all', async () => {
    const api = await ApiClient.create();
    const now = api.clock.wall();
    const make = async (expiresAt: unknown): Promise<number> =>
      (await api.ask('POST', '/tokens', { body: { name: 'x', scope: 'read', expiresAt } })).status;
    assert.deepEqual(
      [await make(now), await make(now + 1), await make(null), await make('tomorrow')],
      [400, 201, 201, 400],
    );
  });
});
