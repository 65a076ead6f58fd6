import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { SimClock } from './sim-clock.ts';

test('timers fire at their time, and those of one instant in the order of their creation', async () => {
  const clock = new SimClock();
  const seen: string[] = [];
  for (const [name, delay] of Object.entries({ c: 30, a: 10, b1: 20, b2: 20, zero: 0, negative: -5 })) {
    clock.after(delay, () => seen.push(`${name}@${clock.now()}`));
  }
  await clock.run(25);
  assert.deepEqual(seen, ['zero@0', 'negative@0', 'a@10', 'b1@20', 'b2@20']);
  assert.equal(clock.now(), 25);
  await clock.run(5);
  assert.equal(seen.at(-1), 'c@30');
});

test('hours pass without waiting, and calendar time passes with them', async () => {
  const clock = new SimClock();
  const before = clock.wall();
  await clock.run(3_600_000);
  assert.equal(clock.wall() - before, 3600);
});

test('a disposed timer does not fire, also when thousands are disposed', async () => {
  const clock = new SimClock();
  const random = seededRandom(1);
  let fired = 0;
  const timers = Array.from({ length: 5000 }, () => clock.after(random.below(1000), () => fired++));
  for (const [i, timer] of timers.entries()) if (i % 10 !== 0) timer[Symbol.dispose]();
  await clock.run(1000);
  assert.equal(fired, 500);
  timers[0]?.[Symbol.dispose]();
});

test('timers fire in order when many are created and disposed at random', async () => {
  const clock = new SimClock();
  const random = seededRandom(2);
  const times: number[] = [];
  const spawn = (): void => {
    const timers = Array.from({ length: 3 }, () =>
      clock.after(random.below(50), () => {
        times.push(clock.now());
        if (times.length < 5000) spawn();
      }),
    );
    timers[random.below(3)]?.[Symbol.dispose]();
  };
  spawn();
  await clock.run(10_000);
  assert.ok(times.length >= 5000);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test('every promise reaction to a timer runs before the next timer', async () => {
  const clock = new SimClock();
  const seen: string[] = [];
  const react = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
    seen.push('reactions');
  };
  clock.after(5, () => void react());
  clock.after(5, () => seen.push('next timer'));
  await clock.run(5);
  assert.deepEqual(seen, ['reactions', 'next timer']);
});

test('promise reactions that were under way run before the first timer', async () => {
  const clock = new SimClock();
  const seen: string[] = [];
  clock.after(0, () => seen.push('timer'));
  void Promise.resolve()
    .then(() => Promise.resolve())
    .then(() => seen.push('reaction'));
  await clock.run(0);
  assert.deepEqual(seen, ['reaction', 'timer']);
});

test('until stops at the step after which the condition holds', async () => {
  const clock = new SimClock();
  let count = 0;
  const tick = (): void => {
    count++;
    clock.after(10, tick);
  };
  clock.after(10, tick);
  await clock.until(() => count === 7);
  assert.equal(clock.now(), 70);
});

test('until rejects when the time is over or nothing is scheduled', async () => {
  const clock = new SimClock();
  clock.after(2000, () => {});
  await assert.rejects(
    clock.until(() => false, 1000),
    /1000 ms have passed/,
  );
  await assert.rejects(
    clock.until(() => false),
    /nothing is scheduled/,
  );
});

test('finish gives the value of a promise, or its error', async () => {
  const clock = new SimClock();
  const sleeper = async (): Promise<number> => {
    for (let i = 0; i < 10; i++) await clock.sleep(100);
    return clock.now();
  };
  assert.equal(await clock.finish(sleeper()), 1000);
  await assert.rejects(clock.finish(clock.sleep(10).then(() => Promise.reject(new Error('no')))), /no/);
  await assert.rejects(clock.finish(new Promise(() => {})), /nothing is scheduled/);
});

test('sleep rejects with the reason of its signal', async () => {
  const clock = new SimClock();
  const abort = new AbortController();
  clock.after(5, () => abort.abort(new Error('woken')));
  await assert.rejects(clock.finish(clock.sleep(1000, abort.signal)), /woken/);
  assert.equal(clock.now(), 5);
});

test('an error in a timer ends the run', async () => {
  const clock = new SimClock();
  clock.after(1, () => {
    throw new Error('defect');
  });
  await assert.rejects(clock.run(10), /defect/);
  await clock.run(1);
});

test('an endless loop at one instant is found out', async () => {
  const clock = new SimClock();
  const again = (): void => void clock.after(0, again);
  again();
  await assert.rejects(clock.run(1), /time stands still/);
});

test('two runs at the same time are refused', async () => {
  const clock = new SimClock();
  const first = clock.run(1);
  await assert.rejects(clock.run(1), /already running/);
  await first;
});
