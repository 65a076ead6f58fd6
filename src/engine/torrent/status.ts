/** What a torrent tells the outside: its state, a snapshot of its figures, and its events. */
import type { Bitfield } from '../../base/bitfield.ts';
import type { DstError } from '../../base/errors.ts';
import type { ByteCount, BytesPerSecond, FileIndex, Millis, PieceIndex, UnixSeconds } from '../../base/units.ts';
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
  /** With an error: why it could not be told what there is of its data. */
  | { readonly kind: 'paused'; readonly error?: DstError }
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
  /** First and last piece with bytes of it. */
  readonly firstPiece: PieceIndex;
  readonly lastPiece: PieceIndex;
  /** Copies of its rarest piece among connected peers; -1 while nothing is downloaded. */
  readonly availability: number;
}

export interface PieceMap {
  /** Verified pieces. */
  readonly have: Bitfield;
  /** Pieces in progress. */
  readonly active: readonly PieceIndex[];
  /** Copies at connected peers, by piece. */
  readonly availability: Uint16Array;
}

export interface PeerStatus {
  /** Host and port in one. */
  readonly address: string;
  /** IP address. */
  readonly host: string;
  readonly port: number;
  readonly client: string;
  /** 20 bytes as hexadecimal digits. */
  readonly peerId: string;
  readonly isIncoming: boolean;
  /** Where its address comes from: `tracker`, `user` (or a magnet link), …, or `incoming`. */
  readonly source: string;
  /** The state in the letters that clients show (peer-flags.ts). */
  readonly flags: string;
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

export interface TrackerStatus {
  /** The same for as long as the torrent is in its session. */
  readonly id: number;
  readonly url: string;
  /** BEP 12; 0 is asked first. */
  readonly tier: number;
  /** `idle`: not needed, or the torrent rests. */
  readonly state: 'idle' | 'working' | 'ok' | 'failed';
  /** Warning or error of the last answer. */
  readonly message: string | null;
  /** As it told last; null: it has not. */
  readonly seeders: number | null;
  readonly leechers: number | null;
  /** Finished downloads. */
  readonly downloads: number | null;
  /** In its last answer. */
  readonly peersReceived: number;
  /** When it last answered or failed; null: never. */
  readonly lastAt: UnixSeconds | null;
  /** Milliseconds until it is asked again; null: that is not planned. */
  readonly nextIn: Millis | null;
}

export interface TorrentStatus {
  readonly state: TorrentState;
  readonly name: string;
  /** Sum of all files without pads; null while the metadata is unknown. */
  readonly totalSize: ByteCount | null;
  /** Bytes of wanted files, and how many of them are verified. */
  readonly wantedSize: ByteCount;
  readonly wantedDone: ByteCount;
  /** Verified bytes of all files. */
  readonly done: ByteCount;
  /** 0 … 1 of the check that runs or waits, else 1. */
  readonly checked: number;
  /** Payload received and sent in this run, without pads (BEP 47). */
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
  /** Peers that payload comes from, and that it goes to. */
  readonly peersSending: number;
  readonly peersReceiving: number;
  readonly seedsConnected: number;
  readonly peersKnown: number;
  /** Copies of the wanted data in sight: the rarest piece's count and the share of pieces that have more. */
  readonly availability: number;
  /** Super-seeding is in effect: new peers are told that we have nothing. */
  readonly isSuperSeeding: boolean;
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
