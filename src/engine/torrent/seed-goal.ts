/** When a finished torrent has given enough: by ratio, by time, whichever comes first. */
import type { ByteCount, Millis } from '../../base/units.ts';

export class SeedGoal {
  readonly #ratio: number;
  readonly #time: Millis;
  #since: Millis | null = null;

  constructor(options: { seedRatio?: number; seedTime?: Millis }) {
    this.#ratio = options.seedRatio ?? Number.POSITIVE_INFINITY;
    this.#time = options.seedTime ?? Number.POSITIVE_INFINITY;
  }

  /** False when seeding has no end. */
  get isSet(): boolean {
    return this.#ratio !== Number.POSITIVE_INFINITY || this.#time !== Number.POSITIVE_INFINITY;
  }

  /** Seeding begins. */
  begin(now: Millis): void {
    this.#since ??= now;
  }

  isReached(now: Millis, uploaded: ByteCount, size: ByteCount): boolean {
    if (this.#since === null) return false;
    return now - this.#since >= this.#time || (size > 0 && uploaded / size >= this.#ratio);
  }
}
