import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiClient } from '../fakes.test.ts';

const NOW = 1_800_000_000;
const clock = { wall: () => NOW };

describe('bans over the API', () => {
  test('are added and listed in their canonical form', async () => {
    const client = await ApiClient.create({ clock });
    const bans = [{ prefix: '192.0.2.0/24', reason: 'floods', expiresAt: NOW + 60 }, { prefix: '2001:DB8:0::1' }];
    assert.equal((await client.ask('PUT', '/bans', { body: { bans } })).status, 204);
    assert.deepEqual((await client.ask('GET', '/bans')).json, {
      items: [
        { prefix: '192.0.2.0/24', reason: 'floods', expiresAt: NOW + 60, createdAt: NOW },
        { prefix: '2001:db8::1/128', reason: '', expiresAt: null, createdAt: NOW },
      ],
      next: null,
    });
    assert.equal(client.tracker.refreshes, 1);
  });

  test('are listed in pages', async () => {
    const client = await ApiClient.create();
    const bans = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((prefix) => ({ prefix }));
    await client.ask('PUT', '/bans', { body: { bans } });
    const { next } = (await client.ask('GET', '/bans?limit=2')).json;
    assert.equal(next, '192.0.2.2/32');
    const rest = (await client.ask('GET', `/bans?after=${encodeURIComponent(next)}`)).json;
    assert.deepEqual(
      rest.items.map(({ prefix }: { prefix: string }) => prefix),
      ['192.0.2.3/32'],
    );
  });

  test('are lifted by any way to write their range', async () => {
    const client = await ApiClient.create();
    const bans = [{ prefix: '192.0.2.0/24' }, { prefix: '2001:db8::1' }];
    await client.ask('PUT', '/bans', { body: { bans } });
    assert.equal((await client.ask('DELETE', '/bans?prefix=::ffff:192.0.2.0%2f120')).status, 204);
    assert.equal((await client.ask('DELETE', '/bans?prefix=2001:DB8:0::1/128')).status, 204);
    assert.equal((await client.ask('DELETE', '/bans?prefix=192.0.2.0/24')).status, 404);
    assert.deepEqual((await client.ask('GET', '/bans')).json.items, []);
  });

  for (const [prefix, range, address] of [
    ['192.0.2.77/24', '192.0.2.0/24', '192.0.2.77'],
    ['0.0.0.1/0', '0.0.0.0/0', '0.0.0.1'],
    ['2001:db8::1/32', '2001:db8::/32', '2001:db8::1'],
    ['::ffff:192.0.2.77/120', '192.0.2.0/24', '192.0.2.77'],
  ] as const) {
    test(`are neither put on ${prefix} nor lifted from it: it may mean the range or the address`, async () => {
      const client = await ApiClient.create();
      await client.ask('PUT', '/bans', { body: { bans: [{ prefix: range, reason: 'first' }] } });
      const put = await client.ask('PUT', '/bans', { body: { bans: [{ prefix, reason: 'second' }] } });
      const words = `this range does not begin at ${address}: give ${range} for the range or ${address} for the address`;
      assert.deepEqual([put.status, put.json.code], [400, 'API_INVALID']);
      assert.equal(put.json.detail, `body/bans/0/prefix: ${words}`);
      const lifted = await client.ask('DELETE', `/bans?prefix=${prefix}`);
      assert.deepEqual([lifted.status, lifted.json.detail], [400, `query/prefix: ${words}`]);
      assert.equal((await client.ask('GET', '/bans')).json.items[0].reason, 'first');
    });
  }

  test('are not put until a time that has passed, nor others with them', async () => {
    const client = await ApiClient.create({ clock });
    const bans = [{ prefix: '192.0.2.1' }, { prefix: '192.0.2.2', expiresAt: NOW }];
    const { status, json } = await client.ask('PUT', '/bans', { body: { bans } });
    assert.deepEqual([status, json.code], [400, 'API_INVALID']);
    assert.equal(json.detail, `body/bans/1/expiresAt: ${NOW} has passed; unix seconds later than ${NOW} are wanted`);
    assert.deepEqual((await client.ask('GET', '/bans')).json.items, []);
  });

  for (const prefix of ['', 'example.org', '192.0.2.0/33', '192.0.2/24', '::/129', '192.0.2.0/24 ', 'x'.repeat(1000)]) {
    test(`are not put on ${JSON.stringify(prefix.slice(0, 20))}, nor others with it`, async () => {
      const client = await ApiClient.create();
      const body = { bans: [{ prefix: '192.0.2.1' }, { prefix }] };
      const { status, json } = await client.ask('PUT', '/bans', { body });
      assert.deepEqual([status, json.code], [400, 'API_INVALID']);
      assert.match(json.detail, /^body\/bans\/1\/prefix: /);
      assert.deepEqual((await client.ask('GET', '/bans')).json.items, []);
    });
  }

  test('are put by the thousand and no more', async () => {
    const client = await ApiClient.create();
    const bans = Array.from({ length: 1001 }, (_, i) => ({ prefix: `10.0.${i >> 8}.${i & 255}` }));
    assert.equal((await client.ask('PUT', '/bans', { body: { bans } })).status, 400);
    assert.equal((await client.ask('PUT', '/bans', { body: { bans: bans.slice(1) } })).status, 204);
  });
});
