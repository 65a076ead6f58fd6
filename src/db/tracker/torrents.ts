/** Torrents that the tracker remembers: registered, denied, second names of another, or completed at least once. */
import { type RawBuilder, type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import { toBinary } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { UnixSeconds } from '../../base/units.ts';
import { type BatchStatement, type Connection, nextRevision } from '../connection.ts';
import type { Schema } from '../schema.ts';
import { addSafely, LOAD_PAGE, listLimit, mergeByKey, pagesOf, sqlMost, sqlSum } from '../paging.ts';
import { fold, nameContains, storable } from '../text-search.ts';

/** What the swarms need to know of a torrent. */
export interface TorrentState {
  /** 20 bytes; of a v2 torrent the first 20 (BEP 52). */
  readonly infoHash: Uint8Array;
  readonly isRegistered: boolean;
  readonly isDenied: boolean;
  /** Info hash of the torrent whose swarm is meant by this one too; null for a torrent of its own. */
  readonly aliasOf: Uint8Array | null;
  /** Downloads that were completed; 0 of an alias, because its torrent has them. */
  readonly completed: number;
}

export interface TorrentRecord extends TorrentState {
  readonly name: string | null;
  readonly createdAt: UnixSeconds;
  readonly updatedAt: UnixSeconds;
}

/** What is to be different about a torrent, which need not be known; what is not named stays (or is no, null, 0). */
export interface TorrentChange {
  readonly infoHash: Uint8Array;
  readonly name?: string | null | undefined;
  readonly isRegistered?: boolean | undefined;
  readonly isDenied?: boolean | undefined;
  readonly aliasOf?: Uint8Array | null | undefined;
}

/** Downloads of a torrent that were completed since they were last counted. */
export interface CompletedCount {
  readonly infoHash: Uint8Array;
  readonly count: number;
}

export interface TorrentListQuery {
  /** Info hash of the last torrent of the page before. */
  readonly after?: Uint8Array | undefined;
  /** Most rows to give, at most 1000. */
  readonly limit: number;
  /** Part of the name, in any case. */
  readonly search?: string | undefined;
  readonly only?: 'registered' | 'denied' | 'aliases' | undefined;
}

export interface PruneTimes {
  readonly removedBefore: UnixSeconds;
  readonly countedBefore: UnixSeconds;
}

/**
 * Steps after which the aliases of a batch have no downloads: their torrents have them. The rows of the batch are locked,
 * so that nothing is added to an alias in between. `isChange`: who follows the revision is to read the torrents' rows.
 */
const giveCompleted = (isChange: boolean): readonly string[] => [
  `insert into torrents (info_hash, is_registered, is_denied, completed, created_at, updated_at, revision)
      select torrents.alias_of, false, false, ${sqlMost('sum(torrents.completed)')}, batch.at, batch.at,
        ${isChange ? nextRevision('torrents') : 0}
      from batch join torrents on torrents.info_hash = batch.info_hash
      where torrents.alias_of is not null and torrents.completed > 0
      group by torrents.alias_of, batch.at
      on conflict (info_hash) do update set
        completed = ${sqlSum('torrents.completed', 'excluded.completed')},
        updated_at = excluded.updated_at,
        revision = ${isChange ? 'excluded' : 'torrents'}.revision`,
  `update torrents set completed = 0
      from batch where torrents.info_hash = batch.info_hash and torrents.alias_of is not null and completed > 0`,
];

/** An alias that this tracker does not know of yet is named too: see `giveCompleted`. */
const ADD_COMPLETED: BatchStatement = {
  columns: { info_hash: 'bytes', count: 'integer', at: 'integer' },
  steps: [
    `insert into torrents (info_hash, is_registered, is_denied, completed, created_at, updated_at)
      select info_hash, false, false, count, at, at from batch where true
      on conflict (info_hash) do update set
        completed = ${sqlSum('torrents.completed', 'excluded.completed')},
        updated_at = excluded.updated_at`,
    ...giveCompleted(false),
  ],
};

/**
 * SQL: a torrent of the batch is an alias and leads to another one, or the other way round. Only within the transaction
 * can this be said for certain: what was looked up before it may have been changed by others.
 */
const IS_CHAINED = `batch.alias_of is not null and (
    exists (select 1 from torrents as other where other.info_hash = torrents.alias_of and other.alias_of is not null)
    or exists (select 1 from torrents as other where other.alias_of = torrents.info_hash))`;

const CHANGE: BatchStatement = {
  columns: {
    info_hash: 'bytes',
    has_name: 'flag',
    name: 'text',
    name_folded: 'text',
    is_registered: 'flag',
    is_denied: 'flag',
    has_alias: 'flag',
    alias_of: 'bytes',
    at: 'integer',
  },
  // The first writes to a row that exists too, because it must lock it: `prune` could take it before the second.
  steps: [
    `insert into torrents (info_hash, is_registered, is_denied, completed, created_at, updated_at)
      select info_hash, false, false, 0, at, at from batch where true
      on conflict (info_hash) do update set updated_at = excluded.updated_at`,
    `update torrents set
        name = case when batch.has_name then batch.name else torrents.name end,
        name_folded = case when batch.has_name then batch.name_folded else torrents.name_folded end,
        is_registered = coalesce(batch.is_registered, torrents.is_registered),
        is_denied = coalesce(batch.is_denied, torrents.is_denied),
        alias_of = case when batch.has_alias then batch.alias_of else torrents.alias_of end,
        updated_at = batch.at,
        revision = ${nextRevision('torrents')}
      from batch where torrents.info_hash = batch.info_hash`,
    // Its own alias, which the table refuses, and with it the whole batch.
    `update torrents set alias_of = torrents.info_hash
      from batch where torrents.info_hash = batch.info_hash and ${IS_CHAINED}`,
    ...giveCompleted(true),
  ],
  area: 'torrents',
};

/** SQL: whether the operator has said anything about the torrent; indexes have the same words (migrations/0003). */
const HAS_WORDS = '(is_registered or is_denied or alias_of is not null or name is not null)';
const hasWords: RawBuilder<boolean> = sql.raw(HAS_WORDS);
/** SQL: nobody would miss the row, except a follower that has to learn of the removal. */
const IS_FORGOTTEN = `completed = 0 and not ${HAS_WORDS}`;
/** SQL: nothing is known but a number, which anybody can make. */
const IS_COUNT = `completed > 0 and not ${HAS_WORDS}`;
const isCount: RawBuilder<boolean> = sql.raw(IS_COUNT);

const removeWhere = (isMeant: string): string =>
  `update torrents set is_registered = false, is_denied = false, alias_of = null, name = null, name_folded = null,
      updated_at = batch.at, revision = ${nextRevision('torrents')}
    from batch where ${isMeant} and ${HAS_WORDS}`;

const REMOVE: BatchStatement = {
  columns: { info_hash: 'bytes', at: 'integer' },
  steps: [removeWhere('torrents.alias_of = batch.info_hash'), removeWhere('torrents.info_hash = batch.info_hash')],
  area: 'torrents',
};

/** Most rows of each kind that one call prunes: a tenth of a second of the thread's time with SQLite. */
const PRUNE_BATCH = 2_000;

/** The condition stands twice because PostgreSQL looks only at the outer one again, when a row was changed meanwhile. */
const pruneWhere = (isMeant: string, before: string): string => {
  const isOld = `${isMeant} and updated_at < (select ${before} from batch)`;
  return `delete from torrents where ${isOld} and info_hash in (
      select info_hash from torrents where ${isOld} order by updated_at limit ${PRUNE_BATCH})`;
};

const PRUNE: BatchStatement = {
  columns: { removed_before: 'integer', counted_before: 'integer' },
  steps: [pruneWhere(IS_FORGOTTEN, 'removed_before'), pruneWhere(IS_COUNT, 'counted_before')],
};

const stateColumns = ['info_hash', 'is_registered', 'is_denied', 'alias_of', 'completed'] as const;
type Row = Selectable<Schema['torrents']>;

const toState = (row: Pick<Row, (typeof stateColumns)[number]>): TorrentState => ({
  infoHash: row.info_hash,
  isRegistered: Boolean(row.is_registered),
  isDenied: Boolean(row.is_denied),
  aliasOf: row.alias_of,
  completed: row.completed,
});

const toRecord = (row: Row): TorrentRecord => ({
  ...toState(row),
  name: row.name,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const keyOf = ({ infoHash }: { infoHash: Uint8Array }): string => toBinary(infoHash);

/** All methods may reject with DB_UNREACHABLE, DB_BUSY, DB_FULL, DB_DAMAGED, DB_FAILED and DB_CLOSED. */
export class Torrents {
  readonly #connection: Connection;
  readonly #clock: Pick<Clock, 'wall'>;

  constructor(connection: Connection, clock: Pick<Clock, 'wall'>) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /**
   * All torrents about which the operator has said something, in pages: for the start of a tracker. A million torrents
   * take about a second from SQLite.
   */
  load(): AsyncGenerator<TorrentState[], void, void> {
    return pagesOf(async (after: TorrentState | null) => {
      let query = this.#connection.kysely.selectFrom('torrents').select(stateColumns).where(hasWords);
      if (after !== null) query = query.where('info_hash', '>', after.infoHash);
      return (await query.orderBy('info_hash').limit(LOAD_PAGE).execute()).map(toState);
    });
  }

  /**
   * The other torrents with completed downloads, in pages, what changed last first: on a public tracker most of them
   * are made up or long dead, and there may be more than one wants to read.
   */
  loadCounts(): AsyncGenerator<CompletedCount[], void, void> {
    return pagesOf(async (after: (CompletedCount & { updated_at: UnixSeconds }) | null) => {
      let query = this.#connection.kysely.selectFrom('torrents').where(isCount);
      if (after !== null) {
        query = query.where((eb) =>
          eb(eb.refTuple('updated_at', 'info_hash'), '<', eb.tuple(after.updated_at, after.infoHash)),
        );
      }
      const columns = query.select(['info_hash as infoHash', 'completed as count', 'updated_at']);
      return columns.orderBy('updated_at', 'desc').orderBy('info_hash', 'desc').limit(LOAD_PAGE).execute();
    });
  }

  /**
   * All torrents that were changed or removed after a revision, in pages: for whoever keeps a copy of them. Of a
   * removed torrent every flag is false, until it is pruned. What changes meanwhile may come twice.
   */
  changedAfter(seen: number): AsyncGenerator<TorrentState[], void, void> {
    return pagesOf(async (after: (TorrentState & { revision: number }) | null) => {
      let query = this.#connection.kysely.selectFrom('torrents').select([...stateColumns, 'revision']);
      query = query.where('revision', '>', 0);
      if (after === null) query = query.where('revision', '>', seen);
      else {
        query = query.where((eb) =>
          eb(eb.refTuple('revision', 'info_hash'), '>', eb.tuple(after.revision, after.infoHash)),
        );
      }
      const rows = await query.orderBy('revision').orderBy('info_hash').limit(LOAD_PAGE).execute();
      return rows.map((row) => ({ ...toState(row), revision: row.revision }));
    });
  }

  /**
   * All torrents that were changed, removed or completed at that time or later, in pages: for the downloads that other
   * trackers have counted. A change bears the time at which it began, by the clock of its own machine, and is seen
   * later: so ask from somewhat before the last reading. What changes meanwhile may come twice.
   */
  changedSince(at: UnixSeconds): AsyncGenerator<TorrentState[], void, void> {
    return pagesOf(async (after: (TorrentState & Pick<TorrentRecord, 'updatedAt'>) | null) => {
      let query = this.#connection.kysely.selectFrom('torrents').select([...stateColumns, 'updated_at']);
      if (after === null) query = query.where('updated_at', '>=', at);
      else {
        query = query.where((eb) =>
          eb(eb.refTuple('updated_at', 'info_hash'), '>', eb.tuple(after.updatedAt, after.infoHash)),
        );
      }
      const rows = await query.orderBy('updated_at').orderBy('info_hash').limit(LOAD_PAGE).execute();
      return rows.map((row) => ({ ...toState(row), updatedAt: row.updated_at }));
    });
  }

  /** Null when nothing is known of the torrent, or nothing any more. */
  async find(infoHash: Uint8Array): Promise<TorrentRecord | null> {
    const query = this.#known().where('info_hash', '=', infoHash);
    const row = await query.executeTakeFirst();
    return row === undefined ? null : toRecord(row);
  }

  /** Info hashes of up to `most` aliases of any of these torrents. */
  async aliasesOf(infoHashes: readonly Uint8Array[], most: number): Promise<Uint8Array[]> {
    if (infoHashes.length === 0) return [];
    const query = this.#connection.kysely.selectFrom('torrents').select('info_hash');
    const rows = await query.where('alias_of', 'in', infoHashes).limit(most).execute();
    return rows.map((row) => row.info_hash);
  }

  /** A page of torrents in the order of info hashes. */
  async list({ after, limit, search, only }: TorrentListQuery): Promise<TorrentRecord[]> {
    let query = this.#known();
    if (after !== undefined) query = query.where('info_hash', '>', after);
    if (search !== undefined) query = query.where(nameContains(search));
    if (only === 'registered') query = query.where('is_registered', '=', true);
    if (only === 'denied') query = query.where('is_denied', '=', true);
    if (only === 'aliases') query = query.where('alias_of', 'is not', null);
    return (await query.orderBy('info_hash').limit(listLimit(limit)).execute()).map(toRecord);
  }

  /**
   * Registers, denies, names or aliases torrents, all or none; resolves when it is durable. Of several changes to one
   * torrent the later ones count. A torrent that becomes an alias gives its completed downloads to the one it leads to,
   * for good. Rejects with DB_CONSTRAINT when an info hash has not 20 bytes, and when one would be an alias of itself or
   * of an alias, whoever made the other one just now.
   */
  async change(changes: readonly TorrentChange[]): Promise<void> {
    const at = this.#clock.wall();
    const merged = mergeByKey(changes, keyOf, (earlier, later) => ({
      infoHash: later.infoHash,
      name: later.name === undefined ? earlier.name : later.name,
      isRegistered: later.isRegistered ?? earlier.isRegistered,
      isDenied: later.isDenied ?? earlier.isDenied,
      aliasOf: later.aliasOf === undefined ? earlier.aliasOf : later.aliasOf,
    }));
    const rows = merged.map(({ infoHash, name, isRegistered, isDenied, aliasOf }) => {
      const kept = typeof name === 'string' ? storable(name) : null;
      const folded = kept === null ? null : fold(kept);
      const flags = [isRegistered ?? null, isDenied ?? null];
      return [infoHash, name !== undefined, kept, folded, ...flags, aliasOf !== undefined, aliasOf ?? null, at];
    });
    await this.#connection.runBatch(CHANGE, rows);
  }

  /**
   * Adds to the numbers of completed downloads, all or none, also of torrents that were not known, and for an alias to
   * that of its torrent; resolves when it is durable. A sum stops at the largest safe integer.
   */
  async addCompleted(counts: readonly CompletedCount[]): Promise<void> {
    const at = this.#clock.wall();
    const merged = mergeByKey(counts, keyOf, (a, b) => ({ ...a, count: addSafely(a.count, b.count) }));
    const rows = merged.map(({ infoHash, count }) => [infoHash, count, at]);
    await this.#connection.runBatch(ADD_COMPLETED, rows);
  }

  /**
   * Takes back all that was said about torrents and the aliases of them: what is left is their completed downloads, and
   * those without any are gone. Resolves with the number of both about which something had been said.
   */
  remove(infoHashes: readonly Uint8Array[]): Promise<number> {
    const at = this.#clock.wall();
    return this.#connection.runBatch(
      REMOVE,
      infoHashes.map((infoHash) => [infoHash, at]),
    );
  }

  /**
   * Deletes what is left of torrents that were removed before a time, and numbers of completed downloads that did not
   * change since another and have nothing else to them. Whoever has not read `changedAfter` since the first must read
   * everything again. Resolves with how many rows went; not all at once: none went when there are no more.
   */
  prune({ removedBefore, countedBefore }: PruneTimes): Promise<number> {
    return this.#connection.runBatch(PRUNE, [[removedBefore, countedBefore]]);
  }

  #known(): SelectQueryBuilder<Schema, 'torrents', Row> {
    return this.#connection.kysely
      .selectFrom('torrents')
      .selectAll()
      .where(sql<boolean>`not (${sql.raw(IS_FORGOTTEN)})`);
  }
}
