/** The tiers of a torrent in the order in which they are tried: BEP 12. */
import { type Random, shuffle } from '../../base/random.ts';

/** Most trackers taken from one torrent. */
const MOST_TRACKERS = 100;

/**
 * Trims and dedupes the URLs, drops empty tiers, and shuffles within each tier, once. `make` turns a URL into what is
 * kept of a tracker.
 */
export function tiersOf<T>(trackers: readonly (readonly string[])[], random: Random, make: (url: string) => T): T[][] {
  const seen = new Set<string>();
  const tiers: T[][] = [];
  for (const urls of trackers) {
    const tier: string[] = [];
    for (const text of urls) {
      const url = text.trim();
      if (url === '' || seen.has(url) || seen.size === MOST_TRACKERS) continue;
      seen.add(url);
      tier.push(url);
    }
    if (tier.length > 0) tiers.push(shuffle(tier, random).map(make));
  }
  return tiers.slice(); // without room for more
}

/** A tracker that answered goes to the front of its tier. */
export function promote<T>(tier: T[], tracker: T): void {
  const at = tier.indexOf(tracker);
  if (at > 0) tier.unshift(...tier.splice(at, 1));
}
