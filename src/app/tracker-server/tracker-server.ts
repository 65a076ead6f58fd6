/**
 * The tracker as a service: what it knows, the threads that answer over that, and what has to be done from time to
 * time. This is the one place where its parts meet.
 */
import type { PeerAddress } from '../../base/address.ts';
import { systemClock } from '../../base/clock.ts';
import type { Millis } from '../../base/units.ts';
import type { TrackerRepository } from '../../db/index.ts';
import { HostAddress, RateLimits, setHost, type SwarmCounts, wordsOf } from '../../tracker/index.ts';
import type { ControlHandler, PeerView, TrackerService, TrackerStatus } from '../tracker-api/index.ts';
import { ServedCertificate } from '../served-certificate/index.ts';
import { LoadGovernor } from './load-governor.ts';
import { defaultTrackerOptions, type TrackerOptions, type TrackerSettings } from './options.ts';
import { PeerPresence } from './redis/peer-presence.ts';
import { threadSettings, type ThreadSettings } from './threads/thread-settings.ts';
import { TrackerHealth } from './tracker-health.ts';
import { ControlBudget } from './sockets/control-budget.ts';
import { TrackerState } from './state/tracker-state.ts';
import { TrackerThreads } from './threads/tracker-threads.ts';

/** Time between two rounds of upkeep, ms. */
const UPKEEP: Millis = 1000;
/** Shards of the table that a round of upkeep looks through: all 256 within 16 seconds. */
const SHARDS_AT_ONCE = 16;
const SHARDS = 256;

export class TrackerServer implements TrackerService, AsyncDisposable {
  readonly #options: TrackerOptions;
  #settings: TrackerSettings;
  readonly #state: TrackerState;
  readonly #certificate: ServedCertificate;
  readonly #governor: LoadGovernor;
  readonly #apiLimits: RateLimits;
  /** Loaded while the first threads start. */
  readonly #api: Promise<ControlHandler>;
  #threads: TrackerThreads | null = null;
  #health: TrackerHealth | null = null;
  #upkeep: Disposable | null = null;
  #nextShard = 0;
  /** Shards that may have peers which were banned after they came. */
  #shardsWithBanned = SHARDS;
  /** What clients are told, and how long peers are waited for. */
  #told: ThreadSettings;

  private constructor(options: TrackerOptions, state: TrackerState, certificate: ServedCertificate) {
    this.#options = options;
    this.#settings = options;
    this.#state = state;
    this.#certificate = certificate;
    this.#governor = new LoadGovernor(options);
    this.#told = this.#threadSettings();
    this.#apiLimits = new RateLimits(options.apiLimit, RateLimits.memory(), state.memory.seed);
    const apiOptions = { logger: options.logger, hostNames: () => this.#settings.hostNames };
    this.#api = import('../tracker-api/index.ts').then(({ trackerApi }) => trackerApi(this, apiOptions));
  }

  /**
   * Starts a tracker; rejects NET_PORT_IN_USE or NET_LISTEN_FAILED when an address cannot be listened on, DB_* when its
   * database cannot be used, and TLS_* when its certificate cannot.
   */
  static async start(options: Partial<TrackerOptions> = {}): Promise<TrackerServer> {
    const whole = { ...defaultTrackerOptions, ...options };
    let server: TrackerServer | null = null;
    const apply = (): void => server?.applyToThreads();
    const onBans = (): void => server?.applyBans();
    const certificate = await ServedCertificate.open(whole.tls, whole.logger, apply);
    try {
      server = new TrackerServer(whole, await TrackerState.open(whole, onBans), certificate);
    } catch (error) {
      certificate[Symbol.dispose]();
      throw error;
    }
    try {
      await server.#start();
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  async #start(): Promise<void> {
    const { memory, udpKey, start, members } = this.#state;
    const atFirst = this.#told;
    const { bind, port, tls, threads, swarms, logger, directory, configProblem } = this.#options;
    const config = {
      table: memory.buffer,
      limits: RateLimits.memory(),
      controlBudget: ControlBudget.memory(threads),
      addresses: bind.map((host) => ({ host, port })),
      tlsAddresses: tls === null ? [] : bind.map((host) => ({ host, port: tls.port })),
      udpKey,
      swarms,
      presence: PeerPresence.memory(),
      start,
    };
    this.#threads = await TrackerThreads.start(threads, atFirst, {
      config,
      logger,
      control: async (request) => await (await this.#api)(request),
      onBeat: ({ traffic }) => members.addTraffic(traffic),
    });
    if (this.#told !== atFirst) this.#threads.apply(this.#told); // it has changed meanwhile
    const problemOf = (): string | null => {
      const { torrents, follower } = this.#state;
      const unstored = torrents.problem ?? members.problem;
      return unstored === null ? follower.problem : `finished downloads or traffic are not stored: ${unstored}`;
    };
    this.#health = new TrackerHealth({
      clock: systemClock,
      logger,
      threads: () => this.#threads?.states ?? [],
      checkDatabase: () => this.#state.checkDatabase(),
      databaseProblem: problemOf,
      swarmsProblem: () => this.#swarmsProblem(),
      certificateProblem: () => this.#certificate.problem,
      configProblem,
      directory,
    });
    this.#planUpkeep();
  }

