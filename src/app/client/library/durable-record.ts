/**
 * A torrent's record. What is wanted of it is seen at once, durable when the promise resolves, and taken back when that
 * fails; what has happened stays.
 */
import { DstError } from '../../../base/errors.ts';
import type { RecordStore } from './record-store.ts';
import type { TorrentRecord } from './torrent-record.ts';

export class DurableRecord {
  readonly id: number;
  readonly #store: Pick<RecordStore, 'save'>;
  readonly #owner: { changed(): void };
  #value: TorrentRecord;
  /** Without what is being saved. */
  #settled: TorrentRecord;
  /** What is being saved, in order. */
  #open: readonly Partial<TorrentRecord>[] = [];
  #isBehind = false;

  constructor(id: number, value: TorrentRecord, store: Pick<RecordStore, 'save'>, owner: { changed(): void }) {
    this.id = id;
    this.#value = value;
    this.#settled = value;
    this.#store = store;
    this.#owner = owner;
  }

  get value(): TorrentRecord {
    return this.#value;
  }

  /** Another record may be stored than this one: see `catchUp`. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  async change(change: Partial<TorrentRecord>): Promise<void> {
    await this.#change(change, () => false);
  }

  /**
   * Something that has happened. While the database cannot take it, it is kept for `catchUp`; rejects with what will
   * not pass.
   */
  async note(fact: Partial<TorrentRecord>): Promise<void> {
    await this.#change(fact, (error) => error instanceof DstError && error.isRetryable);
  }

  /** Stores the record as it is. Never rejects. */
  async catchUp(): Promise<void> {
    this.#isBehind = false;
    await this.#store.save(this.id, this.#value).catch(() => {
      this.#isBehind = true;
    });
  }

  async #change(change: Partial<TorrentRecord>, isToKeep: (error: unknown) => boolean): Promise<void> {
    this.#value = { ...this.#value, ...change };
    this.#open = [...this.#open, change];
    this.#owner.changed();
    try {
      await this.#store.save(this.id, this.#value);
    } catch (error) {
      // What was saved later may have brought it along, and who does not answer may have taken it.
      this.#isBehind = true;
      if (!isToKeep(error)) {
        this.#open = this.#open.filter((one) => one !== change);
        this.#value = Object.assign({}, this.#settled, ...this.#open) as TorrentRecord;
        this.#owner.changed();
        throw error;
      }
    }
    this.#open = this.#open.filter((one) => one !== change);
    this.#settled = this.#open.length === 0 ? this.#value : { ...this.#settled, ...change };
  }
}
