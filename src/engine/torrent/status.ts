/** What a torrent tells the outside: its state, a snapshot of its figures, and its events. */
import type { DstError } from '../../base/errors.ts';
import type { ByteCount, BytesPerSecond, FileIndex, PieceIndex } from '../../base/units.ts';
import type { Metainfo } from '../../codec/metainfo/index.ts';
import type { SourceStatus } from '../../discovery/index.ts';
import type { PeerIdentity } from '../../net/index.ts';

/**
 * `checking`: hashing data that is there. `fetching-metadata`: a magnet link waits for its info dictionary.
 * `downloading`: wanted data is missing. `seeding`: nothing wanted is missing. `failed`: stopped by an error.
 */
export type TorrentState =
  | { readonly kind: 'fetching-metadata' }
  | { readonly kind: 'checking'; readonly done: number; readonly total: number }
  | { readonly kind: 'downloading' }
  | { readonly kind: 'seeding' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'failed'; readonly error: DstError }
  | { readonly kind: 'closed' };

export interface FileStatus {
  readonly index: FileIndex;
  /** Elements below the save folder. */
  readonly path: readonly string[];
  readonly length: ByteCount;
  /** Verified bytes. */
  readonly done: ByteCount;
  /** 0 = not wanted … 7. */
  readonly priority: number;
}

export interface PeerStatus {
  readonly address: string;
  readonly client: string;
  readonly isIncoming: boolean;
  /**
   * What protects the connection: `noise`, `tls`, `mse` (flag E of other clients), `mse-handshake` (flag e: only the
   * handshake was encrypted), or null: plaintext.
   */
  readonly protection: string | null;
  /** Who it has proved to be; null when it has not, which is the rule. */
  readonly identity: PeerIdentity | null;
  /** 0 … 1. */
  readonly progress: number;
  readonly downloadRate: BytesPerSecond;
  readonly uploadRate: BytesPerSecond;
  readonly downloaded: ByteCount;
  readonly uploaded: ByteCount;
  /** The four flags of BEP 3. */
  readonly amChoking: boolean;
  readonly amInterested: boolean;
  readonly peerChoking: boolean;
  readonly peerInterested: boolean;
  /** Blocks asked of the peer and not answered. */
  readonly pendingBlocks: number;
}

export interface TorrentStatus {
  readonly state: TorrentState;
  readonly name: string;
  /** Sum of all files without pads; null while the metadata is unknown. */
  readonly totalSize: ByteCount | null;
  /** Bytes of wanted files, and how many of them are verified. */
  readonly wantedSize: ByteCount;
  readonly wantedDone: ByteCount;
  /** Payload received and sent in this run. */
  readonly downloaded: ByteCount;
  readonly uploaded: ByteCount;
  /** Payload received in vain: duplicates and pieces that failed their hash. */
  readonly wasted: ByteCount;
  readonly downloadRate: BytesPerSecond;
  readonly uploadRate: BytesPerSecond;
  /** Seconds until the wanted data is complete at the present rate; null when unknown. */
  readonly etaSeconds: number | null;
  readonly piecesHave: number;
  readonly piecesTotal: number;
  readonly peersConnected: number;
  readonly seedsConnected: number;
  readonly peersKnown: number;
  /** Copies of the wanted data in sight: the rarest piece's count and the share of pieces that have more. */
  readonly availability: number;
  /** Trackers and other sources. */
  readonly sources: readonly SourceStatus[];
}

/** Events of a torrent; payloads are small and immutable. */
export interface TorrentEvents {
  state: TorrentState;
  /** The info dictionary of a magnet link has arrived and is verified. */
  metadata: Metainfo;
  /** A piece was verified and stored. */
  piece: PieceIndex;
  /** Nothing wanted is missing any more. */
  complete: { readonly downloaded: ByteCount };
  /** A piece failed its hash and is downloaded again. */
  hashFailed: { readonly piece: PieceIndex };
  /** Peers were found guilty of sending bad data. */
  banned: { readonly addresses: readonly string[]; readonly reason: string };
  /** The seed ratio or seed time is reached; the torrent pauses. */
  seedGoalReached: { readonly uploaded: ByteCount };
  /** `identity`: who the peer has proved to be; null when it has not. */
  peerConnected: { readonly address: string; readonly identity: PeerIdentity | null };
  peerDisconnected: { readonly address: string; readonly reason: string };
}
