/**
 * When a finished torrent has given enough: by ratio, by time, whichever comes first. It ends seeding once: who resumes
 * the torrent then wants it to seed on.
 */
import type { ByteCount, Millis } from '../../base/units.ts';

export class SeedGoal {
  readonly #ratio: number;
  readonly #time: Millis;
  /** When seeding began; null before. */
  #since: Millis | null = null;
  #isReached = false;

  constructor(options: { seedRatio?: number; seedTime?: Millis }) {
    this.#ratio = options.seedRatio ?? Number.POSITIVE_INFINITY;
    this.#time = options.seedTime ?? Number.POSITIVE_INFINITY;
  }

  /** False when seeding has no end. */
  get isAhead(): boolean {
    return !this.#isReached && (this.#ratio !== Number.POSITIVE_INFINITY || this.#time !== Number.POSITIVE_INFINITY);
  }

  /** Now and then while seeding, from its beginning: true once, when so much is enough. */
  reach(now: Millis, uploaded: ByteCount, size: ByteCount): boolean {
    this.#since ??= now;
    if (this.#isReached) return false;
    this.#isReached = now - this.#since >= this.#time || (size > 0 && uploaded / size >= this.#ratio);
    return this.#isReached;
  }
}
