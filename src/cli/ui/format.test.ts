import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCount, formatDate, formatDuration, formatPercent, plural } from './format.ts';

test('a percentage is rounded down, so 100 % means complete', () => {
  assert.equal(formatPercent(0, 10), '0.0 %');
  assert.equal(formatPercent(99_999, 100_000), '99.9 %');
  assert.equal(formatPercent(10, 10), '100 %');
  assert.equal(formatPercent(0, 0), '100 %');
});

test('durations go from minutes to days', () => {
  assert.deepEqual([0, 42, 187, 7387, 360_000, 1e12].map(formatDuration), [
    '0:00',
    '0:42',
    '3:07',
    '2:03:07',
    '4 d 4 h',
    '> 999 d',
  ]);
});

test('counts have thousands separators and nouns a plural', () => {
  assert.equal(formatCount(1_234_567), '1,234,567');
  assert.equal(plural(1, 'file'), '1 file');
  assert.equal(plural(2151, 'piece'), '2,151 pieces');
});

test('dates are UTC, and an absurd date does not throw', () => {
  assert.equal(formatDate(0), '1970-01-01 00:00:00 UTC');
  assert.equal(formatDate(1e18), '1000000000000000000 seconds after 1970');
});
