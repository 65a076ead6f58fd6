/** Random messages for the property tests of this folder. */
import fc from 'fast-check';
import type { PeerAddress } from '../../base/address.ts';
import type { AnnounceRequest, AnnounceSuccess, ScrapeEntry, TrackerEvent } from './messages.ts';

const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const u31 = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
export const hash: fc.Arbitrary<Uint8Array> = fc.uint8Array({ minLength: 20, maxLength: 20 });
const port = fc.integer({ min: 1, max: 65535 });

export const peer4: fc.Arbitrary<PeerAddress> = fc.record({ host: fc.ipV4(), port }, { noNullPrototype: true });
export const peer6: fc.Arbitrary<PeerAddress> = fc.record(
  { host: fc.integer({ min: 1, max: 0xffff }).map((word) => `2001:db8::${word.toString(16)}`), port },
  { noNullPrototype: true },
);

/** What UDP can carry; HTTP can as well. */
export const announceRequest: fc.Arbitrary<AnnounceRequest> = fc.record(
  {
    infoHash: hash,
    peerId: hash,
    port: fc.integer({ min: 0, max: 65535 }),
    uploaded: count,
    downloaded: count,
    left: count,
    event: fc.constantFrom<TrackerEvent>('none', 'completed', 'started', 'stopped', 'paused'),
    numWant: fc.option(u31, { nil: null }),
    key: u32.map((key) => key.toString(16).padStart(8, '0')),
    trackerId: fc.constant(null),
    isCompact: fc.constant(true),
    claimedHosts: fc.constant([]),
  },
  { noNullPrototype: true },
);

export const announceSuccess = (peers: fc.Arbitrary<readonly PeerAddress[]>): fc.Arbitrary<AnnounceSuccess> =>
  fc.record(
    {
      kind: fc.constant('success' as const),
      interval: u32,
      minInterval: fc.constant(null),
      complete: u32,
      incomplete: u32,
      downloaded: fc.constant(null),
      peers,
      trackerId: fc.constant(null),
      warning: fc.constant(null),
      externalHost: fc.constant(null),
    },
    { noNullPrototype: true },
  );

export const scrapeEntry: fc.Arbitrary<ScrapeEntry> = fc.record(
  { infoHash: hash, complete: u32, incomplete: u32, downloaded: u32, downloaders: fc.option(u32, { nil: null }) },
  { noNullPrototype: true },
);
