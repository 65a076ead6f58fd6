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
  readonly repository: Pick<TrackerRepository, 'revisions' | 'torrents' | 'bans'>;
  readonly torrents: DurableTorrents;
  readonly members: DurableMembers;
  readonly bans: DurableBans;
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
/** Looks between two of which rows are removed that say nothing any more: an hour. */
const TIDY_EVERY = 1800;
/** Seconds after which those are removed: every tracker has seen them by then. */
const PRUNE_AGE = 86_400;

export class RepositoryFollower implements AsyncDisposable {
  readonly #parts: FollowerParts;
  #revisions: Revisions = { torrents: -1, members: -1, bans: -1 };
  /** Up to when torrents were read. */
  #readUntil: UnixSeconds = 0;
  #looks = 0;
  #looking: Promise<void> = Promise.resolve();
  #timer: Disposable | null = null;
  #problem: string | null = null;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  /** Why the database cannot be read at present; null while all is well. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Reads everything for the first time, and follows from then on; rejects DB_*. */
  async start(): Promise<void> {
    const { repository, torrents, members, bans, clock } = this.#parts;
    const now = clock.wall();
    const revisions = await repository.revisions();
    const refused = (await torrents.load()) + (await members.load(now));
    await bans.load();
    this.#warn(refused);
    this.#revisions = revisions;
    this.#readUntil = now;
    this.#plan();
  }

  /** Reads what has changed; resolves when it counts, rejects DB_*. */
  refresh(): Promise<void> {
    const looked = this.#looking.then(() => this.#look());
    this.#looking = looked.catch(() => {});
    return looked;
  }

  async #look(): Promise<void> {
    const { repository, torrents, members, bans, clock, isShared, onBans } = this.#parts;
    const now = clock.wall();
    const revisions = await repository.revisions();
    const before = this.#revisions;
    if (revisions.torrents !== before.torrents || (isShared && this.#looks % COUNTS_EVERY === 0)) {
      this.#warn(await torrents.follow(this.#readUntil));
      this.#readUntil = now;
    }
    if (revisions.members !== before.members || members.isStale(now)) this.#warn(await members.load(now));
    if (revisions.bans !== before.bans || bans.isStale(now)) {
      await bans.load();
      onBans();
    }
    this.#revisions = revisions;
    if (++this.#looks % TIDY_EVERY === 0) {
      await repository.bans.removeExpired();
      await repository.torrents.prune(now - PRUNE_AGE);
    }
  }

  #plan(): void {
    this.#timer = this.#parts.clock.after(POLL, () => {
      void this.refresh().then(
        () => {
          this.#problem = null;
        },
        (error: unknown) => {
          this.#problem = messageOf(error);
        },
      );
      void this.#looking.then(() => {
        if (this.#timer !== null) this.#plan();
      });
    });
  }

  #warn(refused: number): void {
    if (refused > 0) this.#parts.logger.warn('the memory for swarms is too small for the database', { refused });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    await this.#looking;
  }
}
