/**
 * The tracker as a service: what it knows, the threads that answer over that, and what has to be done from time to
 * time. This is the one place where its parts meet.
 */
import type { PeerAddress } from '../../base/address.ts';
import { systemClock } from '../../base/clock.ts';
import type { Millis } from '../../base/units.ts';
import { sumCounters, type SwarmCounts, threadCounters, type WebRelay } from '../../tracker/index.ts';
import type { ControlHandler, TrackerService, TrackerStatus } from '../tracker-api/index.ts';
import { DataPlane, type DataPlaneConfig, type DataPlaneOwner } from './data-plane.ts';
import { defaultTrackerOptions, type TrackerOptions } from './options.ts';
import type { StoreHealth } from './redis/redis-swarms.ts';
import { TrackerState } from './tracker-state.ts';
import { TrackerThread } from './tracker-thread.ts';

/** Time between two rounds of upkeep, ms. */
const UPKEEP: Millis = 1000;
/** Shards of the table that a round of upkeep looks through: all 256 within 16 seconds. */
const SHARDS_AT_ONCE = 16;

interface Answering extends AsyncDisposable {
  readonly listening: readonly PeerAddress[];
  receiveRelay(relay: WebRelay): void;
}

export class TrackerServer implements TrackerService, AsyncDisposable {
  readonly #state: TrackerState;
  readonly #config: Omit<DataPlaneConfig, 'counters' | 'thread'>;
  readonly #counters: SharedArrayBuffer[] = [];
  readonly #answering: Answering[] = [];
  readonly #lost: string[] = [];
  readonly #sharedSwarms: StoreHealth[] = [];
  /** Loaded while the first threads start. */
  readonly #api: Promise<ControlHandler>;
  #upkeep: Disposable | null = null;
  #nextShard = 0;

  private constructor(options: TrackerOptions, state: TrackerState) {
    this.#state = state;
    this.#api = import('../tracker-api/index.ts').then(({ trackerApi }) => trackerApi(this));
    this.#config = {
      table: state.memory.buffer,
      addresses: options.bind.map((host) => ({ host, port: options.port })),
      isShared: options.threads > 1,
      rules: options.rules,
      peersPerAddress: options.peersPerAddress,
      udpKey: state.udpKey,
      swarms: options.swarms,
      trustedProxies: options.trustedProxies,
      start: state.start,
    };
  }

  /**
   * Starts a tracker; rejects NET_PORT_IN_USE or NET_LISTEN_FAILED when an address cannot be listened on, and DB_* when
   * its database cannot be used.
   */
  static async start(options: Partial<TrackerOptions> = {}): Promise<TrackerServer> {
    const whole = { ...defaultTrackerOptions, ...options };
    const server = new TrackerServer(whole, await TrackerState.open(whole));
    try {
      await server.#startAnswering(whole.threads);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    server.#planUpkeep();
    return server;
  }

  /** Addresses on which HTTP and UDP are answered. */
  get listening(): readonly PeerAddress[] {
    return this.#answering[0]?.listening ?? [];
  }

  status(): TrackerStatus {
    const { problem } = this.#state.torrents;
    return {
      startedAt: this.#state.start,
      uptime: systemClock.wall() - this.#state.start,
      use: this.#state.swarms.use,
      counters: sumCounters(this.#counters.map((buffer) => new Float64Array(buffer))),
      problems: [
        ...this.#lost,
        ...(problem === null ? [] : [`finished downloads are not stored: ${problem}`]),
        ...this.#sharedSwarms.flatMap(({ status, reason }, thread) =>
          status === 'ok' ? [] : [`thread ${thread} does not reach the shared swarms: ${reason}`],
        ),
      ],
      sharedSwarms: this.#sharedSwarms,
    };
  }

  scrape(infoHash: Uint8Array): SwarmCounts {
    const counts: SwarmCounts = { complete: 0, incomplete: 0, downloaders: 0, completed: 0 };
    this.#state.swarms.scrape(new Int32Array(infoHash.slice().buffer), counts);
    return counts;
  }

  /** With several threads the first one finds the ports, when any will do. */
  async #startAnswering(threads: number): Promise<void> {
    const config = { ...this.#config, ...this.#nextThread() };
    if (threads === 1) {
      this.#answering.push(await DataPlane.open(config, this.#owner));
      return;
    }
    this.#answering.push(await this.#startThread(config));
    const others = Array.from({ length: threads - 1 }, () =>
      this.#startThread({ ...this.#config, addresses: this.listening, ...this.#nextThread() }),
    );
    for (const one of await Promise.allSettled(others)) {
      if (one.status === 'rejected') throw one.reason;
      this.#answering.push(one.value);
    }
  }

  #startThread(config: DataPlaneConfig): Promise<TrackerThread> {
    return TrackerThread.start(config, this.#owner, () => this.#lost.push('a thread has ended'));
  }

  /** Number of a thread to be started, and the counters of just this one. */
  #nextThread(): Pick<DataPlaneConfig, 'counters' | 'thread'> {
    const counters = threadCounters();
    return { counters, thread: this.#counters.push(counters) - 1 };
  }

  readonly #owner: DataPlaneOwner = {
    control: async (request) => await (await this.#api)(request),
    relay: (relay) => this.#answering[relay.to.thread]?.receiveRelay(relay),
    tellHealth: (thread, health) => {
      this.#sharedSwarms[thread] = health;
    },
  };

  #planUpkeep(): void {
    this.#upkeep = systemClock.after(UPKEEP, () => {
      const now = this.#state.tick();
      for (let i = 0; i < SHARDS_AT_ONCE; i++) this.#state.swarms.sweepShard(this.#nextShard++ % 256, now);
      void this.#state.torrents.flush();
      this.#planUpkeep();
    });
  }

  /** Stops answering, then stores what is to be kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#upkeep?.[Symbol.dispose]();
    try {
      await Promise.all(this.#answering.splice(0).map((one) => one[Symbol.asyncDispose]()));
    } finally {
      await this.#state[Symbol.asyncDispose]();
    }
  }
}
