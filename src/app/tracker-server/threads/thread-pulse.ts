/** How a thread is, told once a second: whoever stops telling hangs. */
import { performance } from 'node:perf_hooks';
import type { Clock } from '../../../base/clock.ts';
import type { Millis } from '../../../base/units.ts';
import type { AccountTraffic } from '../../../tracker/index.ts';

export interface ThreadBeat {
  /** Part of the last second that the thread was at work, 0 to 1. */
  readonly busy: number;
  /** How much later than planned it came to tell this, ms. */
  readonly lag: Millis;
  readonly webSockets: number;
  /** What accounts have transferred since the last time. */
  readonly traffic: readonly AccountTraffic[];
}

const PULSE: Millis = 1000;

export class ThreadPulse implements Disposable {
  readonly #clock: Clock;
  readonly #onBeat: (beat: Pick<ThreadBeat, 'busy' | 'lag'>) => void;
  #before = performance.eventLoopUtilization();
  #timer: Disposable;

  constructor(clock: Clock, onBeat: (beat: Pick<ThreadBeat, 'busy' | 'lag'>) => void) {
    this.#clock = clock;
    this.#onBeat = onBeat;
    this.#timer = this.#plan();
  }

  #plan(): Disposable {
    const due = this.#clock.now() + PULSE;
    return this.#clock.after(PULSE, () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, this.#before);
      this.#before = now;
      this.#onBeat({ busy: utilization, lag: Math.max(0, this.#clock.now() - due) });
      this.#timer = this.#plan();
    });
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }
}
