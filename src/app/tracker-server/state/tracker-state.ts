/**
 * What a tracker knows: swarms in memory that all threads share, what outlives it in a database, and between two runs
 * the swarms in a file beside that.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { formatHost } from '../../../base/address.ts';
import { systemClock } from '../../../base/clock.ts';
import { systemRandom } from '../../../base/random.ts';
import type { UnixSeconds } from '../../../base/units.ts';
import type { Database, TrackerRepository } from '../../../db/index.ts';
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
import type { PeerView } from '../../tracker-api/index.ts';
import { DurableBans } from './durable-bans.ts';
import { DurableMembers } from './durable-members.ts';
import { DurableTorrents } from './durable-torrents.ts';
import type { TrackerOptions } from '../options.ts';
import type { RedisSwarms } from '../redis/redis-swarms.ts';
import { RepositoryFollower } from './repository-follower.ts';
import { restoreSwarms, saveSwarms } from './swarm-file.ts';
import { tickReader } from './tracker-time.ts';
import { udpKeyIn } from './udp-key.ts';

export class TrackerState implements AsyncDisposable {
  readonly memory: TableMemory;
  readonly swarms: SwarmTable;
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
  /** Where the swarms are saved; null: nowhere. */
  readonly #swarmFile: string | null;
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
    this.torrents = new DurableTorrents(repository.torrents, new SwarmRegistry(this.memory), this.tick);
    this.members = new DurableMembers(repository, new AccountRegistry(this.memory), this.tick);
    this.bans = new DurableBans(repository.bans);
    const { torrents, members, bans } = this;
    const isShared = database.dialect === 'postgres';
    const { logger } = options;
    const parts = { repository, torrents, members, bans, clock: systemClock, logger, isShared, onBans };
    this.follower = new RepositoryFollower(parts);
    this.#database = database;
    this.#swarmFile = options.directory === null ? null : join(options.directory, 'swarms.snapshot');
  }

  /** Opens the database and fills the table; rejects DB_* and with the system's errors. `onBans`: there are others. */
  static async open(options: TrackerOptions, onBans: () => void): Promise<TrackerState> {
    const { directory } = options;
    const database = await openTrackerDatabase(options);
    const ownKey = directory === null ? systemRandom.bytes(16) : await udpKeyIn(directory);
    const state = new TrackerState(options, database, options.udpKey ?? ownKey, onBans);
    try {
      await state.follower.start();
      if (options.swarms !== null) await state.#openShared(options.swarms);
      const most = Math.ceil(options.interval / TICK_SECONDS);
      const times = { tick: state.tick(), now: state.start, most };
      if (state.#swarmFile !== null) await restoreSwarms(state.#swarmFile, state.swarms, times);
    } catch (error) {
      await database.close();
      throw error;
    }
    return state;
  }

  async #openShared(url: string): Promise<void> {
    const { openSharedSwarms } = await import('../redis/shared-swarms.ts');
    this.#shared = await openSharedSwarms(url, this.swarms, () => {});
    this.store = this.#shared;
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

  /** Stores what is not stored yet. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#shared?.[Symbol.dispose]();
      await this.follower[Symbol.asyncDispose]();
      await this.flush();
      if (this.#swarmFile !== null) await saveSwarms(this.#swarmFile, this.memory, this.tick(), systemClock.wall());
    } finally {
      await this.#database.close();
    }
  }
}

/** The database of a tracker, in its folder unless it is elsewhere; rejects DB_* and with the system's errors. */
export async function openTrackerDatabase({
  database,
  directory,
}: Pick<TrackerOptions, 'database' | 'directory'>): Promise<Database> {
  if (directory !== null) await mkdir(directory, { recursive: true, mode: 0o700 });
  const { openDatabase } = await import('../../../db/index.ts');
  return openDatabase(database ?? (directory === null ? ':memory:' : join(directory, 'tracker.db')));
}
