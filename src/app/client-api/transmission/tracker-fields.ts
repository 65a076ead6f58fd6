/** How trackers of a torrent are told (rpc-spec §3.3), and how lists of them are read. */
import type { TrackerView } from '../../client/index.ts';

const hostOf = (url: string): string => {
  if (!URL.canParse(url)) return '';
  const { protocol, hostname, port } = new URL(url);
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
};

/** The part of the name that people know: `example` of `tracker.example.org`. */
const siteOf = (url: string): string => {
  const name = URL.canParse(url) ? new URL(url).hostname : '';
  return /^[\d.:[\]]+$/.test(name) ? name : (name.split('.').at(-2) ?? name);
};

const scrapeOf = (url: string): string => url.replace(/\/announce(?=[^/]*$)/, '/scrape');

export const trackerRows = (trackers: readonly TrackerView[]): object[] =>
  trackers.map(({ id, url, tier }) => ({
    announce: url,
    id,
    scrape: scrapeOf(url),
    sitename: siteOf(url),
    tier,
  }));

/** `tr_tracker_state`: 0 inactive, 1 waits, 3 active. */
const stateOf = ({ state, nextAnnounceAt }: TrackerView): number =>
  state === 'working' ? 3 : nextAnnounceAt === null ? 0 : 1;

export const trackerStats = (trackers: readonly TrackerView[]): object[] =>
  trackers.map((tracker) => {
    const { id, url, tier, state, message, seeders, leechers, downloads, peersReceived } = tracker;
    const { lastAnnounceAt, nextAnnounceAt } = tracker;
    const isScraped = seeders !== null;
    return {
      announce: url,
      announce_state: stateOf(tracker),
      download_count: downloads ?? -1,
      has_announced: lastAnnounceAt !== null,
      has_scraped: isScraped,
      host: hostOf(url),
      id,
      is_backup: false,
      last_announce_peer_count: peersReceived,
      last_announce_result: state === 'failed' ? (message ?? 'failed') : lastAnnounceAt === null ? '' : 'Success',
      last_announce_start_time: lastAnnounceAt ?? 0,
      last_announce_succeeded: lastAnnounceAt !== null && state !== 'failed',
      last_announce_time: lastAnnounceAt ?? 0,
      last_announce_timed_out: false,
      last_scrape_result: '',
      last_scrape_start_time: 0,
      last_scrape_succeeded: isScraped,
      last_scrape_time: isScraped ? (lastAnnounceAt ?? 0) : 0,
      last_scrape_timed_out: false,
      leecher_count: leechers ?? -1,
      next_announce_time: nextAnnounceAt ?? 0,
      next_scrape_time: 0,
      scrape: scrapeOf(url),
      scrape_state: 0,
      seeder_count: seeders ?? -1,
      sitename: siteOf(url),
      tier,
    };
  });

/** A URL on a line, an empty line between tiers. */
export function trackerText(trackers: readonly TrackerView[]): string {
  const tiers = new Map<number, string[]>();
  for (const { url, tier } of trackers) tiers.set(tier, [...(tiers.get(tier) ?? []), url]);
  return [...tiers.values()].map((urls) => urls.join('\n')).join('\n\n');
}

export const readTrackerText = (text: string): string[][] =>
  text
    .split(/\r?\n[ \t]*\r?\n/)
    .map((tier) => tier.split(/\r?\n/).map((url) => url.trim()))
    .map((tier) => tier.filter((url) => url !== ''))
    .filter((tier) => tier.length > 0);
