import assert from 'node:assert/strict';
import test from 'node:test';
import { seededRandom } from './random.ts';
import { backoffDelay } from './retry.ts';

const options = { first: 1000, longest: 60_000 };

test('each failure doubles the delay, of which the upper half is random', () => {
  const random = seededRandom(1);
  for (const [failures, whole] of [
    [1, 1000],
    [2, 2000],
    [5, 16_000],
  ] as const) {
    const delays = Array.from({ length: 200 }, () => backoffDelay(failures, options, random));
    assert.ok(Math.min(...delays) >= whole / 2 && Math.max(...delays) <= whole);
    assert.ok(Math.max(...delays) - Math.min(...delays) > whole / 3, 'the delays are spread');
  }
});

test('the delay stops growing at the longest, even after very many failures', () => {
  const random = seededRandom(1);
  for (const failures of [7, 100, 1_000_000]) {
    const delay = backoffDelay(failures, options, random);
    assert.ok(delay >= 30_000 && delay <= 60_000, String(delay));
  }
});
