import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { LoginDelays } from './login-delays.ts';

/** Delays of tries at a name that come from these addresses, one after the other. */
const tryAll = (delays: LoginDelays, hosts: readonly string[], name = 'ada'): number[] =>
  hosts.map((host) => delays.begin(host, name));
const times = (count: number, host = '192.0.2.1'): string[] => Array.from({ length: count }, () => host);
const addresses = (count: number): string[] => Array.from({ length: count }, (_, i) => `10.${i >> 8}.${i & 255}.1`);

test('of more than ten thousand addresses the one that was quiet the longest is forgotten', () => {
  const delays = new LoginDelays(new ManualClock());
  for (const host of ['192.0.2.1', '192.0.2.2']) tryAll(delays, times(5, host));
  addresses(9999).forEach((host, i) => delays.begin(host, `name ${i}`));
  assert.equal(delays.begin('192.0.2.2', 'x'), 1000);
  assert.equal(delays.begin('192.0.2.1', 'x'), 0);
});

test('who knows a password guesses that of another name no more often', () => {
  const delays = new LoginDelays(new ManualClock());
  tryAll(delays, times(4));
  delays.begin('192.0.2.1', 'vera');
  delays.succeeded('192.0.2.1', 'vera');
  assert.deepEqual(tryAll(delays, times(2)), [0, 1000]);
});

test('all addresses of this machine are one', () => {
  const delays = new LoginDelays(new ManualClock());
  const local = ['127.0.0.1', '127.7.0.1', '127.0.0.2', '::1', '::ffff:127.9.9.9'];
  tryAll(delays, local);
  assert.deepEqual(tryAll(delays, [...local, '192.0.2.1']), [1000, 1000, 1000, 1000, 1000, 0]);
});

test('an IPv4 address is itself also when a proxy writes it as one of IPv6', () => {
  const delays = new LoginDelays(new ManualClock());
  tryAll(delays, times(5, '::ffff:192.0.2.1'));
  assert.deepEqual(tryAll(delays, ['192.0.2.1', '::ffff:192.0.2.1', '::ffff:192.0.2.2']), [1000, 1000, 0]);
});

test('a name that is guessed from everywhere is slowed down, by half a minute at most', () => {
  const clock = new ManualClock();
  const delays = new LoginDelays(clock);
  const waits: number[] = [];
  for (const host of addresses(40)) {
    const wait = delays.begin(host, 'ada');
    waits.push(wait);
    clock.advance(wait);
    if (wait > 0) assert.equal(delays.begin(host, 'ada'), 0);
  }
  assert.deepEqual(waits.slice(18, 27), [0, 0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  assert.equal(delays.begin('192.0.2.9', 'vera'), 0);
});

test('a name that is guessed from everywhere is not slowed down where it has logged in before', () => {
  const delays = new LoginDelays(new ManualClock());
  delays.begin('192.0.2.1', 'ada');
  delays.succeeded('192.0.2.1', 'ada');
  tryAll(delays, addresses(30));
  assert.deepEqual(tryAll(delays, ['192.0.2.2', '192.0.2.1']), [1000, 0]);
});
