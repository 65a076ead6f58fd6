/**
 * Time comes in through this port, so that the same engine runs in real time and in the seeded simulation.
 * Nothing outside base/ may call `setTimeout`, `Date.now` or `performance.now` (the linter sees to it).
 */
import type { Millis, UnixSeconds } from './units.ts';

export interface Clock {
  /** Monotonic reading, milliseconds since an arbitrary start. */
  now(): Millis;
  /** Calendar time, whole seconds. */
  wall(): UnixSeconds;
  /** Calls `fn` once after `delay`; disposing before then cancels it. */
  after(delay: Millis, fn: () => void): Disposable;
  /** Resolves after `delay`; rejects with the signal's reason when it aborts first. */
  sleep(delay: Millis, signal?: AbortSignal): Promise<void>;
}

/** Sleep over any `after`: shared by the system clock and the simulated one. */
export function sleepOn(clock: Pick<Clock, 'after'>, delay: Millis, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer[Symbol.dispose]();
      reject(signal?.reason as Error);
    };
    const timer = clock.after(delay, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Longest delay of a system timer, ms (2^31 − 1, about 25 days); a longer one would fire at once. */
const LONGEST_TIMER: Millis = 0x7fffffff;

function longTimer(delay: Millis, fn: () => void): Disposable {
  let timer: Disposable;
  const arm = (left: Millis): void => {
    timer = left > LONGEST_TIMER ? setTimeout(() => arm(left - LONGEST_TIMER), LONGEST_TIMER) : setTimeout(fn, left);
  };
  arm(delay);
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

/** Looked up here, because Node loads it when it is first looked up: no transfer should wait for that. */
const { performance } = globalThis;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Math.floor(Date.now() / 1000),
  // A timer of Node can be disposed of: thousands of torrents have one each, and nothing around it.
  after: (delay, fn) => (delay > LONGEST_TIMER ? longTimer(delay, fn) : setTimeout(fn, Math.max(0, delay))),
  sleep: (delay, signal) => sleepOn(systemClock, delay, signal),
};
