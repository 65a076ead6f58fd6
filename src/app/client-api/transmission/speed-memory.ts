/** Limits of the client that are switched off keep their number for when they are switched on again, as in Transmission. */
import type { BytesPerSecond } from '../../../base/units.ts';

const FIRST: BytesPerSecond = 100_000;

export class SpeedMemory {
  readonly #last = { download: FIRST, upload: FIRST };

  /** What is in effect, or what would be. */
  of(way: 'download' | 'upload', inEffect: BytesPerSecond): BytesPerSecond {
    if (inEffect > 0) this.#last[way] = inEffect;
    return this.#last[way];
  }

  set(way: 'download' | 'upload', rate: BytesPerSecond): void {
    this.#last[way] = rate;
  }
}
