import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hashOf, MIB } from '../../../tracker/fakes.test.ts';
import { Knowing, madeUp } from './fakes.test.ts';

const DAY = 86_400;

describe('a follower of the database', () => {
  test('has room for what the operator says, however many torrents anybody made up', async () => {
    await using stage = await Knowing.create();
    const { torrents } = stage.repository;
    await torrents.change([{ infoHash: hashOf(1), isDenied: true }]);
    await torrents.addCompleted(madeUp(12_000).map((infoHash) => ({ infoHash, count: 1 })));
    await stage.addMember('a', 'key');
    await stage.follower.start();
    assert.equal(stage.outcome(1), 'denied');
    assert.equal(stage.outcome(2), 'served');
    assert.equal(stage.member('key'), 'served');
    assert.ok(stage.table.use.used < stage.table.use.capacity * 0.9);
    assert.deepEqual(stage.log.lines, [
      'warn older numbers of finished downloads are left out, for want of memory or time',
    ]);
  });

  test('knows the finished downloads of lately when there is no room for all', async () => {
    await using stage = await Knowing.create();
    const [last, ...others] = madeUp(12_000) as [Uint8Array, ...Uint8Array[]];
    await stage.repository.torrents.addCompleted(others.map((infoHash) => ({ infoHash, count: 2 })));
    stage.clock.shift = 1;
    await stage.repository.torrents.addCompleted([{ infoHash: last, count: 3 }]);
    await stage.follower.start();
    assert.equal(stage.completed(last), 3);
  });

  test('does not keep the tracker from starting for millions of finished downloads', async () => {
    await using stage = await Knowing.create({ capacity: 16 * MIB });
    await stage.repository.torrents.addCompleted(madeUp(25_000).map((infoHash) => ({ infoHash, count: 1 })));
    const { clock } = stage;
    const { loadCounts } = stage.repository.torrents;
    stage.repository.torrents.loadCounts = async function* (this: typeof stage.repository.torrents) {
      for await (const page of loadCounts.call(this)) {
        yield page;
        await clock.sim.run(6_000);
      }
    };
    await stage.follower.start();
    assert.equal(stage.table.use.swarms, 20_000);
  });

  test('reads everything again after a while when there was no room for some of it', async () => {
    await using stage = await Knowing.create();
    const { torrents } = stage.repository;
    const registered = madeUp(12_000).map((infoHash) => ({ infoHash, isRegistered: true }));
    await torrents.change(registered);
    await stage.follower.start();
    assert.match(stage.log.lines.join(), /too small for the database/);
    await torrents.change([{ infoHash: hashOf(1), isDenied: true }]);
    await stage.addMember('a', 'key');
    await stage.follower.refresh();
    assert.deepEqual([stage.outcome(1), stage.member('key')], ['full', 'stranger']);
    await torrents.remove(registered.map(({ infoHash }) => infoHash));
    await stage.follower.refresh();
    for (let shard = 0; shard < 256; shard++) stage.table.sweepShard(shard, 1000);
    await stage.clock.sim.until(() => stage.outcome(1) === 'denied' && stage.member('key') === 'served', 40_000);
    assert.equal(stage.log.lines.at(-1), 'info the memory for swarms holds the whole database again');
  });

  test('reads everything again however often something changes meanwhile', async () => {
    await using stage = await Knowing.create({ capacity: MIB / 2 });
    const { torrents } = stage.repository;
    await torrents.change(madeUp(9_000).map((infoHash) => ({ infoHash, isRegistered: true })));
    await stage.follower.start();
    let readings = 0;
    const load = torrents.load.bind(torrents);
    torrents.load = () => {
      readings++;
      return load();
    };
    for (let second = 0; second < 120; second += 10) {
      await torrents.change([{ infoHash: hashOf(second), isDenied: true }]);
      await stage.clock.sim.run(10_000);
    }
    assert.ok(readings >= 3, `${readings} readings`);
  });

  test('notices a change after the clock was put back', async () => {
    await using stage = await Knowing.create();
    await stage.follower.start();
    stage.clock.shift = -600;
    await stage.repository.torrents.change([{ infoHash: hashOf(1), isDenied: true }]);
    await stage.follower.refresh();
    assert.equal(stage.outcome(1), 'denied');
  });

  test('notices what other trackers count after the clock was put back', async () => {
    await using stage = await Knowing.create({ isShared: true });
    await stage.follower.start();
    stage.clock.shift = -600;
    await stage.repository.torrents.addCompleted([{ infoHash: hashOf(1), count: 5 }]);
    await stage.clock.sim.until(() => stage.completed(hashOf(1)) === 5, 20_000);
  });

  test('reads a change again that it could not read', async () => {
    await using stage = await Knowing.create();
    await stage.follower.start();
    const { torrents, accounts } = stage.repository;
    await torrents.change([{ infoHash: hashOf(1), isDenied: true }]);
    await stage.addMember('a', 'key');
    const changedAfter = accounts.changedAfter.bind(accounts);
    accounts.changedAfter = () => {
      throw new Error('gone');
    };
    await assert.rejects(stage.follower.refresh(), /gone/);
    accounts.changedAfter = changedAfter;
    await stage.follower.refresh();
    assert.deepEqual([stage.outcome(1), stage.member('key')], ['denied', 'served']);
  });

  test('takes all that is there from a database that was put back to what it was', async () => {
    await using stage = await Knowing.create();
    await stage.repository.torrents.change([{ infoHash: hashOf(1), isDenied: true }]);
    await stage.follower.start();
    await stage.repository.torrents.change([{ infoHash: hashOf(2), isDenied: true }]);
    stage.repository.revisions = async () => ({ torrents: 0, members: 0, bans: 0 });
    await stage.follower.refresh();
    assert.equal(stage.outcome(2), 'denied');
  });

  test('removes what nobody misses: removed torrents after a day, numbers that rest after ninety', async () => {
    await using stage = await Knowing.create();
    const { torrents, accounts } = stage.repository;
    await torrents.change([1, 2].map((swarm) => ({ infoHash: hashOf(swarm), isRegistered: true })));
    await torrents.remove([hashOf(1)]);
    await accounts.remove(await stage.addMember('a', 'key'));
    await torrents.addCompleted(madeUp(5_000).map((infoHash) => ({ infoHash, count: 1 })));
    await stage.follower.start();
    const left = async (): Promise<number> => {
      let rows = 0;
      for await (const page of torrents.changedSince(0)) rows += page.length;
      for await (const page of accounts.removedAfter(0)) rows += page.length;
      return rows;
    };
    await stage.clock.sim.run((DAY - 3600) * 1000);
    assert.equal(await left(), 5_003);
    await stage.clock.sim.run(2 * 3600 * 1000);
    assert.equal(await left(), 5_001);
    stage.clock.shift = 89 * DAY;
    await stage.clock.sim.run(2 * 3600 * 1000);
    assert.equal(await left(), 1);
  });

  test('looks no more when it is disposed of', async () => {
    const stage = await Knowing.create();
    await stage.follower.start();
    await stage[Symbol.asyncDispose]();
    const before = stage.clock.sim.fired;
    await stage.clock.sim.run(60_000);
    assert.equal(stage.clock.sim.fired, before);
  });
});
