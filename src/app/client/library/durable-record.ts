/** A torrent's record, and its changes: seen at once, durable when the promise resolves, taken back when that fails. */
import type { RecordStore } from './record-store.ts';
import type { TorrentRecord } from './torrent-record.ts';

export class DurableRecord {
  readonly id: number;
  readonly #store: Pick<RecordStore, 'save'>;
  readonly #owner: { changed(): void };
  #value: TorrentRecord;

  constructor(id: number, value: TorrentRecord, store: Pick<RecordStore, 'save'>, owner: { changed(): void }) {
    this.id = id;
    this.#value = value;
    this.#store = store;
    this.#owner = owner;
  }

  get value(): TorrentRecord {
    return this.#value;
  }

  async change(change: Partial<TorrentRecord>): Promise<void> {
    const before = this.#value;
    const after = { ...before, ...change };
    this.#value = after;
    this.#owner.changed();
    try {
      await this.#store.save(this.id, after);
    } catch (error) {
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
