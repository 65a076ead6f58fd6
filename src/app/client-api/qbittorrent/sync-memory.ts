/**
 * What callers of `sync/maindata` have been told, by the response id (rid) that they show the next time. It is kept for
 * the answers that somebody may still build on, and for a bounded number of them: whoever comes too late is told all.
 */
import type { Random } from '../../../base/random.ts';
import { isDeepStrictEqual } from 'node:util';
import type { Category, Revision } from '../../client/index.ts';
import { TrackerIndex } from './tracker-index.ts';

export type ServerState = Readonly<Record<string, string | number | boolean>>;

/** What an answer was made of, as far as it is not known by the revision of the torrents. */
export interface Told {
  readonly revision: Revision;
  readonly server: ServerState;
  readonly categories: readonly Category[];
  readonly tags: readonly string[];
}

/** Answers that are remembered; a client needs two of them. */
const MOST_TOLD = 200;
/** Clients keep ids as numbers of 32 bits. */
const HIGHEST_RID = 2 ** 31 - 1;

export class SyncMemory {
  readonly trackers: TrackerIndex = new TrackerIndex();
  /** By rid, the oldest first; `base` is the rid that its caller had shown. */
  readonly #told = new Map<number, { readonly told: Told; readonly base: number }>();
  #lastRid: number;
  #last: Told | null = null;

  constructor(random: Pick<Random, 'below'>) {
    // Another run begins elsewhere: a rid of it is none of this run.
    this.#lastRid = 1 + random.below(2 ** 30);
  }

  /** What the caller who shows this rid knows; null: nothing that is known here. */
  find(rid: number): Told | null {
    const found = this.#told.get(rid);
    if (found === undefined) return null;
    // Who builds on an answer needs the one before it no more.
    this.#told.delete(found.base);
    return found.told;
  }

  /** Remembers an answer to who showed `base`; gives its rid. */
  keep(told: Told, base: number): number {
    const rid = this.nextRid();
    const last = this.#last;
    // Lists that are as before are kept once, however many answers tell of them.
    this.#last =
      last === null
        ? told
        : { ...told, categories: shared(last.categories, told.categories), tags: shared(last.tags, told.tags) };
    this.#told.set(rid, { told: this.#last, base });
    if (this.#told.size > MOST_TOLD) this.#told.delete(this.#told.keys().next().value as number);
    return rid;
  }

  nextRid(): number {
    this.#lastRid = (this.#lastRid % HIGHEST_RID) + 1;
    return this.#lastRid;
  }
}

const shared = <T>(before: T, now: T): T => (isDeepStrictEqual(before, now) ? before : now);
