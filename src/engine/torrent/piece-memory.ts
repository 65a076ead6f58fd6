/**
 * The session's memory for pieces in progress. Room is reserved when a piece is started, but the buffer is taken when
 * its first block arrives: so the buffer used last, still in the processor's cache, is the next one used.
 */
import type { ByteCount, Millis } from '../../base/units.ts';
import type { BufferPool, PoolBuffer } from '../../storage/index.ts';

/** A torrent that has buffers of pieces in progress, or may have. */
export interface PieceHolder {
  readonly hasBuffers: boolean;
  /** When a block last came, or the download began. */
  readonly lastBlockAt: Millis;
  /** Begins its pieces in progress anew: their buffers come back. */
  giveUp(): void;
}

/** What did not grow for so long is given up when others need the memory, ms. */
export const STALLED: Millis = 30_000;

export class PieceMemory {
  readonly #pool: BufferPool;
  readonly #budget: ByteCount;
  #reserved: ByteCount = 0;
  readonly #holders = new Set<PieceHolder>();

  /** `budget`: bytes of pieces in progress over all torrents. The pool should allow somewhat more. */
  constructor(pool: BufferPool, budget: ByteCount) {
    this.#pool = pool;
    this.#budget = budget;
  }

  hasRoom(size: ByteCount): boolean {
    return this.#reserved + size <= this.#budget;
  }

  /** Reserves room for a piece. `isFirst` pieces of a torrent are always granted, so that none starves. */
  reserve(size: ByteCount, isFirst: boolean): boolean {
    if (!isFirst && !this.hasRoom(size)) return false;
    this.#reserved += size;
    return true;
  }

  unreserve(size: ByteCount): void {
    this.#reserved -= size;
  }

  join(holder: PieceHolder): void {
    this.#holders.add(holder);
  }

  leave(holder: PieceHolder): void {
    this.#holders.delete(holder);
  }

  /**
   * Whether there would be a buffer now, beyond all reservations. If need be others give theirs up to whom nothing comes
   * any more, the longest stalled first: else a few torrents without peers would keep all others from downloading.
   */
  makeRoom(size: ByteCount, asker: PieceHolder, now: Millis): boolean {
    if (this.#pool.hasRoom(size)) return true;
    const others = [...this.#holders].filter((holder) => holder !== asker && now - holder.lastBlockAt >= STALLED);
    for (const holder of others.sort((a, b) => a.lastBlockAt - b.lastBlockAt)) {
      if (holder.hasBuffers) holder.giveUp();
      if (this.#pool.hasRoom(size)) return true;
    }
    return false;
  }

  /** A buffer within a reservation; null when the pool itself is exhausted. */
  take(size: ByteCount): PoolBuffer | null {
    return this.#pool.take(size);
  }
}
