import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConcurrencyLimit } from './concurrency-limit.ts';

const never = new AbortController().signal;

test('no more tasks than the limit run at the same time, and all of them run', async () => {
  const limit = new ConcurrencyLimit(3);
  let running = 0;
  let most = 0;
  const task = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
  };
  await Promise.all(Array.from({ length: 20 }, () => limit.run(task, never)));
  assert.equal(most, 3);
});

test('an urgent task goes before those that wait', async () => {
  const limit = new ConcurrencyLimit(1);
  const order: string[] = [];
  const task = (name: string) => async (): Promise<void> => void order.push(name);
  await Promise.all([
    limit.run(task('first'), never),
    limit.run(task('second'), never),
    limit.run(task('urgent'), never, true),
  ]);
  assert.deepEqual(order, ['first', 'urgent', 'second']);
});

test('a task that is given up while it waits never runs, and the next one does', async () => {
  const limit = new ConcurrencyLimit(1);
  const abort = new AbortController();
  const order: string[] = [];
  const first = limit.run(async () => void order.push('first'), never);
  const second = limit.run(async () => void order.push('second'), abort.signal);
  const third = limit.run(async () => void order.push('third'), never);
  abort.abort(new Error('given up'));
  await assert.rejects(second, /given up/);
  await Promise.all([first, third]);
  assert.deepEqual(order, ['first', 'third']);
});
