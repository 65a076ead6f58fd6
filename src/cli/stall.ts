/** Gives up on a torrent when nothing has arrived for a while. */
import type { SessionTorrent } from '../app/index.ts';
import type { Clock } from '../base/clock.ts';
import type { Millis } from '../base/units.ts';
import { cliError } from './errors.ts';

const INTERVAL: Millis = 250;

/**
 * Runs `work` under a signal that aborts when `signal` does, or when the torrent has made no progress for `seconds`
 * (no limit when undefined): then it rejects DOWNLOAD_STALLED.
 */
export async function untilStalled<T>(
  torrent: SessionTorrent,
  seconds: number | undefined,
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (seconds === undefined) return await work(signal);
  const stop = new AbortController();
  const limited = AbortSignal.any([signal, stop.signal]);
  let since = clock.now();
  let seen = markOf(torrent);
  const look = (): void => {
    const mark = markOf(torrent);
    if (mark !== seen) [seen, since] = [mark, clock.now()];
    if (clock.now() - since >= seconds * 1000) {
      stop.abort(cliError('DOWNLOAD_STALLED', `nothing arrived for ${seconds} seconds`));
    } else {
      timer = clock.after(INTERVAL, look);
    }
  };
  let timer = clock.after(INTERVAL, look);
  try {
    return await work(limited);
  } finally {
    timer[Symbol.dispose]();
  }
}

/** Changes whenever the torrent gets on: metadata, checking, data. */
function markOf(torrent: SessionTorrent): string {
  const { state, downloaded, wantedDone } = torrent.status();
  return `${state.kind} ${state.kind === 'checking' ? state.done : 0} ${downloaded} ${wantedDone}`;
}
