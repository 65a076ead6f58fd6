import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferPool } from '../../storage/index.ts';
import { geometryOf } from '../geometries.test.ts';
import { type AssembledPiece, PieceAssembler } from './piece-assembler.ts';
import { PieceMemory } from './piece-memory.ts';

const PIECE = 32_768;
const geometry = geometryOf(PIECE, [10 * PIECE]);

function setUp(options: { budget?: number; pool?: number } = {}) {
  const pool = new BufferPool({ budget: options.pool ?? 100 * PIECE });
  const memory = new PieceMemory(pool, options.budget ?? 100 * PIECE);
  return { pool, memory, assembler: new PieceAssembler(geometry, memory) };
}

test('pieces are begun while the budget lasts, two in any case', () => {
  const { assembler, memory } = setUp({ budget: PIECE });
  assert.deepEqual(
    [0, 1, 2].map((piece) => assembler.open(piece)),
    [true, true, false],
  );
  assert.equal(assembler.open(1), true, 'it is begun already');
  const other = new PieceAssembler(geometry, memory);
  assert.deepEqual([other.open(0), other.open(1), other.open(2)], [true, true, false]);
});

test('two pieces that are needed at once are begun beyond the budget', () => {
  const { assembler } = setUp({ budget: 2 * PIECE });
  for (const piece of [0, 1]) assembler.open(piece);
  assert.deepEqual([assembler.open(2), assembler.open(3, true), assembler.open(4, true)], [false, true, true]);
  assert.equal(assembler.open(5, true), false);
  assembler.close(3);
  assert.deepEqual([assembler.open(5), assembler.open(5, true)], [false, true]);
});

test('a piece that is done with makes room for another', () => {
  const { assembler } = setUp({ budget: 2 * PIECE });
  for (const piece of [0, 1]) assembler.open(piece);
  assert.equal(assembler.open(2), false);
  assembler.close(0);
  assert.equal(assembler.open(2), true);
});

test('memory is taken with the first block, and given back when the piece is closed', () => {
  const { assembler, pool } = setUp();
  assembler.open(3);
  assert.equal(pool.used, 0);
  assembler.target(7, 3, 0);
  assert.ok(pool.used >= PIECE);
  assembler.close(3);
  assert.equal(pool.used, 0);
});

test('a complete piece is handed out with the sender of each block', () => {
  const { assembler } = setUp();
  assembler.open(3);
  const first = assembler.target(7, 3, 0);
  first?.bytes.fill(1, 0, 10);
  assembler.target(8, 3, 1);
  const piece = assembler.take(3);
  assert.deepEqual([...(piece?.sources ?? [])], [7, 8]);
  assert.equal(piece?.buffer.bytes[9], 1);
  assert.equal(assembler.take(3), null);
});

test('blocks of pads are zeros that nobody has sent, whatever the memory held before', () => {
  const memory = new PieceMemory(new BufferPool({ budget: 10 * PIECE }), 10 * PIECE);
  const before = memory.take(PIECE);
  before?.bytes.fill(1);
  before?.release();
  const assembler = new PieceAssembler(geometryOf(PIECE, [10_000, 10_000 - PIECE]), memory);
  assembler.open(0);
  const target = assembler.target(7, 0, 0);
  assert.equal(target?.bytes[PIECE / 2 - 1], 1, 'the memory is that of before');
  const { buffer, sources } = assembler.take(0) as AssembledPiece;
  assert.ok(buffer.bytes.subarray(PIECE / 2).every((byte) => byte === 0));
  assert.deepEqual([...sources], [7, 0]);
});

test('who still delivers a block of a piece that was taken or closed finds that it is no longer his', () => {
  const { assembler } = setUp();
  for (const piece of [3, 4]) assembler.open(piece);
  const [taken, closed] = [assembler.target(7, 3, 0), assembler.target(7, 4, 0)];
  assembler.take(3);
  assembler.close(4);
  assert.deepEqual([taken?.sources[0], closed?.sources[0]], [0, 0]);
});

test('a block that another takes over has the last sender', () => {
  const { assembler } = setUp();
  assembler.open(3);
  const before = assembler.target(7, 3, 1);
  assembler.target(8, 3, 1);
  assert.equal(before?.sources[1], 8);
});

test('the blocks of certain peers are found', () => {
  const { assembler } = setUp();
  for (const piece of [3, 4]) assembler.open(piece);
  assembler.target(7, 3, 0);
  assembler.target(8, 3, 1);
  assembler.target(7, 4, 1);
  assert.deepEqual(
    [...assembler.blocksFrom([7])],
    [
      { piece: 3, block: 0 },
      { piece: 4, block: 1 },
    ],
  );
});

test('without memory there is no target', () => {
  const { assembler, pool } = setUp({ pool: PIECE });
  const used = pool.take(PIECE);
  assembler.open(0);
  assert.equal(assembler.target(7, 0, 0), null);
  used?.release();
  assert.notEqual(assembler.target(7, 0, 0), null);
});

test('all memory comes back when everything is closed', () => {
  const { assembler, pool } = setUp({ budget: 2 * PIECE });
  for (const piece of [0, 1]) {
    assembler.open(piece);
    assembler.target(7, piece, 0);
  }
  assembler.closeAll();
  assert.equal(pool.used, 0);
  assert.equal(assembler.open(5), true);
});
