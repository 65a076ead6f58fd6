/**
 * The session's memory for pieces in progress. Room is reserved when a piece is started, but the buffer is taken when
 * its first block arrives: so the buffer used last, still in the processor's cache, is the next one used.
 */
import type { ByteCount } from '../../base/units.ts';
import type { BufferPool, PoolBuffer } from '../../storage/index.ts';

export class PieceMemory {
  readonly #pool: BufferPool;
  readonly #budget: ByteCount;
  #reserved: ByteCount = 0;

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

  /** A buffer within a reservation; null when the pool itself is exhausted. */
  take(size: ByteCount): PoolBuffer | null {
    return this.#pool.take(size);
  }
}
