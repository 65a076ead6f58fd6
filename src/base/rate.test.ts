import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { RateMeter, TokenBucket } from './rate.ts';

const KIB = 1024;

/** Feeds `bytes` a second for `seconds` and ticks once a second; returns the time reached, ms. */
function feed(meter: RateMeter, bytes: number, seconds: number, start: number): number {
  for (let i = 1; i <= seconds; i++) {
    meter.add(bytes);
    meter.tick(start + i * 1000);
  }
  return start + seconds * 1000;
}

test('a constant stream is measured exactly from the first tick', () => {
  const meter = new RateMeter(500);
  feed(meter, 1000, 1, 500);
  assert.equal(meter.rate, 1000);
  feed(meter, 1000, 9, 1500);
  assert.equal(meter.rate, 1000);
  assert.equal(meter.total, 10_000);
});

test('after a change the rate comes within a tenth of the new one in ten seconds', () => {
  const meter = new RateMeter(0);
  const then = feed(meter, 1000, 20, 0);
  feed(meter, 5000, 10, then);
  assert.ok(meter.rate > 4500 && meter.rate < 5000, String(meter.rate));
});

test('the rate of a stream that ended sinks to zero within ten seconds', () => {
  const meter = new RateMeter(0);
  const then = feed(meter, 0, 9, feed(meter, 1000, 20, 0));
  assert.ok(meter.rate > 0 && meter.rate < 50, String(meter.rate));
  feed(meter, 0, 1, then);
  assert.equal(meter.rate, 0);
});

test('a rate is whole bytes, and not zero while there is one', () => {
  const meter = new RateMeter(0);
  feed(meter, 1, 1, 0);
  assert.equal(meter.rate, 1);
  meter.add(1000);
  meter.tick(1900);
  assert.ok(Number.isInteger(meter.rate), String(meter.rate));
});

test('what has ended has no rate, and begins anew at once', () => {
  const meter = new RateMeter(0);
  const then = feed(meter, 1000, 20, 0);
  meter.add(500);
  meter.rest(then + 500);
  assert.deepEqual([meter.rate, meter.total], [0, 20_500]);
  feed(meter, 2000, 1, then + 500);
  assert.equal(meter.rate, 2000);
});

test('the rate does not depend on how often it is ticked', () => {
  const often = new RateMeter(0);
  const seldom = new RateMeter(0);
  feed(often, 1000, 10, 0);
  feed(seldom, 1000, 10, 0);
  for (let i = 1; i <= 20; i++) {
    often.add(1500);
    often.tick(10_000 + i * 500);
    seldom.add(1500);
    if (i % 4 === 0) seldom.tick(10_000 + i * 500);
  }
  assert.ok(Math.abs(often.rate - seldom.rate) <= 1, `${often.rate} ${seldom.rate}`);
});

test('two ticks at one moment count the bytes once and divide by nothing', () => {
  const meter = new RateMeter(0);
  meter.add(1000);
  meter.tick(1000);
  meter.add(1000);
  meter.tick(1000);
  assert.equal(meter.rate, 1000);
});

test('a limit of 0 grants everything', () => {
  const bucket = new TokenBucket(0, 0);
  assert.equal(bucket.take(2 ** 40, 0), 2 ** 40);
  assert.equal(bucket.available(0), Number.POSITIVE_INFINITY);
  bucket.charge(2 ** 40, 0);
  assert.equal(bucket.take(1, 0), 1);
});

test('over any series of takes no more passes than the limit and one burst', () => {
  const step = fc.record({ wait: fc.integer({ min: 0, max: 3000 }), want: fc.integer({ min: 0, max: 500_000 }) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), fc.array(step), (limit, steps) => {
      const bucket = new TokenBucket(limit, 0);
      const burst = Math.max(limit / 4, 32 * KIB);
      let now = 0;
      let passed = 0;
      for (const { wait, want } of steps) {
        now += wait;
        const granted = bucket.take(want, now);
        assert.ok(granted >= 0 && granted <= want && Number.isInteger(granted));
        passed += granted;
        assert.ok(passed <= burst + (limit * now) / 1000 + 1e-3, `${passed} after ${now} ms`);
      }
    }),
  );
});

test('a greedy taker gets the limit', () => {
  const bucket = new TokenBucket(100 * KIB, 0);
  bucket.take(Number.MAX_SAFE_INTEGER, 0);
  let passed = 0;
  for (let now = 10; now <= 10_000; now += 10) passed += bucket.take(Number.MAX_SAFE_INTEGER, now);
  assert.ok(Math.abs(passed - 1000 * KIB) <= KIB, String(passed));
});

test('a slow limit still has room for a whole block', () => {
  const bucket = new TokenBucket(100, 0);
  assert.equal(bucket.take(16 * KIB + 13, 0), 16 * KIB + 13);
});

test('charged bytes put the bucket into debt, which must be paid before it grants again', () => {
  const bucket = new TokenBucket(100 * KIB, 0);
  bucket.charge(132 * KIB, 0);
  assert.equal(bucket.take(1, 500), 0);
  assert.equal(bucket.available(1000), 0);
  assert.equal(bucket.take(KIB, 1010), KIB);
});

test('a lowered limit takes the larger burst away', () => {
  const bucket = new TokenBucket(1024 * KIB, 0);
  bucket.setLimit(128 * KIB, 0);
  assert.equal(bucket.limit, 128 * KIB);
  assert.equal(bucket.available(0), 32 * KIB);
});

test('a limit set after none begins at that moment', () => {
  const bucket = new TokenBucket(0, 0);
  bucket.setLimit(1024 * KIB, 3_600_000);
  assert.equal(bucket.available(3_600_000), 32 * KIB);
  assert.equal(bucket.available(3_600_125), (32 + 128) * KIB);
});
