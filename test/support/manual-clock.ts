/** Test support: a clock that stands still until it is told how much time has passed. */
import { type Clock, sleepOn } from '../../src/base/clock.ts';
import type { Millis, UnixSeconds } from '../../src/base/units.ts';

export class ManualClock implements Clock {
  readonly #start: UnixSeconds;
  #now: Millis = 1000;
  #timers: { readonly at: Millis; readonly fn: () => void }[] = [];

  constructor(start: UnixSeconds = 1_800_000_000) {
    this.#start = start;
  }

  now(): Millis {
    return this.#now;
  }

  wall(): UnixSeconds {
    return this.#start + Math.floor((this.#now - 1000) / 1000);
  }

  after(delay: Millis, fn: () => void): Disposable {
    const timer = { at: this.#now + delay, fn };
    this.#timers.push(timer);
    return { [Symbol.dispose]: () => void (this.#timers = this.#timers.filter((one) => one !== timer)) };
  }

  sleep(delay: Millis, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delay, signal);
  }

  /** Lets time pass; timers fire in their order. */
  advance(time: Millis): void {
    const end = this.#now + time;
    for (;;) {
      const [next] = this.#timers.toSorted((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#now = next.at;
      next.fn();
    }
    this.#now = end;
  }

  get timers(): number {
    return this.#timers.length;
  }
}
