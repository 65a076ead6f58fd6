/**
 * Which torrents run. The queue has places for downloads and places for seeds; whoever comes first in it takes one.
 * - Forced torrents run and take no place.
 * - A torrent whose data is being checked runs on and takes no place: what it is will be known afterwards.
 * - One that fetches its metadata is a download.
 * - One that runs and is slow takes no place, so that others may use the bandwidth that it leaves.
 * A torrent that runs goes on before one that waits only by its place in the queue: who moves a torrent up wants it now.
 */

export interface QueuedTorrent {
  /** The user wants it to run, and nothing stands in its way. */
  readonly isWanted: boolean;
  readonly isForced: boolean;
  readonly isRunning: boolean;
  readonly isChecking: boolean;
  /** Wanted data, or the metadata, is missing. */
  readonly isDownload: boolean;
  /** It has moved less than the queue's slow rate for a while. */
  readonly isSlow: boolean;
}

export interface QueueLimits {
  readonly enabled: boolean;
  /** Null: any number. */
  readonly downloads: number | null;
  readonly seeds: number | null;
}

/** The torrents that run, of those given in the order of the queue. */
export function planQueue<T extends QueuedTorrent>(torrents: Iterable<T>, limits: QueueLimits): Set<T> {
  const running = new Set<T>();
  let downloads = limits.downloads ?? Number.POSITIVE_INFINITY;
  let seeds = limits.seeds ?? Number.POSITIVE_INFINITY;
  for (const torrent of torrents) {
    if (!torrent.isWanted) continue;
    const isFree = !limits.enabled || torrent.isForced || (torrent.isRunning && (torrent.isChecking || torrent.isSlow));
    if (isFree) running.add(torrent);
    else if (torrent.isDownload ? downloads > 0 : seeds > 0) {
      if (torrent.isDownload) downloads--;
      else seeds--;
      running.add(torrent);
    }
  }
  return running;
}
