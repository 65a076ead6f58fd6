/** Test support: a table of swarms, a database in memory, and what keeps them of one mind. */
import { createHash } from 'node:crypto';
import { SimClock } from '../../../../test/sim/sim-clock.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { ByteCount } from '../../../base/units.ts';
import { type Database, openDatabase, type TrackerRepository } from '../../../db/index.ts';
import { AccountRegistry, type SwarmTable, SwarmRegistry, wordsOf } from '../../../tracker/index.ts';
import { callOf, MIB, newMemory, tableOn } from '../../../tracker/fakes.test.ts';
import type { Outcome } from '../../../tracker/swarm-store.ts';
import { AccountTable } from '../../../tracker/table/account-table.ts';
import { DurableBans } from './durable-bans.ts';
import { DurableMembers } from './durable-members.ts';
import { DurableTorrents } from './durable-torrents.ts';
import { RepositoryFollower } from './repository-follower.ts';

export const sha256 = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest());

/** Remembers what it is told, each message with its level in front. */
export class FakeLog implements Logger {
  readonly lines: string[] = [];
  readonly fields: (Readonly<Record<string, unknown>> | undefined)[] = [];
  readonly debug: Logger['debug'] = this.#logger('debug');
  readonly info: Logger['info'] = this.#logger('info');
  readonly warn: Logger['warn'] = this.#logger('warn');
  readonly error: Logger['error'] = this.#logger('error');

  #logger(level: string): Logger['info'] {
    return (message, fields) => {
      this.lines.push(`${level} ${message}`);
      this.fields.push(fields);
    };
  }
}

/** Virtual time whose calendar may be put forward or back. */
export class ShiftedClock implements Clock {
  readonly sim: SimClock = new SimClock();
  /** Seconds. */
  shift = 0;
  readonly now: Clock['now'] = () => this.sim.now();
  readonly wall: Clock['wall'] = () => this.sim.wall() + this.shift;
  readonly after: Clock['after'] = (delay, fn) => this.sim.after(delay, fn);
  readonly sleep: Clock['sleep'] = (delay, signal) => this.sim.sleep(delay, signal);
}

export class Knowing implements AsyncDisposable {
  readonly clock: ShiftedClock = new ShiftedClock();
  readonly log: FakeLog = new FakeLog();
  readonly table: SwarmTable;
  readonly torrents: DurableTorrents;
  readonly members: DurableMembers;
  readonly registry: SwarmRegistry;
  readonly accounts: AccountTable;
  readonly follower: RepositoryFollower;
  readonly #database: Database;
  /** Another one has opened the database, and closes it. */
  #isGuest = false;

  private constructor(database: Database, clock: ShiftedClock, capacity: ByteCount, isShared: boolean) {
    this.#database = database;
    this.clock = clock;
    const memory = newMemory(capacity);
    this.table = tableOn(memory);
    this.registry = new SwarmRegistry(memory);
    this.accounts = new AccountTable(memory);
    const tick = (): number => 0;
    const repository = database.tracker;
    const isNearlyFull = (): boolean => this.table.use.used > (this.table.use.capacity * 7) / 8;
    this.torrents = new DurableTorrents({
      torrents: repository.torrents,
      registry: this.registry,
      tick,
      isNearlyFull,
    });
    this.members = new DurableMembers(repository, new AccountRegistry(memory), tick);
    this.follower = new RepositoryFollower({
      repository,
      torrents: this.torrents,
      members: this.members,
      bans: new DurableBans(repository.bans),
      clock,
      logger: this.log,
      isShared,
      onBans: () => {},
    });
  }

  static async create({
    capacity = MIB,
    isShared = false,
  }: {
    capacity?: ByteCount;
    isShared?: boolean;
  } = {}): Promise<Knowing> {
    const clock = new ShiftedClock();
    return new Knowing(await openDatabase(':memory:', { clock }), clock, capacity, isShared);
  }

  /** Another tracker on the same database. */
  beside(): Knowing {
    const other = new Knowing(this.#database, this.clock, MIB, true);
    other.#isGuest = true;
    return other;
  }

  get repository(): TrackerRepository {
    return this.#database.tracker;
  }

  /** What an announce of a swarm (`hashOf`) is answered. */
  outcome(swarm: number): Outcome {
    const call = callOf({ swarm, event: 'started', now: 0 });
    this.table.announce(call);
    return call.outcome;
  }

  completed(infoHash: Uint8Array): number {
    const counts = { complete: 0, incomplete: 0, downloaders: 0, completed: 0 };
    this.table.scrape(wordsOf(infoHash), counts);
    return counts.completed;
  }

  /** What an announce with a passkey is answered, as far as its account is concerned. */
  member(passkey: string): Outcome {
    return this.accounts.enter(wordsOf(sha256(passkey)), new Int32Array(5), callOf({ now: 0 }));
  }

  async addMember(name: string, passkey: string, expiresAt: number | null = null): Promise<number> {
    const { id } = await this.repository.accounts.create({ name, isEnabled: true, maxPeers: null, expiresAt });
    await this.repository.passkeys.create({ hash: sha256(passkey), accountId: id, label: '' });
    return id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.follower[Symbol.asyncDispose]();
    if (!this.#isGuest) await this.#database.close();
  }
}

/** Info hashes that differ, none of them that of a swarm of `hashOf`. */
export function madeUp(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => sha256(`made up ${i}`).slice(0, 20));
}
