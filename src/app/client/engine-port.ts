/**
 * What the client needs of the engine's session, as far as it needs it: `Session` of `app/session.ts` is one, and tests
 * have a small one of their own.
 */
import type { PeerAddress } from '../../base/address.ts';
import type { Bitfield } from '../../base/bitfield.ts';
import type { ByteCount, BytesPerSecond, FileIndex, Millis, PieceIndex, UnixSeconds } from '../../base/units.ts';
import type { InfoHashes, Metainfo } from '../../codec/metainfo/index.ts';
import type { FileReader } from './torrents.ts';

export type EngineState =
  | { readonly kind: 'fetching-metadata' | 'downloading' | 'seeding' | 'closed' }
  /** With an error: why it could not be told what there is of its data. */
  | { readonly kind: 'paused'; readonly error?: Error & { readonly code: string } }
  | { readonly kind: 'checking'; readonly done: number; readonly total: number }
  | { readonly kind: 'failed'; readonly error: Error & { readonly code: string } };

export interface EngineStatus {
  readonly state: EngineState;
  readonly name: string;
  /** Null while the metadata is unknown. */
  readonly totalSize: ByteCount | null;
  readonly wantedSize: ByteCount;
  readonly wantedDone: ByteCount;
  /** Verified bytes of all files. */
  readonly done: ByteCount;
  /** 0 … 1 of the check that runs, else 1. */
  readonly checked: number;
  /** Of this run. */
  readonly downloaded: ByteCount;
  readonly uploaded: ByteCount;
  readonly wasted: ByteCount;
  readonly downloadRate: BytesPerSecond;
  readonly uploadRate: BytesPerSecond;
  readonly etaSeconds: number | null;
  readonly piecesHave: number;
  readonly piecesTotal: number;
  readonly peersConnected: number;
  readonly peersSending: number;
  readonly peersReceiving: number;
  readonly seedsConnected: number;
  readonly peersKnown: number;
  readonly availability: number;
}

export interface EngineFile {
  readonly index: FileIndex;
  /** Elements below the folder of the torrent's data. */
  readonly path: readonly string[];
  readonly length: ByteCount;
  readonly done: ByteCount;
  readonly priority: number;
  readonly firstPiece: PieceIndex;
  readonly lastPiece: PieceIndex;
  readonly availability: number;
}

export interface EnginePeer {
  readonly host: string;
  readonly port: number;
  readonly client: string;
  readonly peerId: string;
  readonly isIncoming: boolean;
  readonly protection: string | null;
  readonly progress: number;
  readonly downloadRate: BytesPerSecond;
  readonly uploadRate: BytesPerSecond;
  readonly downloaded: ByteCount;
  readonly uploaded: ByteCount;
  readonly amChoking: boolean;
  readonly amInterested: boolean;
  readonly peerChoking: boolean;
  readonly peerInterested: boolean;
  readonly pendingBlocks: number;
  readonly flags: string;
  readonly source: string;
}

export interface EngineTracker {
  readonly id: number;
  readonly url: string;
  readonly tier: number;
  readonly state: 'idle' | 'working' | 'ok' | 'failed';
  readonly message: string | null;
  readonly seeders: number | null;
  readonly leechers: number | null;
  readonly downloads: number | null;
  readonly peersReceived: number;
  readonly lastAt: UnixSeconds | null;
  readonly nextIn: Millis | null;
}

export interface EngineEvents {
  state: EngineState;
  metadata: Metainfo;
  piece: PieceIndex;
  complete: { readonly downloaded: ByteCount };
  hashFailed: { readonly piece: PieceIndex };
  banned: { readonly addresses: readonly string[]; readonly reason: string };
  peerConnected: { readonly address: string };
  peerDisconnected: { readonly address: string; readonly reason: string };
}

