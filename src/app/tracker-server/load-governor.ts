/**
 * How often clients are to come back: while the busiest thread has little time left, the interval is stretched, and
 * back again when it has. So a tracker with too many clients gets fewer requests instead of answering late.
 */
import type { UnixSeconds } from '../../base/units.ts';

export interface Intervals {
  /** Seconds between two announces, when there is time. */
  readonly interval: number;
  /** Most seconds to which it is stretched. */
  readonly longestInterval: number;
}

/** Part of its time that a thread is at work, above which there is too much to do, and below which there is time. */
const BUSY = 0.85;
const CALM = 0.6;
/** Change of the interval at one look. */
const STEP = 1.25;
/** Seconds between two looks: less than it takes a change to show would make it swing. */
const LOOK = 10;
/** Weight of the past in the mean of what was seen. */
const INERTIA = 0.8;

export class LoadGovernor {
  /** May be changed at any time. */
  intervals: Intervals;
  #stretch = 1;
  #mean = 0;
  #seen = 0;
  /** Longest interval that a client was told, and when it was told last. */
  #longestTold = 0;
  #toldAt: UnixSeconds = 0;

  constructor(intervals: Intervals) {
    this.intervals = intervals;
  }

  /** Seconds between two announces, as clients are told now. */
  get interval(): number {
    const { interval, longestInterval } = this.intervals;
    return Math.round(Math.max(interval, Math.min(longestInterval, interval * this.#stretch)));
  }

  /** Once a second: part of its time that the busiest thread was at work. */
  observe(busy: number): void {
    this.#mean = INERTIA * this.#mean + (1 - INERTIA) * busy;
    if (++this.#seen % LOOK !== 0) return;
    const most = this.intervals.longestInterval / this.intervals.interval;
    if (this.#mean > BUSY) this.#stretch = Math.max(1, Math.min(most, this.#stretch * STEP));
    else if (this.#mean < CALM) this.#stretch = Math.max(1, this.#stretch / STEP);
  }

  /** Longest interval that a client may still go by: peers are expected for as long, though others come sooner. */
  longestTold(now: UnixSeconds): number {
    const { interval } = this;
    if (interval >= this.#longestTold || now - this.#toldAt > 2 * this.#longestTold) this.#longestTold = interval;
    if (interval === this.#longestTold) this.#toldAt = now;
    return this.#longestTold;
  }
}
