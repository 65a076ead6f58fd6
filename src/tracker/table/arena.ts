/**
 * A buddy allocator over the units of a table: blocks of 1, 2, 4 … units. A freed block joins its buddy again, so
 * that memory of small swarms becomes memory of large ones. One lock for all threads; blocks are asked for only
 * when a swarm appears or outgrows its block.
 */
import { acquire, release } from './shard-lock.ts';
import { Control, ORDERS, type TableMemory, UNIT } from './table-memory.ts';

/** Mark of a free block in the map of units, added to its order + 1. */
const FREE = 0x80;

export class Arena {
  readonly #memory: TableMemory;

  constructor(memory: TableMemory) {
    this.#memory = memory;
  }

  /** Makes all units one set of free blocks; once for each table. */
  static format(memory: TableMemory): void {
    const arena = new Arena(memory);
    let at = 0;
    for (let order = ORDERS - 1; order >= 0; order--) {
      while (at + 2 ** order <= memory.units) {
        arena.#push(memory.firstUnit + at, order);
        at += 2 ** order;
      }
    }
  }

  /** Place of a block of 2^order units, or 0 when there is none. Its content is what was there before. */
  allocate(order: number): number {
    const { words } = this.#memory;
    acquire(words, Control.arenaLock);
    try {
      let from = order;
      while (from < ORDERS && words[Control.freeLists + from] === 0) from++;
      if (from >= ORDERS) return 0;
      const unit = words[Control.freeLists + from] as number;
      this.#unlink(unit, from);
      while (from > order) {
        from--;
        this.#push(unit + 2 ** from, from);
      }
      this.#mark(unit, order + 1);
      Atomics.add(words, Control.usedUnits, 2 ** order);
      return unit;
    } finally {
      release(words, Control.arenaLock);
    }
  }

  free(unit: number, order: number): void {
    const { words, units, firstUnit } = this.#memory;
    acquire(words, Control.arenaLock);
    try {
      Atomics.sub(words, Control.usedUnits, 2 ** order);
      let [at, size] = [unit - firstUnit, order];
      this.#mark(unit, 0);
      for (; size < ORDERS - 1; size++) {
        const buddy = at ^ (2 ** size);
        if (buddy + 2 ** size > units || this.#markAt(buddy) !== FREE + size + 1) break;
        this.#unlink(firstUnit + buddy, size);
        at = Math.min(at, buddy);
      }
      this.#push(firstUnit + at, size);
    } finally {
      release(words, Control.arenaLock);
    }
  }

  /** Free blocks hold the links of their list in their first two words. */
  #push(unit: number, order: number): void {
    const { words } = this.#memory;
    const next = words[Control.freeLists + order] as number;
    words[wordOf(unit)] = next;
    words[wordOf(unit) + 1] = 0;
    if (next !== 0) words[wordOf(next) + 1] = unit;
    words[Control.freeLists + order] = unit;
    this.#mark(unit, FREE + order + 1);
  }

  #unlink(unit: number, order: number): void {
    const { words } = this.#memory;
    const next = words[wordOf(unit)] as number;
    const previous = words[wordOf(unit) + 1] as number;
    if (previous === 0) words[Control.freeLists + order] = next;
    else words[wordOf(previous)] = next;
    if (next !== 0) words[wordOf(next) + 1] = previous;
    this.#mark(unit, 0);
  }

  #mark(unit: number, mark: number): void {
    this.#memory.bytes[this.#memory.mapAt + unit - this.#memory.firstUnit] = mark;
  }

  #markAt(index: number): number {
    return this.#memory.bytes[this.#memory.mapAt + index] as number;
  }
}

const wordOf = (unit: number): number => unit * (UNIT / 4);
