/** Cases of the compliance suite: torrents with two names, and whose completed downloads they are. */
import assert from 'node:assert/strict';
import type { Torrents } from '../../src/db/tracker/torrents.ts';
import { all, type Case, fills, hash } from './stage.ts';

const completedOf = async (torrents: Torrents, ...fill: number[]): Promise<unknown[]> =>
  Promise.all(fill.map(async (one) => (await torrents.find(hash(one)))?.completed));

export const pairs: Record<string, Case> = {
  'no torrent becomes an alias of an alias, nor an alias that others lead to, whatever was looked up before': async ({
    tracker: { torrents },
  }) => {
    await torrents.change([{ infoHash: hash(1), aliasOf: hash(2) }]);
    for (const chain of [
      [{ infoHash: hash(2), aliasOf: hash(3) }],
      [{ infoHash: hash(2), aliasOf: hash(1) }],
      [{ infoHash: hash(3), aliasOf: hash(1) }],
      [
        { infoHash: hash(4), aliasOf: hash(5) },
        { infoHash: hash(5), aliasOf: hash(6) },
      ],
    ]) {
      await assert.rejects(torrents.change([{ infoHash: hash(9), isDenied: true }, ...chain]), {
        code: 'DB_CONSTRAINT',
      });
    }
    assert.deepEqual((await torrents.find(hash(1)))?.aliasOf, hash(2));
    for (const fill of [2, 3, 4, 5, 9]) assert.equal(await torrents.find(hash(fill)), null);
  },
  'it is the outcome of a whole change that may have no chain': async ({ tracker: { torrents } }) => {
    await torrents.change([{ infoHash: hash(2), aliasOf: hash(1) }]);
    await torrents.change([
      { infoHash: hash(1), aliasOf: hash(3) },
      { infoHash: hash(2), aliasOf: hash(3) },
    ]);
    await torrents.change([
      { infoHash: hash(2), aliasOf: hash(1) },
      { infoHash: hash(1), aliasOf: null },
    ]);
    await torrents.change([{ infoHash: hash(2), aliasOf: hash(1), name: 'told again' }]);
    assert.deepEqual(await torrents.aliasesOf([hash(1), hash(3)], 9), [hash(2)]);
  },
  'of changes at the same time that make a chain or a circle together one is refused': async ({
    tracker: { torrents },
  }) => {
    for (let i = 1; i <= 200; i += 4) {
      const [a, b, c] = [hash(i), hash(i + 1), hash(i + 2)] as const;
      const isChain = i % 8 === 1;
      const results = await Promise.allSettled([
        torrents.change([{ infoHash: a, aliasOf: b }]),
        torrents.change([{ infoHash: b, aliasOf: isChain ? c : a }]),
      ]);
      const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
      assert.deepEqual(refused, ['DB_CONSTRAINT']);
    }
  },
  'a torrent that becomes an alias gives its completed downloads to the other one, once': async (stage) => {
    const { torrents } = stage.tracker;
    await torrents.addCompleted([
      { infoHash: hash(1), count: 100 },
      { infoHash: hash(2), count: 10 },
      { infoHash: hash(3), count: 1 },
    ]);
    stage.time = 2_000;
    const pair = { infoHash: hash(1), aliasOf: hash(2), isRegistered: true };
    await torrents.change([{ infoHash: hash(2), aliasOf: null }, pair, { infoHash: hash(3), aliasOf: hash(2) }]);
    assert.deepEqual(await completedOf(torrents, 1, 2, 3), [0, 111, 0]);
    for (let i = 0; i < 3; i++) await torrents.change([pair]);
    assert.deepEqual(await completedOf(torrents, 1, 2, 3), [0, 111, 0]);
    assert.equal((await torrents.find(hash(2)))?.updatedAt, 2_000);
    await torrents.change([{ infoHash: hash(1), aliasOf: null }]);
    assert.equal(await torrents.remove([hash(3)]), 1);
    assert.deepEqual(await completedOf(torrents, 1, 2, 3), [0, 111, undefined]);
  },
  'a torrent that was not known takes completed downloads too, up to the largest safe integer': async ({
    tracker: { torrents },
  }) => {
    const most = Number.MAX_SAFE_INTEGER;
    await torrents.addCompleted([1, 2].map((fill) => ({ infoHash: hash(fill), count: most - 1 })));
    await torrents.change([1, 2].map((fill) => ({ infoHash: hash(fill), aliasOf: hash(9) })));
    assert.deepEqual(await completedOf(torrents, 1, 2, 9), [0, 0, most]);
  },
  'downloads of an alias count for its torrent, whoever still counts them by the other name': async ({
    tracker: { torrents },
  }) => {
    await torrents.change([1, 2].map((fill) => ({ infoHash: hash(fill), aliasOf: hash(3) })));
    await torrents.addCompleted([1, 2, 3, 4].map((fill) => ({ infoHash: hash(fill), count: fill })));
    assert.deepEqual(await completedOf(torrents, 1, 2, 3, 4), [0, 0, 6, 4]);
  },
  'who follows is told the sums with the change, whether the torrents were known or not': async ({
    tracker: { torrents },
  }) => {
    await torrents.change([{ infoHash: hash(2), isRegistered: true }]);
    await torrents.addCompleted([2, 3, 4].map((fill) => ({ infoHash: hash(fill), count: fill })));
    await torrents.change([{ infoHash: hash(1), isDenied: true }]);
    const revision = 2;
    await torrents.change([
      { infoHash: hash(3), aliasOf: hash(2) },
      { infoHash: hash(4), aliasOf: hash(5) },
    ]);
    const told = async (): Promise<unknown[]> =>
      (await all(torrents.changedAfter(revision))).map(({ infoHash, completed }) => [infoHash[0], completed]);
    assert.deepEqual(await told(), [
      [2, 5],
      [3, 0],
      [4, 0],
      [5, 4],
    ]);
    await torrents.addCompleted([{ infoHash: hash(4), count: 1 }]);
    assert.deepEqual((await told()).at(-1), [5, 5]);
  },
  'downloads of an alias change no revision': async (stage) => {
    const { torrents } = stage.tracker;
    await torrents.change([1, 2].map((fill) => ({ infoHash: hash(fill), aliasOf: hash(9 - fill) })));
    await torrents.addCompleted([{ infoHash: hash(1), count: 1 }]);
    const before = await stage.tracker.revisions();
    await torrents.addCompleted([1, 2].map((fill) => ({ infoHash: hash(fill), count: 1 })));
    assert.deepEqual(await stage.tracker.revisions(), before);
    assert.deepEqual(fills(await all(torrents.changedAfter(0))), [1, 2]);
  },
  'no download is lost or added twice while torrents become aliases': async ({ tracker: { torrents } }) => {
    const names = Array.from({ length: 20 }, (_, i) => i + 1);
    const adding = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) {
        await torrents.addCompleted([...names, 99].map((fill) => ({ infoHash: hash(fill), count: 1 })));
      }
    };
    const joining = names.map((fill) => torrents.change([{ infoHash: hash(fill), aliasOf: hash(99) }]));
    await Promise.all([adding(), adding(), ...joining]);
    assert.deepEqual(await completedOf(torrents, ...names), Array(20).fill(0));
    assert.deepEqual(await completedOf(torrents, 99), [2 * 20 * 21]);
  },
};
