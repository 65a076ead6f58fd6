import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LoadGovernor } from './load-governor.ts';

const intervals = { interval: 1800, longestInterval: 7200 };

function observe(governor: LoadGovernor, busy: number, seconds: number): void {
  for (let i = 0; i < seconds; i++) governor.observe(busy);
}

describe('the interval that clients are told', () => {
  test('is that of the operator while there is time', () => {
    const governor = new LoadGovernor(intervals);
    observe(governor, 0.5, 3600);
    assert.equal(governor.interval, 1800);
  });

  test('is stretched up to the longest while a thread is busy, and comes back after', () => {
    const governor = new LoadGovernor(intervals);
    observe(governor, 1, 60);
    assert.ok(governor.interval > 1800 && governor.interval < 7200, String(governor.interval));
    observe(governor, 1, 600);
    assert.equal(governor.interval, 7200);
    observe(governor, 0.7, 600);
    assert.equal(governor.interval, 7200, 'stays where the load is right');
    observe(governor, 0.1, 600);
    assert.equal(governor.interval, 1800);
  });

  test('follows the operator at once', () => {
    const governor = new LoadGovernor(intervals);
    observe(governor, 1, 600);
    governor.intervals = { interval: 600, longestInterval: 900 };
    assert.equal(governor.interval, 900);
    governor.intervals = { interval: 600, longestInterval: 600 };
    assert.equal(governor.interval, 600);
  });

  test('is remembered for as long as a client may go by it', () => {
    const governor = new LoadGovernor(intervals);
    assert.equal(governor.longestTold(1000), 1800);
    observe(governor, 1, 600);
    assert.equal(governor.longestTold(1600), 7200);
    observe(governor, 0, 600);
    assert.equal(governor.interval, 1800);
    assert.equal(governor.longestTold(2200), 7200);
    assert.equal(governor.longestTold(1600 + 14_400), 7200);
    assert.equal(governor.longestTold(1600 + 14_401), 1800);
  });
});
