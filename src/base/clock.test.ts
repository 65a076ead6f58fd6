import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type Clock, sleepOn, systemClock } from './clock.ts';

/** A clock whose only timer fires by hand. */
function handClock(): { clock: Pick<Clock, 'after'>; fire: () => void; isArmed: () => boolean } {
  let pending: (() => void) | null = null;
  return {
    clock: {
      after(_delay, fn) {
        pending = fn;
        return { [Symbol.dispose]: () => void (pending = null) };
      },
    },
    fire: () => pending?.(),
    isArmed: () => pending !== null,
  };
}

/** Replaces the timers of the process, so that time passes only by `tick`. */
const mockTimers = (t: TestContext): void => t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 5_000_999 });

test('a sleep ends when its timer fires', async () => {
  const { clock, fire } = handClock();
  const sleeping = sleepOn(clock, 10);
  fire();
  await sleeping;
});

test('an aborted sleep rejects with the reason and takes its timer back', async () => {
  const { clock, isArmed } = handClock();
  const abort = new AbortController();
  const sleeping = sleepOn(clock, 10, abort.signal);
  assert.equal(isArmed(), true);
  abort.abort(new Error('stopped'));
  await assert.rejects(sleeping, /stopped/);
  assert.equal(isArmed(), false);
});

test('a sleep under an aborted signal rejects without a timer', async () => {
  const { clock, isArmed } = handClock();
  await assert.rejects(sleepOn(clock, 10, AbortSignal.abort(new Error('stopped'))), /stopped/);
  assert.equal(isArmed(), false);
});

test('aborting after the sleep has ended changes nothing', async () => {
  const { clock, fire } = handClock();
  const abort = new AbortController();
  const sleeping = sleepOn(clock, 10, abort.signal);
  fire();
  abort.abort();
  await sleeping;
});

test('the system clock reads whole seconds of calendar time', (t) => {
  mockTimers(t);
  assert.equal(systemClock.wall(), 5000);
});

test('the system clock never runs backwards', () => {
  const earlier = systemClock.now();
  assert.ok(systemClock.now() >= earlier);
});

test('a system timer fires once, after its delay', (t) => {
  mockTimers(t);
  let fired = 0;
  systemClock.after(100, () => fired++);
  t.mock.timers.tick(99);
  assert.equal(fired, 0);
  t.mock.timers.tick(1000);
  assert.equal(fired, 1);
});

test('a disposed system timer does not fire', (t) => {
  mockTimers(t);
  const timer = systemClock.after(100, () => assert.fail('fired'));
  timer[Symbol.dispose]();
  t.mock.timers.tick(1000);
});

test('a delay longer than the system’s timers can hold is kept all the same', (t) => {
  mockTimers(t);
  const longest = 2 ** 31 - 1;
  let fired = 0;
  systemClock.after(2 * longest + 10, () => fired++);
  const cancelled = systemClock.after(2 * longest + 10, () => assert.fail('fired'));
  t.mock.timers.tick(longest);
  cancelled[Symbol.dispose]();
  t.mock.timers.tick(longest);
  t.mock.timers.tick(9);
  assert.equal(fired, 0);
  t.mock.timers.tick(1);
  assert.equal(fired, 1);
});

test('the system clock sleeps and can be woken by a signal', async () => {
  await systemClock.sleep(0);
  await assert.rejects(systemClock.sleep(60_000, AbortSignal.abort(new Error('woken'))), /woken/);
});
