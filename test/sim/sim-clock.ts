/**
 * Virtual time: a `Clock` whose hours pass in milliseconds, in an order that depends on nothing but the calls made.
 *
 * How a step works: the earliest timer fires, then every promise reaction that follows from it runs to its end, then
 * comes the next timer. The end of the reactions is found without a turn of the event loop: Node runs
 * `process.nextTick` callbacks only when the microtask queue is empty. A turn is given now and then all the same, so
 * that a long simulation can be interrupted. Nothing in a simulation may wait for real I/O or real timers.
 */
import { sleepOn, type Clock } from '../../src/base/clock.ts';
import type { Millis, UnixSeconds } from '../../src/base/units.ts';

/** Calendar time at virtual time 0: 2030-01-01 00:00 UTC. */
const START: UnixSeconds = 1_893_456_000;
/** Steps between two turns of the real event loop. */
const STEPS_PER_TURN = 4096;
/** Timers that may fire at one instant before the simulation counts as an endless loop. */
const MOST_AT_ONE_INSTANT = 200_000;
/** How much virtual time `until` and `finish` allow when nothing else is said: one day. */
const DEFAULT_LIMIT: Millis = 86_400_000;

class Timer implements Disposable {
  readonly at: Millis;
  /** Order of creation: timers of one instant fire in it. */
  readonly order: number;
  fn: (() => void) | null;
  readonly #onCancel: () => void;

  constructor(at: Millis, order: number, fn: () => void, onCancel: () => void) {
    this.at = at;
    this.order = order;
    this.fn = fn;
    this.#onCancel = onCancel;
  }

  [Symbol.dispose](): void {
    if (this.fn === null) return;
    this.fn = null;
    this.#onCancel();
  }
}

const isEarlier = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

export class SimClock implements Clock {
  #now: Millis = 0;
  #order = 0;
  /** Binary heap, earliest first; cancelled timers stay in it until they surface or outnumber the others. */
  #heap: Timer[] = [];
  #cancelled = 0;
  #fired = 0;
  #isRunning = false;
  readonly #onCancel = (): void => {
    this.#cancelled++;
    if (this.#cancelled > 1024 && this.#cancelled > this.#heap.length / 2) this.#compact();
  };

  now(): Millis {
    return this.#now;
  }

  wall(): UnixSeconds {
    return START + Math.floor(this.#now / 1000);
  }

  /** Timers fired so far. */
  get fired(): number {
    return this.#fired;
  }

  after(delay: Millis, fn: () => void): Disposable {
    const timer = new Timer(this.#now + Math.max(0, delay), this.#order++, fn, this.#onCancel);
    this.#heap.push(timer);
    this.#siftUp(this.#heap.length - 1);
    return timer;
  }

  sleep(delay: Millis, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delay, signal);
  }

  /** Lets `duration` pass, whether or not anything is scheduled. */
  async run(duration: Millis): Promise<void> {
    const end = this.#now + duration;
    await this.#steps(() => {
      const next = this.#peek();
      return next === null || next.at > end;
    });
    this.#now = end;
  }

  /**
   * Lets time pass until `condition` holds; it is looked at after each step. Rejects when that has not happened
   * `within` the given time, or when nothing is scheduled any more.
   */
  async until(condition: () => boolean, within: Millis = DEFAULT_LIMIT): Promise<void> {
    const end = this.#now + within;
    let isMet = false;
    await this.#steps(() => {
      isMet = condition();
      const next = this.#peek();
      return isMet || next === null || next.at > end;
    });
    if (isMet) return;
    const reason = this.#peek() === null ? 'nothing is scheduled any more' : `${within} ms have passed`;
    throw new Error(`simulation at ${this.#now} ms: ${reason}, but the condition does not hold`);
  }

  /** Lets time pass until a promise settles, and returns or throws what it settled to. */
  async finish<T>(promise: Promise<T>, within: Millis = DEFAULT_LIMIT): Promise<T> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    promise.then(settle, settle);
    await this.until(() => isSettled, within);
    return promise;
  }

  /** Drains microtasks and fires the next timer, again and again, until `isOver` says so between two steps. */
  #steps(isOver: () => boolean): Promise<void> {
    if (this.#isRunning) return Promise.reject(new Error('the simulated clock is already running'));
    this.#isRunning = true;
    return new Promise<void>((resolve, reject) => {
      let untilTurn = STEPS_PER_TURN;
      let atInstant = 0;
      const step = (): void => {
        try {
          if (isOver()) {
            this.#isRunning = false;
            resolve();
            return;
          }
          const timer = this.#pop();
          atInstant = timer.at === this.#now ? atInstant + 1 : 0;
          if (atInstant > MOST_AT_ONE_INSTANT) throw new Error(`simulation at ${this.#now} ms: time stands still`);
          this.#now = timer.at;
          this.#fired++;
          const fn = timer.fn as () => void;
          timer.fn = null;
          fn();
          queueMicrotask(settled);
        } catch (error) {
          this.#isRunning = false;
          reject(error);
        }
      };
      const settled = (): void => {
        if (--untilTurn > 0) {
          process.nextTick(step);
          return;
        }
        untilTurn = STEPS_PER_TURN;
        setImmediate(step);
      };
      queueMicrotask(settled);
    });
  }

  /** The earliest live timer. */
  #peek(): Timer | null {
    while (this.#heap.length > 0) {
      const top = this.#heap[0] as Timer;
      if (top.fn !== null) return top;
      this.#removeTop();
      this.#cancelled--;
    }
    return null;
  }

  /** Takes the earliest live timer, which must exist. */
  #pop(): Timer {
    const timer = this.#peek() as Timer;
    this.#removeTop();
    return timer;
  }

  #removeTop(): void {
    const last = this.#heap.pop() as Timer;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#siftDown(0);
  }

  #siftUp(start: number): void {
    const heap = this.#heap;
    const timer = heap[start] as Timer;
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isEarlier(timer, heap[parent] as Timer)) break;
      heap[index] = heap[parent] as Timer;
      index = parent;
    }
    heap[index] = timer;
  }

  #siftDown(start: number): void {
    const heap = this.#heap;
    const timer = heap[start] as Timer;
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isEarlier(heap[child + 1] as Timer, heap[child] as Timer)) child++;
      if (!isEarlier(heap[child] as Timer, timer)) break;
      heap[index] = heap[child] as Timer;
      index = child;
    }
    heap[index] = timer;
  }

  #compact(): void {
    this.#heap = this.#heap.filter((timer) => timer.fn !== null);
    this.#cancelled = 0;
    for (let index = (this.#heap.length >> 1) - 1; index >= 0; index--) this.#siftDown(index);
  }
}
