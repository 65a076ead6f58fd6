/**
 * Keeps the table of swarms and the database of one mind: what is stored of torrents comes into the table, and finished
 * downloads go into the database about once a second. They are told to clients only after that, so that no number ever
 * goes backwards, however the tracker ends.
 */
import type { TorrentState, TrackerRepository } from '../../../db/index.ts';
import { toBinary } from '../../../base/bytes.ts';
import { messageOf } from '../../../base/errors.ts';
import type { UnixSeconds } from '../../../base/units.ts';
import type { FinishedDownloads, SwarmRegistry } from '../../../tracker/index.ts';

/** Seconds by which clocks of trackers with one database may differ, and a change may be on its way into it. */
const CLOCK_SKEW = 120;

export class DurableTorrents {
  readonly #torrents: TrackerRepository['torrents'];
  readonly #registry: SwarmRegistry;
  readonly #tick: () => number;
  /** Finished downloads that are not stored yet, by info hash. */
  readonly #unstored = new Map<string, FinishedDownloads>();
  /** One thing at a time: totals that were read while others are being stored would count these twice. */
  #working: Promise<unknown> = Promise.resolve();
  #problem: string | null = null;

  constructor(torrents: TrackerRepository['torrents'], registry: SwarmRegistry, tick: () => number) {
    this.#torrents = torrents;
    this.#registry = registry;
    this.#tick = tick;
  }

  /** Why finished downloads cannot be stored at present; null while all is well. None is lost meanwhile. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Reads all torrents into the table. Returns how many the table had no room for; rejects DB_*. */
  load(): Promise<number> {
    return this.#inTurn(() => this.#take(this.#torrents.load()));
  }

  /** Reads what has changed since a time, here or elsewhere; as `load` otherwise. */
  follow(since: UnixSeconds): Promise<number> {
    return this.#inTurn(() => this.#take(this.#torrents.changedSince(since - CLOCK_SKEW)));
  }

  async #take(pages: AsyncIterable<readonly TorrentState[]>): Promise<number> {
    let refused = 0;
    for await (const page of pages) {
      for (const torrent of page) {
        const now = this.#tick();
        const isIn = this.#registry.set(torrent.infoHash, torrent, now);
        if (isIn) this.#registry.raiseCompleted(torrent.infoHash, torrent.completed, now);
        else refused++;
      }
    }
    return refused;
  }

  /** Stores what has been finished; resolves also when that fails: then it is tried again next time. */
  flush(): Promise<void> {
    return this.#inTurn(() => this.#flush());
  }

  async #flush(): Promise<void> {
    for (const { infoHash, count } of this.#registry.takeFinished()) {
      const key = toBinary(infoHash);
      this.#unstored.set(key, { infoHash, count: count + (this.#unstored.get(key)?.count ?? 0) });
    }
    if (this.#unstored.size === 0) return;
    const finished = [...this.#unstored.values()];
    try {
      await this.#torrents.addCompleted(finished);
    } catch (error) {
      this.#problem = messageOf(error);
      return;
    }
    this.#problem = null;
    this.#unstored.clear();
    this.#registry.settle(finished, this.#tick());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#working.then(work);
    this.#working = done.catch(() => {});
    return done;
  }
}
