/**
 * Locks in shared memory. A lock is held for about a microsecond, so that who finds it taken tries a little longer
 * before it sleeps: the holder is nearly always running on another core.
 */
const FREE = 0;
const HELD = 1;
/** Held, and somebody sleeps. */
const AWAITED = 2;

/** Attempts before sleeping, about two microseconds. */
const ATTEMPTS = 64;
/** Longest sleep, ms: a bound, should a wake-up ever be lost. */
const LONGEST_SLEEP = 10;

/** Takes the lock at word `at`; waits until it is free. */
export function acquire(words: Int32Array, at: number): void {
  for (let i = 0; i < ATTEMPTS; i++) {
    if (Atomics.compareExchange(words, at, FREE, HELD) === FREE) return;
  }
  while (Atomics.exchange(words, at, AWAITED) !== FREE) Atomics.wait(words, at, AWAITED, LONGEST_SLEEP);
}

export function release(words: Int32Array, at: number): void {
  if (Atomics.exchange(words, at, FREE) === AWAITED) Atomics.notify(words, at, 1);
}