  /** Addresses on which HTTP and UDP are answered. */
  get listening(): readonly PeerAddress[] {
    return this.#threads?.listening ?? [];
  }

  /** Addresses on which HTTPS is answered. */
  get tlsListening(): readonly PeerAddress[] {
    return this.#threads?.tlsListening ?? [];
  }

  /** From now on it goes by other settings. */
  change(settings: TrackerSettings): void {
    this.#settings = settings;
    this.#governor.intervals = settings;
    this.#apiLimits.limit = settings.apiLimit;
    this.applyToThreads();
  }

  /** There are other bans: also for those who are there already. */
  applyBans(): void {
    this.#shardsWithBanned = SHARDS;
    this.applyToThreads();
  }

  /** Tells the threads how things are now. */
  applyToThreads(): void {
    this.#told = this.#threadSettings();
    this.#state.swarms.options = this.#told;
    this.#threads?.apply(this.#told);
  }

  #threadSettings(): ThreadSettings {
    return threadSettings(this.#settings, {
      interval: this.#governor.interval,
      longestTold: this.#governor.longestTold(systemClock.wall()),
      bans: this.#state.bans.ranges.buffer,
      certificate: this.#certificate.current,
    });
  }

  status(): TrackerStatus {
    const threads = this.#threads;
    const checks: TrackerStatus['checks'] = this.#health?.checks ?? {};
    return {
      startedAt: this.#state.start,
      uptime: systemClock.wall() - this.#state.start,
      use: this.#state.swarms.use,
      counters: threads?.counters ?? ({} as TrackerStatus['counters']),
      interval: this.#told.rules.interval,
      checks,
      problems: Object.values(checks).filter((problem) => problem !== null),
      threads: (threads?.states ?? []).map((state) =>
        state === null ? null : { busy: state.busy, lag: state.lag, webSockets: state.webSockets },
      ),
    };
  }

  #swarmsProblem(): string | null {
    const problems = (this.#threads?.sharedSwarms ?? []).flatMap(({ status, reason }, thread) =>
      status === 'ok' ? [] : [`thread ${thread} does not reach the shared swarms: ${reason}`],
    );
    return problems.length === 0 ? null : problems.join('; ');
  }

  get repository(): TrackerRepository {
    return this.#state.repository;
  }

  async scrape(infoHash: Uint8Array): Promise<SwarmCounts> {
    const counts: SwarmCounts = { complete: 0, incomplete: 0, downloaders: 0, completed: 0 };
    await this.#state.store.scrape(wordsOf(infoHash), counts);
    return counts;
  }

  peersOf(infoHash: Uint8Array, most: number): Promise<readonly PeerView[]> {
    return this.#state.peersOf(infoHash, most);
  }

  scrapeRefusal(host: string): 'private' | 'banned' | null {
    const client = new HostAddress();
    const isBanned =
      setHost(client, host) && this.#state.bans.ranges.has(client.addressBytes, client.family === 4 ? 4 : 16);
    if (isBanned) return 'banned';
    return this.#settings.access === 'private' ? 'private' : null;
  }

  refresh(): Promise<void> {
    return this.#state.follower.refresh();
  }

  admits(host: string): boolean {
    const address = new HostAddress();
    return !setHost(address, host) || this.#apiLimits.admits(address, systemClock.now());
  }

  #planUpkeep(): void {
    this.#upkeep = systemClock.after(UPKEEP, () => {
      const now = this.#state.tick();
      for (let i = 0; i < SHARDS_AT_ONCE; i++) {
        const shard = this.#nextShard++ % SHARDS;
        this.#state.swarms.sweepShard(shard, now);
        if (this.#shardsWithBanned > 0) this.#state.registry.expel(shard, this.#state.bans.ranges);
        this.#shardsWithBanned = Math.max(0, this.#shardsWithBanned - 1);
      }
      void this.#state.flush();
      this.#governor.observe(Math.max(0, ...(this.#threads?.states ?? []).map((state) => state?.busy ?? 0)));
      const { rules, lifetime } = this.#threadSettings();
      if (rules.interval !== this.#told.rules.interval || lifetime !== this.#told.lifetime) this.applyToThreads();
      this.#planUpkeep();
    });
  }

  /** Stops answering, then stores what is to be kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#upkeep?.[Symbol.dispose]();
    this.#certificate[Symbol.dispose]();
    await this.#health?.[Symbol.asyncDispose]();
    try {
      await this.#threads?.[Symbol.asyncDispose]();
    } finally {
      await this.#state[Symbol.asyncDispose]();
    }
  }
}
