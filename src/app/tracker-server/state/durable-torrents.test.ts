import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { announceTo, countsOf, hashOf } from '../../../tracker/fakes.test.ts';
import { Knowing } from './fakes.test.ts';

describe('finished downloads', () => {
  test('are told after they are stored, and count as not stored until then', async () => {
    await using stage = await Knowing.create();
    const { torrents } = stage.repository;
    announceTo(stage.table, { event: 'started' });
    announceTo(stage.table, { role: 'seeding', event: 'completed' });
    assert.equal(stage.torrents.countUnstored(), 1);
    const stored = Promise.withResolvers<void>();
    const addCompleted = torrents.addCompleted.bind(torrents);
    torrents.addCompleted = async (counts) => {
      await stored.promise;
      await addCompleted(counts);
    };
    const flushed = stage.torrents.flush();
    await new Promise(setImmediate);
    announceTo(stage.table, { port: 7000, event: 'started' });
    announceTo(stage.table, { port: 7000, role: 'seeding', event: 'completed' });
    assert.equal(stage.torrents.countUnstored(), 2);
    assert.equal(countsOf(stage.table).completed, 0);
    stored.resolve();
    await flushed;
    assert.equal(stage.torrents.countUnstored(), 1);
    assert.equal(countsOf(stage.table).completed, 1);
    await stage.torrents.flush();
    assert.equal((await torrents.find(hashOf(0)))?.completed, 2);
    assert.equal(countsOf(stage.table).completed, 2);
  });
});

/** Finishes a download of swarm `swarm` at a tracker. */
function finish(stage: Knowing, swarm: number, port: number): void {
  announceTo(stage.table, { swarm, port, event: 'started' });
  announceTo(stage.table, { swarm, port, role: 'seeding', event: 'completed' });
}

describe('finished downloads of two names of a torrent', () => {
  const pair = { infoHash: hashOf(1), aliasOf: hashOf(2) };

  test('are one number for two trackers on a database, which never becomes less and counts nothing twice', async () => {
    await using first = await Knowing.create({ isShared: true });
    await using second = first.beside();
    const { torrents } = first.repository;
    await torrents.addCompleted([
      { infoHash: hashOf(1), count: 100 },
      { infoHash: hashOf(2), count: 10 },
    ]);
    for (const stage of [first, second]) await stage.follower.start();
    const told: number[][] = [];
    const tell = (): void => {
      const numbers = [first, second].flatMap(({ table }) => [1, 2].map((swarm) => countsOf(table, swarm).completed));
      const before = told.at(-1) ?? [];
      assert.ok(
        before.every((number, i) => number <= (numbers[i] as number)),
        `${before.join()} and then ${numbers.join()}`,
      );
      told.push(numbers);
    };
    tell();
    for (const [i, stage] of [first, second].entries()) finish(stage, 1, 7000 + i);
    await torrents.change([pair]);
    await first.follower.refresh();
    tell();
    // The second one does not know of the pair yet, when it stores what was finished under the old name.
    for (const stage of [second, first]) {
      await stage.torrents.flush();
      tell();
    }
    for (let i = 0; i < 3; i++) {
      await torrents.change([pair]);
      for (const stage of [second, first]) {
        await stage.follower.refresh();
        tell();
      }
    }
    await first.clock.sim.run(20_000);
    assert.deepEqual(told.at(0), [100, 10, 100, 10]);
    tell();
    assert.deepEqual(told.at(-1), [112, 112, 112, 112]);
    const stored = [1, 2].map(async (swarm) => (await torrents.find(hashOf(swarm)))?.completed);
    assert.deepEqual(await Promise.all(stored), [0, 112]);
  });

  test('are the same after the next start', async () => {
    await using stage = await Knowing.create();
    finish(stage, 1, 7000);
    finish(stage, 2, 7000);
    await stage.torrents.flush();
    await stage.follower.start();
    await stage.repository.torrents.change([pair]);
    await stage.follower.refresh();
    finish(stage, 1, 7001);
    await stage.torrents.flush();
    await using next = stage.beside();
    await next.follower.start();
    for (const { table } of [stage, next]) {
      assert.deepEqual([countsOf(table, 1).completed, countsOf(table, 2).completed], [3, 3]);
    }
  });

  test('stay together when the names part', async () => {
    await using stage = await Knowing.create();
    finish(stage, 1, 7000);
    await stage.torrents.flush();
    await stage.follower.start();
    for (const aliasOf of [hashOf(2), null]) {
      await stage.repository.torrents.change([{ ...pair, aliasOf }]);
      await stage.follower.refresh();
    }
    finish(stage, 1, 7001);
    await stage.torrents.flush();
    await using next = stage.beside();
    await next.follower.start();
    for (const { table } of [stage, next]) {
      assert.deepEqual([countsOf(table, 1).completed, countsOf(table, 2).completed], [1, 1]);
    }
  });
});

test('changes of two trackers at the same moment leave no torrent that is not served', async () => {
  await using first = await Knowing.create({ isShared: true });
  await using second = first.beside();
  for (const stage of [first, second]) await stage.follower.start();
  const { torrents } = first.repository;
  const changes = [
    { infoHash: hashOf(1), aliasOf: hashOf(2) },
    { infoHash: hashOf(2), aliasOf: hashOf(3) },
  ];
  const results = await Promise.allSettled(changes.map((change) => torrents.change([change])));
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  for (const stage of [first, second]) {
    await stage.follower.refresh();
    for (const swarm of [1, 2, 3]) assert.equal(stage.outcome(swarm), 'served');
  }
});
