/**
 * The threads that answer: started together, told of every change, and started again when one ends by itself. With one
 * there is no thread: the caller's own answers.
 */
import type { PeerAddress } from '../../../base/address.ts';
import { systemClock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Millis } from '../../../base/units.ts';
import { type CounterName, sumCounters, threadCounters } from '../../../tracker/index.ts';
import type { ControlHandler } from '../../tracker-api/index.ts';
import { type Answering, DataPlane, type DataPlaneConfig, type DataPlaneOwner } from './data-plane.ts';
import type { StoreHealth } from '../redis/redis-swarms.ts';
import { assertPortIsFree } from '../sockets/free-port.ts';
import type { ThreadBeat } from './thread-pulse.ts';
import type { ThreadSettings } from './thread-settings.ts';
import { TrackerThread } from './tracker-thread.ts';

/** How a thread was when it last said so. */
export interface ThreadState extends ThreadBeat {
  readonly at: Millis;
}

export interface TrackerThreadsParts {
  readonly config: Omit<DataPlaneConfig, 'counters' | 'thread' | 'settings' | 'threads'>;
  readonly control: ControlHandler;
  readonly logger: Logger;
  readonly onBeat: (beat: ThreadBeat) => void;
}

/** Time until a thread that has ended is started again, and the longest to which that grows when it fails, ms. */
const RESTART: Millis = 1000;
const LONGEST_RESTART: Millis = 30_000;

export class TrackerThreads implements AsyncDisposable {
  readonly #parts: TrackerThreadsParts;
  readonly #counters: SharedArrayBuffer[];
  /** By number; null while one is not there. */
  readonly #threads: (Answering | null)[];
  readonly #states: (ThreadState | null)[];
  readonly #sharedSwarms: StoreHealth[] = [];
  readonly #restarts: Disposable[] = [];
  #settings: ThreadSettings;
  #isClosing = false;

  private constructor(count: number, settings: ThreadSettings, parts: TrackerThreadsParts) {
    this.#parts = parts;
    this.#settings = settings;
    this.#counters = Array.from({ length: count }, threadCounters);
    this.#threads = Array<null>(count).fill(null);
    this.#states = Array<null>(count).fill(null);
  }

  /** Starts `count` threads; rejects NET_PORT_IN_USE or NET_LISTEN_FAILED when one cannot listen. */
  static async start(count: number, settings: ThreadSettings, parts: TrackerThreadsParts): Promise<TrackerThreads> {
    const threads = new TrackerThreads(count, settings, parts);
    try {
      const { addresses, tlsAddresses } = parts.config;
      for (const address of count > 1 ? [...addresses, ...tlsAddresses] : []) await assertPortIsFree(address);
      // The first one finds the ports, when any will do.
      await threads.#start(0);
      const others = await Promise.allSettled(Array.from({ length: count - 1 }, (_, i) => threads.#start(i + 1)));
      for (const one of others) if (one.status === 'rejected') throw one.reason;
    } catch (error) {
      await threads[Symbol.asyncDispose]();
      throw error;
    }
    return threads;
  }

  /** Addresses on which HTTP and UDP are answered. */
  get listening(): readonly PeerAddress[] {
    return this.#threads.find((thread) => thread !== null)?.listening ?? [];
  }

  get tlsListening(): readonly PeerAddress[] {
    return this.#threads.find((thread) => thread !== null)?.tlsListening ?? [];
  }

  /** How each thread was when it last said so; null: it is not there. */
  get states(): readonly (ThreadState | null)[] {
    return this.#states;
  }

  /** How each thread reaches the shared swarms; empty when there are none. */
  get sharedSwarms(): readonly StoreHealth[] {
    return this.#sharedSwarms;
  }

  get counters(): Record<CounterName, number> {
    return sumCounters(this.#counters.map((buffer) => new Float64Array(buffer)));
  }

  /** All threads go by these from now on. */
  apply(settings: ThreadSettings): void {
    this.#settings = settings;
    for (const thread of this.#threads) thread?.apply(settings);
  }

  /** A thread that is there only after the end has begun ends too. */
  async #start(number: number): Promise<void> {
    const { config } = this.#parts;
    const { listening, tlsListening } = this;
    const whole: DataPlaneConfig = {
      ...config,
      ...(listening.length > 0 && { addresses: listening, tlsAddresses: tlsListening }),
      threads: this.#counters.length,
      counters: this.#counters[number] as SharedArrayBuffer,
      thread: number,
      settings: this.#settings,
    };
    const isAlone = this.#counters.length === 1;
    const thread = isAlone
      ? await DataPlane.open(whole, this.#owner)
      : await TrackerThread.start(whole, this.#owner, () => this.#restart(number, RESTART));
    if (this.#isClosing) return thread[Symbol.asyncDispose]();
    this.#threads[number] = thread;
    this.#states[number] = { busy: 0, lag: 0, webSockets: 0, traffic: [], at: systemClock.now() };
    if (this.#settings !== whole.settings) thread.apply(this.#settings);
  }

  #restart(number: number, delay: Millis): void {
    this.#threads[number] = null;
    this.#states[number] = null;
    if (this.#isClosing) return;
    this.#parts.logger.error('a thread has ended and is started again', { thread: number });
    this.#restarts[number] = systemClock.after(delay, () => {
      this.#start(number).catch((error: unknown) => {
        this.#parts.logger.error('a thread cannot be started', { thread: number, reason: messageOf(error) });
        this.#restart(number, Math.min(LONGEST_RESTART, 2 * delay));
      });
    });
  }

  readonly #owner: DataPlaneOwner = {
    control: (request) => this.#parts.control(request),
    relay: (relay) => this.#threads[relay.to.thread]?.receiveRelay(relay),
    tellHealth: (thread, health) => {
      this.#sharedSwarms[thread] = health;
      const { status, reason } = health;
      const level = status === 'ok' ? 'info' : 'warn';
      this.#parts.logger[level]('shared swarms', { thread, status, reason });
    },
    beat: (thread, beat) => {
      if (this.#threads[thread] !== null) this.#states[thread] = { ...beat, at: systemClock.now() };
      this.#parts.onBeat(beat);
    },
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    for (const restart of this.#restarts) restart?.[Symbol.dispose]();
    await Promise.all(this.#threads.map(async (thread) => thread?.[Symbol.asyncDispose]()));
  }
}
