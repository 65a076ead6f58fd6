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
  #isBehind = false;

  constructor(id: number, value: TorrentRecord, store: Pick<RecordStore, 'save'>, owner: { changed(): void }) {
    this.id = id;
    this.#value = value;
    this.#store = store;
    this.#owner = owner;
  }

  get value(): TorrentRecord {
    return this.#value;
  }

  /** Something that has happened is not stored yet: see `catchUp`. */
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

  /** Stores what was kept. Never rejects. */
  async catchUp(): Promise<void> {
    this.#isBehind = false;
    await this.#store.save(this.id, this.#value).catch(() => {
      this.#isBehind = true;
    });
  }

  async #change(change: Partial<TorrentRecord>, isToKeep: (error: unknown) => boolean): Promise<void> {
    const before = this.#value;
    const after = { ...before, ...change };
    this.#value = after;
    this.#owner.changed();
    try {
      await this.#store.save(this.id, after);
    } catch (error) {
      if (isToKeep(error)) {
        this.#isBehind = true;
        return;
      }
      // What was changed later may be durable, and stays.
      const kept = Object.keys(change).filter(
        (key) => this.#value[key as keyof TorrentRecord] === after[key as keyof TorrentRecord],
      );
      this.#value = {
        ...this.#value,
        ...Object.fromEntries(kept.map((key) => [key, before[key as keyof TorrentRecord]])),
      };
      this.#owner.changed();
      throw error;
    }
  }
}
