import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeDigests } from '../../crypto/digests.ts';
import { Blame } from './blame.ts';
import type { AssembledPiece } from './piece-assembler.ts';

const BLOCK = 16384;
/** A piece whose block i is filled with `fills[i]` and came from `sources[i]`. */
function piece(fills: readonly number[], sources: readonly number[]): AssembledPiece {
  const bytes = new Uint8Array(fills.length * BLOCK);
  for (const [i, fill] of fills.entries()) bytes.fill(fill, i * BLOCK, (i + 1) * BLOCK);
  return { piece: 0, buffer: { id: 0, bytes, release: () => {} }, sources: Int32Array.from(sources) };
}

test('a bad piece from a single peer convicts it at once', () => {
  assert.deepEqual(new Blame(nodeDigests).failed(piece([1, 2, 3], [7, 7, 7])), [7]);
});

test('of several peers the one whose block differs from the good piece is guilty', () => {
  const blame = new Blame(nodeDigests);
  assert.deepEqual(blame.failed(piece([1, 66, 3], [5, 6, 7])), []);
  assert.deepEqual(blame.passed(piece([1, 2, 3], [5, 5, 7])), [6]);
});

test('a block of pads, which nobody sent, is no second sender and no evidence', () => {
  const blame = new Blame(nodeDigests);
  assert.deepEqual(blame.failed(piece([1, 2, 0], [7, 7, 0])), [7]);
  assert.deepEqual(blame.failed(piece([1, 66, 0], [5, 6, 0])), []);
  const leaves = [1, 2, 3].map((fill) => nodeDigests.sha256(new Uint8Array(BLOCK).fill(fill)));
  assert.deepEqual(blame.judge(0, leaves), [6]);
});

test('a piece that was never bad convicts nobody', () => {
  assert.deepEqual(new Blame(nodeDigests).passed(piece([1, 2], [5, 6])), []);
});

test('verified leaf hashes tell the guilty without a good piece', () => {
  const blame = new Blame(nodeDigests);
  blame.failed(piece([1, 66], [5, 6]));
  const leaves = [1, 2].map((fill) => nodeDigests.sha256(new Uint8Array(BLOCK).fill(fill)));
  assert.deepEqual(blame.judge(0, leaves), [6]);
});
