/** Trackers as a source of peers, and their scrape. */
export { trackerErrors } from './errors.ts';
export { nodeTrackerNetwork } from './node-network.ts';
export { scrape, type ScrapeOptions } from './scrape.ts';
export {
  type TrackerClient,
  trackerClient,
  type TrackerClientDeps,
  type TrackerClientOptions,
} from './tracker-client.ts';
