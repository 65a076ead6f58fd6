/** Options of a session and of a torrent in it, with their defaults. Rates are bytes per second, 0 = unlimited. */
import type { PeerAddress } from '../../base/address.ts';
import type { ByteCount, BytesPerSecond, FileIndex, Millis } from '../../base/units.ts';
import { clientName } from '../../base/version.ts';
import type { Metainfo } from '../../codec/metainfo/index.ts';

export interface EngineOptions {
  /** Addresses to listen on; the first free port is kept for both families. Empty: do not listen. */
  readonly listen: readonly PeerAddress[];
  /** Most connections of the whole session. */
  readonly maxConnections: number;
  /** Most connections of one torrent. */
  readonly maxConnectionsPerTorrent: number;
  /** Peers of one torrent that are unchoked at the same time. */
  readonly uploadSlots: number;
  readonly downloadLimit: BytesPerSecond;
  readonly uploadLimit: BytesPerSecond;
  /** Connection attempts under way at the same time. */
  readonly maxDialing: number;
  /** Requests that we let a peer queue, told to it as `reqq` (BEP 10). */
  readonly requestQueue: number;
  /** A handshake must be complete after this, ms. */
  readonly handshakeTimeout: Millis;
  /** A silent connection is closed after this, ms; keep-alives go out after half of it (BEP 3: two minutes). */
  readonly peerTimeout: Millis;
  /** A requested block that has not come after this is asked of another peer, ms. */
  readonly requestTimeout: Millis;
  /** Largest info dictionary accepted from peers (BEP 9), bytes. */
  readonly maxMetadataSize: ByteCount;
  /** Version text for the extension handshake (BEP 10 `v`). */
  readonly clientVersion: string;
  /** We would rather be dialled with encryption; told to peers as `e` of the extension handshake. */
  readonly prefersEncryption: boolean;
  /** The transport takes secure connections; told to peers as `dst_sec` of the extension handshake. */
  readonly takesSecure: boolean;
}

export const defaultEngineOptions: EngineOptions = {
  listen: [],
  maxConnections: 500,
  maxConnectionsPerTorrent: 200,
  uploadSlots: 8,
  downloadLimit: 0,
  uploadLimit: 0,
  maxDialing: 50,
  requestQueue: 2000,
  handshakeTimeout: 10_000,
  peerTimeout: 120_000,
  requestTimeout: 60_000,
  maxMetadataSize: 16 * 1024 * 1024,
  clientVersion: clientName,
  prefersEncryption: false,
  takesSecure: false,
};

/** Whose share is larger when the rate limits of the session do not suffice for all. */
export type BandwidthPriority = 'low' | 'normal' | 'high';

export interface TorrentOptions {
  /** Folder under which the torrent's files lie. */
  readonly directory: string;
  /** Indices of the wanted files; all when not given. */
  readonly select?: readonly FileIndex[];
  /** 0 = not wanted … 4 = normal … 7, by file index. Overrides `select` for the named files. */
  readonly priorities?: ReadonlyMap<FileIndex, number>;
  readonly isSequential?: boolean;
  /** Addresses to connect to at once. */
  readonly peers?: readonly PeerAddress[];
  readonly downloadLimit?: BytesPerSecond;
  readonly uploadLimit?: BytesPerSecond;
  /** Most connections; as the session has it when not given. */
  readonly maxConnections?: number;
  /** The rate limits of the session do not count for this torrent, nor its traffic for them. */
  readonly ignoresSessionLimits?: boolean;
  /**
   * Its share when the rate limits of the session do not suffice for all: high has twice that of normal (default), which
   * has twice that of low.
   */
  readonly bandwidthPriority?: BandwidthPriority;
  /** Stop seeding at this ratio of uploaded to total size; no limit when not given. */
  readonly seedRatio?: number;
  /** Stop seeding after this many milliseconds. */
  readonly seedTime?: Millis;
  readonly allocation?: 'sparse' | 'full';
  /** Added, not started: its data is looked at, nothing is hashed, no peers, no announces. */
  readonly isPaused?: boolean;
  /** Data whose files have the right lengths is believed and not hashed, once. */
  readonly trustsData?: boolean;
  /** Files that were renamed: elements of their paths below the directory. */
  readonly paths?: ReadonlyMap<FileIndex, readonly string[]>;
  /**
   * Of a magnet link, whose files nobody knew before: where they lie. Asked with the directory before they are opened for
   * the first time; `paths` and files that were renamed meanwhile stay as they are. When it fails, so does the torrent.
   */
  readonly locate?: (
    metainfo: Metainfo,
    directory: string,
  ) => Promise<Required<Pick<TorrentOptions, 'directory' | 'paths'>>>;
  /** The first and last piece of each wanted file come first. */
  readonly isFirstLast?: boolean;
  /** Only seed data that is there: nothing is downloaded or written. */
  readonly isSeedOnly?: boolean;
  /**
   * Super-seeding (BEP 16), for the only seed of new data: peers learn of one piece at a time, so that each is sent about
   * once. In effect while everything is there and no other seed was seen.
   */
  readonly isSuperSeeding?: boolean;
  /** Data that is there is hashed although the journal vouches for it. */
  readonly mustCheck?: boolean;
  /**
   * Fingerprints of identities: a sealed torrent is exchanged only with peers that have proved one of them over a secure
   * connection, and its author must permit these (`transport`).
   */
  readonly onlyWith?: readonly string[];
  /** Trackers besides those of the torrent, … */
  readonly trackers?: readonly (readonly string[])[];
  /** … or in their place. */
  readonly replacesTrackers?: boolean;
}
