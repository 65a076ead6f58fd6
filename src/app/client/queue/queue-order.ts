/** The order of the queue, and the numbers that keep it: only those of torrents that change their place are written. */
import type { QueueMove } from '../torrents.ts';

export interface Queued {
  /** Grows along the queue; gaps and negative numbers are as good as others. */
  readonly position: number;
}

/** `moved`, in their order in the queue, brought to another place. Returns the whole queue. */
export function moveInOrder<T>(queue: readonly T[], moved: ReadonlySet<T>, to: QueueMove): T[] {
  const block = queue.filter((torrent) => moved.has(torrent));
  const rest = queue.filter((torrent) => !moved.has(torrent));
  if (to === 'top') return [...block, ...rest];
  if (to === 'bottom') return [...rest, ...block];
  if (typeof to === 'object') {
    const at = Math.max(0, Math.min(rest.length, Math.trunc(to.position)));
    return [...rest.slice(0, at), ...block, ...rest.slice(at)];
  }
  const order = to === 'up' ? [...queue] : queue.toReversed();
  // Each steps over its neighbour, unless that one moves as well and has nowhere to go.
  for (let at = 1; at < order.length; at++) {
    const [before, torrent] = [order[at - 1] as T, order[at] as T];
    if (moved.has(torrent) && !moved.has(before)) [order[at - 1], order[at]] = [torrent, before];
  }
  return to === 'up' ? order : order.toReversed();
}

/**
 * Numbers for a new order: the torrents whose number changes, with it, as few as one of three ways needs: those at the
 * head get numbers before all others, those at the end numbers after them, or the numbers are dealt out anew, unless two
 * are alike: a torrent that is being added may have that of one which is moved meanwhile.
 */
export function renumber<T extends Queued>(after: readonly T[]): Map<T, number> {
  const sorted = after.map(({ position }) => position).toSorted((a, b) => a - b);
  const dealt = new Map([...after.entries()].map(([i, torrent]) => [torrent, sorted[i] as number] as const));
  for (const [torrent, number] of dealt) if (number === torrent.position) dealt.delete(torrent);
  const isAscending = (i: number): boolean => (after[i - 1] as T).position < (after[i] as T).position;
  let head = Math.max(0, after.length - 1);
  while (head > 0 && isAscending(head)) head--;
  let end = Math.min(1, after.length);
  while (end < after.length && isAscending(end)) end++;
  const first = (sorted[0] ?? 0) - head;
  const last = (sorted.at(-1) ?? 0) + 1;
  const atHead = new Map(after.slice(0, head).map((torrent, i) => [torrent, first + i] as const));
  const atEnd = new Map(after.slice(end).map((torrent, i) => [torrent, last + i] as const));
  const hasTies = new Set(sorted).size < sorted.length;
  return [...(hasTies ? [] : [dealt]), atHead, atEnd].reduce((least, way) => (way.size < least.size ? way : least));
}
