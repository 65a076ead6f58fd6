/**
 * How many peers of the table come from one address (of an IPv6 network of 64 bits, which one host may have to
 * itself). A count-min sketch: two counters for each address, the lesser one is right unless both are shared with
 * others that have many. So its memory is bounded however many addresses there are.
 */
import { QUOTA_COUNTERS, type TableMemory } from './table-memory.ts';

export class AddressQuota {
  readonly #words: Int32Array;
  readonly #at: number;

  constructor(memory: TableMemory) {
    this.#words = memory.words;
    this.#at = memory.quotaAt;
  }

  /** Counts one more peer, unless its address has `limit` already. `hash` is of the address without its port. */
  take(hash: number, limit: number): boolean {
    if (!this.hasRoom(hash, limit)) return false;
    Atomics.add(this.#words, this.#first(hash), 1);
    Atomics.add(this.#words, this.#second(hash), 1);
    return true;
  }

  /** Whether `take` would count one more. */
  hasRoom(hash: number, limit: number): boolean {
    const first = Atomics.load(this.#words, this.#first(hash));
    return Math.min(first, Atomics.load(this.#words, this.#second(hash))) < limit;
  }

  giveBack(hash: number): void {
    Atomics.sub(this.#words, this.#first(hash), 1);
    Atomics.sub(this.#words, this.#second(hash), 1);
  }

  #first(hash: number): number {
    return this.#at + (hash & (QUOTA_COUNTERS - 1));
  }

  #second(hash: number): number {
    return this.#at + QUOTA_COUNTERS + (hash >>> 16);
  }
}
