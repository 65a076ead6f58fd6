/**
 * The records of one shard by info hash: an open hash table in a block of the arena, which doubles when it is half
 * full and halves when it is nearly empty. One object serves all shards: `open` points it at one. It is used under the
 * shard's lock.
 */
import type { Arena } from './arena.ts';
import { hashInfoHash } from './hashing.ts';
import { Field } from './swarm-record.ts';
import { Control, ORDERS, type TableMemory, UNIT } from './table-memory.ts';

/** Words of a shard's header; its wheel follows. */
export const Shard = { lock: 0, index: 1, count: 2, wheelTurn: 3, dirty: 4, wheel: 5 } as const;

/** An index gets smaller when it has more than so many slots for a record. */
const SPARSE = 8;

export class SwarmIndex {
  readonly #words: Int32Array;
  readonly #arena: Arena;
  readonly #seed: number;
  #shard = 0;
  #at = 0;
  /** Slots − 1; −1 without a block. */
  #mask = -1;

  constructor(memory: TableMemory, arena: Arena) {
    this.#words = memory.words;
    this.#arena = arena;
    this.#seed = memory.words[Control.seed] as number;
  }

  /** Points it at the shard whose header begins at this word. */
  open(shard: number): void {
    this.#shard = shard;
    const block = this.#words[shard + Shard.index] as number;
    this.#at = (block >>> 5) * (UNIT / 4);
    this.#mask = block === 0 ? -1 : (UNIT / 4) * 2 ** (block & 31) - 1;
  }

  /** First word of the record with this info hash, or 0. */
  find(hash: number, infoHash: Int32Array): number {
    if (this.#mask < 0) return 0;
    let slot = this.#home(hash);
    for (let unit = this.#words[this.#at + slot] as number; unit !== 0; unit = this.#words[this.#at + slot] as number) {
      const record = unit * (UNIT / 4);
      if (this.#isAt(record, infoHash)) return record;
      slot = (slot + 1) & this.#mask;
    }
    return 0;
  }

  /** Takes a record in; false when there is no memory for it. */
  insert(hash: number, record: number): boolean {
    const count = this.#words[this.#shard + Shard.count] as number;
    if (2 * count > this.#mask && !this.#resize(1) && count >= this.#mask) return false;
    this.#put(hash, record / (UNIT / 4));
    this.#words[this.#shard + Shard.count] = count + 1;
    return true;
  }

  remove(hash: number, record: number): void {
    const unit = record / (UNIT / 4);
    let gap = this.#home(hash);
    while (this.#words[this.#at + gap] !== unit) gap = (gap + 1) & this.#mask;
    for (let slot = (gap + 1) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const other = this.#words[this.#at + slot] as number;
      if (other === 0) break;
      const home = this.#home(this.#hashOf(other));
      if (((slot - home) & this.#mask) >= ((slot - gap) & this.#mask)) {
        this.#words[this.#at + gap] = other;
        gap = slot;
      }
    }
    this.#words[this.#at + gap] = 0;
    const left = (this.#words[this.#shard + Shard.count] as number) - 1;
    this.#words[this.#shard + Shard.count] = left;
    if (left === 0) this.#release();
    else if (SPARSE * left < this.#mask) this.#resize(-1);
  }

  /** First words of all records of the shard. */
  records(): number[] {
    const records: number[] = [];
    for (let slot = 0; slot <= this.#mask; slot++) {
      const unit = this.#words[this.#at + slot] as number;
      if (unit !== 0) records.push(unit * (UNIT / 4));
    }
    return records;
  }

  #release(): void {
    const block = this.#words[this.#shard + Shard.index] as number;
    this.#arena.free(block >>> 5, block & 31);
    this.#words[this.#shard + Shard.index] = 0;
    this.open(this.#shard);
  }

  /** Moves all records to a block that is twice as large (+1) or half as large (−1); false when there is none. */
  #resize(step: 1 | -1): boolean {
    const block = this.#words[this.#shard + Shard.index] as number;
    const order = block === 0 ? 0 : (block & 31) + step;
    const unit = order >= 0 && order < ORDERS ? this.#arena.allocate(order) : 0;
    if (unit === 0) return false;
    const units = this.records().map((record) => record / (UNIT / 4));
    this.#words[this.#shard + Shard.index] = unit * 32 + order;
    this.open(this.#shard);
    this.#words.fill(0, this.#at, this.#at + this.#mask + 1);
    for (const one of units) this.#put(this.#hashOf(one), one);
    if (block !== 0) this.#arena.free(block >>> 5, block & 31);
    return true;
  }

  #put(hash: number, unit: number): void {
    let slot = this.#home(hash);
    while (this.#words[this.#at + slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#words[this.#at + slot] = unit;
  }

  #isAt(record: number, infoHash: Int32Array): boolean {
    for (let i = 0; i < 5; i++) if (this.#words[record + Field.infoHash + i] !== infoHash[i]) return false;
    return true;
  }

  #hashOf(unit: number): number {
    return hashInfoHash(this.#words, unit * (UNIT / 4) + Field.infoHash, this.#seed);
  }

  /** The low bits of the hash have chosen the shard. */
  #home(hash: number): number {
    return (hash >>> 8) & this.#mask;
  }
}
