/** What handshakes with strangers may take of the main thread: so much of each second, and of one source a share of it. */
import type { Clock } from '../../base/clock.ts';
import type { Micros } from '../../base/units.ts';

/** Of each second. */
const BUDGET: Micros = 50_000;
/** Of it, what one source may have: the others come through whatever it does. */
const SHARE: Micros = BUDGET / 4;

export class HandshakeBudget {
  readonly #clock: Clock;
  #since = Number.NEGATIVE_INFINITY;
  /** In this second; of each source its share at the most, whatever it has cost. */
  #spent: Micros = 0;
  /** What sources have spent, and not waited off: more than a share is a debt of later seconds. */
  readonly #ofSources = new Map<string, Micros>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes the cost of a handshake; false when too little is left. */
  take(source: string, cost: Micros): boolean {
    this.#renew();
    if (this.#spent + cost > BUDGET || this.#spentBy(source) + cost > SHARE) return false;
    this.charge(source, cost);
    return true;
  }

  /** Adds what was spent beyond what was taken. */
  charge(source: string, cost: Micros): void {
    const before = this.#spentBy(source);
    this.#spent += Math.min(cost, Math.max(0, SHARE - before));
    this.#ofSources.set(source, before + cost);
  }

  /** More was spent than there is, by all or by this source alone: what it has begun goes no further. */
  isOverdrawn(source: string): boolean {
    this.#renew();
    return this.#spent > BUDGET || this.#spentBy(source) > BUDGET;
  }

  #spentBy(source: string): Micros {
    return this.#ofSources.get(source) ?? 0;
  }

  #renew(): void {
    const now = this.#clock.now();
    const seconds = Math.floor((now - this.#since) / 1000);
    if (seconds < 1) return;
    this.#since = now;
    this.#spent = 0;
    for (const [source, spent] of this.#ofSources) {
      if (spent > seconds * SHARE) this.#ofSources.set(source, spent - seconds * SHARE);
      else this.#ofSources.delete(source);
    }
  }
}
