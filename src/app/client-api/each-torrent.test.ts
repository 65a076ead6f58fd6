import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { FakeClient } from '../../../test/support/fake-client.ts';
import { eachTorrent } from './each-torrent.ts';

const { torrents } = new FakeClient();
const many = Array.from({ length: 250 }, (_, i) => torrents.addSample({ name: `t${i}` }));

test('others get their turn while something is done with many torrents', async () => {
  let acted = 0;
  const seen: number[] = [];
  const watch = async (): Promise<void> => {
    for (; acted < many.length; seen.push(acted)) await setImmediate();
  };
  const acting = eachTorrent(many, async ({ id }) => {
    acted++;
    return id;
  });
  await watch();
  assert.deepEqual(seen, [100, 200, 250]);
  assert.deepEqual(
    await acting,
    many.map(({ id }) => id),
  );
});

test('with one that fails it goes on, and the first failure is told in the end', async () => {
  const acted = new Set<number>();
  const acting = eachTorrent(many, async ({ id }) => {
    acted.add(id);
    if (id % 100 === 50) throw new Error(`no ${id}`);
  });
  await assert.rejects(acting, /no 50/);
  assert.equal(acted.size, many.length);
});