export interface EngineAddOptions {
  readonly directory: string;
  readonly isPaused: boolean;
  readonly trustsData?: boolean;
  readonly paths?: ReadonlyMap<FileIndex, readonly string[]>;
  readonly select?: readonly FileIndex[];
  readonly priorities?: ReadonlyMap<FileIndex, number>;
  readonly peers?: readonly PeerAddress[];
  readonly isSequential?: boolean;
  readonly isFirstLast?: boolean;
  readonly isSuperSeeding?: boolean;
  readonly bandwidthPriority?: 'low' | 'normal' | 'high';
  readonly maxConnections?: number;
  readonly ignoresSessionLimits?: boolean;
  readonly downloadLimit?: BytesPerSecond;
  readonly uploadLimit?: BytesPerSecond;
  readonly allocation?: 'sparse' | 'full';
}

export interface EngineTorrent {
  readonly infoHashes: InfoHashes;
  readonly metainfo: Metainfo | null;
  status(): EngineStatus;
  files(): readonly EngineFile[];
  peers(): readonly EnginePeer[];
  trackers(): readonly EngineTracker[];
  pieces(): {
    readonly have: Bitfield;
    readonly active: readonly PieceIndex[];
    readonly availability: Uint16Array;
  } | null;
  on<K extends keyof EngineEvents>(name: K, listener: (payload: EngineEvents[K]) => void): Disposable;
  torrentFile(): Uint8Array | null;
  magnetLink(): string;
  resume(): Promise<void>;
  pause(): Promise<void>;
  /** Resolves when all is hashed. A torrent that rests, rests afterwards. */
  recheck(): Promise<void>;
  reannounce(): void;
  /** Fails when its data is gone from where it lay. */
  checkFolder(): Promise<void>;
  addPeer(address: PeerAddress): void;
  setPriority(file: FileIndex, priority: number): Promise<void>;
  setSequential(isSequential: boolean): void;
  setFirstLast(isFirstLast: boolean): void;
  setSuperSeeding(isSuperSeeding: boolean): void;
  setBandwidthPriority(priority: 'low' | 'normal' | 'high'): void;
  setMaxConnections(most: number | null): void;
  setIgnoresSessionLimits(ignores: boolean): void;
  setLimits(limits: { download?: BytesPerSecond; upload?: BytesPerSecond }): void;
  setTrackers(tiers: readonly (readonly string[])[]): void;
  setPaths(paths: ReadonlyMap<FileIndex, readonly string[]>): Promise<void>;
  move(directory: string, options?: { onProgress?: (done: ByteCount, total: ByteCount) => void }): Promise<void>;
  setDirectory(directory: string): Promise<void>;
  openFile(index: FileIndex): FileReader;
  remove(options?: { deleteData?: boolean; isForgotten?: boolean }): Promise<void>;
}

export interface Engine {
  readonly listening: readonly PeerAddress[];
  /** What keeps everything from being sent and received, such as an interface that is down; null: nothing. */
  readonly problem: (Error & { readonly code: string }) | null;
  /** Called when `problem` may have become another one. */
  onProblem(listener: () => void): Disposable;
  add(source: string | Metainfo, options: EngineAddOptions): Promise<EngineTorrent>;
  setLimits(limits: { download?: BytesPerSecond; upload?: BytesPerSecond }): void;
  change(options: { maxConnections?: number; maxConnectionsPerTorrent?: number; uploadSlots?: number }): void;
  setFilter(filter: { has(host: string): boolean }): void;
  stats(): {
    readonly downloaded: ByteCount;
    readonly uploaded: ByteCount;
    readonly downloadRate: BytesPerSecond;
    readonly uploadRate: BytesPerSecond;
    readonly connections: number;
    readonly hasIncoming: boolean;
  };
  /** What the disk threads have done in this run, by kind of job; a `commit` hashes and writes a piece. */
  diskUse(): { readonly kinds: { readonly commit?: { readonly jobs: number; readonly seconds: number } } };
}
