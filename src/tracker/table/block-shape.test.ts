import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BlockShape, blockShapes, INLINE_SHAPE } from './block-shape.ts';
import { INLINE_AT, RECORD_ORDER } from './swarm-record.ts';
import { ORDERS, UNIT } from './table-memory.ts';

const ID = 20;

/** That addresses, stamps, ids and index of a block follow each other within `length` bytes. */
function checkLayout(shape: BlockShape, width: number, length: number): void {
  const stampsAt = 2 * shape.stampsAt;
  assert.ok(stampsAt >= 2 * width * shape.capacity, 'stamps lie behind the addresses');
  assert.ok(shape.idsAt >= stampsAt + 2 * shape.capacity, 'ids lie behind the stamps');
  assert.equal(shape.idsAt % 4, 0, 'ids are words');
  const slotSize = shape.isWide ? 4 : 2;
  const indexAt = slotSize * shape.indexAt;
  const idsEnd = shape.idsAt + ID * shape.capacity;
  assert.ok(idsEnd <= (shape.slots > 0 ? indexAt : length), 'ids end before the index');
  if (shape.slots === 0) return;
  assert.ok(indexAt + slotSize * shape.slots <= length, 'the index ends with the block');
  assert.equal(Math.log2(shape.slots) % 1, 0, 'slots are a power of two');
  assert.ok(shape.capacity <= 0.6 * shape.slots, 'the index is little more than half full');
  if (!shape.isWide) assert.ok(shape.capacity <= 0xffff, 'a short tells all positions apart');
}

describe('the shape of a block', () => {
  for (const family of [4, 6] as const) {
    it(`has a place for everything about its IPv${family} peers, in blocks of each order`, () => {
      for (let order = family === 4 ? 1 : 0; order < ORDERS; order++) {
        checkLayout(blockShapes[family][order] as BlockShape, family === 4 ? 3 : 9, UNIT * 2 ** order);
      }
    });

    it(`wastes little: a larger block has room for nearly twice as many IPv${family} peers`, () => {
      for (let order = 6; order < ORDERS; order++) {
        const [smaller, larger] = [blockShapes[family][order - 1], blockShapes[family][order]] as [
          BlockShape,
          BlockShape,
        ];
        assert.ok(larger.capacity > 1.7 * smaller.capacity, `order ${order}`);
      }
    });
  }

  it('of the peers within a record fits what is left of the record', () => {
    checkLayout(INLINE_SHAPE, 3, UNIT * 2 ** RECORD_ORDER - INLINE_AT);
    assert.equal(INLINE_SHAPE.capacity, 2);
  });
});
