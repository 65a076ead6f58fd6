/**
 * Circuit breakers: a service that does not answer is left alone for a while, longer each time, and everybody who wants
 * it is told at once what was wrong. When the while is over one of them tries; the others are still told, until it is
 * known how that went.
 */
import type { Clock } from './clock.ts';
import type { Millis } from './units.ts';

export interface BreakerOptions {
  /** How long a service is left alone after its first failure; then twice as long each time, ms. */
  readonly first: Millis;
  /** The longest, ms. */
  readonly longest: Millis;
}

/** What an error says of the service: `unknown` when it was not for the service to answer (the caller gave up). */
export type BreakerVerdict = 'failed' | 'answered' | 'unknown';

interface OpenBreaker {
  /** Periods in a row in which it was left alone. */
  readonly periods: number;
  readonly until: Millis;
  readonly error: unknown;
  /** Somebody tries. */
  isTried: boolean;
}

/** More services than this, and the one that failed first is forgotten. */
const MOST_OPEN = 1000;

/** Breakers of many services, by name; only those that have failed take memory. */
export class CircuitBreakers {
  readonly #options: BreakerOptions;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #judge: (error: unknown) => BreakerVerdict;
  readonly #open = new Map<string, OpenBreaker>();
  /** Calls that were not made. */
  spared = 0;

  constructor(options: BreakerOptions, clock: Pick<Clock, 'now'>, judge: (error: unknown) => BreakerVerdict) {
    this.#options = options;
    this.#clock = clock;
    this.#judge = judge;
  }

  /** How many services have failed and not answered since. */
  get open(): number {
    return this.#open.size;
  }

  /** Asks the service, or rejects with its last failure. */
  async run<T>(service: string, ask: () => Promise<T>): Promise<T> {
    const breaker = this.#open.get(service);
    if (breaker !== undefined) {
      if (breaker.isTried || this.#clock.now() < breaker.until) {
        this.spared++;
        throw breaker.error;
      }
      breaker.isTried = true;
    }
    try {
      const answer = await ask();
      this.#open.delete(service);
      return answer;
    } catch (error) {
      this.#fail(service, breaker, error);
      throw error;
    }
  }

  /** The next call of each service is made. */
  forget(): void {
    this.#open.clear();
  }

  #fail(service: string, before: OpenBreaker | undefined, error: unknown): void {
    if (before !== undefined) before.isTried = false;
    const verdict = this.#judge(error);
    if (verdict === 'answered') this.#open.delete(service);
    // Of those who asked at the same time one counts.
    if (verdict !== 'failed' || this.#open.get(service) !== before) return;
    const periods = (before?.periods ?? 0) + 1;
    const rest = Math.min(this.#options.longest, this.#options.first * 2 ** Math.min(periods - 1, 30));
    this.#open.delete(service);
    this.#open.set(service, { periods, until: this.#clock.now() + rest, error, isTried: false });
    if (this.#open.size > MOST_OPEN) this.#open.delete(this.#open.keys().next().value as string);
  }
}
