/** Pieces that are needed by a certain time, in order of that time. */
import type { Millis, PieceIndex } from '../../base/units.ts';

export class Deadlines {
  readonly #times = new Map<PieceIndex, Millis>();
  #sorted: (readonly [piece: PieceIndex, at: Millis])[] | null = [];

  get isEmpty(): boolean {
    return this.#times.size === 0;
  }

  /** Soonest first. */
  get sorted(): readonly (readonly [piece: PieceIndex, at: Millis])[] {
    this.#sorted ??= [...this.#times].sort((a, b) => a[1] - b[1]);
    return this.#sorted;
  }

  has(piece: PieceIndex): boolean {
    return this.#times.has(piece);
  }

  set(piece: PieceIndex, at: Millis): void {
    this.#times.set(piece, at);
    this.#sorted = null;
  }

  delete(piece: PieceIndex): void {
    if (this.#times.delete(piece)) this.#sorted = null;
  }
}
