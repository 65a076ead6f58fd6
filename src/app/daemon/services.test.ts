import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { SimClock } from '../../../test/sim/sim-clock.ts';
import { Services } from './services.ts';

const service = (stop: () => void | Promise<void>): AsyncDisposable => ({
  [Symbol.asyncDispose]: async () => await stop(),
});

test('services stop in the reverse of the order in which they started', async () => {
  const services = new Services(new SimClock(), silentLogger);
  const stopped: string[] = [];
  for (const name of ['a', 'b', 'c']) await services.start(name, 1000, () => service(() => void stopped.push(name)));
  await services.start('d', 1000, () => ({ [Symbol.dispose]: () => void stopped.push('d') }));
  await services[Symbol.asyncDispose]();
  assert.deepEqual(stopped, ['d', 'c', 'b', 'a']);
});

test('who fails or never ends holds up nobody', async () => {
  const clock = new SimClock();
  const errors: string[] = [];
  const services = new Services(clock, { ...silentLogger, error: (text: string) => void errors.push(text) });
  const stopped: string[] = [];
  await services.start('first', 1000, () => service(() => void stopped.push('first')));
  await services.start('fails', 1000, () => service(() => Promise.reject(new Error('no'))));
  await services.start('hangs', 1000, () => service(() => new Promise(() => {})));
  const ended = services[Symbol.asyncDispose]();
  await clock.run(999);
  assert.deepEqual(stopped, []);
  await clock.run(2);
  await ended;
  assert.deepEqual(stopped, ['first']);
  assert.deepEqual(errors, ['a service did not stop in time', 'a service failed while stopping']);
});

test('a service that does not start is not stopped', async () => {
  const services = new Services(new SimClock(), silentLogger);
  const stopped: string[] = [];
  await services.start('a', 1000, () => service(() => void stopped.push('a')));
  await assert.rejects(
    services.start('b', 1000, () => Promise.reject(new Error('no'))),
    /no/,
  );
  await services[Symbol.asyncDispose]();
  assert.deepEqual(stopped, ['a']);
});
