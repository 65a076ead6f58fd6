/** The session's memory for outgoing blocks: a bounded share of the buffer pool, so that downloads keep theirs. */
import type { ByteCount } from '../../base/units.ts';
import type { BufferPool, PoolBuffer } from '../../storage/index.ts';

export class UploadMemory {
  readonly #pool: BufferPool;
  readonly #budget: ByteCount;
  #used: ByteCount = 0;

  constructor(pool: BufferPool, budget: ByteCount) {
    this.#pool = pool;
    this.#budget = budget;
  }

  /** Null when the share is used up: a release elsewhere, or the next tick, makes the waiting go on. */
  take(size: ByteCount): PoolBuffer | null {
    if (this.#used > 0 && this.#used + size > this.#budget) return null;
    const buffer = this.#pool.take(size);
    if (buffer === null) return null;
    this.#used += size;
    return {
      id: buffer.id,
      bytes: buffer.bytes,
      release: () => {
        this.#used -= size;
        buffer.release();
      },
    };
  }
}
