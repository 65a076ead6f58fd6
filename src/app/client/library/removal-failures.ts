import type { Clock } from '../../../base/clock.ts';
import type { Millis } from '../../../base/units.ts';
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
