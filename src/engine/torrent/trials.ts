/**
 * Pieces that one peer brings alone. After a piece has failed in which several had a part, the guilty is unknown; until
 * it is found every piece that is started has a single sender. If such a piece is bad, its sender is guilty; when the
 * one that had failed is good, its blocks name the guilty of before.
 */
import type { Millis, PieceIndex } from '../../base/units.ts';

interface Trial {
  readonly peerId: number;
  readonly patience: Millis;
  /** When another peer shall have its turn. */
  readonly endsAt: Millis;
}

/** How long a peer may take for a piece, and for each block of it; doubled each time a piece is taken from a slow one. */
const FIRST_PATIENCE: Millis = 120_000;
const PER_BLOCK: Millis = 1000;

export class Trials {
  readonly #trials = new Map<PieceIndex, Trial>();
  /** Longer than at first for pieces that were taken from a slow peer already. */
  readonly #patience = new Map<PieceIndex, Millis>();
  /** By piece: peers from which it was taken, and until when others have precedence. */
  readonly #losers = new Map<PieceIndex, Map<number, Millis>>();

  begin(piece: PieceIndex, peerId: number, blocks: number, now: Millis): void {
    const patience = this.#patience.get(piece) ?? Math.max(FIRST_PATIENCE, blocks * PER_BLOCK);
    this.#trials.set(piece, { peerId, patience, endsAt: now + patience });
  }

  /** May the peer bring blocks of the piece? */
  mayBring(peerId: number, piece: PieceIndex, now: Millis): boolean {
    const trial = this.#trials.get(piece);
    if (trial !== undefined) return trial.peerId === peerId;
    return (this.#losers.get(piece)?.get(peerId) ?? now) <= now;
  }

  get isEmpty(): boolean {
    return this.#trials.size === 0 && this.#losers.size === 0;
  }

  isOf(peerId: number, piece: PieceIndex): boolean {
    return this.#trials.get(piece)?.peerId === peerId;
  }

  /** The piece is complete. */
  end(piece: PieceIndex): void {
    this.#trials.delete(piece);
  }

  /** The piece begins anew; not with the same peer as long as there are others. */
  fail(piece: PieceIndex, now: Millis): void {
    const trial = this.#trials.get(piece);
    if (trial === undefined) return;
    this.#trials.delete(piece);
    const losers = this.#losers.get(piece) ?? new Map<number, Millis>();
    this.#losers.set(piece, losers.set(trial.peerId, now + FIRST_PATIENCE));
  }

  /** The guilty is found: all may help again. */
  endAll(): void {
    if (this.isEmpty && this.#patience.size === 0) return;
    this.#trials.clear();
    this.#patience.clear();
    this.#losers.clear();
  }

  /** Pieces whose sender does nothing for them, or takes too long: they begin anew with another. */
  overdue(now: Millis, isWorking: (peerId: number) => boolean): PieceIndex[] {
    const pieces: PieceIndex[] = [];
    for (const [piece, { peerId, patience, endsAt }] of this.#trials) {
      if (now >= endsAt) this.#patience.set(piece, 2 * patience);
      if (now >= endsAt || !isWorking(peerId)) pieces.push(piece);
    }
    return pieces;
  }
}
