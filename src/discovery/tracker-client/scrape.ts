/** Asks a tracker how many peers swarms have, without joining them (BEP 15, 48). */
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { ScrapeEntry } from '../../codec/announce/index.ts';
import { Announcer, type AnnouncerOptions, defaultAnnouncerOptions } from './announcer.ts';
import { nodeTrackerNetwork } from './node-network.ts';
import type { TrackerNetwork } from './ports.ts';

export interface ScrapeOptions extends Partial<AnnouncerOptions> {
  readonly signal?: AbortSignal;
}

/**
 * The numbers of the swarms with these 20-byte info hashes, in batches as large as the tracker takes. Swarms that the
 * tracker does not tell of are missing. `url` is the announce URL. Rejects with TRACKER_*.
 */
export async function scrape(
  url: string,
  infoHashes: readonly Uint8Array[],
  deps: { readonly clock: Clock; readonly random: Random; readonly network?: TrackerNetwork },
  options: ScrapeOptions = {},
): Promise<readonly ScrapeEntry[]> {
  const { clock, random, network = nodeTrackerNetwork() } = deps;
  const announcer = new Announcer({ ...defaultAnnouncerOptions, ...options }, { clock, random, network });
  try {
    return await announcer.scrape(url, infoHashes, options.signal ?? new AbortController().signal);
  } finally {
    announcer.close();
  }
}
