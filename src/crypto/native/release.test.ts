import assert from 'node:assert/strict';
import { test } from 'node:test';
import { release } from './release.ts';

test('memory of its own is given back, memory that others share stays as it is', () => {
  const own = Buffer.alloc(40_000, 1);
  release(own);
  assert.equal(own.length, 0);
  const shared = new Uint8Array(100).fill(2);
  const part = shared.subarray(10, 20);
  release(part);
  assert.deepEqual([part.length, shared[0]], [10, 2]);
  const pooled = Buffer.from('pooled');
  release(pooled);
  assert.equal(pooled.toString(), 'pooled');
});
