/**
 * What others change in the database - the API of this tracker, another tracker on the same database, a command -
 * counts here within seconds: revisions say cheaply whether there is anything to read.
 */
import { messageOf } from '../../../base/errors.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Millis, UnixSeconds } from '../../../base/units.ts';
import type { TrackerRepository } from '../../../db/index.ts';
import type { DurableBans } from './durable-bans.ts';
import type { DurableMembers } from './durable-members.ts';
import type { DurableTorrents } from './durable-torrents.ts';

export interface FollowerParts {
  readonly repository: {
    readonly revisions: TrackerRepository['revisions'];
    readonly torrents: Pick<TrackerRepository['torrents'], 'prune'>;
    readonly accounts: Pick<TrackerRepository['accounts'], 'prune'>;
    readonly bans: Pick<TrackerRepository['bans'], 'removeExpired'>;
  };
  readonly torrents: Pick<DurableTorrents, 'load' | 'loadCounts' | 'follow' | 'followCounts'>;
  readonly members: Pick<DurableMembers, 'load' | 'follow' | 'expire'>;
  readonly bans: Pick<DurableBans, 'load' | 'isStale'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Other trackers store finished downloads in the same database. */
  readonly isShared: boolean;
  /** There are other bans. */
  readonly onBans: () => void;
}

type Revisions = Awaited<ReturnType<TrackerRepository['revisions']>>;

const POLL: Millis = 2000;
/** Looks between two of which the finished downloads of other trackers are read. */
const COUNTS_EVERY = 8;
/** How long the start may wait for finished downloads of which only the number is known. A million take a second. */
const COUNTS_PATIENCE: Millis = 10_000;
/** Time until everything is read again, when there was no room for some of it: memory may have become free. */
const RETRY: Millis = 30_000;
/** That reading, which may be long, takes at most one part in so many of the time. */
const RETRY_SHARE = 10;
/** Time between two rounds in which rows are removed that say nothing any more. */
const TIDY: Millis = 3_600_000;
/** Seconds after which what is left of removed things goes: every tracker has seen them by then. */
const PRUNE_AGE = 86_400;
/**
 * Seconds after which a number of finished downloads goes when it does not change and the operator has said nothing of
 * the torrent. Most such rows are made up or of dead swarms; a swarm that lives finishes a download each quarter.
 */
const COUNT_AGE = 90 * 86_400;

export class RepositoryFollower implements AsyncDisposable {
  readonly #parts: FollowerParts;
  /** Up to which all has been read. */
  #seen: Revisions = { torrents: -1, members: -1, bans: -1 };
  /** Up to when finished downloads were read. */
  #countedUntil: UnixSeconds = 0;
  /** How much of torrents, accounts and passkeys there was no room for. */
  #refused = 0;
  /** When everything is read again while that is so. */
  #readAllAt: Millis = 0;
  #tidyAt: Millis;
  #looks = 0;
  #looking: Promise<void> = Promise.resolve();
  #timer: Disposable | null = null;
  #problem: string | null = null;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    this.#tidyAt = parts.clock.now() + TIDY;
  }

  /** Why the database cannot be read at present; null while all is well. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Reads everything for the first time, and follows from then on; rejects DB_*. */
  async start(): Promise<void> {
    const { repository, torrents, bans, clock, logger } = this.#parts;
    const now = clock.wall();
    const revisions = await repository.revisions();
    await this.#readAll();
    await bans.load();
    const end = clock.now() + COUNTS_PATIENCE;
    const isWhole = await torrents.loadCounts(() => clock.now() > end);
    if (!isWhole) logger.warn('older numbers of finished downloads are left out, for want of memory or time');
    this.#seen = revisions;
    this.#countedUntil = now;
    this.#plan();
  }

  /** Reads what has changed; resolves when it counts, rejects DB_*. */
  refresh(): Promise<void> {
    return this.#next(() => this.#look());
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#looking.then(work);
    this.#looking = done.catch(() => {});
    return done;
  }

  async #look(): Promise<void> {
    const { repository, torrents, members, bans, clock, isShared, onBans } = this.#parts;
    const now = clock.wall();
    const revisions = await repository.revisions();
    members.expire(now);
    await this.#follow(revisions, now);
    if (revisions.bans !== this.#seen.bans || bans.isStale(now)) {
      await bans.load();
      this.#seen = { ...this.#seen, bans: revisions.bans };
      onBans();
    }
    if (isShared && this.#looks++ % COUNTS_EVERY === 0) {
      // The clock may have been put back since: what is counted from then on bears earlier times.
      await torrents.followCounts(Math.min(this.#countedUntil, now));
      this.#countedUntil = now;
    }
  }

  /** Torrents and members as of these revisions. */
  async #follow(revisions: Revisions, now: UnixSeconds): Promise<void> {
    const { torrents, members, clock } = this.#parts;
    const seen = this.#seen;
    // Numbers become less when a backup of the database was put in its place.
    if (revisions.torrents < seen.torrents || revisions.members < seen.members) await this.#readAll();
    else {
      let refused = 0;
      if (revisions.torrents !== seen.torrents) refused += await torrents.follow(seen.torrents);
      if (revisions.members !== seen.members) refused += await members.follow(seen.members, now);
      if (refused > 0 && this.#refused === 0) this.#readAllAt = clock.now() + RETRY;
      this.#tellRefused(this.#refused + refused);
    }
    this.#seen = { ...revisions, bans: seen.bans };
  }

  async #readAll(): Promise<void> {
    const { torrents, members, clock } = this.#parts;
    const began = clock.now();
    const refused = (await torrents.load()) + (await members.load(clock.wall()));
    this.#readAllAt = clock.now() + Math.max(RETRY, RETRY_SHARE * (clock.now() - began));
    this.#tellRefused(refused);
  }

  #tellRefused(refused: number): void {
    const { logger } = this.#parts;
    if (refused === this.#refused) return;
    this.#refused = refused;
    if (refused > 0) logger.warn('the memory for swarms is too small for the database', { refused });
    else logger.info('the memory for swarms holds the whole database again');
  }

  /** What nobody waits for. */
  async #upkeep(): Promise<void> {
    const { clock } = this.#parts;
    if (this.#timer === null) return;
    if (this.#refused > 0 && clock.now() >= this.#readAllAt) await this.#readAll();
    if (clock.now() >= this.#tidyAt) await this.#tidy();
  }

  /** A little at a time: there may be millions of rows to remove, and changes wait meanwhile. */
  async #tidy(): Promise<void> {
    const { clock, repository } = this.#parts;
    const now = clock.wall();
    await repository.bans.removeExpired();
    await repository.accounts.prune(now - PRUNE_AGE);
    const times = { removedBefore: now - PRUNE_AGE, countedBefore: now - COUNT_AGE };
    if ((await repository.torrents.prune(times)) === 0) this.#tidyAt = clock.now() + TIDY;
  }

  #plan(): void {
    this.#timer = this.#parts.clock.after(POLL, () => void this.#round());
  }

  async #round(): Promise<void> {
    try {
      await this.refresh();
      await this.#next(() => this.#upkeep());
      this.#problem = null;
    } catch (error) {
      this.#problem = messageOf(error);
    }
    if (this.#timer !== null) this.#plan();
  }

  /** Looks no more; resolves when a look under way has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    await this.#looking;
  }
}
