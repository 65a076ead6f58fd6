/** A tracker's own "no" as an error, with the retry time of BEP 31. */
import { DstError } from '../../base/errors.ts';
import type { Millis } from '../../base/units.ts';
import type { TrackerFailure } from '../../codec/announce/index.ts';
import { trackerError } from './errors.ts';

export const refusal = (failure: TrackerFailure): DstError =>
  trackerError('TRACKER_REFUSED', failure.reason, { details: { retryIn: failure.retryIn } });

/** How long the tracker asked to be left alone: Infinity for good, null when it did not say. */
export function retryDelayOf(error: unknown): Millis | null {
  const retryIn = error instanceof DstError ? error.details['retryIn'] : null;
  if (retryIn === 'never') return Number.POSITIVE_INFINITY;
  return typeof retryIn === 'number' ? retryIn * 60_000 : null;
}
