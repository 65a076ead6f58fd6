/** Tracker messages over HTTP and UDP, both directions: BEP 3, 7, 15, 21, 23, 24, 31, 34, 41 and 48. */
export type { AddressFamily } from './compact-peers.ts';
export {
  decodeDnsPreferences,
  type DnsPreferences,
  encodeDnsPreferences,
  type TrackerPort,
} from './dns-preferences.ts';
export { decodeAnnounceReply, encodeAnnounceQuery } from './http-announce.ts';
export { encodeFailure } from './http-reply.ts';
export { decodeScrapeReply, encodeScrapeQuery, scrapeUrl } from './http-scrape.ts';
export type { AnnounceRequest, AnnounceSuccess, ScrapeEntry, TrackerEvent, TrackerFailure } from './messages.ts';
export { addQuery } from './query.ts';
export {
  decodeUdpTrackerReply,
  encodeUdpTrackerRequest,
  MOST_UDP_SCRAPES,
  type UdpTrackerReply,
  type UdpTrackerRequest,
} from './udp.ts';
