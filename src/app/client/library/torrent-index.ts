/** Torrents by their names, and in the order of the queue. */
import { toHex } from '../../../base/bytes.ts';
import type { InfoHashes } from '../../../codec/metainfo/index.ts';
import type { DurableRecord } from './durable-record.ts';

interface Indexed {
  readonly id: number;
  readonly hash: string;
  readonly infoHashes: InfoHashes;
  readonly record: Pick<DurableRecord, 'value'>;
  place: number;
}

const namesOf = ({ v1, v2 }: InfoHashes): string[] => {
  const long = v2 === null ? [] : [toHex(v2), toHex(v2.subarray(0, 20))];
  return v1 === null ? long : [toHex(v1), ...long];
};

export class TorrentIndex<T extends Indexed> {
  readonly #byId = new Map<number, T>();
  readonly #byName = new Map<string, T>();
  #order: T[] = [];

  get size(): number {
    return this.#byId.size;
  }

  get inOrder(): readonly T[] {
    return this.#order;
  }

  get firstPosition(): number {
    return this.#order[0]?.record.value.queuePosition ?? 1;
  }

  get lastPosition(): number {
    return this.#order.at(-1)?.record.value.queuePosition ?? 0;
  }

  /** By id, or by 40 or 64 hexadecimal digits in either case. */
  find(key: number | string): T | null {
    if (typeof key === 'number') return this.#byId.get(key) ?? null;
    return this.#byName.get(key.toLowerCase()) ?? null;
  }

  /** The one that has any of the hashes. */
  findAny(hashes: InfoHashes): T | null {
    for (const name of namesOf(hashes)) {
      const found = this.find(name);
      if (found !== null) return found;
    }
    return null;
  }

  addAll(torrents: readonly T[]): void {
    const isAtEnd = torrents.length === 1 && (torrents[0] as T).record.value.queuePosition > this.lastPosition;
    for (const torrent of torrents) {
      this.#byId.set(torrent.id, torrent);
      this.learnNames(torrent);
      torrent.place = this.#order.push(torrent) - 1;
    }
    if (!isAtEnd) this.sort();
  }

  /** Also when the metadata of a magnet link has told of another hash. */
  learnNames(torrent: T): void {
    if (!this.#byId.has(torrent.id)) return;
    for (const name of [torrent.hash, ...namesOf(torrent.infoHashes)]) this.#byName.set(name, torrent);
  }

  /** Returns whether it was there. Places are numbered anew by `numberPlaces`. */
  delete(torrent: T): boolean {
    if (!this.#byId.delete(torrent.id)) return false;
    for (const name of [torrent.hash, ...namesOf(torrent.infoHashes)]) {
      if (this.#byName.get(name) === torrent) this.#byName.delete(name);
    }
    this.#order.splice(this.#order.indexOf(torrent), 1);
    return true;
  }

  /** After positions have changed. */
  sort(): void {
    this.#order.sort((a, b) => a.record.value.queuePosition - b.record.value.queuePosition || a.id - b.id);
    this.numberPlaces();
  }

  numberPlaces(): void {
    for (const [place, torrent] of this.#order.entries()) torrent.place = place;
  }
}
