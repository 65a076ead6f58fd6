/**
 * What a tracker knows: swarms in memory that all threads share, what outlives it in a database, and between two runs
 * the swarms and the sessions of accounts in a file beside that.
 */
import { join } from 'node:path';
import { formatHost } from '../../../base/address.ts';
import { systemClock } from '../../../base/clock.ts';
import { systemRandom } from '../../../base/random.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Millis, UnixSeconds } from '../../../base/units.ts';
import type { Database, DatabaseOptions, TrackerRepository } from '../../../db/index.ts';
import {
  AccountRegistry,
  Arena,
  lifetimeOf,
  SwarmRegistry,
  type SwarmStore,
  SwarmTable,
  TableMemory,
  TICK_SECONDS,
  wordsOf,
} from '../../../tracker/index.ts';
import { makeFolder } from '../../../storage/index.ts';
import type { PeerView } from '../../tracker-api/index.ts';
import { DurableBans } from './durable-bans.ts';
import { DurableMembers } from './durable-members.ts';
import { DurableTorrents } from './durable-torrents.ts';
import type { TrackerOptions } from '../options.ts';
import { lockTrackerFolder, unusable } from './folder-lock.ts';
import type { RedisSwarms } from '../redis/redis-swarms.ts';
import { leaveDatabase } from './leave-database.ts';
import { RepositoryFollower } from './repository-follower.ts';
import { restoreSwarms, saveSwarms } from './swarm-file.ts';
import { tickReader } from './tracker-time.ts';
import { udpKeyIn } from './udp-key.ts';

/**
 * How long a write may hold up the thread, and with it announces, while another process writes to the same file: what
 * the tracker stores is tried again anyway, and the API says that the database is busy.
 */
const BUSY_TIMEOUT: Millis = 50;
/** Part of the memory above which numbers of finished downloads are no reason to take more; the table has the same. */
const NEARLY_FULL = 7 / 8;

export class TrackerState implements AsyncDisposable {
  readonly memory: TableMemory;
  readonly swarms: SwarmTable;
  readonly registry: SwarmRegistry;
  readonly torrents: DurableTorrents;
  readonly members: DurableMembers;
  readonly bans: DurableBans;
  readonly follower: RepositoryFollower;
  /** 16 bytes behind the connection ids of UDP. */
  readonly udpKey: Uint8Array;
  /** Calendar time of the start. */
  readonly start: UnixSeconds = systemClock.wall();
  readonly tick: () => number = tickReader(systemClock, this.start);
  /** Where the swarms are: this memory, or a store that trackers share. */
  store: SwarmStore;
  readonly #database: Database;
  readonly #logger: Logger;
  /** Where the swarms are saved; null: nowhere. */
  readonly #swarmFile: string | null;
  #lock: Disposable | null = null;
  #shared: RedisSwarms | null = null;

  private constructor(options: TrackerOptions, database: Database, udpKey: Uint8Array, onBans: () => void) {
    this.udpKey = udpKey;
    this.memory = TableMemory.create(options.memory, systemRandom);
    Arena.format(this.memory);
    const tableOptions = {
      requiresRegistration: options.access !== 'open',
      lifetime: lifetimeOf(options.interval),
      peersPerAddress: options.peersPerAddress,
    };
    this.swarms = new SwarmTable(this.memory, tableOptions, systemRandom);
    this.store = this.swarms;
    const repository = database.tracker;
    this.registry = new SwarmRegistry(this.memory);
    this.torrents = new DurableTorrents({
      torrents: repository.torrents,
      registry: this.registry,
      tick: this.tick,
      isNearlyFull: () => this.swarms.use.used > this.swarms.use.capacity * NEARLY_FULL,
    });
    this.members = new DurableMembers(repository, new AccountRegistry(this.memory), this.tick);
    this.bans = new DurableBans(repository.bans);
    const { torrents, members, bans } = this;
    const isShared = database.dialect === 'postgres';
    const { logger } = options;
    const parts = { repository, torrents, members, bans, clock: systemClock, logger, isShared, onBans };
    this.follower = new RepositoryFollower(parts);
    this.#database = database;
    this.#logger = logger;
    this.#swarmFile = options.directory === null ? null : join(options.directory, 'swarms.snapshot');
  }

  /** Opens the database and fills the table; rejects FOLDER_*, DB_* and with the system's errors. `onBans`: there are others. */
  static async open(options: TrackerOptions, onBans: () => void): Promise<TrackerState> {
    const { directory } = options;
    await using opened = new AsyncDisposableStack();
    if (directory !== null) makeUsable(directory);
    const lock = opened.use(directory === null ? null : lockTrackerFolder(directory));
    const database = opened.use(await openTrackerDatabase(options, { busyTimeout: BUSY_TIMEOUT }));
    const ownKey = directory === null ? systemRandom.bytes(16) : await udpKeyIn(directory);
    const state = new TrackerState(options, database, options.udpKey ?? ownKey, onBans);
    state.#lock = lock;
    opened.use(state.follower);
    await state.follower.start();
    if (options.swarms !== null) opened.use(await state.#openShared(options.swarms));
    const most = Math.ceil(options.interval / TICK_SECONDS);
    const { memory, swarms: table } = state;
    const restoring = { memory, table, tick: state.tick(), now: state.start, most };
    if (state.#swarmFile !== null) await restoreSwarms(state.#swarmFile, restoring);
    opened.move();
    return state;
  }

  async #openShared(url: string): Promise<RedisSwarms> {
    const { openSharedSwarms } = await import('../redis/shared-swarms.ts');
    this.#shared = await openSharedSwarms(url, this.swarms, () => {});
    this.store = this.#shared;
    return this.#shared;
  }

  /** Peers of a swarm, wherever it is; rejects when its server is not there. */
  async peersOf(infoHash: Uint8Array, most: number): Promise<PeerView[]> {
    const words = wordsOf(infoHash);
    const peers = (await this.#shared?.peersOf(words, most)) ?? this.swarms.peersOf(words, most, this.tick());
    return peers.map((peer) => ({ ...peer, host: formatHost(peer.host) }));
  }

  get repository(): TrackerRepository {
    return this.#database.tracker;
  }

  /** Rejects with what is wrong with the database. */
  checkDatabase(): Promise<void> {
    return this.#database.check();
  }

  /** Stores finished downloads and traffic; never rejects. */
  async flush(): Promise<void> {
    await this.torrents.flush();
    await this.members.flush();
  }

  /** Stores what is not stored yet, the swarms first: that takes no database. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { follower, torrents, members } = this;
    this.#shared?.[Symbol.dispose]();
    try {
      if (this.#swarmFile !== null) await saveSwarms(this.#swarmFile, this.memory, this.tick(), systemClock.wall());
    } finally {
      const parts = { clock: systemClock, logger: this.#logger, database: this.#database };
      await leaveDatabase({ ...parts, follower, torrents, members });
      this.#lock?.[Symbol.dispose]();
    }
  }
}

/** Throws FOLDER_UNUSABLE. */
function makeUsable(directory: string): void {
  try {
    makeFolder(directory, 0o700);
  } catch (cause) {
    throw unusable(directory, cause);
  }
}

/** The database of a tracker, in its folder unless it is elsewhere; rejects DB_* and with the system's errors. */
export async function openTrackerDatabase(
  { database, directory }: Pick<TrackerOptions, 'database' | 'directory'>,
  options: DatabaseOptions = {},
): Promise<Database> {
  if (directory !== null) makeUsable(directory);
  const { openDatabase } = await import('../../../db/index.ts');
  return openDatabase(database ?? (directory === null ? ':memory:' : join(directory, 'tracker.db')), options);
}
