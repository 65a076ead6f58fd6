/**
 * Keeps the table of swarms and the database of one mind: what is stored of torrents comes into the table, and finished
 * downloads go into the database about once a second. They are told to clients only after that, so that no number ever
 * goes backwards, however the tracker ends.
 */
import type { CompletedCount, TorrentState, TrackerRepository } from '../../../db/index.ts';
import { toBinary } from '../../../base/bytes.ts';
import { messageOf } from '../../../base/errors.ts';
import type { UnixSeconds } from '../../../base/units.ts';
import type { FinishedDownloads, SwarmRegistry } from '../../../tracker/index.ts';

/** Seconds by which clocks of trackers with one database may differ, and a change may be on its way into it. */
const CLOCK_SKEW = 120;

export interface TorrentParts {
  readonly torrents: TrackerRepository['torrents'];
  readonly registry: SwarmRegistry;
  readonly tick: () => number;
  /** Whether the room that is left is for swarms with peers and for what the operator says. */
  readonly isNearlyFull: () => boolean;
}

export class DurableTorrents {
  readonly #parts: TorrentParts;
  /** Finished downloads that are not stored yet, by info hash. */
  readonly #unstored = new Map<string, FinishedDownloads>();
  /** One thing at a time: totals that were read while others are being stored would count these twice. */
  #working: Promise<unknown> = Promise.resolve();
  #problem: string | null = null;

  constructor(parts: TorrentParts) {
    this.#parts = parts;
  }

  /** Why finished downloads cannot be stored at present; null while all is well. None is lost meanwhile. */
  get problem(): string | null {
    return this.#problem;
  }

  /** How many finished downloads are not stored yet, with those that were not asked for yet. */
  countUnstored(): number {
    this.#takeFinished();
    let sum = 0;
    for (const { count } of this.#unstored.values()) sum += count;
    return sum;
  }

  /**
   * Reads all torrents about which the operator has said something. Resolves with how many of them the table had no room
   * for; rejects DB_*.
   */
  load(): Promise<number> {
    return this.#inTurn(() => this.#take(this.#parts.torrents.load()));
  }

  /** Reads what has been changed or removed after a revision, here or elsewhere; as `load` otherwise. */
  follow(revision: number): Promise<number> {
    return this.#inTurn(() => this.#take(this.#parts.torrents.changedAfter(revision)));
  }

  /**
   * Reads the finished downloads of all other torrents, those of lately first. Resolves with false when it broke off
   * because that takes too long or they would take the room of more important things: anybody can make up torrents
   * and finish them.
   */
  loadCounts(isTooLong: () => boolean): Promise<boolean> {
    return this.#inTurn(async () => {
      for await (const page of this.#parts.torrents.loadCounts()) {
        if (isTooLong()) return false;
        for (const count of page) {
          if (this.#parts.isNearlyFull()) return false;
          this.#raise(count);
        }
      }
      return true;
    });
  }

  /** Reads the finished downloads that others have counted since a time. */
  followCounts(since: UnixSeconds): Promise<void> {
    return this.#inTurn(async () => {
      for await (const page of this.#parts.torrents.changedSince(since - CLOCK_SKEW)) {
        for (const { infoHash, completed, isRegistered, isDenied, aliasOf } of page) {
          const isImportant = isRegistered || isDenied || aliasOf !== null;
          if (completed === 0 || (!isImportant && this.#parts.isNearlyFull())) continue;
          this.#raise({ infoHash, count: completed });
        }
      }
    });
  }

  async #take(pages: AsyncIterable<readonly TorrentState[]>): Promise<number> {
    let refused = 0;
    for await (const page of pages) {
      for (const torrent of page) {
        const { infoHash, completed } = torrent;
        if (!this.#parts.registry.set(infoHash, torrent, this.#parts.tick())) refused++;
        else if (completed > 0) this.#raise({ infoHash, count: completed });
      }
    }
    return refused;
  }

  #raise({ infoHash, count }: CompletedCount): void {
    this.#parts.registry.raiseCompleted(infoHash, count, this.#parts.tick());
  }

  /** Stores what has been finished; resolves also when that fails: then it is tried again next time. */
  flush(): Promise<void> {
    return this.#inTurn(() => this.#flush());
  }

  async #flush(): Promise<void> {
    this.#takeFinished();
    if (this.#unstored.size === 0) return;
    const finished = [...this.#unstored.values()];
    try {
      await this.#parts.torrents.addCompleted(finished);
    } catch (error) {
      this.#problem = messageOf(error);
      return;
    }
    this.#problem = null;
    for (const { infoHash, count } of finished) this.#add(infoHash, -count);
    this.#parts.registry.settle(finished, this.#parts.tick());
  }

  #takeFinished(): void {
    for (const { infoHash, count } of this.#parts.registry.takeFinished()) this.#add(infoHash, count);
  }

  #add(infoHash: Uint8Array, count: number): void {
    const key = toBinary(infoHash);
    const sum = count + (this.#unstored.get(key)?.count ?? 0);
    if (sum === 0) this.#unstored.delete(key);
    else this.#unstored.set(key, { infoHash, count: sum });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#working.then(work);
    this.#working = done.catch(() => {});
    return done;
  }
}
