import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setHost } from './client-address.ts';
import { RateLimits } from './rate-limits.ts';
import { HostAddress } from './swarm-store.ts';

function addressOf(host: string): HostAddress {
  const address = new HostAddress();
  assert.ok(setHost(address, host), host);
  return address;
}

const limitsOf = (perSecond: number, burst: number): RateLimits =>
  new RateLimits({ perSecond, burst }, RateLimits.memory(), 7);

/** How many of `count` requests at once pass. */
function passing(limits: RateLimits, host: string, count: number, now = 0): number {
  const address = addressOf(host);
  let admitted = 0;
  for (let i = 0; i < count; i++) if (limits.admits(address, now)) admitted++;
  return admitted;
}

describe('rate limits', () => {
  test('admit a burst, and after it just as many as the rate allows', () => {
    const limits = limitsOf(10, 50);
    assert.equal(passing(limits, '192.0.2.1', 200), 50);
    assert.equal(passing(limits, '192.0.2.1', 200, 1000), 10);
    assert.equal(passing(limits, '192.0.2.1', 200, 1099), 0);
    assert.equal(passing(limits, '192.0.2.1', 200, 1100), 1);
    assert.equal(passing(limits, '192.0.2.1', 200, 60_000), 50);
  });

  test('count each address for itself', () => {
    const limits = limitsOf(1, 5);
    for (const host of ['192.0.2.1', '192.0.3.1', '2001:db8::1', '2001:db8:0:1::1']) {
      assert.equal(passing(limits, host, 9), 5, host);
    }
  });

  test('take an IPv6 network of 64 bits for one address', () => {
    const limits = limitsOf(1, 5);
    assert.equal(passing(limits, '2001:db8::1', 3), 3);
    assert.equal(passing(limits, '2001:db8::ffff:2', 9), 2);
  });

  for (const [family, hostOf] of [
    ['IPv4', (i: number) => `192.0.2.${i}`],
    ['IPv6', (i: number) => `2001:db8:1:${i.toString(16)}::1`],
  ] as const) {
    test(`admit sixteen times as many from all addresses of an ${family} network together`, () => {
      const limits = limitsOf(1, 10);
      let admitted = 0;
      for (let i = 0; i < 100; i++) admitted += passing(limits, hostOf(i), 10);
      assert.equal(admitted, 160);
    });
  }

  test('of 0 are none', () => {
    assert.equal(passing(limitsOf(0, 1), '192.0.2.1', 1000), 1000);
  });

  test('never refuse who was silent, however long ago', () => {
    const limits = limitsOf(10, 50);
    for (let hour = 0; hour < 48; hour += 0.25) {
      assert.equal(passing(limits, '192.0.2.1', 60, hour * 3_600_000), 50, `hour ${hour}`);
    }
  });

  test('forget what was counted by another limit', () => {
    const limits = limitsOf(0.001, 5000);
    passing(limits, '192.0.2.1', 5000);
    limits.limit = { perSecond: 100, burst: 5000 };
    assert.equal(passing(limits, '192.0.2.1', 10), 10);
    limits.limit = { perSecond: 100, burst: 5000 };
    assert.equal(passing(limits, '192.0.2.1', 5000), 4990, 'the same limit forgets nothing');
  });

  test('are the same for all threads', () => {
    const memory = RateLimits.memory();
    const [one, other] = [1, 2].map(() => new RateLimits({ perSecond: 1, burst: 10 }, memory, 7)) as [
      RateLimits,
      RateLimits,
    ];
    assert.equal(passing(one, '192.0.2.1', 6), 6);
    assert.equal(passing(other, '192.0.2.1', 9), 4);
  });

  test('hold nobody up for a million others', () => {
    const limits = limitsOf(20, 50);
    for (let i = 0; i < 1_000_000; i++) passing(limits, `${i >>> 16}.${(i >>> 8) & 255}.${i & 255}.9`, 1, i / 100);
    let refused = 0;
    for (let i = 0; i < 1000; i++) if (passing(limits, `203.0.${i >>> 8}.${i & 255}`, 1, 10_000) === 0) refused++;
    assert.equal(refused, 0);
  });
});
