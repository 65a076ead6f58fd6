/**
 * What a tracker knows: swarms in memory that all threads share, torrents in a database, and between two runs the
 * swarms in a file beside it.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import type { UnixSeconds } from '../../base/units.ts';
import type { Database } from '../../db/index.ts';
import { AnnounceRules, Arena, SwarmRegistry, SwarmTable, TableMemory, TICK_SECONDS } from '../../tracker/index.ts';
import { DurableTorrents } from './durable-torrents.ts';
import type { TrackerOptions } from './options.ts';
import { restoreSwarms, saveSwarms } from './swarm-file.ts';
import { tickReader } from './tracker-time.ts';
import { udpKeyIn } from './udp-key.ts';

export class TrackerState implements AsyncDisposable {
  readonly memory: TableMemory;
  readonly swarms: SwarmTable;
  readonly torrents: DurableTorrents;
  /** 16 bytes behind the connection ids of UDP. */
  readonly udpKey: Uint8Array;
  /** Calendar time of the start. */
  readonly start: UnixSeconds = systemClock.wall();
  readonly tick: () => number = tickReader(systemClock, this.start);
  readonly #database: Database;
  /** Where the swarms are saved; null: nowhere. */
  readonly #swarmFile: string | null;

  private constructor(options: TrackerOptions, database: Database, udpKey: Uint8Array) {
    this.udpKey = udpKey;
    this.memory = TableMemory.create(options.memory, systemRandom.below(2 ** 32));
    Arena.format(this.memory);
    const { lifetime } = new AnnounceRules(options.rules);
    const tableOptions = { requiresRegistration: false, lifetime, peersPerAddress: options.peersPerAddress };
    this.swarms = new SwarmTable(this.memory, tableOptions, systemRandom);
    this.torrents = new DurableTorrents(database.tracker.torrents, new SwarmRegistry(this.memory), this.tick);
    this.#database = database;
    this.#swarmFile = options.directory === null ? null : join(options.directory, 'swarms.snapshot');
  }

  /** Opens the database and fills the table; rejects DB_* and with the system's errors. */
  static async open(options: TrackerOptions): Promise<TrackerState> {
    const { directory } = options;
    if (directory !== null) await mkdir(directory, { recursive: true, mode: 0o700 });
    const ownKey = directory === null ? systemRandom.bytes(16) : await udpKeyIn(directory);
    const inFolder = directory === null ? ':memory:' : join(directory, 'tracker.db');
    const { openDatabase } = await import('../../db/index.ts');
    const state = new TrackerState(options, await openDatabase(options.database ?? inFolder), options.udpKey ?? ownKey);
    try {
      await state.torrents.load();
      const most = Math.ceil(options.rules.interval / TICK_SECONDS);
      const times = { tick: state.tick(), now: state.start, most };
      if (state.#swarmFile !== null) await restoreSwarms(state.#swarmFile, state.swarms, times);
    } catch (error) {
      await state.#database.close();
      throw error;
    }
    return state;
  }

  /** Stores what is not stored yet. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.torrents.flush();
      if (this.#swarmFile !== null) await saveSwarms(this.#swarmFile, this.memory, this.tick(), systemClock.wall());
    } finally {
      await this.#database.close();
    }
  }
}
