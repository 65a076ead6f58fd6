import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../base/random.ts';
import { Arena } from './arena.ts';
import { Control, ORDERS, SMALLEST_TABLE, TableMemory, UNIT } from './table-memory.ts';

interface Block {
  readonly unit: number;
  readonly order: number;
  /** What the block is filled with. */
  readonly mark: number;
}

/** Who owns each unit, beside the arena's own books. */
class Model {
  readonly memory: TableMemory;
  readonly arena: Arena;
  readonly blocks: Block[] = [];
  readonly #owned: Uint8Array;
  #mark = 0;

  constructor(capacity: number) {
    this.memory = TableMemory.create(capacity, seededRandom(1));
    Arena.format(this.memory);
    this.arena = new Arena(this.memory);
    this.#owned = new Uint8Array(this.memory.units);
  }

  get used(): number {
    return this.memory.words[Control.usedUnits] as number;
  }

  /** Takes a block and fills it; checks where it lies, or that there really was none. */
  allocate(order: number): Block | null {
    const unit = this.arena.allocate(order);
    if (unit === 0) {
      assert.ok(!this.#hasFree(order), `a block of order ${order} was free`);
      return null;
    }
    const [at, size] = [unit - this.memory.firstUnit, 2 ** order];
    assert.ok(at >= 0 && at + size <= this.memory.units && at % size === 0, `place ${at} of order ${order}`);
    assert.ok(
      this.#owned.subarray(at, at + size).every((owned) => owned === 0),
      'no unit is given out twice',
    );
    this.#owned.fill(1, at, at + size);
    this.#mark = (this.#mark % 255) + 1;
    const block = { unit, order, mark: this.#mark };
    this.#content(block).fill(block.mark);
    this.blocks.push(block);
    return block;
  }

  /** Gives the block at an index back; what was written into it must be there still. */
  free(index: number): void {
    const block = this.blocks[index] as Block;
    this.blocks[index] = this.blocks.at(-1) as Block;
    this.blocks.pop();
    assert.ok(
      this.#content(block).every((byte) => byte === block.mark),
      'the content of a block is its owner’s alone',
    );
    const at = block.unit - this.memory.firstUnit;
    this.#owned.fill(0, at, at + 2 ** block.order);
    this.arena.free(block.unit, block.order);
  }

  freeAll(): void {
    while (this.blocks.length > 0) this.free(this.blocks.length - 1);
  }

  /** Free blocks always join, so that any aligned run of free units is one. */
  #hasFree(order: number): boolean {
    const size = 2 ** order;
    for (let at = 0; at + size <= this.#owned.length; at += size) {
      if (this.#owned.subarray(at, at + size).every((owned) => owned === 0)) return true;
    }
    return false;
  }

  #content({ unit, order }: Block): Uint8Array {
    return this.memory.bytes.subarray(unit * UNIT, (unit + 2 ** order) * UNIT);
  }
}

/** Orders of the blocks that the whole arena is made of. */
const wholeOrders = (units: number): number[] =>
  Array.from({ length: ORDERS }, (_, order) => order).filter((order) => Math.floor(units / 2 ** order) % 2 === 1);

type Command = readonly ['allocate', order: number] | readonly ['free', which: number];
const commands: fc.Arbitrary<readonly Command[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.tuple(fc.constant('allocate' as const), fc.integer({ min: 0, max: 13 })) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('free' as const), fc.nat()) },
  ),
  { maxLength: 120, size: 'max' },
);

describe('the arena', () => {
  it('gives out blocks that never overlap, lets nothing get lost, and becomes whole again', () => {
    const extra = fc.constantFrom(0, 1, 777, 8192, 16_383);
    fc.assert(
      fc.property(commands, extra, (list, units) => {
        const model = new Model(SMALLEST_TABLE + units * UNIT);
        for (const [what, value] of list) {
          if (what === 'allocate') model.allocate(value);
          else if (model.blocks.length > 0) model.free(value % model.blocks.length);
          assert.equal(
            model.used,
            model.blocks.reduce((sum, { order }) => sum + 2 ** order, 0),
            'units in use',
          );
        }
        model.freeAll();
        for (const order of wholeOrders(model.memory.units).reverse()) assert.ok(model.allocate(order), `${order}`);
        assert.equal(model.used, model.memory.units);
      }),
      { numRuns: 60 },
    );
  });

  it('gives out every unit once and then answers 0 to all orders', () => {
    const model = new Model(SMALLEST_TABLE + 5 * UNIT);
    const units = new Set<number>();
    for (let unit = model.arena.allocate(0); unit !== 0; unit = model.arena.allocate(0)) units.add(unit);
    assert.equal(units.size, model.memory.units);
    for (let order = 0; order < ORDERS; order++) assert.equal(model.arena.allocate(order), 0);
  });

  it('has the largest block again after it was cut into single units, whatever order they come back in', () => {
    for (const stride of [1, 7, 4097]) {
      const model = new Model(SMALLEST_TABLE);
      const { units, firstUnit } = model.memory;
      for (let i = 0; i < units; i++) model.arena.allocate(0);
      for (let i = 0; i < units; i++) model.arena.free(firstUnit + ((i * stride) % units), 0);
      assert.equal(model.used, 0);
      assert.ok(model.arena.allocate(Math.log2(units)) > 0, `stride ${stride}`);
    }
  });

  it('does not join a block with a neighbour that is in use', () => {
    const model = new Model(SMALLEST_TABLE);
    const half = Math.log2(model.memory.units) - 1;
    const first = model.allocate(half);
    assert.ok(first !== null && model.allocate(half) !== null);
    model.arena.free(first.unit, half);
    assert.equal(model.arena.allocate(half + 1), 0);
    assert.equal(model.arena.allocate(half), first.unit);
  });

  it('answers 0 to an order that the table is too small for', () => {
    const model = new Model(SMALLEST_TABLE);
    assert.equal(model.arena.allocate(Math.log2(model.memory.units) + 1), 0);
    assert.equal(model.arena.allocate(ORDERS - 1), 0);
  });

  it('is the same for all threads: a second one sees what the first has taken', () => {
    const model = new Model(SMALLEST_TABLE);
    const other = new Arena(TableMemory.attach(model.memory.buffer));
    const whole = Math.log2(model.memory.units);
    const unit = model.arena.allocate(whole);
    assert.equal(other.allocate(0), 0);
    other.free(unit, whole);
    assert.equal(model.arena.allocate(whole), unit);
  });
});

describe('the memory of a table', () => {
  it('is as large as asked for, within its bounds, in whole units', () => {
    assert.equal(TableMemory.create(0, seededRandom(1)).units * UNIT, SMALLEST_TABLE);
    assert.equal(TableMemory.create(SMALLEST_TABLE + UNIT - 1, seededRandom(1)).units * UNIT, SMALLEST_TABLE);
    assert.equal(TableMemory.create(SMALLEST_TABLE + UNIT, seededRandom(1)).units * UNIT, SMALLEST_TABLE + UNIT);
  });

  it('has room for its last unit', () => {
    const memory = TableMemory.create(SMALLEST_TABLE, seededRandom(1));
    assert.ok((memory.firstUnit + memory.units) * UNIT <= memory.buffer.byteLength);
    assert.ok(memory.mapAt + memory.units <= memory.firstUnit * UNIT, 'the map ends before the first unit');
  });
});
