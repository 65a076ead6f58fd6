/** Delays between attempts: exponential, half of each at random, so that many clients do not return at the same moment. */
import type { Random } from './random.ts';
import type { Millis } from './units.ts';

export interface BackoffOptions {
  /** Delay after the first failure, ms. */
  readonly first: Millis;
  /** Longest delay, ms. */
  readonly longest: Millis;
}

/** The delay after `failures` (1, 2, …) failed attempts: between half of and the whole of first·2^(failures−1). */
export function backoffDelay(failures: number, options: BackoffOptions, random: Random): Millis {
  const whole = Math.min(options.longest, options.first * 2 ** Math.min(failures - 1, 30));
  return whole / 2 + (whole / 2) * (random.below(1001) / 1000);
}
