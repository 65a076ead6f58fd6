/**
 * The events of this run and their numbers. So many are kept; those that swarms make by the thousand (pieces, peers)
 * have a part of their own and do not push the others out.
 */
import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors.ts';
import type { Logger } from '../../../base/logger.ts';
import type { ClientEvent, ClientEvents, EventLog, EventName, EventsSince } from '../event-log.ts';

/** Most events that are kept. */
const MOST_KEPT = 8_000;
const MOST_FREQUENT_KEPT = 2_000;

const frequent: ReadonlySet<EventName> = new Set([
  'piece.verified',
  'piece.failed',
  'peer.connected',
  'peer.disconnected',
] satisfies EventName[]);

/** Events in the order of their numbers, the oldest of them forgotten. */
class Shelf {
  readonly #most: number;
  #events: ClientEvent[] = [];
  #start = 0;
  /** Of each name the number of the newest one that is forgotten. */
  readonly #forgotten = new Map<EventName, number>();

  constructor(most: number) {
    this.#most = most;
  }

  add(event: ClientEvent): void {
    this.#events.push(event);
    if (this.#events.length - this.#start <= this.#most) return;
    const { name, id } = this.#events[this.#start++] as ClientEvent;
    this.#forgotten.set(name, id);
    if (this.#start < this.#most) return;
    this.#events = this.#events.slice(this.#start);
    this.#start = 0;
  }

  /** Whether one after `id` that is wanted is forgotten. */
  hasForgotten(id: number, wants: (name: EventName) => boolean): boolean {
    for (const [name, newest] of this.#forgotten) if (newest > id && wants(name)) return true;
    return false;
  }

  since(id: number): ClientEvent[] {
    let [low, high] = [this.#start, this.#events.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle] as ClientEvent).id <= id) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }
}

/** What emits events. */
export interface EventSink {
  emit<K extends EventName>(name: K, data: ClientEvents[K]): void;
}

export class EventHistory implements EventLog, EventSink {
  readonly #clock: Pick<Clock, 'wall'>;
  readonly #logger: Logger;
  readonly #listeners = new Set<(event: ClientEvent) => void>();
  readonly #kept = new Shelf(MOST_KEPT);
  readonly #frequent = new Shelf(MOST_FREQUENT_KEPT);
  readonly #first: number;
  #last: number;

  /** `last`: no event of an earlier run has a higher number. */
  constructor(last: number, clock: Pick<Clock, 'wall'>, logger: Logger) {
    this.#first = last;
    this.#last = last;
    this.#clock = clock;
    this.#logger = logger;
  }

  get last(): number {
    return this.#last;
  }

  emit<K extends EventName>(name: K, data: ClientEvents[K]): void {
    const event = { id: ++this.#last, at: this.#clock.wall(), name, data } as ClientEvent;
    (frequent.has(name) ? this.#frequent : this.#kept).add(event);
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#logger.error('a listener failed', { event: name, error: messageOf(error) });
      }
    }
  }

  since(id: number, wants: (name: EventName) => boolean = () => true): EventsSince {
    const shelves = [this.#kept, this.#frequent];
    const events = shelves.flatMap((shelf) => shelf.since(id)).toSorted((a, b) => a.id - b.id);
    // Of an earlier run nothing is known; a number that was never given out is of another log.
    const isOfAnother = id < this.#first || id > this.#last;
    return { events, isGap: isOfAnother || shelves.some((shelf) => shelf.hasForgotten(id, wants)) };
  }

  on(listener: (event: ClientEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }
}
