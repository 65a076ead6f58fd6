import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { ApiClient } from '../fakes.test.ts';

const NOW = 1_800_000_000;
const clock = { wall: () => NOW };
const ada = {
  id: 1,
  name: 'Ada',
  isEnabled: true,
  maxPeers: null,
  expiresAt: null,
  uploaded: 0,
  downloaded: 0,
  createdAt: NOW,
};

async function clientWithAda(): Promise<ApiClient> {
  const client = await ApiClient.create({ clock });
  await client.ask('POST', '/accounts', { body: { name: 'Ada' } });
  return client;
}

describe('accounts over the API', () => {
  test('are created with a name alone, enabled and without limits', async () => {
    const client = await ApiClient.create({ clock });
    const { status, json } = await client.ask('POST', '/accounts', { body: { name: 'Ada' } });
    assert.equal(status, 201);
    assert.deepEqual(json, ada);
    assert.equal(client.tracker.refreshes, 1);
  });

  test('have names of their own', async () => {
    const client = await clientWithAda();
    const { status, json } = await client.ask('POST', '/accounts', { body: { name: 'Ada' } });
    assert.deepEqual([status, json.code], [409, 'DB_DUPLICATE']);
    assert.equal(json.detail, 'there is an account with the name "Ada" already');
    await client.ask('POST', '/accounts', { body: { name: 'Bob' } });
    const renamed = await client.ask('PATCH', '/accounts/2', { body: { name: 'Ada' } });
    assert.deepEqual([renamed.status, renamed.json.detail], [409, json.detail]);
    assert.equal(client.tracker.refreshes, 2);
  });

  test('are shown with what they have transferred', async () => {
    const client = await clientWithAda();
    await client.tracker.repository.accounts.addTraffic([{ accountId: 1, uploaded: 2 ** 50, downloaded: 7 }]);
    assert.deepEqual((await client.ask('GET', '/accounts/1')).json, { ...ada, uploaded: 2 ** 50, downloaded: 7 });
  });

  test('are changed in what is named, also back to no limit', async () => {
    const client = await clientWithAda();
    const limits = { isEnabled: false, maxPeers: 0, expiresAt: NOW + 1 };
    const limited = await client.ask('PATCH', '/accounts/1', { body: limits });
    assert.deepEqual(limited.json, { ...ada, ...limits });
    const freed = await client.ask('PATCH', '/accounts/1', { body: { maxPeers: null, expiresAt: null } });
    assert.deepEqual(freed.json, { ...ada, isEnabled: false });
  });

  test('are listed in pages, and found by a part of the name', async () => {
    const client = await ApiClient.create();
    for (const name of ['Ada', 'Bob', 'Cadabra']) await client.ask('POST', '/accounts', { body: { name } });
    const first = (await client.ask('GET', '/accounts?limit=2')).json;
    assert.deepEqual([first.items.length, first.next], [2, 2]);
    const second = (await client.ask('GET', `/accounts?limit=2&after=${first.next}`)).json;
    assert.deepEqual([second.items.map(({ name }: { name: string }) => name), second.next], [['Cadabra'], null]);
    const found = (await client.ask('GET', '/accounts?search=ADA')).json.items;
    assert.deepEqual(
      found.map(({ id }: { id: number }) => id),
      [1, 3],
    );
  });

  test('are removed with their passkeys', async () => {
    const client = await clientWithAda();
    assert.equal((await client.ask('POST', '/accounts/1/passkeys', { body: {} })).status, 201);
    assert.equal((await client.ask('DELETE', '/accounts/1')).status, 204);
    assert.equal((await client.ask('GET', '/accounts/1')).status, 404);
    assert.deepEqual(await client.tracker.repository.passkeys.list(1), []);
  });

  test('that there are not are told to be none', async () => {
    const client = await ApiClient.create();
    for (const [method, path, body] of [
      ['GET', '/accounts/9', undefined],
      ['PATCH', '/accounts/9', { isEnabled: false }],
      ['PATCH', '/accounts/9', {}],
      ['DELETE', '/accounts/9', undefined],
      ['GET', '/accounts/9/passkeys', undefined],
      ['POST', '/accounts/9/passkeys', {}],
      ['DELETE', `/passkeys/${'00'.repeat(32)}`, undefined],
    ] as const) {
      const { status, json } = await client.ask(method, path, { body });
      assert.deepEqual([status, json.code], [404, 'API_NOT_FOUND'], `${method} ${path}`);
    }
    assert.equal(client.tracker.refreshes, 0);
  });

  for (const [what, body] of [
    ['no name', {}],
    ['an empty name', { name: '' }],
    ['a name that is no text', { name: ['Ada'] }],
    ['a name in two lines', { name: 'Ada\r\nx-evil: 1' }],
    ['half a character in its name', { name: '\ud800' }],
    ['U+0000 in its name', { name: 'a\0' }],
    ['a very long name', { name: 'a'.repeat(501) }],
    ['less than no peers', { name: 'Ada', maxPeers: -1 }],
    ['half a peer', { name: 'Ada', maxPeers: 0.5 }],
    ['more peers than can be counted', { name: 'Ada', maxPeers: 1e300 }],
    ['an end that is a text', { name: 'Ada', expiresAt: '2027-01-01' }],
    ['a key that nobody knows', { name: 'Ada', isAdmin: true }],
    ['its own traffic', { name: 'Ada', uploaded: 1 }],
  ] as const) {
    test(`are not created with ${what}`, async () => {
      const client = await ApiClient.create();
      const { status, json } = await client.ask('POST', '/accounts', { body });
      assert.deepEqual([status, json.code], [400, 'API_INVALID']);
      assert.deepEqual((await client.ask('GET', '/accounts')).json.items, []);
    });
  }
});

describe('passkeys over the API', () => {
  test('are told once, and only their SHA-256 is stored', async () => {
    const client = await clientWithAda();
    const { status, json } = await client.ask('POST', '/accounts/1/passkeys', { body: { label: 'home' } });
    assert.equal(status, 201);
    assert.match(json.passkey, /^[A-Za-z0-9]{32}$/);
    const id = createHash('sha256').update(json.passkey, 'ascii').digest('hex');
    const shown = { id, label: 'home', createdAt: NOW, revokedAt: null };
    assert.deepEqual(json, { ...shown, passkey: json.passkey });
    const list = await client.ask('GET', '/accounts/1/passkeys');
    assert.deepEqual(list.json, { items: [shown], next: null });
    assert.ok(!list.text.includes(json.passkey));
  });

  test('are revoked by their id, once', async () => {
    const client = await clientWithAda();
    const { id } = (await client.ask('POST', '/accounts/1/passkeys', { body: {} })).json;
    assert.equal((await client.ask('DELETE', `/passkeys/${id}`)).status, 204);
    assert.equal((await client.ask('GET', '/accounts/1/passkeys')).json.items[0].revokedAt, NOW);
    assert.equal((await client.ask('DELETE', `/passkeys/${id}`)).status, 404);
    assert.equal(client.tracker.refreshes, 3);
  });
});
