import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiClient } from '../fakes.test.ts';

const hashOf = (n: number): string => n.toString(16).padStart(40, '0');

test('of two requests that make a chain of aliases together, and look at the same moment, one is refused', async () => {
  const client = await ApiClient.create();
  const { torrents } = client.tracker.repository;
  const aliasesOf = torrents.aliasesOf.bind(torrents);
  const bothHaveLooked = Promise.withResolvers<void>();
  let looks = 0;
  torrents.aliasesOf = async (...asked) => {
    const found = await aliasesOf(...asked);
    if (++looks === 2) bothHaveLooked.resolve();
    await bothHaveLooked.promise;
    return found;
  };
  const alias = async (from: number, to: number): Promise<number> =>
    (await client.ask('PUT', `/torrents/${hashOf(from)}`, { body: { aliasOf: hashOf(to) } })).status;
  assert.deepEqual((await Promise.all([alias(1, 2), alias(2, 3)])).sort(), [204, 400]);
});
