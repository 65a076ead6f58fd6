/** Writes records. Changes of one turn of the event loop go in one transaction: a thousand starts cost one. */
import { codeOf } from '../../../base/errors.ts';
import type { ClientRepository, TorrentCounters } from '../../../db/index.ts';
import { columnsOf, type TorrentRecord } from './torrent-record.ts';

interface Batch {
  readonly records: Map<number, TorrentRecord>;
  readonly written: Promise<void>;
}

export class RecordStore {
  readonly #torrents: ClientRepository['torrents'];
  #next: Batch | null = null;
  /** Settled when nothing is being written: batches follow one another. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(torrents: ClientRepository['torrents']) {
    this.#torrents = torrents;
  }

  /**
   * Of a torrent that is not there: a row of its hash is what is left of a removal that the database did not take, or of an
   * insertion whose answer was lost.
   */
  async insert(record: TorrentRecord): Promise<number> {
    const columns = columnsOf(record);
    try {
      return await this.#torrents.insert(columns);
    } catch (error) {
      if (codeOf(error) !== 'DB_DUPLICATE') throw error;
      await this.#torrents.deleteByHash(record.hash);
      return this.#torrents.insert(columns);
    }
  }

  /** Resolves when it is durable. Of two records of one torrent in a turn the later counts, for both callers. */
  save(id: number, record: TorrentRecord): Promise<void> {
    this.#next ??= this.#open();
    this.#next.records.set(id, record);
    return this.#next.written;
  }

  saveCounters(counters: readonly (TorrentCounters & { readonly id: number })[]): Promise<void> {
    return this.#torrents.saveCounters(counters);
  }

  delete(id: number): Promise<void> {
    // After what is still to be written of it.
    return this.#inOrder(() => this.#torrents.delete([id]));
  }

  #open(): Batch {
    const records = new Map<number, TorrentRecord>();
    const written = this.#inOrder(async () => {
      this.#next = null;
      await this.#torrents.save([...records].map(([id, record]) => ({ ...columnsOf(record), id })));
    });
    return { records, written };
  }

  #inOrder(work: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(() => {});
    return done;
  }
}
