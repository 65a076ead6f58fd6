/**
 * The end of a tracker's dealings with its database, which may be busy, hang or be gone just then: whoever stops the
 * tracker kills it when that takes long.
 */
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Millis } from '../../../base/units.ts';
import type { DurableMembers } from './durable-members.ts';
import type { DurableTorrents } from './durable-torrents.ts';

export interface LeavingParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly follower: AsyncDisposable;
  readonly torrents: Pick<DurableTorrents, 'flush' | 'problem' | 'countUnstored'>;
  readonly members: Pick<DurableMembers, 'flush' | 'problem' | 'unstored'>;
  readonly database: { close(): Promise<void> };
}

/** How long the database may take for what is left, and then to be closed. */
const PATIENCE: Millis = 5000;
const CLOSE_PATIENCE: Millis = 2000;
/** Time between two attempts. */
const RETRY: Millis = 250;

/** Stores what is left, as far as the database takes it in time, says in the log what it did not take, and closes it. */
export async function leaveDatabase(parts: LeavingParts): Promise<void> {
  const { clock, logger, torrents, members, database } = parts;
  const giveUp = new AbortController();
  await within(clock, PATIENCE, storeAll(parts, giveUp.signal));
  giveUp.abort();
  const [downloads, accounts] = [torrents.countUnstored(), members.unstored];
  if (downloads + accounts > 0) {
    const reason = torrents.problem ?? members.problem ?? 'the database does not answer';
    logger.error('finished downloads and traffic of accounts are lost', { downloads, accounts, reason });
  }
  await within(clock, CLOSE_PATIENCE, database.close());
}

async function storeAll({ clock, follower, torrents, members }: LeavingParts, signal: AbortSignal): Promise<void> {
  const ended = follower[Symbol.asyncDispose]();
  while (!signal.aborted) {
    await torrents.flush();
    await members.flush();
    if (torrents.problem === null && members.problem === null) break;
    await clock.sleep(RETRY, signal);
  }
  await ended;
}

/** Resolves when the work is done or its time is over; rejects as the work does in time. */
async function within(clock: Clock, limit: Millis, work: Promise<void>): Promise<void> {
  const { promise: isOver, resolve } = Promise.withResolvers<void>();
  using _timer = clock.after(limit, resolve);
  await Promise.race([work, isOver]);
}
