/** The time of a tracker in ticks, the same in all of its threads: seconds since it started, from monotonic clocks. */
import type { Clock } from '../../../base/clock.ts';
import type { Millis, UnixSeconds } from '../../../base/units.ts';
import { TICK_SECONDS } from '../../../tracker/index.ts';

/** Tick at the start: none is negative when a snapshot brings peers that were heard of before. */
const FIRST_TICK = 32_768;

/** Makes the reader of the present tick for one thread; `start`: calendar time at which the tracker started. */
export function tickReader(clock: Clock, start: UnixSeconds): () => number {
  const elapsed = elapsedReader(clock, start);
  return () => FIRST_TICK + Math.floor(elapsed() / (1000 * TICK_SECONDS));
}

/** Makes the reader of the time since the start for one thread; those of two threads differ by less than a second. */
export function elapsedReader(clock: Clock, start: UnixSeconds): () => Millis {
  const offset = (clock.wall() - start) * 1000 - clock.now();
  return () => clock.now() + offset;
}
