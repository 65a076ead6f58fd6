/**
 * The torrents of a client. Settings and the like are texts here, JSON that the client writes and checks when it reads
 * them; the columns are what the database itself must know to keep a torrent from being there twice.
 */
import type { Selectable } from 'kysely';
import type { ByteCount, UnixSeconds } from '../../base/units.ts';
import type { BatchStatement, Connection } from '../connection.ts';
import type { Schema } from '../schema.ts';
import { addSafely, LOAD_PAGE, pagesOf } from '../paging.ts';
import { storable } from '../text-search.ts';

/** What is counted over all runs. */
export interface TorrentCounters {
  /** Payload. */
  readonly downloaded: ByteCount;
  readonly uploaded: ByteCount;
  /** Received and thrown away. */
  readonly wasted: ByteCount;
  readonly secondsDownloading: number;
  readonly secondsSeeding: number;
  /** When payload was last received or sent. */
  readonly activeAt: UnixSeconds | null;
}

/** A row without its counters. */
export interface TorrentColumns {
  /** 40 hexadecimal digits; never changes. */
  readonly hash: string;
  readonly hashV1: Uint8Array | null;
  readonly hashV2: Uint8Array | null;
  readonly hasMetainfo: boolean;
  readonly name: string;
  readonly savePath: string;
  readonly directory: string;
  readonly wanted: string;
  readonly goal: string;
  readonly queuePosition: number;
  readonly settings: string;
  readonly choices: string;
  readonly trackers: string | null;
  readonly pending: string | null;
  readonly addedAt: UnixSeconds;
  readonly startedAt: UnixSeconds | null;
  readonly completedAt: UnixSeconds | null;
}

export interface TorrentRow extends TorrentColumns {
  /** Never given again. */
  readonly id: number;
  readonly counters: TorrentCounters;
}

const columns = {
  hash_v1: 'bytes',
  hash_v2: 'bytes',
  has_metainfo: 'flag',
  name: 'text',
  save_path: 'text',
  directory: 'text',
  wanted: 'text',
  goal: 'text',
  queue_position: 'integer',
  settings: 'text',
  choices: 'text',
  trackers: 'text',
  pending: 'text',
  started_at: 'integer',
  completed_at: 'integer',
} as const;

const SAVE: BatchStatement = {
  columns: { id: 'integer', ...columns },
  steps: [
    `update client_torrents set ${Object.keys(columns)
      .map((column) => `${column} = batch.${column}`)
      .join(', ')} from batch where client_torrents.id = batch.id`,
  ],
};

const SAVE_COUNTERS: BatchStatement = {
  columns: {
    id: 'integer',
    downloaded: 'integer',
    uploaded: 'integer',
    wasted: 'integer',
    seconds_downloading: 'integer',
    seconds_seeding: 'integer',
    active_at: 'integer',
  },
  steps: [
    `update client_torrents set downloaded = batch.downloaded, uploaded = batch.uploaded,
        wasted = batch.wasted, seconds_downloading = batch.seconds_downloading, seconds_seeding = batch.seconds_seeding,
        active_at = batch.active_at
      from batch where client_torrents.id = batch.id`,
  ],
  isSyncedLater: true,
};

const DELETE: BatchStatement = {
  columns: { id: 'integer' },
  steps: ['delete from client_torrents where id in (select id from batch)'],
};

const toRow = (row: Selectable<Schema['client_torrents']>): TorrentRow => ({
  id: row.id,
  hash: row.hash,
  hashV1: row.hash_v1,
  hashV2: row.hash_v2,
  hasMetainfo: Boolean(row.has_metainfo),
  name: row.name,
  savePath: row.save_path,
  directory: row.directory,
  wanted: row.wanted,
  goal: row.goal,
  queuePosition: row.queue_position,
  settings: row.settings,
  choices: row.choices,
  trackers: row.trackers,
  pending: row.pending,
  addedAt: row.added_at,
  startedAt: row.started_at,
  completedAt: row.completed_at,
  counters: {
    downloaded: row.downloaded,
    uploaded: row.uploaded,
    wasted: row.wasted,
    secondsDownloading: row.seconds_downloading,
    secondsSeeding: row.seconds_seeding,
    activeAt: row.active_at,
  },
});

/** All methods may reject with DB_UNREACHABLE, DB_BUSY, DB_FULL, DB_DAMAGED, DB_FAILED and DB_CLOSED. */
export class ClientTorrents {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** All torrents in the order of ids, in pages. */
  load(): AsyncGenerator<TorrentRow[], void, void> {
    return pagesOf(async (after: TorrentRow | null) => {
      let query = this.#connection.kysely.selectFrom('client_torrents').selectAll();
      if (after !== null) query = query.where('id', '>', after.id);
      return (await query.orderBy('id').limit(LOAD_PAGE).execute()).map(toRow);
    });
  }

  /** Resolves with its id. Rejects with DB_DUPLICATE when a torrent has one of the hashes. */
  async insert(torrent: TorrentColumns): Promise<number> {
    const query = this.#connection.kysely.insertInto('client_torrents').values({
      hash: torrent.hash,
      hash_v1: torrent.hashV1,
      hash_v2: torrent.hashV2,
      has_metainfo: torrent.hasMetainfo,
      name: storable(torrent.name),
      save_path: storable(torrent.savePath),
      directory: storable(torrent.directory),
      wanted: torrent.wanted,
      goal: torrent.goal,
      queue_position: torrent.queuePosition,
      settings: torrent.settings,
      choices: torrent.choices,
      trackers: torrent.trackers,
      pending: torrent.pending,
      added_at: torrent.addedAt,
      started_at: torrent.startedAt,
      completed_at: torrent.completedAt,
      active_at: null,
      downloaded: 0,
      uploaded: 0,
      wasted: 0,
      seconds_downloading: 0,
      seconds_seeding: 0,
    });
    return (await query.returning('id').executeTakeFirstOrThrow()).id;
  }

  /** Writes all but the hash by which it is named, `addedAt` and the counters; all rows or none. */
  async save(torrents: readonly (TorrentColumns & { readonly id: number })[]): Promise<void> {
    const rows = torrents.map((torrent) => [
      torrent.id,
      torrent.hashV1,
      torrent.hashV2,
      torrent.hasMetainfo,
      storable(torrent.name),
      storable(torrent.savePath),
      storable(torrent.directory),
      torrent.wanted,
      torrent.goal,
      torrent.queuePosition,
      torrent.settings,
      torrent.choices,
      torrent.trackers,
      torrent.pending,
      torrent.startedAt,
      torrent.completedAt,
    ]);
    await this.#connection.runBatch(SAVE, rows);
  }

  /** All or none; a counter stops at the largest safe integer. Torrents that are not there are passed over. */
  async saveCounters(counters: readonly (TorrentCounters & { readonly id: number })[]): Promise<void> {
    const rows = counters.map((of) => [
      of.id,
      addSafely(of.downloaded, 0),
      addSafely(of.uploaded, 0),
      addSafely(of.wasted, 0),
      of.secondsDownloading,
      of.secondsSeeding,
      of.activeAt,
    ]);
    await this.#connection.runBatch(SAVE_COUNTERS, rows);
  }

  async deleteByHash(hash: string): Promise<void> {
    await this.#connection.kysely.deleteFrom('client_torrents').where('hash', '=', hash).execute();
  }

  async delete(ids: readonly number[]): Promise<void> {
    await this.#connection.runBatch(
      DELETE,
      ids.map((id) => [id]),
    );
  }
}
