import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { type Answer, ApiClient } from '../fakes.test.ts';
import { createToken, scopes } from './auth.ts';

const NOW = 1_800_000_000;
const clock = { wall: () => NOW };

describe('tokens over the API', () => {
  test('are told once, and are good for what they were made for', async () => {
    const client = await ApiClient.create({ clock });
    const body = { name: 'bot', scopes: ['bans:read'], expiresAt: NOW + 60 };
    const { status, json } = await client.ask('POST', '/tokens', { body });
    assert.equal(status, 201);
    const id = createHash('sha256').update(json.token, 'ascii').digest('hex');
    const shown = { ...body, id, createdAt: NOW, revokedAt: null };
    assert.deepEqual(json, { ...shown, token: json.token });
    const list = await client.ask('GET', '/tokens');
    assert.deepEqual(
      list.json.items.find((item: { id: string }) => item.id === id),
      shown,
    );
    assert.ok(!list.text.includes(json.token));
    assert.equal((await client.ask('GET', '/bans', { token: json.token })).status, 200);
    assert.equal((await client.ask('GET', '/torrents', { token: json.token })).status, 403);
  });

  test('hand on no scope that they do not have', async () => {
    const client = await ApiClient.create();
    const token = await client.tokenFor('tokens:write', 'bans:write');
    const make = async (...wanted: string[]): Promise<number> =>
      (await client.ask('POST', '/tokens', { token, body: { name: wanted.join(), scopes: wanted } })).status;
    assert.equal(await make('bans:write', 'tokens:write'), 201);
    assert.equal(await make('bans:read'), 201);
    assert.equal(await make('torrents:read'), 403);
    assert.equal(await make('bans:read', 'accounts:write'), 403);
  });

  test('that end make none that end later or never', async () => {
    const client = await ApiClient.create({ clock });
    const settings = { name: 'short', scopes, expiresAt: NOW + 60 };
    const { token } = await createToken(client.tracker.repository, settings);
    const make = async (rest: object): Promise<unknown[]> => {
      const body = { name: 'x', scopes: ['bans:read'], ...rest };
      const { status, json } = await client.ask('POST', '/tokens', { token, body });
      return [status, json.code];
    };
    assert.deepEqual(await make({ expiresAt: NOW + 60 }), [201, undefined]);
    assert.deepEqual(await make({ expiresAt: NOW + 61 }), [400, 'API_INVALID']);
    assert.deepEqual(await make({ expiresAt: null }), [400, 'API_INVALID']);
    assert.deepEqual(await make({}), [400, 'API_INVALID']);
    assert.equal((await client.tracker.repository.apiTokens.list()).length, 3);
  });

  test('have names of their own, which are free again when a token is revoked or has expired', async () => {
    let now = NOW;
    const client = await ApiClient.create({ clock: { wall: () => now } });
    const make = (rest: object = {}): Promise<Answer> =>
      client.ask('POST', '/tokens', { body: { name: 'bot', scopes: ['bans:read'], ...rest } });
    const { id } = (await make()).json;
    const { status, json } = await make({ scopes: ['bans:write'] });
    assert.deepEqual([status, json.code], [409, 'DB_DUPLICATE']);
    assert.match(json.detail, /a valid token with the name "bot"/);
    await client.ask('DELETE', `/tokens/${id}`);
    assert.equal((await make({ expiresAt: NOW + 10 })).status, 201);
    now = NOW + 9;
    assert.equal((await make()).status, 409);
    now = NOW + 10;
    assert.equal((await make()).status, 201);
    assert.equal((await client.tracker.repository.apiTokens.list()).length, 4);
  });

  test('are not made with an end that has passed', async () => {
    const client = await ApiClient.create({ clock });
    const make = (expiresAt: number): Promise<Answer> =>
      client.ask('POST', '/tokens', { body: { name: 'bot', scopes: ['bans:read'], expiresAt } });
    const { status, json } = await make(NOW);
    assert.deepEqual([status, json.code], [400, 'API_INVALID']);
    assert.equal(json.detail, `body/expiresAt: ${NOW} has passed; unix seconds later than ${NOW} are wanted`);
    assert.equal((await make(NOW + 1)).status, 201);
  });

  test('are refused once they are revoked', async () => {
    const client = await ApiClient.create();
    const { token, id } = (await client.ask('POST', '/tokens', { body: { name: 'x', scopes: ['bans:read'] } })).json;
    assert.equal((await client.ask('DELETE', `/tokens/${id}`)).status, 204);
    const { status, json } = await client.ask('GET', '/bans', { token });
    assert.deepEqual([status, json.code], [401, 'API_TOKEN_INVALID']);
    assert.equal((await client.ask('DELETE', `/tokens/${id}`)).status, 404);
  });

  for (const [what, wanted] of [
    ['no scopes', []],
    ['a scope that there is not', ['everything']],
    ['a scope with a space', ['bans:read bans:write']],
    ['a prototype', ['__proto__']],
    ['a text for scopes', 'bans:read'],
  ] as const) {
    test(`are not made with ${what}`, async () => {
      const body = { name: 'x', scopes: wanted };
      const { status, json } = await (await ApiClient.create()).ask('POST', '/tokens', { body });
      assert.deepEqual([status, json.code], [400, 'API_INVALID']);
    });
  }
});
