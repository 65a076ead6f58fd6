import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { toHex } from '../../../base/bytes.ts';
import { openDatabase } from '../../../db/index.ts';
import { ApiClient } from '../fakes.test.ts';
import { createToken, type Scope, scopes } from '../index.ts';
import { grants } from './auth.ts';
import { routesOf } from './routes.test.ts';

const NOW = 1_800_000_000;
const clock = { wall: () => NOW };

/** A path with something in the place of each parameter. */
const filled = (path: string): string => path.replace('{infoHash}', 'ab'.repeat(20)).replace('{id}', '1');

describe('a token', () => {
  test('has 256 bits after dst_, and only its SHA-256 is stored', async () => {
    await using database = await openDatabase(':memory:', { clock });
    const settings = { name: 'first', scopes: ['bans:read'] as const, expiresAt: NOW + 60 };
    const { token, id } = await createToken(database.tracker, settings);
    assert.match(token, /^dst_[A-Za-z0-9_-]{43}$/);
    assert.equal(id, createHash('sha256').update(token, 'ascii').digest('hex'));
    const [stored] = await database.tracker.apiTokens.list();
    assert.deepEqual(
      { ...stored, hash: toHex(stored?.hash as Uint8Array) },
      {
        hash: id,
        name: 'first',
        scopes: ['bans:read'],
        createdAt: NOW,
        expiresAt: NOW + 60,
        revokedAt: null,
      },
    );
  });

  test('is another one each time', async () => {
    const client = await ApiClient.create();
    assert.notEqual(await client.tokenFor('bans:read'), await client.tokenFor('bans:read'));
  });

  test('for writing is good for reading the same, and nothing else is implied', () => {
    for (const held of scopes) {
      for (const needed of scopes) {
        const isImplied = held === needed || held.replace('write', 'read') === needed;
        assert.equal(grants([held], needed), isImplied, `${held} for ${needed}`);
      }
    }
  });
});

describe('a request to the administration API', () => {
  test('without a token is refused by all routes', async () => {
    const client = await ApiClient.create();
    const routes = await routesOf(client);
    assert.ok(routes.length > 20);
    for (const { method, path } of routes) {
      const answer = await client.ask(method, filled(path), { token: null, body: {} });
      assert.equal(answer.status, 401, `${method} ${path}`);
      assert.equal(answer.headers['www-authenticate'], 'Bearer realm="tracker"');
      assert.equal(answer.json.code, 'API_TOKEN_MISSING');
    }
    assert.equal(client.tracker.refreshes, 0);
  });

  test('needs the scope that the description of its route names, and no other', async () => {
    const client = await ApiClient.create();
    const tokens = new Map<Scope, string>();
    for (const scope of scopes) tokens.set(scope, await client.tokenFor(scope));
    for (const { method, path, scope: needed } of await routesOf(client)) {
      for (const [scope, token] of tokens) {
        const { status, json, headers } = await client.ask(method, filled(path), { token });
        if (grants([scope], needed)) {
          assert.ok(status !== 401 && status !== 403, `${method} ${path} with ${scope}: ${status}`);
        } else {
          assert.deepEqual([status, json.code], [403, 'API_SCOPE_MISSING'], `${method} ${path} with ${scope}`);
          assert.match(headers['www-authenticate'] ?? '', new RegExp(`error="insufficient_scope", scope="${needed}"`));
        }
      }
    }
  });

  test('with a token that is unknown, misspelt or in another place is refused', async () => {
    const client = await ApiClient.create();
    for (const authorization of [
      `Bearer dst_${'A'.repeat(43)}`,
      `Bearer ${client.token}x`,
      `Bearer ${client.token.slice(4)}`,
      `Bearer ${client.token.toUpperCase()}`,
      `Bearer x ${client.token}`,
      `Basic ${Buffer.from(`dst:${client.token}`).toString('base64')}`,
      client.token,
      'Bearer',
      '',
      `Bearer ${'A'.repeat(100_000)}`,
    ]) {
      const { status, json, headers } = await client.ask('GET', '/bans', { token: null, headers: { authorization } });
      assert.deepEqual([status, json.code], [401, 'API_TOKEN_INVALID'], authorization.slice(0, 60));
      assert.match(headers['www-authenticate'] ?? '', /^Bearer realm="tracker", error="invalid_token"$/);
    }
    for (const asked of [
      { path: `/bans?access_token=${client.token}`, headers: {} },
      { path: '/bans', headers: { cookie: `token=${client.token}` } },
    ]) {
      assert.equal((await client.ask('GET', asked.path, { token: null, headers: asked.headers })).status, 401);
    }
  });

  test('may write Bearer in any case', async () => {
    const client = await ApiClient.create();
    const headers = { authorization: `bEARER ${client.token}` };
    assert.equal((await client.ask('GET', '/bans', { token: null, headers })).status, 200);
  });

  test('is refused from the second on in which its token expires', async () => {
    let now = NOW;
    const client = await ApiClient.create({ clock: { wall: () => now } });
    const settings = { name: 'short', scopes: ['bans:read'] as const, expiresAt: NOW + 10 };
    const { token } = await createToken(client.tracker.repository, settings);
    now = NOW + 9;
    assert.equal((await client.ask('GET', '/bans', { token })).status, 200);
    now = NOW + 10;
    assert.equal((await client.ask('GET', '/bans', { token })).status, 401);
  });

  test('finds the same door at another spelling of its path', async () => {
    const client = await ApiClient.create();
    for (const path of [
      '/api/v1/tracker/bans/',
      '/%61pi/v1/tracker/bans',
      '/api/v1/%74racker/bans',
      '/x/../api/v1/tracker/bans',
      '/health/%2e%2e/api/v1/tracker/bans',
      'http://localhost/api/v1/tracker/bans',
    ]) {
      assert.equal((await client.askPath('GET', path)).status, 200, path);
      assert.equal((await client.askPath('GET', path, { token: null })).status, 401, path);
      const headers = { host: 'evil.example' };
      assert.equal((await client.askPath('GET', path, { headers })).status, 421, path);
      assert.equal((await client.askPath('HEAD', path, { token: null })).status, 401, path);
    }
  });
});
