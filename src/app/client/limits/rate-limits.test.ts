import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clientConfig } from '../../config/index.ts';
import { FakeEngine, FakeSettings, ManualClock } from '../fakes.test.ts';
import { RateLimits } from './rate-limits.ts';

function stage(limits: object): {
  readonly engine: FakeEngine;
  readonly settings: FakeSettings;
  readonly clock: ManualClock;
  readonly told: [name: string, data: object][];
  readonly rates: RateLimits;
} {
  const groups = { api: {}, peers: { connections: 77 }, queue: {}, goals: {}, torrents: {}, memory: {} };
  const settings = new FakeSettings(clientConfig.parse({ ...groups, limits }));
  const [engine, clock] = [new FakeEngine(), new ManualClock()];
  const told: [name: string, data: object][] = [];
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
  await settings.set({ 'limits.alternative': true });
  rates.apply();
  assert.deepEqual([engine.limits.at(-1), rates.isAlternative], [{ download: 10, upload: 20 }, true]);
  await settings.set({ 'limits.alternative': false });
  rates.apply();
  assert.deepEqual([engine.limits.at(-1), rates.isAlternative], [{ download: 0, upload: 0 }, false]);
  assert.deepEqual(told, [
    ['limits.switched', { isAlternative: true, by: 'user' }],
    ['limits.switched', { isAlternative: false, by: 'user' }],
  ]);
});

test('a schedule keeps to the clocks of the machine, over midnight and when they change', (t) => {
  const before = process.env['TZ'];
  t.after(() => {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });
  process.env['TZ'] = 'Europe/Berlin';
  const { limits, peers } = clientConfig.parse({
    ...{ api: {}, peers: {}, queue: {}, goals: {}, torrents: {}, memory: {} },
    limits: { followSchedule: true, schedule: ['22:00-06:00'] },
  });
  let now = 0;
  const rates = new RateLimits({
    engine: new FakeEngine(),
    clock: { wall: () => now },
    config: () => ({ limits, peers }),
    events: { emit: () => {} },
  });
  const isAlternativeAt = (time: string): boolean => {
    now = Date.parse(time) / 1000;
    rates.apply();
    return rates.isAlternative;
  };
  // From UTC+2 to UTC+1 in this night: it has an hour more.
  const longNight = ['2026-10-24T19:59Z', '2026-10-24T20:00Z', '2026-10-25T04:59Z', '2026-10-25T05:00Z'];
  assert.deepEqual(longNight.map(isAlternativeAt), [false, true, true, false]);
  // And back.
  const shortNight = ['2027-03-27T20:59Z', '2027-03-27T21:00Z', '2027-03-28T03:59Z', '2027-03-28T04:00Z'];
  assert.deepEqual(shortNight.map(isAlternativeAt), [false, true, true, false]);
});

/** A time that begins and ends so many minutes from the start of the clock. */
function times(from: number, to: number): string {
  const start = Math.floor(new ManualClock().wall() / 60);
  const text = (minute: number): string => {
    const [hours, minutes] = [Math.floor(minute / 60) % 24, minute % 60];
    return [hours, minutes].map((number) => String(number).padStart(2, '0')).join(':');
  };
  return `${text(start + from)}-${text(start + to)}`;
}

describe('a schedule that is followed', () => {
  const begin = (limits: object = {}) => {
    const scene = stage({ altDownload: 10, followSchedule: true, schedule: [times(10, 20)], ...limits });
    const { clock, rates, settings } = scene;
    return {
      ...scene,
      /** Minutes later. */
      later: async (minutes: number): Promise<boolean> => {
        await clock.pass(minutes * 60_000);
        rates.apply();
        return rates.isAlternative;
      },
      /** As the client does it. */
      set: async (values: Record<string, unknown>): Promise<boolean> => {
        const before = settings.value.limits as unknown as Record<string, unknown>;
        await settings.set(rates.withSwitch(values));
        rates.apply();
        const changed = Object.keys(values).filter((key) => before[key.slice('limits.'.length)] !== values[key]);
        rates.changed(values, { changed, needRestart: [] });
        return rates.isAlternative;
      },
    };
  };

  test('switches when its time comes and when it is over', async () => {
    const { told, rates, later } = begin();
    assert.equal(rates.isAlternative, false);
    assert.equal(await later(10), true);
    assert.equal(await later(10), false);
    assert.deepEqual(told, [
      ['limits.switched', { isAlternative: true, by: 'schedule' }],
      ['limits.switched', { isAlternative: false, by: 'schedule' }],
    ]);
  });

  test('decides at the start, whatever was switched before', () => {
    assert.equal(begin({ alternative: true }).rates.isAlternative, false);
    assert.equal(begin({ alternative: false, schedule: [times(-10, 20)] }).rates.isAlternative, true);
  });

  test('leaves what is switched by hand until its next time', async () => {
    const { told, engine, later, set } = begin();
    assert.equal(await set({ 'limits.alternative': true }), true);
    assert.equal(await later(5), true);
    assert.deepEqual(engine.limits.at(-1), { download: 10, upload: 256 * 1024 });
    assert.equal(await set({ 'limits.alternative': false }), false);
    assert.equal(await later(5), true);
    // The configuration has it so already.
    assert.equal(await set({ 'limits.alternative': false }), false);
    assert.deepEqual(engine.limits.at(-1), { download: 0, upload: 0 });
    assert.equal(await later(5), false);
    assert.equal(await set({ 'limits.alternative': true }), true);
    assert.equal(await later(5), false);
    assert.deepEqual(
      told.map(([, data]) => 'by' in data && data.by),
      ['user', 'user', 'schedule', 'user', 'user', 'schedule'],
    );
  });

  test('decides when it is switched on and when its times are changed', async () => {
    const { set } = begin({ followSchedule: false, alternative: true });
    assert.equal(await set({ 'limits.followSchedule': true, 'limits.alternative': true }), false);
    assert.equal(await set({ 'limits.schedule': [times(-5, 5)] }), true);
    assert.equal(await set({ 'limits.alternative': false }), false);
    assert.equal(await set({ 'limits.schedule': [times(-5, 6)] }), true);
  });

  test('leaves the limits as they are when it is switched off, and so they stay', async () => {
    const { settings, later, set } = begin();
    await later(10);
    assert.equal(await set({ 'limits.followSchedule': false }), true);
    assert.equal(settings.value.limits.alternative, true);
    assert.equal(await later(10), true);
    await set({ 'limits.followSchedule': true });
    assert.equal(await set({ 'limits.followSchedule': null, 'limits.alternative': true }), true);
  });
});
