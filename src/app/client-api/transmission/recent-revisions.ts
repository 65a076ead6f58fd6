/** What "recently active" means: changed in the last minute, whoever asks and however often. */
import type { Clock } from '../../../base/clock.ts';
import type { Millis } from '../../../base/units.ts';
import type { Revision } from '../../client/index.ts';

const RECENT: Millis = 60_000;
/** Least time between two marks, ms: so many are kept as fit in a minute. */
const STEP: Millis = 1000;
/** Of no run: all torrents are changed since. */
const NEVER: Revision = -1;

export class RecentRevisions {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #marks: { readonly at: Millis; readonly revision: Revision }[] = [];

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** The revision of a minute ago, or of the last time before that when it was asked for; at first, one before all. */
  before(now: () => Revision): Revision {
    const at = this.#clock.now();
    while ((this.#marks[1]?.at ?? Number.POSITIVE_INFINITY) <= at - RECENT) this.#marks.shift();
    if ((this.#marks.at(-1)?.at ?? Number.NEGATIVE_INFINITY) <= at - STEP) this.#marks.push({ at, revision: now() });
    const [first] = this.#marks;
    return first !== undefined && first.at <= at - RECENT ? first.revision : NEVER;
  }
}
