import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RarityOrder } from './rarity-order.ts';

const BUCKETS = 6;

function contents(order: RarityOrder): number[][] {
  return Array.from({ length: BUCKETS }, (_, bucket) => {
    const pieces: number[] = [];
    for (let slot = order.start(bucket); slot < order.end(bucket); slot++) pieces.push(order.at(slot));
    return pieces.sort((a, b) => a - b);
  });
}

test('keeps every piece in its bucket through any moves', () => {
  const bucket = fc.nat(BUCKETS - 1);
  const moves = fc.array(fc.record({ piece: fc.nat(29), to: bucket }), { maxLength: 100 });
  fc.assert(
    fc.property(fc.array(bucket, { minLength: 30, maxLength: 30 }), moves, (buckets, changes) => {
      const order = new RarityOrder(buckets.length, BUCKETS, (piece) => buckets[piece] as number);
      const expected = (): number[][] => {
        const lists: number[][] = Array.from({ length: BUCKETS }, () => []);
        for (const [piece, where] of buckets.entries()) lists[where]?.push(piece);
        return lists;
      };
      assert.deepEqual(contents(order), expected());
      for (const { piece, to } of changes) {
        order.move(piece, buckets[piece] as number, to);
        buckets[piece] = to;
        assert.deepEqual(contents(order), expected());
      }
    }),
  );
});

test('sorts anew after changes it was not told of', () => {
  const order = new RarityOrder(5, BUCKETS, () => 0);
  order.sort((piece) => piece % 2);
  assert.deepEqual(contents(order).slice(0, 3), [[0, 2, 4], [1, 3], []]);
});
