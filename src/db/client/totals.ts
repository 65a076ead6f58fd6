/** What a client has done in all its runs. */
import type { ByteCount } from '../../base/units.ts';
import type { BatchStatement, Connection } from '../connection.ts';

export interface TotalsRow {
  readonly downloaded: ByteCount;
  readonly uploaded: ByteCount;
  /** Runs of the program. */
  readonly sessions: number;
  /** Seconds that it ran. */
  readonly seconds: number;
  readonly torrentsAdded: number;
  /** No event bears a number above it yet. */
  readonly events: number;
}

const SAVE: BatchStatement = {
  columns: {
    downloaded: 'integer',
    uploaded: 'integer',
    sessions: 'integer',
    seconds: 'integer',
    torrents_added: 'integer',
    events: 'integer',
  },
  steps: [
    `update client_totals set downloaded = batch.downloaded, uploaded = batch.uploaded, sessions = batch.sessions,
        seconds = batch.seconds, torrents_added = batch.torrents_added, events = batch.events
      from batch`,
  ],
};

/** All methods may reject with DB_UNREACHABLE, DB_BUSY, DB_FULL, DB_DAMAGED, DB_FAILED and DB_CLOSED. */
export class ClientTotals {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async load(): Promise<TotalsRow> {
    const row = await this.#connection.kysely.selectFrom('client_totals').selectAll().executeTakeFirstOrThrow();
    const { downloaded, uploaded, sessions, seconds, torrents_added: torrentsAdded, events } = row;
    return { downloaded, uploaded, sessions, seconds, torrentsAdded, events };
  }

  async save(totals: TotalsRow): Promise<void> {
    const { downloaded, uploaded, sessions, seconds, torrentsAdded, events } = totals;
    await this.#connection.runBatch(SAVE, [[downloaded, uploaded, sessions, seconds, torrentsAdded, events]]);
  }
}
