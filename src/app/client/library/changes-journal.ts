/** Which torrents have changed since a revision that a caller has seen, and which are gone. */
import type { Random } from '../../../base/random.ts';
import type { ManagedTorrent, Revision, TorrentChanges } from '../torrents.ts';

/** Removals that are remembered. */
const MOST_REMOVED = 10_000;

interface Removal {
  readonly revision: Revision;
  readonly id: number;
  readonly hash: string;
}

export class ChangesJournal {
  readonly #first: Revision;
  #last: Revision;
  /** Newest of the removals that are forgotten. */
  #forgotten: Revision;
  #removed: Removal[] = [];

  constructor(random: Random) {
    // Another run begins elsewhere, so that a revision of it is told from one of this run.
    this.#first = 1 + random.below(2 ** 30) * 2 ** 20;
    this.#last = this.#first;
    this.#forgotten = this.#first;
  }

  /** The number of a new change. */
  next(): Revision {
    this.#last++;
    return this.#last;
  }

  removed({ id, hash }: Pick<ManagedTorrent, 'id' | 'hash'>): void {
    this.#removed.push({ revision: this.next(), id, hash });
    if (this.#removed.length <= 2 * MOST_REMOVED) return;
    this.#removed = this.#removed.slice(-MOST_REMOVED);
    this.#forgotten = (this.#removed[0] as Removal).revision - 1;
  }

  /** Of these torrents. */
  since<T extends ManagedTorrent>(revision: Revision, torrents: Iterable<T>): TorrentChanges {
    const isFull = revision < Math.max(this.#first, this.#forgotten) || revision > this.#last;
    const all = [...torrents];
    if (isFull) return { revision: this.#last, isFull, changed: all, removed: [] };
    const changed = all.filter((torrent) => torrent.revision > revision);
    const removed = this.#removed.filter((removal) => removal.revision > revision);
    return { revision: this.#last, isFull, changed, removed: removed.map(({ id, hash }) => ({ id, hash })) };
  }
}
