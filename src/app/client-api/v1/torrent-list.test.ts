import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answer, ApiClient } from '../fakes.test.ts';

const names = ({ json }: Answer): string[] => json.torrents.map(({ name }: { name: string }) => name);

async function withThree(): Promise<ApiClient> {
  const api = await ApiClient.create();
  const [a, b] = ['Alpha', 'beta', 'Gamma'].map((name) => api.client.torrents.addSample({ name }));
  await a?.change({ category: 'films', labels: ['x', 'y'] });
  a?.setProgress(1);
  b?.set({ state: 'stopped', downloadRate: 0, uploadRate: 0, problem: null });
  return api;
}

describe('the list of torrents', () => {
  test('has all of them in the order of the queue, each as the client shows it', async () => {
    const api = await withThree();
    const answer = await api.ask('GET', '/torrents');
    assert.deepEqual(answer.json.torrents, JSON.parse(JSON.stringify(api.client.torrents.all().map((t) => t.view()))));
    assert.deepEqual([answer.json.total, answer.json.isFull, answer.json.removed], [3, true, []]);
  });

  test('is whole when it is long, and shows what has changed since it was asked for', async () => {
    const api = await ApiClient.create();
    const many = Array.from({ length: 300 }, (_, i) => api.client.torrents.addSample({ name: `torrent “${i}”` }));
    const shown = (): unknown => JSON.parse(JSON.stringify(many.map((torrent) => torrent.view())));
    assert.deepEqual((await api.ask('GET', '/torrents')).json.torrents, shown());
    many[200]?.set({ downloadRate: 77 });
    assert.deepEqual((await api.ask('GET', '/torrents')).json.torrents, shown());
  });

  for (const [query, expected] of [
    ['filter=complete', ['Alpha']],
    ['filter=incomplete', ['beta', 'Gamma']],
    ['filter=stopped', ['beta']],
    ['filter=active', ['Alpha', 'Gamma']],
    ['filter=seeding', ['Alpha']],
    ['filter=downloading', ['Gamma']],
    ['filter=failed', []],
    ['category=films', ['Alpha']],
    ['category=', ['beta', 'Gamma']],
    ['label=y', ['Alpha']],
    ['search=A', ['Alpha', 'beta', 'Gamma']],
    ['search=ET', ['beta']],
    ['sort=name', ['Alpha', 'Gamma', 'beta']],
    ['sort=name&order=desc', ['beta', 'Gamma', 'Alpha']],
    ['sort=completedAt&order=desc&limit=1', ['Alpha']],
    ['offset=1', ['beta', 'Gamma']],
    ['offset=1&limit=1', ['beta']],
    ['filter=incomplete&sort=name&limit=1', ['Gamma']],
  ] as const) {
    test(`with ${query} has ${expected.join(', ') || 'nothing'}`, async () => {
      assert.deepEqual(names(await (await withThree()).ask('GET', `/torrents?${query}`)), expected);
    });
  }

  test('can be asked for some torrents, and says how many there would be', async () => {
    const api = await withThree();
    const [first, , third] = api.client.torrents.all().map(({ hash }) => hash);
    assert.deepEqual(names(await api.ask('GET', `/torrents?hashes=${third},${first?.toUpperCase()}`)), [
      'Alpha',
      'Gamma',
    ]);
    assert.equal((await api.ask('GET', '/torrents?limit=1')).json.total, 3);
  });

  test('has only the fields that are asked for', async () => {
    const { json } = await (await withThree()).ask('GET', '/torrents?fields=name,state&limit=1');
    assert.deepEqual(json.torrents, [{ name: 'Alpha', state: 'seeding' }]);
  });

  test('tells what has changed since a revision, and what has gone', async () => {
    const api = await withThree();
    const { revision } = (await api.ask('GET', '/torrents')).json;
    assert.deepEqual((await api.ask('GET', `/torrents?since=${revision}`)).json.torrents, []);
    const [a, b, c] = api.client.torrents.all();
    b?.set({ downloadRate: 7 });
    await api.client.torrents.remove(c === undefined ? [] : [c]);
    const { json } = await api.ask('GET', `/torrents?since=${revision}&fields=hash,downloadRate`);
    assert.deepEqual(json.torrents, [{ hash: b?.hash, downloadRate: 7 }]);
    assert.deepEqual(json.removed, [{ id: 3, hash: c?.hash }]);
    assert.equal(json.isFull, false);
    assert.deepEqual((await api.ask('GET', `/torrents?since=${json.revision}`)).json.torrents, []);
    assert.equal((await api.ask('GET', '/torrents?since=5')).json.torrents.length, 2, `of another run: ${a?.hash}`);
    assert.equal((await api.ask('GET', '/torrents?since=5')).json.isFull, true);
  });

  for (const query of [
    'filter=nothing',
    'sort=settings',
    'sort=__proto__',
    'order=up',
    'limit=0',
    'limit=-1',
    'offset=-1',
    'fields=',
    'fields=name,passwordHash',
    'fields=__proto__',
    'since=x',
    'since=1&filter=stopped',
    'since=1&limit=5',
    'since=1&category=x',
    'nothing=1',
    'limit=1&limit=2',
  ]) {
    test(`is not asked for with ${query}`, async () => {
      const { status, json } = await (await withThree()).ask('GET', `/torrents?${query}`);
      assert.deepEqual([status, json.code], [400, 'API_INVALID']);
    });
  }
});
