/** The announces of one swarm that are under way, at most one to each tracker. Kept small: nearly always there is none. */
import type { Millis } from '../../base/units.ts';
import type { TrackerEvent } from '../../codec/announce/index.ts';
import type { TrackerState } from './tracker-state.ts';

export interface Attempt {
  readonly event: TrackerEvent;
  /** The interval until the next announce, ms, or null when it failed. */
  readonly done: Promise<Millis | null>;
  /** Ends it. */
  readonly life: AbortController;
}

export class Attempts {
  #byTracker: Map<TrackerState, Attempt> | null = null;

  of(tracker: TrackerState): Attempt | undefined {
    return this.#byTracker?.get(tracker);
  }

  /** `announce` must not reject. */
  begin(
    tracker: TrackerState,
    event: TrackerEvent,
    announce: (signal: AbortSignal) => Promise<Millis | null>,
  ): Promise<Millis | null> {
    const life = new AbortController();
    const done = announce(life.signal).finally(() => {
      this.#byTracker?.delete(tracker);
      if (this.#byTracker?.size === 0) this.#byTracker = null;
    });
    this.#byTracker ??= new Map();
    this.#byTracker.set(tracker, { event, done, life });
    return done;
  }

  /** Ends them, all or that to one tracker, but for those that tell of a finished download. */
  abort(reason: Error, only?: TrackerState): void {
    for (const [tracker, { event, life }] of this.#byTracker ?? []) {
      if (event !== 'completed' && (only === undefined || only === tracker)) life.abort(reason);
    }
  }

  /** Resolves when those that are under way now have ended. */
  async ended(): Promise<void> {
    await Promise.all(Array.from(this.#byTracker?.values() ?? [], ({ done }) => done));
  }
}
