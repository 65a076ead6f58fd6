/** At most so many tasks at a time; the others wait in line, urgent ones at its head. */
import type { Clock } from './clock.ts';
import type { Millis } from './units.ts';

/** Spreads a rush: while others wait, a place is given on only so long after it was taken. */
export interface Pace {
  readonly clock: Clock;
  readonly shortestTurn: Millis;
}

export class ConcurrencyLimit {
  readonly #pace: Pace | null;
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(limit: number, pace: Pace | null = null) {
    this.#free = limit;
    this.#pace = pace;
  }

  /** Runs `task` when its turn comes. Rejects with the signal's reason when that aborts while it still waits. */
  async run<T>(task: () => Promise<T>, signal: AbortSignal, isUrgent = false): Promise<T> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal, isUrgent);
    const earliest = this.#pace === null ? 0 : this.#pace.clock.now() + this.#pace.shortestTurn;
    try {
      return await task();
    } finally {
      this.#leave(earliest);
    }
  }

  #leave(earliest: Millis): void {
    const rest = this.#pace === null ? 0 : earliest - this.#pace.clock.now();
    if (rest > 0 && this.#waiting.length > 0) this.#pace?.clock.after(rest, () => this.#giveOn());
    else this.#giveOn();
  }

  #giveOn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }

  #turn(signal: AbortSignal, isUrgent: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal.reason as Error);
      };
      const enter = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      if (isUrgent) this.#waiting.unshift(enter);
      else this.#waiting.push(enter);
    });
  }
}
