import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { QueueMove } from '../torrents.ts';
import { moveInOrder, renumber } from './queue-order.ts';

const move = (queue: string, moved: string, to: QueueMove): string =>
  moveInOrder([...queue], new Set(moved), to).join('');

describe('moving in the queue', () => {
  test('keeps the order among those that move', () => {
    assert.equal(move('abcdef', 'eb', 'top'), 'beacdf');
    assert.equal(move('abcdef', 'eb', 'bottom'), 'acdfbe');
    assert.equal(move('abcdef', 'eb', { position: 1 }), 'abecdf');
    assert.equal(move('abcdef', 'a', { position: 99 }), 'bcdefa');
    assert.equal(move('abcdef', 'f', { position: -3 }), 'fabcde');
  });

  test('by one step passes the neighbour, and those at the edge stay', () => {
    assert.equal(move('abcdef', 'c', 'up'), 'acbdef');
    assert.equal(move('abcdef', 'cd', 'up'), 'acdbef');
    assert.equal(move('abcdef', 'ab', 'up'), 'abcdef');
    assert.equal(move('abcdef', 'ac', 'up'), 'acbdef');
    assert.equal(move('abcdef', 'cd', 'down'), 'abecdf');
    assert.equal(move('abcdef', 'ef', 'down'), 'abcdef');
  });
});

describe('numbers for a new order', () => {
  const positions = (order: readonly { position: number }[]): number[] => {
    const numbers = renumber(order);
    return order.map((item) => numbers.get(item) ?? item.position);
  };
  const queue = (...numbers: number[]): { position: number }[] => numbers.map((position) => ({ position }));

  test('are few for a block at the head or the end', () => {
    assert.equal(renumber(queue(9, 1, 2, 3, 4)).size, 1);
    assert.equal(renumber(queue(2, 3, 4, 5, 1)).size, 1);
    assert.equal(renumber(queue(1, 2, 3)).size, 0);
    assert.equal(renumber(queue()).size, 0);
  });

  test('are dealt out between two places', () => {
    assert.deepEqual(positions(queue(1, 2, 3, 40, 20, 30, 50, 60, 70)), [1, 2, 3, 20, 30, 40, 50, 60, 70]);
  });

  test('grow along the queue, whatever the order, also where two were alike', () => {
    const order = fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 12 });
    fc.assert(
      fc.property(order, (numbers) => {
        const found = positions(queue(...numbers));
        assert.deepEqual(
          found,
          found.toSorted((a, b) => a - b),
        );
        assert.equal(new Set(found).size, found.length);
      }),
    );
  });
});
