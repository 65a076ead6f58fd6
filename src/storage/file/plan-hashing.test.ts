import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shrinkingBatches } from './plan-hashing.ts';

const MIB = 1024 * 1024;

test('batches are large first and single pieces at the end, and hold each piece once', () => {
  const batches = [...shrinkingBatches({ pieceCount: 1000, pieceLength: MIB }, 2)];
  assert.deepEqual(
    batches.flat(),
    Array.from({ length: 1000 }, (_, piece) => piece),
  );
  const sizes = batches.map((batch) => batch.length);
  assert.equal(sizes[0], 16);
  assert.equal(sizes.at(-1), 1);
  assert.deepEqual(
    sizes,
    sizes.toSorted((a, b) => b - a),
  );
});

test('a piece larger than a batch is a batch of its own', () => {
  assert.deepEqual([...shrinkingBatches({ pieceCount: 3, pieceLength: 64 * MIB }, 1)], [[0], [1], [2]]);
});
