import type { Clock } from '../../../base/clock.ts';
import type { Millis } from '../../../base/units.ts';
import { clientError } from '../errors.ts';
import type { RemovalFailure } from '../torrents.ts';

/** How long who removes torrents waits for their data to be deleted, ms. */
const PATIENCE: Millis = 10_000;

/** What has failed of deletions by the time that somebody may be kept waiting. */
export async function failuresSoon(
  deletions: readonly Promise<RemovalFailure | null>[],
  clock: Pick<Clock, 'after'>,
): Promise<readonly RemovalFailure[]> {
  const failures: RemovalFailure[] = [];
  const all = deletions.map(async (deletion) => {
    const failure = await deletion;
    if (failure !== null) failures.push(failure);
  });
  const late = Promise.withResolvers<void>();
  using _patience = clock.after(PATIENCE, () => late.resolve());
  await Promise.race([Promise.all(all), late.promise]);
  return [...failures];
}

export const dataStays = (reason: string): Error =>
  clientError('CLIENT_DATA_STAYS', `not all data is deleted: ${reason}`);

export const dataShared = (files: number, holder: string): Error =>
  clientError('CLIENT_DATA_SHARED', `${files} of its files ${files === 1 ? 'stays' : 'stay'}, ${holder} has them too`);
