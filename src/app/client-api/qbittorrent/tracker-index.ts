/** Which torrents each tracker has, and since which revision that is so: for clients that follow the changes. */
import type { Revision, Torrents } from '../../client/index.ts';

interface Entry {
  readonly hashes: Set<string>;
  changedAt: Revision;
}

export interface TrackerChanges {
  /** Hashes by URL. */
  readonly changed: Record<string, readonly string[]>;
  readonly removed: readonly string[];
}

/** Trackers that are gone and remembered. */
const MOST_REMOVED = 1000;

export class TrackerIndex {
  #seen: Revision = -1;
  readonly #urls = new Map<string, readonly string[]>();
  readonly #entries = new Map<string, Entry>();
  readonly #removed = new Map<string, Revision>();
  /** What went at this revision or before is not remembered. */
  #forgotten: Revision = -1;

  /** Takes in what has changed since the last time. */
  update(torrents: Torrents): void {
    const { revision, isFull, changed, removed } = torrents.changes(this.#seen);
    if (isFull) this.#clear(revision);
    for (const { hash } of removed) this.#put(hash, [], revision);
    for (const torrent of changed) {
      const urls = torrent.trackers().map(({ url }) => url);
      this.#put(torrent.hash, urls, revision);
    }
    this.#seen = revision;
  }

  all(): TrackerChanges['changed'] {
    return listed(this.#entries);
  }

  /** Null: too much is forgotten. */
  since(revision: Revision): TrackerChanges | null {
    if (revision < this.#forgotten) return null;
    const changed = [...this.#entries].filter(([, { changedAt }]) => changedAt > revision);
    const removed = [...this.#removed].filter(([, at]) => at > revision);
    return { changed: listed(changed), removed: removed.map(([url]) => url) };
  }

  #put(hash: string, urls: readonly string[], revision: Revision): void {
    const old = this.#urls.get(hash) ?? [];
    if (urls.length === 0) this.#urls.delete(hash);
    else this.#urls.set(hash, urls);
    for (const url of old) if (!urls.includes(url)) this.#take(url, hash, revision);
    for (const url of urls) if (!old.includes(url)) this.#give(url, hash, revision);
  }

  #give(url: string, hash: string, revision: Revision): void {
    const entry = this.#entries.get(url) ?? { hashes: new Set(), changedAt: revision };
    entry.hashes.add(hash);
    entry.changedAt = revision;
    this.#entries.set(url, entry);
    this.#removed.delete(url);
  }

  #take(url: string, hash: string, revision: Revision): void {
    const entry = this.#entries.get(url);
    if (entry === undefined) return;
    entry.hashes.delete(hash);
    entry.changedAt = revision;
    if (entry.hashes.size > 0) return;
    this.#entries.delete(url);
    this.#removed.set(url, revision);
    if (this.#removed.size > MOST_REMOVED) {
      this.#removed.clear();
      this.#forgotten = revision;
    }
  }

  #clear(revision: Revision): void {
    this.#urls.clear();
    this.#entries.clear();
    this.#removed.clear();
    this.#forgotten = revision;
  }
}

const listed = (entries: Iterable<readonly [string, Entry]>): Record<string, readonly string[]> =>
  Object.fromEntries(Array.from(entries, ([url, { hashes }]) => [url, [...hashes]]));
