/** Torrents that the tracker remembers: registered, denied, second names of another, or completed at least once. */
import type { Selectable } from 'kysely';
import { toBinary } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { UnixSeconds } from '../../base/units.ts';
import type { BatchStatement, Connection } from '../connection.ts';
import type { Schema } from '../schema.ts';
import { addSafely, LOAD_PAGE, listLimit, mergeByKey, pagesOf, sqlSum } from './paging.ts';
import { fold, nameContains, storable } from './text-search.ts';

/** What the swarms need to know of a torrent. */
export interface TorrentState {
  /** 20 bytes; of a v2 torrent the first 20 (BEP 52). */
  readonly infoHash: Uint8Array;
  readonly isRegistered: boolean;
  readonly isDenied: boolean;
  /** Info hash of the torrent whose swarm is meant by this one too; null for a torrent of its own. */
  readonly aliasOf: Uint8Array | null;
  /** Downloads that were completed. */
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

const ADD_COMPLETED: BatchStatement = {
  columns: { info_hash: 'bytes', count: 'integer', at: 'integer' },
  steps: [
    `insert into torrents (info_hash, is_registered, is_denied, completed, created_at, updated_at)
      select info_hash, false, false, count, at, at from batch where true
      on conflict (info_hash) do update set
        completed = ${sqlSum('torrents.completed', 'excluded.completed')},
        updated_at = excluded.updated_at`,
  ],
};

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
  steps: [
    `insert into torrents (info_hash, is_registered, is_denied, completed, created_at, updated_at)
      select info_hash, false, false, 0, at, at from batch where true
      on conflict (info_hash) do nothing`,
    `update torrents set
        name = case when batch.has_name then batch.name else torrents.name end,
        name_folded = case when batch.has_name then batch.name_folded else torrents.name_folded end,
        is_registered = coalesce(batch.is_registered, torrents.is_registered),
        is_denied = coalesce(batch.is_denied, torrents.is_denied),
        alias_of = case when batch.has_alias then batch.alias_of else torrents.alias_of end,
        updated_at = batch.at
      from batch where torrents.info_hash = batch.info_hash`,
  ],
};

const REMOVE: BatchStatement = {
  columns: { info_hash: 'bytes' },
  steps: [
    'delete from torrents where alias_of in (select info_hash from batch)',
    'delete from torrents where info_hash in (select info_hash from batch)',
  ],
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

  /** Everything, in pages: for the start of a tracker. A million torrents take about a second from SQLite. */
  load(): AsyncGenerator<TorrentState[], void, void> {
    return pagesOf(async (after: TorrentState | null) => {
      let query = this.#connection.kysely.selectFrom('torrents').select(stateColumns);
      if (after !== null) query = query.where('info_hash', '>', after.infoHash);
      return (await query.orderBy('info_hash').limit(LOAD_PAGE).execute()).map(toState);
    });
  }

  async find(infoHash: Uint8Array): Promise<TorrentRecord | null> {
    const query = this.#connection.kysely.selectFrom('torrents').selectAll().where('info_hash', '=', infoHash);
    const row = await query.executeTakeFirst();
    return row === undefined ? null : toRecord(row);
  }

  /** A page of torrents in the order of info hashes. */
  async list({ after, limit, search, only }: TorrentListQuery): Promise<TorrentRecord[]> {
    let query = this.#connection.kysely.selectFrom('torrents').selectAll();
    if (after !== undefined) query = query.where('info_hash', '>', after);
    if (search !== undefined) query = query.where(nameContains(search));
    if (only === 'registered') query = query.where('is_registered', '=', true);
    if (only === 'denied') query = query.where('is_denied', '=', true);
    if (only === 'aliases') query = query.where('alias_of', 'is not', null);
    return (await query.orderBy('info_hash').limit(listLimit(limit)).execute()).map(toRecord);
  }

  /**
   * Registers, denies, names or aliases torrents, all or none; resolves when it is durable. Of several changes to one
   * torrent the later ones count. Rejects with DB_CONSTRAINT when an info hash has not 20 bytes or is its own alias.
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
   * Adds to the numbers of completed downloads, all or none, also of torrents that were not known; resolves when it is
   * durable. A sum stops at the largest safe integer.
   */
  async addCompleted(counts: readonly CompletedCount[]): Promise<void> {
    const at = this.#clock.wall();
    const merged = mergeByKey(counts, keyOf, (a, b) => ({ ...a, count: addSafely(a.count, b.count) }));
    const rows = merged.map(({ infoHash, count }) => [infoHash, count, at]);
    await this.#connection.runBatch(ADD_COMPLETED, rows);
  }

  /** Forgets torrents and the aliases of them. Resolves with the number of both. */
  remove(infoHashes: readonly Uint8Array[]): Promise<number> {
    return this.#connection.runBatch(
      REMOVE,
      infoHashes.map((infoHash) => [infoHash]),
    );
  }
}
