import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeSurplus, type Dispensable } from './close-surplus.ts';

/** Ids of the peers that are closed. `rates`: what each receives and sends. */
function closed(rates: readonly (readonly [down: number, up: number])[], most: number): number[] {
  const ids: number[] = [];
  const peers = rates.map(([down, up], id): Dispensable => {
    const close = (): void => void ids.push(id);
    return { id, downloads: { meter: { rate: down } }, uploads: { meter: { rate: up } }, close };
  });
  closeSurplus(peers, most);
  return ids.toSorted((a, b) => a - b);
}

test('those with which least moves go first, of equals the newest', () => {
  const rates = [
    [0, 0],
    [5, 0],
    [0, 9],
    [1, 1],
    [0, 0],
  ] as const;
  assert.deepEqual(closed(rates, 4), [4]);
  assert.deepEqual(closed(rates, 3), [0, 4]);
  assert.deepEqual(closed(rates, 1), [0, 1, 3, 4]);
});

test('nobody goes while there is room, all go when there is none', () => {
  assert.deepEqual(closed([[0, 0]], 1), []);
  assert.deepEqual(closed([[0, 0]], 0), [0]);
  assert.deepEqual(closed([[0, 0]], -3), [0]);
});
