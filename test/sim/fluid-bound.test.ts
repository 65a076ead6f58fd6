import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fluidBound } from './fluid-bound.ts';

const peers = (count: number, up: number, down: number): Array<{ up: number; down: number }> =>
  Array.from({ length: count }, () => ({ up, down }));

test('a slow seed decides', () => {
  assert.equal(fluidBound({ size: 1000, seedUp: 10, peers: peers(10, 100, 1000) }), 100_000);
});

test('the slowest download decides', () => {
  assert.equal(
    fluidBound({ size: 1000, seedUp: 1000, peers: [...peers(3, 1000, 1000), { up: 1000, down: 4 }] }),
    250_000,
  );
});

test('all uploads together decide', () => {
  assert.equal(fluidBound({ size: 1000, seedUp: 100, peers: peers(9, 0, 1000) }), 90_000);
});
