import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromHex, toHex, utf8 } from '../../../base/bytes.ts';
import { ApiClient } from '../fakes.test.ts';

const NOW = 1_800_000_000;
const clock = { wall: () => NOW };
const hashOf = (n: number): string => n.toString(16).padStart(40, '0');
const one = hashOf(1);
const record = {
  infoHash: one,
  name: null,
  isRegistered: false,
  isDenied: false,
  aliasOf: null,
  completed: 0,
  createdAt: NOW,
  updatedAt: NOW,
};

describe('torrents over the API', () => {
  test('are registered and named by PUT and shown with their swarm', async () => {
    const client = await ApiClient.create({ clock });
    const body = { name: 'A torrent', isRegistered: true };
    const { status, text } = await client.ask('PUT', `/torrents/${one}`, { body });
    assert.deepEqual([status, text], [204, '']);
    const swarm = { complete: 0, incomplete: 2, downloaders: 1, completed: 9 };
    assert.deepEqual((await client.ask('GET', `/torrents/${one}`)).json, { ...record, ...body, swarm });
    assert.equal(client.tracker.refreshes, 1);
  });

  test('keep what a change does not name', async () => {
    const client = await ApiClient.create({ clock });
    const changed = async (body: object): Promise<unknown[]> => {
      await client.ask('PUT', `/torrents/${one}`, { body });
      const { name, isRegistered, isDenied, aliasOf } = (await client.ask('GET', `/torrents/${one}`)).json;
      return [name, isRegistered, isDenied, aliasOf];
    };
    const first = { name: 'A', isRegistered: true, aliasOf: hashOf(2) };
    assert.deepEqual(await changed(first), ['A', true, false, hashOf(2)]);
    assert.deepEqual(await changed({ isDenied: true }), ['A', true, true, hashOf(2)]);
    assert.deepEqual(await changed({ name: null, aliasOf: null }), [null, true, true, null]);
  });

  test('of v2 are known by the first 40 digits of their info hash, in lower case', async () => {
    const client = await ApiClient.create();
    const body = { isDenied: true, aliasOf: 'CD'.repeat(32) };
    await client.ask('PUT', `/torrents/${'AB'.repeat(32)}`, { body });
    const { json } = await client.ask('GET', `/torrents/${'ab'.repeat(20)}`);
    assert.deepEqual([json.infoHash, json.aliasOf], ['ab'.repeat(20), 'cd'.repeat(20)]);
  });

  test('are loaded by the thousand, all or none', async () => {
    const client = await ApiClient.create();
    const changes = Array.from({ length: 1000 }, (_, i) => ({ infoHash: hashOf(i), isRegistered: true }));
    assert.equal((await client.ask('PATCH', '/torrents', { body: { changes } })).status, 204);
    const bad = [
      { infoHash: hashOf(5000), isDenied: true },
      { infoHash: one, aliasOf: one },
    ];
    const refused = await client.ask('PATCH', '/torrents', { body: { changes: bad } });
    assert.deepEqual([refused.status, refused.json.code], [400, 'API_INVALID']);
    assert.equal((await client.ask('GET', `/torrents/${hashOf(5000)}`)).status, 404);
    const tooMany = { changes: [...changes, { infoHash: hashOf(1000) }] };
    assert.equal((await client.ask('PATCH', '/torrents', { body: tooMany })).status, 400);
    assert.equal(client.tracker.refreshes, 1);
  });

  test('are no aliases of aliases, nor of themselves', async () => {
    const client = await ApiClient.create();
    const alias = async (from: number, to: number): Promise<number> =>
      (await client.ask('PUT', `/torrents/${hashOf(from)}`, { body: { aliasOf: hashOf(to) } })).status;
    assert.equal(await alias(1, 2), 204);
    assert.equal(await alias(3, 1), 400);
    assert.equal(await alias(4, 4), 400);
    const both = [
      { infoHash: hashOf(5), aliasOf: hashOf(6) },
      { infoHash: hashOf(6), aliasOf: hashOf(7) },
    ];
    assert.equal((await client.ask('PATCH', '/torrents', { body: { changes: both } })).status, 400);
  });

  test('that others are aliases of become none themselves', async () => {
    const client = await ApiClient.create();
    const put = async (from: number, to: number | null): Promise<number> => {
      const body = { isRegistered: true, aliasOf: to === null ? null : hashOf(to) };
      return (await client.ask('PUT', `/torrents/${hashOf(from)}`, { body })).status;
    };
    const patch = async (...links: [from: number, to: number | null][]): Promise<number> => {
      const changes = links.map(([from, to]) => ({ infoHash: hashOf(from), aliasOf: to === null ? null : hashOf(to) }));
      return (await client.ask('PATCH', '/torrents', { body: { changes } })).status;
    };
    assert.equal(await put(2, 1), 204);
    assert.equal(await put(1, 3), 400);
    assert.equal(await patch([4, 5], [1, 3]), 400);
    assert.equal((await client.ask('GET', `/torrents/${hashOf(1)}`)).status, 404);
    // It is the outcome that counts: the alias moves along.
    assert.equal(await patch([1, 3], [2, 3]), 204);
    assert.equal(await patch([6, 1], [1, null]), 204);
    assert.equal(await patch([7, 8], [8, 9], [8, null]), 204);
  });

  test('with the longest names are loaded by the thousand too', async () => {
    const client = await ApiClient.create();
    const changes = Array.from({ length: 1000 }, (_, i) => ({ infoHash: hashOf(i), name: 'é'.repeat(500) }));
    assert.equal((await client.ask('PATCH', '/torrents', { body: { changes } })).status, 204);
  });

  test('are listed in pages that follow one another', async () => {
    const client = await ApiClient.create();
    const changes = Array.from({ length: 5 }, (_, i) => ({ infoHash: hashOf(i), isRegistered: true }));
    await client.ask('PATCH', '/torrents', { body: { changes } });
    const seen: string[] = [];
    let next: string | null = null;
    do {
      const after: string = next === null ? '' : `&after=${next}`;
      const { json } = await client.ask('GET', `/torrents?limit=2${after}`);
      seen.push(...json.items.map(({ infoHash }: { infoHash: string }) => infoHash));
      next = json.next;
    } while (next !== null);
    assert.deepEqual(
      seen,
      changes.map(({ infoHash }) => infoHash),
    );
  });

  test('are found by a part of the name and by what was decided about them', async () => {
    const client = await ApiClient.create();
    const changes = [
      { infoHash: hashOf(1), name: 'Debian', isRegistered: true },
      { infoHash: hashOf(2), name: 'debian two', isDenied: true },
      { infoHash: hashOf(3), name: 'other', aliasOf: hashOf(1) },
    ];
    await client.ask('PATCH', '/torrents', { body: { changes } });
    const found = async (query: string): Promise<number[]> =>
      (await client.ask('GET', `/torrents?${query}`)).json.items.map(({ infoHash }: { infoHash: string }) =>
        Number.parseInt(infoHash, 16),
      );
    assert.deepEqual(await found('search=DEBIAN'), [1, 2]);
    assert.deepEqual(await found('only=registered'), [1]);
    assert.deepEqual(await found('only=denied'), [2]);
    assert.deepEqual(await found('only=aliases'), [3]);
    assert.deepEqual(await found('search=debian&only=denied'), [2]);
    assert.deepEqual(await found('search=%25'), []);
  });

  test('are forgotten by DELETE, and then unknown', async () => {
    const client = await ApiClient.create();
    await client.ask('PUT', `/torrents/${one}`, { body: { isDenied: true } });
    const { status, text } = await client.ask('DELETE', `/torrents/${one}`);
    assert.deepEqual([status, text], [204, '']);
    assert.equal((await client.ask('GET', `/torrents/${one}`)).status, 404);
    const again = await client.ask('DELETE', `/torrents/${one}`);
    assert.deepEqual([again.status, again.json.code], [404, 'API_NOT_FOUND']);
  });

  test('have peers, whose ids tell their programs', async () => {
    const client = await ApiClient.create();
    const qBittorrent = utf8('-qB4520-abcdefghijkl');
    const unknown = fromHex('00'.repeat(20)) as Uint8Array;
    client.tracker.peers = [
      { host: '192.0.2.7', port: 6881, peerId: qBittorrent, role: 'seeding', silence: 12 },
      { host: '2001:db8::1', port: 1, peerId: unknown, role: 'paused', silence: 0 },
    ];
    const { json } = await client.ask('GET', `/torrents/${one}/peers`);
    assert.deepEqual(json, {
      items: [
        {
          host: '192.0.2.7',
          port: 6881,
          peerId: toHex(qBittorrent),
          client: 'qBittorrent 4.5.2',
          role: 'seeding',
          silence: 12,
        },
        { host: '2001:db8::1', port: 1, peerId: '00'.repeat(20), client: null, role: 'paused', silence: 0 },
      ],
      next: null,
    });
    assert.equal((await client.ask('GET', `/torrents/${one}/peers?limit=1`)).json.items.length, 1);
  });

  for (const [what, path] of [
    ['39 digits', 'a'.repeat(39)],
    ['other letters', 'g'.repeat(40)],
    ['50 digits', 'a'.repeat(50)],
    ['20 raw bytes', '%01'.repeat(20)],
  ] as const) {
    test(`are not known by ${what}`, async () => {
      const { status, json } = await (await ApiClient.create()).ask('GET', `/torrents/${path}`);
      assert.deepEqual([status, json.code], [400, 'API_INVALID']);
      assert.match(json.detail, /^params\/infoHash: an info hash has 40 or 64/);
    });
  }
});
