/**
 * How many connected peers have each piece. Peers that joined with everything are one number for the whole torrent,
 * so a swarm of seeds costs no memory and their coming and going no time; the others are counted piece by piece.
 */
import type { Bitfield } from '../../base/bitfield.ts';
import type { PieceIndex } from '../../base/units.ts';

export class Availability {
  readonly #pieceCount: number;
  #seeds = 0;
  #leechers = 0;
  /** By piece; null while no leecher is connected. */
  #counts: Uint16Array | null = null;

  constructor(pieceCount: number) {
    this.#pieceCount = pieceCount;
  }

  /** Peers counted piece by piece. */
  get leechers(): number {
    return this.#leechers;
  }

  get hasSeeds(): boolean {
    return this.#seeds > 0;
  }

  /** Peers that have the piece. */
  of(piece: PieceIndex): number {
    return this.#seeds + this.amongLeechers(piece);
  }

  amongLeechers(piece: PieceIndex): number {
    return this.#counts?.[piece] ?? 0;
  }

  addSeed(): void {
    this.#seeds++;
  }

  removeSeed(): void {
    this.#seeds--;
  }

  addLeecher(have: Bitfield): void {
    this.#leechers++;
    this.#change(have, 1);
  }

  /** `have`: what was counted for it; null when that is not known any more, before a `recount`. */
  removeLeecher(have: Bitfield | null): void {
    this.#leechers--;
    if (this.#leechers === 0) this.#counts = null;
    else if (have !== null) this.#change(have, -1);
  }

  /** Counts anew what all leechers have. */
  recount(haves: Iterable<Bitfield>): void {
    this.#counts = null;
    for (const have of haves) this.#change(have, 1);
  }

  /** A leecher got a piece; returns how many leechers have it now. */
  increment(piece: PieceIndex): number {
    const counts = this.#ensureCounts();
    const count = (counts[piece] as number) + 1;
    counts[piece] = count;
    return count;
  }

  /** A leecher lost a piece; returns how many leechers have it now. */
  decrement(piece: PieceIndex): number {
    const counts = this.#ensureCounts();
    const count = Math.max(0, (counts[piece] as number) - 1);
    counts[piece] = count;
    return count;
  }

  /**
   * Copies of the torrent among the peers and us: the whole part is the count of the rarest piece, the fraction the
   * share of pieces that are less rare. Below 1 the torrent cannot be finished with these peers.
   */
  distributedCopies(ours: Bitfield): number {
    if (this.#pieceCount === 0) return this.#seeds;
    let rarest = Number.POSITIVE_INFINITY;
    let atRarest = 0;
    for (let piece = 0; piece < this.#pieceCount; piece++) {
      const count = this.amongLeechers(piece) + (ours.has(piece) ? 1 : 0);
      if (count < rarest) {
        rarest = count;
        atRarest = 1;
      } else if (count === rarest) atRarest++;
    }
    return this.#seeds + rarest + 1 - atRarest / this.#pieceCount;
  }

  #change(have: Bitfield, by: 1 | -1): void {
    if (have.isEmpty) return;
    const counts = this.#ensureCounts();
    const { bytes } = have;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === 0) continue;
      for (let bit = 0; bit < 8; bit++) {
        if ((byte & (0x80 >> bit)) !== 0) counts[at * 8 + bit] = (counts[at * 8 + bit] as number) + by;
      }
    }
  }

  #ensureCounts(): Uint16Array {
    this.#counts ??= new Uint16Array(this.#pieceCount);
    return this.#counts;
  }
}
