/** Turns runs of the piece space into reads of files: consecutive runs of one file become one read. */
import type { ByteCount } from '../../base/units.ts';
import type { ReadRun } from '../storage.ts';
import type { ReadSegment } from './disk-jobs.ts';
import type { Place } from './layout.ts';

export interface ReadPlan {
  readonly segments: ReadSegment[];
  /** Parts of the buffer that no file fills (pads, gaps): offset and length, in turns. */
  readonly zeros: number[];
}

/** `placesOf` tells where a range of the piece space lies. */
export function planRead(
  runs: readonly ReadRun[],
  placesOf: (offset: ByteCount, length: ByteCount) => Place[],
): ReadPlan {
  const plan: ReadPlan = { segments: [], zeros: [] };
  for (let first = 0; first < runs.length; ) {
    const start = (runs[first] as ReadRun).offset;
    let end = start;
    let last = first;
    for (; last < runs.length && (runs[last] as ReadRun).offset === end; last++) end += (runs[last] as ReadRun).length;
    planGroup(plan, runs.slice(first, last), placesOf(start, end - start));
    first = last;
  }
  return plan;
}

/** Runs that follow one another without a gap, and the places of the range that they make up. */
function planGroup(plan: ReadPlan, runs: readonly ReadRun[], places: readonly Place[]): void {
  const cuts = runs.map((run) => ({ at: run.at, length: run.length }));
  let next = 0;
  /** Takes the next `length` bytes of the runs: the spots in the buffer where they belong. */
  const take = (length: ByteCount): number[] => {
    const spots: number[] = [];
    for (let left = length; left > 0; ) {
      const cut = cuts[next] as { at: number; length: number };
      const part = Math.min(left, cut.length);
      spots.push(cut.at, part);
      cut.at += part;
      cut.length -= part;
      left -= part;
      if (cut.length === 0) next++;
    }
    return spots;
  };
  const total = runs.reduce((sum, run) => sum + run.length, 0);
  let done = 0;
  for (const place of places) {
    if (place.at > done) plan.zeros.push(...take(place.at - done));
    const isWhole = place.length === place.fileLength;
    plan.segments.push({ path: place.path, isWhole, offset: place.offset, spots: take(place.length) });
    done = place.at + place.length;
  }
  if (done < total) plan.zeros.push(...take(total - done));
}
