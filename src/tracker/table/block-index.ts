/**
 * The index of a block: an open hash table from addresses to positions, with linear probing. A slot holds the
 * position + 1. Removal closes the gap, so that there are no marks of what was deleted.
 */
import type { BlockShape } from './block-shape.ts';
import { hashShorts } from './hashing.ts';
import { Control, type TableMemory } from './table-memory.ts';

export class BlockIndex {
  readonly #shorts: Uint16Array;
  readonly #words: Int32Array;
  readonly #width: number;
  readonly #seed: number;
  #at = 0;
  #mask = 0;
  #isWide = false;
  #addressesAt = 0;

  /** `width`: shorts of an address with its port. */
  constructor(memory: TableMemory, width: number) {
    this.#shorts = memory.shorts;
    this.#words = memory.words;
    this.#width = width;
    this.#seed = memory.words[Control.seed] as number;
  }

  /** Points it at the block that begins at byte `at`. */
  open(at: number, shape: BlockShape): void {
    this.#isWide = shape.isWide;
    this.#at = at / (shape.isWide ? 4 : 2) + shape.indexAt;
    this.#mask = shape.slots - 1;
    this.#addressesAt = at / 2;
  }

  clear(): void {
    const slots = this.#isWide ? this.#words : this.#shorts;
    slots.fill(0, this.#at, this.#at + this.#mask + 1);
  }

  /** Position of an address, or −1. */
  find(address: Uint16Array): number {
    let slot = hashShorts(address, 0, this.#width, this.#seed) & this.#mask;
    for (let entry = this.#get(slot); entry !== 0; entry = this.#get(slot)) {
      if (this.#isAt(entry - 1, address)) return entry - 1;
      slot = (slot + 1) & this.#mask;
    }
    return -1;
  }

  /** Notes the peer that was put at a position. */
  insert(position: number): void {
    let slot = this.#home(position);
    while (this.#get(slot) !== 0) slot = (slot + 1) & this.#mask;
    this.#set(slot, position + 1);
  }

  /** A peer moves: its address still stands at `from`. */
  move(from: number, to: number): void {
    this.#set(this.#slotOf(from), to + 1);
  }

  /** Two peers change places: their addresses still stand where they were. */
  swap(a: number, b: number): void {
    const [first, second] = [this.#slotOf(a), this.#slotOf(b)];
    this.#set(first, b + 1);
    this.#set(second, a + 1);
  }

  /** Forgets the peer at a position, whose address still stands there. */
  remove(position: number): void {
    let gap = this.#slotOf(position);
    let slot = gap;
    for (;;) {
      slot = (slot + 1) & this.#mask;
      const entry = this.#get(slot);
      if (entry === 0) break;
      const home = this.#home(entry - 1);
      if (((slot - home) & this.#mask) >= ((slot - gap) & this.#mask)) {
        this.#set(gap, entry);
        gap = slot;
      }
    }
    this.#set(gap, 0);
  }

  #slotOf(position: number): number {
    let slot = this.#home(position);
    while (this.#get(slot) !== position + 1) slot = (slot + 1) & this.#mask;
    return slot;
  }

  #home(position: number): number {
    return hashShorts(this.#shorts, this.#addressesAt + position * this.#width, this.#width, this.#seed) & this.#mask;
  }

  #isAt(position: number, address: Uint16Array): boolean {
    const at = this.#addressesAt + position * this.#width;
    for (let i = this.#width - 1; i >= 0; i--) if (this.#shorts[at + i] !== address[i]) return false;
    return true;
  }

  #get(slot: number): number {
    return (this.#isWide ? this.#words[this.#at + slot] : this.#shorts[this.#at + slot]) as number;
  }

  #set(slot: number, entry: number): void {
    if (this.#isWide) this.#words[this.#at + slot] = entry;
    else this.#shorts[this.#at + slot] = entry;
  }
}
