/** How long pieces have waited for the disk lately, from sums over the whole run. */
import type { Millis } from '../../../base/units.ts';

interface Use {
  readonly jobs: number;
  readonly seconds: number;
}

export class DiskDelay {
  #before: Use = { jobs: 0, seconds: 0 };
  #last: Millis | null = null;

  /** Mean of those that were written between the last two looks; null: none was. */
  get last(): Millis | null {
    return this.#last;
  }

  look({ jobs, seconds }: Use = { jobs: 0, seconds: 0 }): void {
    const written = jobs - this.#before.jobs;
    this.#last = written > 0 ? ((seconds - this.#before.seconds) * 1000) / written : null;
    this.#before = { jobs, seconds };
  }
}
