/**
 * What a client tells a tracker and what the tracker answers, the same for HTTP and UDP: client and server, and both
 * wire forms, share these values.
 */
import type { PeerAddress } from '../../base/address.ts';
import type { ByteCount } from '../../base/units.ts';

/** BEP 3 events and `paused` of BEP 21; `none` is a regular announce. */
export type TrackerEvent = 'none' | 'completed' | 'started' | 'stopped' | 'paused';

export interface AnnounceRequest {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
  readonly port: number;
  readonly uploaded: ByteCount;
  readonly downloaded: ByteCount;
  readonly left: ByteCount;
  readonly event: TrackerEvent;
  /** Number of peers wanted; null leaves it to the tracker. */
  readonly numWant: number | null;
  /** BEP 7: tells announces of one client over several addresses apart from other clients'. Eight hex digits fit both wire forms. */
  readonly key: string | null;
  /** What the tracker gave as `tracker id`; HTTP only. */
  readonly trackerId: string | null;
  /** BEP 23; UDP is always compact. */
  readonly isCompact: boolean;
  /**
   * Addresses that the client claims to have (`ip`, `ipv4`, `ipv6`), canonical. BEP 7 discourages them, because they may be a
   * victim's: our client sends none, a tracker takes them only from those it trusts.
   */
  readonly claimedHosts: readonly string[];
}

/** How often to come back, who is there. Durations on the wire are seconds. */
export interface AnnounceSuccess {
  readonly kind: 'success';
  /** Seconds until the next regular announce. */
  readonly interval: number;
  /** Seconds before which the client must not come back without an event; null when not told. */
  readonly minInterval: number | null;
  /** Seeders, leechers and finished downloads; null when not told. */
  readonly complete: number | null;
  readonly incomplete: number | null;
  readonly downloaded: number | null;
  readonly peers: readonly PeerAddress[];
  readonly trackerId: string | null;
  readonly warning: string | null;
  /** BEP 24: the address that the tracker saw. */
  readonly externalHost: string | null;
}

export interface TrackerFailure {
  readonly kind: 'failure';
  readonly reason: string;
  /** BEP 31: minutes until a retry makes sense, `never`, or null when not told. */
  readonly retryIn: number | 'never' | null;
}

/** BEP 48: one swarm's numbers. */
export interface ScrapeEntry {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  readonly complete: number;
  readonly incomplete: number;
  readonly downloaded: number;
  /** BEP 21: of the incomplete, those that still download; null when not told. */
  readonly downloaders: number | null;
}

export interface ScrapeSuccess {
  readonly kind: 'success';
  readonly entries: readonly ScrapeEntry[];
}

/** Most peers taken from one reply. */
export const MOST_PEERS = 2000;
/** Longest text that is kept of a tracker's words, characters. */
export const LONGEST_TEXT = 1000;
