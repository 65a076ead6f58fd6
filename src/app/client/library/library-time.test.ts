/** What the library does by itself as time passes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DstError } from '../../../base/errors.ts';
import { encodeMagnet, magnetOf } from '../../../codec/metainfo/index.ts';
import { dbErrors } from '../../../db/index.ts';
import type { EngineTracker } from '../engine-port.ts';
import { type FakeTorrent, smallTorrent, Stage, until } from '../fakes.test.ts';
import type { ManagedTorrent } from '../torrents.ts';

const MINUTE = 60_000;

async function add(stage: Stage, seed: number, isStopped = false): Promise<[ManagedTorrent, FakeTorrent]> {
  const { torrent } = await stage.client.torrents.add({ source: smallTorrent(seed).bytes, isStopped });
  await stage.clock.pass(0);
  return [torrent, stage.torrents.at(-1) as FakeTorrent];
}

const tracker = (change: Partial<EngineTracker>): EngineTracker => ({
  ...{ id: 0, url: 'http://a.example/', tier: 0, state: 'ok', message: null, seeders: null, leechers: null },
  ...{ downloads: null, peersReceived: 0, lastAt: 100, nextIn: null },
  ...change,
});

test('what was transferred is kept with the completion, whenever the client is killed', async () => {
  await using stage = await Stage.open();
  const [, engine] = await add(stage, 1);
  engine.figures = { downloaded: 100_000 };
  engine.finish();
  await until(() => stage.eventNames('torrent.completed').length === 1);
  await stage.clock.pass(0);
  stage.kill();
  await stage.start();
  assert.equal(stage.client.torrents.all()[0]?.view().downloaded, 100_000);
});

test('what was transferred is kept by an end in order, though a removal takes longer than that may', async () => {
  await using stage = await Stage.open();
  const [, engine] = await add(stage, 1);
  const [leaving] = await add(stage, 2);
  engine.figures = { downloaded: 100_000 };
  const removing = Promise.withResolvers<void>();
  stage.engine.removing = removing.promise;
  await stage.client.torrents.remove([leaving]);
  const closed = stage.client.close();
  await stage.clock.pass(0);
  const [row] = (await stage.database.client.torrents.load().next()).value ?? [];
  assert.equal(row?.counters.downloaded, 100_000);
  removing.resolve();
  await closed;
});

test('what happens while the database is away is told at once, and kept when it is back', async (t) => {
  await using stage = await Stage.open();
  const [torrent, engine] = await add(stage, 1);
  const { torrents } = stage.database.client;
  const unreachable = (): Promise<never> =>
    Promise.reject(new DstError('DB_UNREACHABLE', { ...dbErrors.DB_UNREACHABLE }, 'away'));
  const away = [t.mock.method(torrents, 'save', unreachable), t.mock.method(torrents, 'saveCounters', unreachable)];
  engine.figures = { downloaded: 100_000 };
  engine.finish();
  await until(() => stage.eventNames('torrent.completed').length === 1);
  engine.become({ kind: 'paused' });
  await stage.clock.pass(2 * MINUTE);
  const { completedAt } = torrent.view();
  assert.notEqual(completedAt, null);
  for (const { mock } of away) mock.restore();
  await stage.clock.pass(MINUTE);
  stage.kill();
  const [row] = (await torrents.load().next()).value ?? [];
  assert.deepEqual([row?.completedAt, row?.counters.downloaded], [completedAt, 100_000]);
  assert.equal((JSON.parse(row?.choices ?? '') as { isCompletionOwed?: boolean }).isCompletionOwed, false);
});

test('a seeding goal that is reached while the database is away is told once, and ends the seeding when it is back', async (t) => {
  await using stage = await Stage.open();
  await stage.settings.set({ 'goals.ratio': 1 });
  const [torrent, engine] = await add(stage, 1);
  engine.finish();
  await stage.clock.pass(2_000);
  const save = t.mock.method(stage.database.client.torrents, 'save', () =>
    Promise.reject(new DstError('DB_UNREACHABLE', { ...dbErrors.DB_UNREACHABLE }, 'away')),
  );
  engine.figures = { uploaded: 10 ** 9 };
  await stage.clock.pass(2 * MINUTE);
  assert.equal(torrent.view().state, 'seeding');
  save.mock.restore();
  await stage.clock.pass(MINUTE);
  assert.equal(torrent.view().state, 'stopped');
  assert.equal(stage.eventNames('torrent.goal-reached').length, 1);
});

test('a goal of an idle torrent that is reached when it is set ends the seeding at once', async () => {
  await using stage = await Stage.open();
  const [torrent, engine] = await add(stage, 1);
  engine.finish();
  await stage.clock.pass(5 * MINUTE + 20_000);
  await torrent.change({ goals: { ratio: 'none', minutes: 1, idleMinutes: 'none' } });
  await stage.clock.pass(2000);
  assert.equal(torrent.view().state, 'stopped');
});

for (const [what, goals] of [
  ['time', { minutes: 3, idleMinutes: 'none' }],
  ['idle time', { minutes: 'none', idleMinutes: 3 }],
] as const) {
  test(`a goal of ${what} ends the seeding of an idle torrent within a second, not with the look of each minute`, async () => {
    await using stage = await Stage.open();
    const [torrent, engine] = await add(stage, 1);
    await torrent.change({ goals: { ratio: 'none', ...goals } });
    await stage.clock.pass(20_000);
    engine.finish();
    await stage.clock.pass(3 * MINUTE - 2000);
    assert.equal(torrent.view().state, 'seeding');
    await stage.clock.pass(4000);
    assert.equal(torrent.view().state, 'stopped');
  });
}

test('of torrents that rest each is looked at once in a minute, and not all at the same time', async (t) => {
  await using stage = await Stage.open();
  const all = 60;
  for (let seed = 1; seed <= all; seed++) {
    const [, engine] = await add(stage, seed);
    engine.figures = { piecesHave: 1 }; // of several with data one is asked whether the folder is there
    engine.finish();
  }
  await stage.clock.pass(2 * MINUTE);
  const looks = stage.torrents.map((engine) => t.mock.method(engine, 'status').mock);
  const counted = (): number => looks.reduce((sum, look) => sum + look.callCount(), 0);
  let [before, most] = [0, 0];
  for (let second = 0; second < 60; second++) {
    await stage.clock.pass(1000);
    most = Math.max(most, counted() - before);
    before = counted();
  }
  assert.equal(Math.min(...looks.map((look) => look.callCount())), 1);
  assert.ok(most <= 3, `${most} in one second`);
});

test('a torrent file for a magnet link is taken while the database is away', async (t) => {
  await using stage = await Stage.open();
  const { bytes, metainfo } = smallTorrent(1);
  const { torrent } = await stage.client.torrents.add({ source: encodeMagnet(magnetOf(metainfo)) });
  const away = new DstError('DB_UNREACHABLE', { ...dbErrors.DB_UNREACHABLE }, 'away');
  const { mock } = t.mock.method(stage.database.client.torrents, 'save', () => Promise.reject(away));
  await stage.client.torrents.add({ source: bytes });
  await stage.clock.pass(0);
  assert.equal(torrent.view().state, 'downloading');
  mock.restore();
  await stage.clock.pass(MINUTE);
  stage.kill();
  const [row] = (await stage.database.client.torrents.load().next()).value ?? [];
  assert.equal(row?.hasMetainfo, true);
});

describe('what is shown of a torrent', () => {
  test('does not change by the mere passing of time, though times are shown as they are', async () => {
    await using stage = await Stage.open();
    const { torrents } = stage.client;
    await add(stage, 1, true);
    const [seed, engine] = await add(stage, 2);
    engine.finish();
    await add(stage, 3);
    await stage.clock.pass(3 * MINUTE);
    const { revision } = torrents.changes(0);
    const seconds = seed.view().secondsSeeding;
    await stage.clock.pass(3 * MINUTE);
    assert.deepEqual(torrents.changes(revision).changed, []);
    assert.equal(seed.view().secondsSeeding, seconds + 180);
  });

  test('is the time that is left, which changes each minute', async () => {
    await using stage = await Stage.open();
    const { torrents } = stage.client;
    const [torrent, engine] = await add(stage, 1);
    engine.finish();
    await torrent.change({ goals: { ratio: 'none', minutes: 60, idleMinutes: 'none' } });
    await stage.clock.pass(3 * MINUTE);
    const { eta } = torrent.view();
    const { revision } = torrents.changes(0);
    await stage.clock.pass(MINUTE);
    assert.deepEqual(torrents.changes(revision).changed, [torrent]);
    assert.equal(torrent.view().eta, (eta as number) - 60);
  });

  test('is noticed within a minute when it changes without an event', async () => {
    await using stage = await Stage.open();
    const { torrents } = stage.client;
    const [torrent, engine] = await add(stage, 1);
    engine.trackerList = [tracker({}), tracker({ id: 1, url: 'http://b.example/', lastAt: 99 })];
    await stage.clock.pass(3 * MINUTE);
    const changes = [
      () => {
        engine.figures = { availability: 1.5 };
      },
      () => {
        engine.figures = { availability: 1.5, wasted: 5 };
      },
      () => {
        engine.figures = { availability: 1.5, wasted: 5, seedsConnected: 1 };
      },
      () => {
        engine.trackerList = [tracker({ seeders: 3 }), ...engine.trackerList.slice(1)];
      },
      () => {
        engine.trackerList = [tracker({ seeders: 3, lastAt: 98 }), ...engine.trackerList.slice(1)];
      },
    ];
    for (const [i, change] of changes.entries()) {
      const { revision } = torrents.changes(0);
      change();
      await stage.clock.pass(MINUTE);
      assert.deepEqual(torrents.changes(revision).changed, [torrent], `change ${i}`);
    }
    const { availability, wasted, seedsConnected, swarmSeeds, tracker: shown } = torrent.view();
    assert.deepEqual([availability, wasted, seedsConnected, swarmSeeds, shown], [1.5, 5, 1, 3, 'http://b.example/']);
  });
});

test('the queue is planned again at once, but after a plan that took long not before it has rested four times as long', async () => {
  await using stage = await Stage.open();
  const [first] = await add(stage, 1, true);
  const [second] = await add(stage, 2, true);
  await second.stop();
  await stage.clock.pass(100);
  await first.start();
  await stage.clock.pass(0);
  assert.equal(first.view().state, 'downloading', 'a plan that took no time');
  let plans = 0;
  const { queue } = stage.settings.value;
  // Read once in each plan, which takes 200 ms by that.
  Object.defineProperty(queue, 'downloads', {
    get: () => {
      plans++;
      stage.clock.hold(200);
      return null;
    },
  });
  await first.stop();
  await stage.clock.pass(0);
  assert.deepEqual([plans, first.view().state], [1, 'stopped']);
  await second.start();
  await first.start();
  await stage.clock.pass(3199);
  assert.deepEqual([plans, second.view().state], [1, 'queued']);
  await stage.clock.pass(1);
  assert.deepEqual([plans, second.view().state, first.view().state], [2, 'downloading', 'downloading']);
});
