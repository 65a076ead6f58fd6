/**
 * How many peers of each address this tracker has let into shared swarms that are still there, for a limit. Nobody says
 * when a silent peer has gone, so time is cut into spans as long as a silent peer stays: who is heard of in none of a
 * span is not counted in the next.
 *
 * Memory is bounded. Peers that are there, and those of them that were heard of in the present span, are in a count-min
 * sketch each, as in the table's own quota (address-quota.ts); with the next span the latter become the former. That a
 * peer was heard of is in a Bloom filter, which takes one in twenty strangers for a known peer when there are two
 * millions: then the limit is a little wider, never narrower. All threads may count in the same memory; what two do at
 * the moment of a new span may go uncounted.
 */
import type { Tick } from '../../../tracker/index.ts';
import type { ByteCount } from '../../../base/units.ts';

/** Counters in a row; each sketch has two. */
const ROW = 65536;
/** Bits of the filter. */
const BITS = 2 ** 24;
/** First words: tick at which the present span ends, or 0 before the first; the sketches; the filter. */
const END = 0;
const PRESENT = 1;
const HEARD: number = PRESENT + 2 * ROW;
const FILTER: number = HEARD + 2 * ROW;
const MEMORY: ByteCount = 4 * FILTER + BITS / 8;

export class PeerPresence {
  readonly #words: Int32Array;

  /** `memory` is of `PeerPresence.memory()`. */
  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(MEMORY);
  }

  /** It is now; a span that begins lasts for `length`, for which a silent peer stays at present. */
  enterSpan(now: Tick, length: Tick): void {
    const words = this.#words;
    const end = Atomics.load(words, END);
    if (now < end) return;
    if (Atomics.compareExchange(words, END, end, now + length) !== end || end === 0) return; // another thread did it
    if (now - end < length) words.copyWithin(PRESENT, HEARD, FILTER);
    else words.fill(0, PRESENT, HEARD);
    words.fill(0, HEARD);
  }

  /** Counts one more peer, unless its address has `limit` already; `host` is a hash of the address. */
  take(host: number, limit: number): boolean {
    const [first, second] = [PRESENT + firstOf(host), PRESENT + secondOf(host)];
    if (Math.min(Atomics.load(this.#words, first), Atomics.load(this.#words, second)) >= limit) return false;
    this.#add(PRESENT, host);
    return true;
  }

  /** What was taken for a peer is not needed: it was there already, or did not come in. */
  giveBack(host: number): void {
    this.#sub(PRESENT, host);
  }

  /** A peer has come for which was taken; `peer` is a hash of its address, port and swarm. */
  arrived(host: number, peer: number): void {
    this.#mark(peer);
    this.#add(HEARD, host);
  }

  /** A peer that was there has been heard of. */
  stayed(host: number, peer: number): void {
    if (!this.#mark(peer)) this.#add(HEARD, host);
  }

  left(host: number, peer: number): void {
    this.#sub(PRESENT, host);
    if (this.#mark(peer)) this.#sub(HEARD, host);
  }

  /** Whether the filter had the peer; it has it now. */
  #mark(peer: number): boolean {
    // Two places of 24 bits each from one hash of 32.
    const first = this.#setBit(peer & (BITS - 1));
    const second = this.#setBit(Math.imul(peer, 0x9e3779b1) >>> 8);
    return first && second;
  }

  #setBit(bit: number): boolean {
    const mask = 1 << (bit & 31);
    return (Atomics.or(this.#words, FILTER + (bit >>> 5), mask) & mask) !== 0;
  }

  #add(sketch: number, host: number): void {
    Atomics.add(this.#words, sketch + firstOf(host), 1);
    Atomics.add(this.#words, sketch + secondOf(host), 1);
  }

  /** Never below nothing: a peer may leave by another tracker than it came by. */
  #sub(sketch: number, host: number): void {
    for (const at of [sketch + firstOf(host), sketch + secondOf(host)]) {
      if (Atomics.sub(this.#words, at, 1) <= 0) Atomics.add(this.#words, at, 1);
    }
  }
}

const firstOf = (hash: number): number => hash & (ROW - 1);
const secondOf = (hash: number): number => ROW + (hash >>> 16);
