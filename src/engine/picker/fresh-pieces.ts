/**
 * The pieces that may be started: wanted, lacking and not in progress; and which of them a peer should start.
 *
 * Cost of a choice: by rarity, mostly one look at the front of `RarityOrder`. A peer that has none of the rarest
 * pieces ends the search after `MOST_LOOKS`; then a sample of what it does have decides, found by comparing bitfields
 * eight pieces at a time. A peer that has no fresh piece at all is remembered as barren, so that asking again for it
 * costs nothing. In sequential mode one cursor per priority remembers where the fresh pieces begin.
 */
import { Bitfield } from '../../base/bitfield.ts';
import type { Random } from '../../base/random.ts';
import type { PieceIndex } from '../../base/units.ts';
import type { Availability } from './availability.ts';
import { firstCommon } from './common-pieces.ts';
import type { JoinedPeer } from './joined-peer.ts';
import type { PickingPeer } from './picking.ts';
import { PARKED, RarityOrder } from './rarity-order.ts';

const HIGHEST = 7;
/** Pieces looked at in one search of the order, … */
const MOST_LOOKS = 128;
/** … and in a sample of what a peer has. */
const SAMPLE = 64;
/** Rarity is told apart up to this number of copies. */
const MOST_LEVELS = 256;

/** By what a piece is chosen within its priority. */
export type StartOrder = 'rarest' | 'random' | 'sequential';

export interface FreshPiecesOptions {
  readonly pieceCount: number;
  readonly availability: Availability;
  readonly random: Random;
  readonly priorityOf: (piece: PieceIndex) => number;
  /** May the piece be started with this peer? */
  readonly mayStart: (peer: PickingPeer, piece: PieceIndex) => boolean;
}

export class FreshPieces {
  readonly #options: FreshPiecesOptions;
  readonly #pieces: Bitfield;
  readonly #perPriority = new Uint32Array(HIGHEST + 1);
  /** By priority: no fresh piece of it lies before this one. */
  readonly #cursors: Uint32Array;
  #order: RarityOrder | null = null;
  #isSorted = false;
  /** Distinguishable numbers of copies: the buckets of one priority. */
  #levels = 4;
  /** Grows whenever a piece becomes fresh. */
  #epoch = 0;

  constructor(options: FreshPiecesOptions) {
    this.#options = options;
    this.#pieces = new Bitfield(options.pieceCount);
    this.#cursors = new Uint32Array(HIGHEST + 1).fill(options.pieceCount);
  }

  get count(): number {
    return this.#pieces.count;
  }

  has(piece: PieceIndex): boolean {
    return this.#pieces.has(piece);
  }

