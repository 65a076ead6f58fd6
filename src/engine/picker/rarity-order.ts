/**
 * All pieces in one array, sorted into buckets: first the parked ones (had, in progress, not wanted), then by priority
 * and rarity, the most urgent first. A piece moves to a neighbouring bucket by one swap with the piece at the border,
 * so a `have` message costs a few writes; starting a piece parks it, and it is mostly near the front already. Eight
 * bytes a piece, built only when a piece must be chosen by rarity. Within a bucket the order means nothing: whoever
 * searches one starts at a random place.
 */
import type { PieceIndex } from '../../base/units.ts';

/** Bucket of the pieces that are not for choice. */
export const PARKED = 0;

export class RarityOrder {
  readonly bucketCount: number;
  readonly #order: Uint32Array;
  readonly #slots: Uint32Array;
  /** By bucket: where it ends in `#order`. */
  readonly #ends: Uint32Array;

  /** `bucketOf` is asked twice for each piece. */
  constructor(pieceCount: number, bucketCount: number, bucketOf: (piece: PieceIndex) => number) {
    this.bucketCount = bucketCount;
    this.#order = new Uint32Array(pieceCount);
    this.#slots = new Uint32Array(pieceCount);
    this.#ends = new Uint32Array(bucketCount);
    this.sort(bucketOf);
  }

  /** Sorts everything anew, in linear time. */
  sort(bucketOf: (piece: PieceIndex) => number): void {
    const ends = this.#ends.fill(0);
    const pieceCount = this.#order.length;
    for (let piece = 0; piece < pieceCount; piece++) {
      const bucket = bucketOf(piece);
      ends[bucket] = (ends[bucket] as number) + 1;
    }
    let start = 0;
    for (let bucket = 0; bucket < ends.length; bucket++) {
      const size = ends[bucket] as number;
      ends[bucket] = start;
      start += size;
    }
    // `ends` holds the starts now, and each has become the end when its bucket is full.
    for (let piece = 0; piece < pieceCount; piece++) {
      const bucket = bucketOf(piece);
      const slot = ends[bucket] as number;
      ends[bucket] = slot + 1;
      this.#put(piece, slot);
    }
  }

  /** The piece at a place between `start` and `end` of a bucket. */
  at(slot: number): PieceIndex {
    return this.#order[slot] as number;
  }

  start(bucket: number): number {
    return bucket === 0 ? 0 : (this.#ends[bucket - 1] as number);
  }

  end(bucket: number): number {
    return this.#ends[bucket] as number;
  }

  /** Moves a piece from the bucket where it is to another. */
  move(piece: PieceIndex, from: number, to: number): void {
    const ends = this.#ends;
    let slot = this.#slots[piece] as number;
    for (let bucket = from; bucket > to; bucket--) {
      const first = ends[bucket - 1] as number;
      ends[bucket - 1] = first + 1;
      if (first !== slot) this.#put(this.#order[first] as number, slot);
      slot = first;
    }
    for (let bucket = from; bucket < to; bucket++) {
      const last = (ends[bucket] as number) - 1;
      ends[bucket] = last;
      if (last !== slot) this.#put(this.#order[last] as number, slot);
      slot = last;
    }
    this.#put(piece, slot);
  }

  #put(piece: PieceIndex, slot: number): void {
    this.#order[slot] = piece;
    this.#slots[piece] = slot;
  }
}
