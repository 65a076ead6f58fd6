import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientConfig } from '../../config/index.ts';
import { FakeEngine, FakeSettings, ManualClock } from '../fakes.test.ts';
import { RateLimits } from './rate-limits.ts';

function stage(limits: object): {
  readonly engine: FakeEngine;
  readonly settings: FakeSettings;
  readonly clock: ManualClock;
  readonly told: unknown[];
  readonly rates: RateLimits;
} {
  const groups = { api: {}, peers: { connections: 77 }, queue: {}, goals: {}, torrents: {}, memory: {} };
  const settings = new FakeSettings(clientConfig.parse({ ...groups, limits }));
  const [engine, clock, told] = [new FakeEngine(), new ManualClock(), [] as unknown[]];
  const rates = new RateLimits({
    engine,
    clock,
    config: () => settings.value,
    events: { emit: (name, data) => void told.push([name, data]) },
    localTime: (at) => ({ weekday: 1, minute: Math.floor(at / 60) % 1440 }),
  });
  rates.apply();
  return { engine, settings, clock, told, rates };
}

test('the engine is told once, and again when something has changed', async () => {
  const { engine, settings, rates } = stage({ download: 1000, upload: 500 });
  rates.apply();
  assert.deepEqual(engine.limits, [{ download: 1000, upload: 500 }]);
  assert.deepEqual(engine.changes, [{ maxConnections: 77, maxConnectionsPerTorrent: 100, uploadSlots: 8 }]);
  await settings.set({ 'limits.upload': 600, 'peers.uploadSlots': 3 });
  rates.apply();
  assert.deepEqual(engine.limits.at(-1), { download: 1000, upload: 600 });
  assert.equal(engine.changes.at(-1)?.uploadSlots, 3);
});

test('the user switches to the alternative limits and back', async () => {
  const { engine, settings, told, rates } = stage({ altDownload: 10, altUpload: 20 });
  await settings.set({ 'limits.alternative': 'on' });
  rates.apply();
  assert.deepEqual([engine.limits.at(-1), rates.isAlternative], [{ download: 10, upload: 20 }, true]);
  await settings.set({ 'limits.alternative': 'off' });
  rates.apply();
  assert.deepEqual([engine.limits.at(-1), rates.isAlternative], [{ download: 0, upload: 0 }, false]);
  assert.deepEqual(told, [
    ['limits.switched', { isAlternative: true, by: 'user' }],
    ['limits.switched', { isAlternative: false, by: 'user' }],
  ]);
});

test('the schedule switches when its time comes and when it is over', async () => {
  const clock = new ManualClock();
  const minute = Math.floor(clock.wall() / 60) % 1440;
  const text = (of: number): string =>
    `${String(Math.floor((of % 1440) / 60)).padStart(2, '0')}:${String(of % 60).padStart(2, '0')}`;
  const schedule = [`${text(minute + 10)}-${text(minute + 20)}`];
  const { clock: time, told, rates } = stage({ altDownload: 10, alternative: 'schedule', schedule });
  assert.equal(rates.isAlternative, false);
  await time.pass(600_000);
  rates.apply();
  await time.pass(600_000);
  rates.apply();
  assert.deepEqual(told, [
    ['limits.switched', { isAlternative: true, by: 'schedule' }],
    ['limits.switched', { isAlternative: false, by: 'schedule' }],
  ]);
});