  isAnyIn(have: Bitfield): boolean {
    return firstCommon(this.#pieces, have, 0) >= 0;
  }

  add(piece: PieceIndex): void {
    if (!this.#pieces.add(piece)) return;
    const priority = this.#options.priorityOf(piece);
    this.#count(piece, priority, 1);
    if (this.#isSorted) this.#order?.move(piece, PARKED, this.#bucketOf(piece));
  }

  remove(piece: PieceIndex): void {
    if (!this.#pieces.has(piece)) return;
    if (this.#isSorted) this.#order?.move(piece, this.#bucketOf(piece), PARKED);
    this.#pieces.delete(piece);
    this.#count(piece, this.#options.priorityOf(piece), -1);
  }

  /** A fresh piece has changed its priority. */
  reprioritized(piece: PieceIndex, before: number): void {
    if (!this.#pieces.has(piece)) return;
    this.#count(piece, before, -1);
    this.#count(piece, this.#options.priorityOf(piece), 1);
    this.#isSorted = false;
  }

  /** The number of leechers that have a piece has changed by one. */
  rarityChanged(piece: PieceIndex, before: number, after: number): void {
    if (!this.#isSorted || !this.#pieces.has(piece)) return;
    const priority = this.#options.priorityOf(piece);
    this.#order?.move(piece, this.#bucket(priority, before), this.#bucket(priority, after));
  }

  /** Many availabilities have changed: the order is made anew when it is next needed. */
  raritiesChanged(): void {
    this.#isSorted = false;
  }

  /** Lets go of the order while nobody needs it. */
  forgetOrder(): void {
    this.#order = null;
    this.#isSorted = false;
  }

  /** The highest priority among fresh pieces; 0 when there are none. */
  get topPriority(): number {
    let priority = HIGHEST;
    while (priority > 0 && this.#perPriority[priority] === 0) priority--;
    return priority;
  }

  /** The peer is known to have no fresh piece. */
  isBarren(joined: JoinedPeer): boolean {
    return joined.barrenAt === this.#epoch;
  }

  /** No piece can be started now; but whether the peer has one is remembered all the same. */
  skip(joined: JoinedPeer): void {
    if (!this.isBarren(joined) && !this.isAnyIn(joined.peer.have)) joined.barrenAt = this.#epoch;
  }

  /** A piece of the highest priority above `above` that may be started with a peer: the best by `order`; -1: none. */
  choose(joined: JoinedPeer, order: StartOrder, above: number): PieceIndex {
    if (this.isBarren(joined) || this.topPriority <= above) return -1;
    const { limitedTo } = joined.peer;
    if (limitedTo) return this.#bestAllowed(joined.peer, limitedTo, order, above);
    if (order === 'sequential') return this.#first(joined, above);
    const dice = this.#options.random.below(2 ** 32);
    const sorted = this.#sorted();
    let looks = MOST_LOOKS;
    for (let priority = HIGHEST; priority > above && looks > 0; priority--) {
      if (this.#perPriority[priority] === 0) continue;
      // What no leecher has, this peer has not unless it is a seed.
      let bucket = this.#bucket(priority, joined.isSeed ? 0 : 1);
      const last = this.#bucket(priority, MOST_LEVELS);
      while (bucket <= last && looks > 0) {
        const start = sorted.start(bucket);
        if (order === 'random') bucket = last;
        const end = sorted.end(bucket++);
        const found = this.#search(joined.peer, start, end, Math.min(looks, end - start), dice);
        if (found >= 0) return found;
        looks -= end - start;
      }
    }
    return this.#bestOfSample(joined, above, dice);
  }

  /** The best of a few pieces. */
  #bestAllowed(peer: PickingPeer, pieces: Iterable<PieceIndex>, order: StartOrder, above: number): PieceIndex {
    let best = -1;
    let bestRank = Number.POSITIVE_INFINITY;
    for (const piece of pieces) {
      if (!this.#pieces.has(piece) || !peer.have.has(piece) || this.#options.priorityOf(piece) <= above) continue;
      const priority = this.#options.priorityOf(piece);
      const rank = order === 'sequential' ? (HIGHEST - priority) * this.#pieces.size + piece : this.#bucketOf(piece);
      if (rank >= bestRank || !this.#options.mayStart(peer, piece)) continue;
      best = piece;
      bestRank = rank;
    }
    return best;
  }

  #first(joined: JoinedPeer, above: number): PieceIndex {
    const { peer } = joined;
    let looks = MOST_LOOKS;
    let isAnyCommon = false;
    for (let priority = HIGHEST; priority > above; priority--) {
      if (this.#perPriority[priority] === 0) continue;
      let piece = firstCommon(this.#pieces, peer.have, this.#advanceCursor(priority));
      for (; piece >= 0 && looks > 0; piece = firstCommon(this.#pieces, peer.have, piece + 1)) {
        isAnyCommon = true;
        if (this.#options.priorityOf(piece) !== priority) continue;
        if (this.#options.mayStart(peer, piece)) return piece;
        looks--;
      }
    }
    if (!isAnyCommon && above === 0) joined.barrenAt = this.#epoch;
    return -1;
  }

  /** Searches `looks` places of [start, end) from a random one on, around the end. */
  #search(peer: PickingPeer, start: number, end: number, looks: number, dice: number): PieceIndex {
    const order = this.#order as RarityOrder;
    const { have } = peer;
    let slot = start + (dice % (end - start));
    for (; looks > 0; looks--) {
      const piece = order.at(slot);
      if (have.has(piece) && this.#options.mayStart(peer, piece)) return piece;
      if (++slot === end) slot = start;
    }
    return -1;
  }

  #bestOfSample(joined: JoinedPeer, above: number, dice: number): PieceIndex {
    const { peer } = joined;
    const from = dice % Math.max(1, this.#pieces.size);
    let best = -1;
    let bestBucket = this.#bucket(above, 0);
    let isAnyCommon = false;
    let isWrapped = false;
    let piece = from;
    for (let looks = SAMPLE; looks > 0; looks--, piece++) {
      piece = firstCommon(this.#pieces, peer.have, piece);
      if (piece < 0) {
        if (isWrapped) break;
        isWrapped = true;
        piece = firstCommon(this.#pieces, peer.have, 0);
      }
      if (piece < 0 || (isWrapped && piece >= from)) break;
      isAnyCommon = true;
      const bucket = this.#bucketOf(piece);
      if (bucket >= bestBucket || !this.#options.mayStart(peer, piece)) continue;
      best = piece;
      bestBucket = bucket;
    }
    if (!isAnyCommon) joined.barrenAt = this.#epoch;
    return best;
  }

  #count(piece: PieceIndex, priority: number, by: 1 | -1): void {
    this.#perPriority[priority] = (this.#perPriority[priority] as number) + by;
    if (by < 0) return;
    this.#epoch++;
    if (piece < (this.#cursors[priority] as number)) this.#cursors[priority] = piece;
  }

  /** The first fresh piece of a priority; there must be one. */
  #advanceCursor(priority: number): PieceIndex {
    let piece = this.#cursors[priority] as number;
    while (!this.#pieces.has(piece) || this.#options.priorityOf(piece) !== priority) piece++;
    this.#cursors[priority] = piece;
    return piece;
  }

  #sorted(): RarityOrder {
    const { leechers } = this.#options.availability;
    if (this.#order !== null && this.#isSorted && leechers < this.#levels) return this.#order;
    const before = this.#levels;
    while (this.#levels <= leechers && this.#levels < MOST_LEVELS) this.#levels *= 4;
    if (this.#order === null || before !== this.#levels) {
      const buckets = 1 + HIGHEST * this.#levels;
      this.#order = new RarityOrder(this.#pieces.size, buckets, (piece) => this.#bucketOf(piece));
    } else if (!this.#isSorted) this.#order.sort((piece) => this.#bucketOf(piece));
    this.#isSorted = true;
    return this.#order;
  }

  #bucketOf(piece: PieceIndex): number {
    if (!this.#pieces.has(piece)) return PARKED;
    return this.#bucket(this.#options.priorityOf(piece), this.#options.availability.amongLeechers(piece));
  }

  #bucket(priority: number, copies: number): number {
    return 1 + (HIGHEST - priority) * this.#levels + Math.min(copies, this.#levels - 1);
  }
}
