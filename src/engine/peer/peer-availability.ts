/**
 * What one peer has. Before the metadata of a magnet link is known, the number of pieces is not: what the peer says
 * until then is kept as it came (bounded), and checked when the count is learned.
 */
import { Bitfield } from '../../base/bitfield.ts';
import type { Millis, PieceIndex } from '../../base/units.ts';

/** `have` messages remembered before the number of pieces is known. */
const MOST_EARLY_HAVES = 10_000;
/** How long nothing of a piece is asked of a peer that rejected a request for it, ms. */
const REFUSAL: Millis = 10_000;
const none = new Bitfield(0);

export class PeerAvailability {
  have: Bitfield = none;
  /** BEP 6: pieces that we may request while choked. */
  readonly allowedFast: Set<PieceIndex> = new Set();
  /** Pieces of which the peer rejected blocks though it did not choke us, and when the first of them. */
  readonly #refused = new Set<PieceIndex>();
  #refusedAt: Millis = 0;
  #early: { bits: Uint8Array | 'all' | null; readonly haves: PieceIndex[] } | null = { bits: null, haves: [] };

  /** True when the peer has all pieces; also before the metadata is known, when it said so. */
  get isSeed(): boolean {
    return this.#early === null ? this.have.isComplete : this.#early.bits === 'all';
  }

  /** 0 … 1. */
  get progress(): number {
    return this.have.size === 0 ? 0 : this.have.count / this.have.size;
  }

  /** The peer rejected a request: while it chokes us that is a matter of course, otherwise it cannot or will not. */
  refuse(piece: PieceIndex, isChoking: boolean, now: Millis): void {
    this.allowedFast.delete(piece);
    if (isChoking) return;
    if (this.#refused.size === 0) this.#refusedAt = now;
    this.#refused.add(piece);
  }

  isRefused(piece: PieceIndex): boolean {
    return this.#refused.has(piece);
  }

  /** The peer may think otherwise now. */
  forgetRefusals(): void {
    this.#refused.clear();
  }

  tick(now: Millis): void {
    if (now - this.#refusedAt >= REFUSAL) this.forgetRefusals();
  }

  /** The number of pieces is known now. Returns what was wrong with what the peer said before, or null. */
  learnCount(count: number): string | null {
    const early = this.#early;
    if (early === null) return null;
    this.#early = null;
    this.have = new Bitfield(count);
    if (early.bits === 'all') this.have.fill();
    else if (early.bits !== null) {
      const field = Bitfield.fromWire(early.bits, count);
      if (field === null) return 'WIRE_BAD_BITFIELD: wrong length or spare bits set';
      this.have = field;
    }
    for (const piece of early.haves) {
      if (piece >= count) return 'WIRE_OUT_OF_RANGE: have';
      this.have.add(piece);
    }
    return null;
  }

  /** A bitfield message. False when it is malformed. */
  setBits(bits: Uint8Array): boolean {
    if (this.#early !== null) {
      this.#early.bits = bits.slice();
      return true;
    }
    const field = Bitfield.fromWire(bits, this.have.size);
    if (field === null) return false;
    this.have = field;
    return true;
  }

  setAll(): void {
    if (this.#early !== null) this.#early.bits = 'all';
    else this.have.fill();
  }

  /** One more piece. `'new'` when the fact was new, `'known'` when not or not yet usable, `'fault'` when out of range. */
  add(piece: PieceIndex): 'new' | 'known' | 'fault' {
    if (this.#early !== null) {
      if (this.#early.haves.length < MOST_EARLY_HAVES) this.#early.haves.push(piece);
      return 'known';
    }
    if (piece >= this.have.size) return 'fault';
    return this.have.add(piece) ? 'new' : 'known';
  }
}
