/**
 * The Discovery port: trackers, DHT, LSD, peer exchange, a static list and the chain all look alike to a torrent.
 * A source is started for a swarm and calls `sink` with addresses whenever it learns some. BEP 27 is obeyed once, by
 * the engine, which starts only sources with `isAllowedForPrivate` for private torrents.
 */
import type { PeerAddress } from '../base/address.ts';
import type { ByteCount, Millis, UnixSeconds } from '../base/units.ts';

/** A swarm by its 20-byte name (v1 info hash, or truncated v2: BEP 52). Hybrid torrents start one a name. */
export interface Swarm {
  readonly infoHash: Uint8Array;
  /** Our 20-byte peer id. */
  readonly peerId: Uint8Array;
  /** Port on which we accept peers; 0 when we do not listen. */
  readonly port: number;
  readonly isPrivate: boolean;
  /** BEP 12 tiers of the torrent; sources other than trackers ignore them. */
  readonly trackers: readonly (readonly string[])[];
  /** Counters at this moment, asked for at each announce. */
  readonly progress: () => SwarmProgress;
  /** Everything was there before we joined, so that `completed` is not told; default: as `progress` says at the start. */
  readonly wasComplete?: boolean;
}

export interface SwarmProgress {
  readonly uploaded: ByteCount;
  readonly downloaded: ByteCount;
  /** Bytes still wanted from the whole torrent; null while unknown (magnet). */
  readonly left: ByteCount | null;
  /** BEP 21: incomplete, but nothing more is wanted. */
  readonly isPartialSeed: boolean;
  /** How many more peers would be useful now. */
  readonly wanted: number;
}

export type AnnounceEvent = 'started' | 'completed' | 'stopped' | 'update';

/** What a source knows of one of its contacts (a tracker URL, a DHT): for people. */
export interface SourceStatus {
  readonly name: string;
  readonly state: 'idle' | 'working' | 'ok' | 'failed';
  readonly message: string | null;
  readonly seeders: number | null;
  readonly leechers: number | null;
  /** Finished downloads; null: unknown. */
  readonly downloads: number | null;
  readonly peersReceived: number;
  /** When it last answered or failed; null: never. */
  readonly lastAt: UnixSeconds | null;
  /** Milliseconds until the next contact; null when none is planned. */
  readonly nextIn: Millis | null;
}

/** What became of requests to trackers, in this run. */
export interface TrackerUse {
  /** Contacts that were answered, and those that failed: no answer, or an error of the tracker. */
  readonly answered: number;
  readonly failed: number;
  /** Contacts that were not made, because the server did not answer shortly before. */
  readonly spared: number;
  /** Servers that are left alone for that. */
  readonly serversDown: number;
}

export type PeerSink = (peers: readonly PeerAddress[], source: string) => void;

export interface DiscoverySession {
  /** Tells the source of a change now, or asks it for peers (`update`), as far as its rules allow. */
  announce(event: AnnounceEvent): void;
  /**
   * The user wants all contacts asked now: that one failed is forgotten, its rules are not. Numbers of the swarm are
   * asked for as well, where that is another question.
   */
  reannounce(): void;
  /** The torrent has other trackers; sources other than trackers ignore it. */
  setTrackers(trackers: Swarm['trackers']): void;
  status(): readonly SourceStatus[];
  /**
   * The first step of the end: falls silent once it has told what it owes (`completed`), within a few seconds. All
   * sessions of a torrent do this before one stops: a tracker that knows its swarms as one would take who completes
   * after `stopped` for another peer. Never rejects.
   */
  settle(): Promise<void>;
  /** Settles if need be, says goodbye (`stopped`), and ends, all within a few seconds. */
  stop(): Promise<void>;
}

export interface Discovery {
  readonly name: string;
  readonly isAllowedForPrivate: boolean;
  start(swarm: Swarm, sink: PeerSink): DiscoverySession;
}
