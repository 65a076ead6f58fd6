/**
 * What the client needs of the engine's session, as far as it needs it: `Session` of `app/session.ts` is one, and tests
 * have a small one of their own.
 */
import type { PeerAddress } from '../../base/address.ts';
import type { Bitfield } from '../../base/bitfield.ts';
import type { EventOf } from '../../base/events.ts';
import type { ByteCount, BytesPerSecond, FileIndex, PieceIndex } from '../../base/units.ts';
import type { InfoHashes, Metainfo } from '../../codec/metainfo/index.ts';
import type {
  FileStatus,
  SharedFiles,
  TorrentEvents,
  TorrentState,
  TorrentStatus,
  TrackerStatus,
} from '../../engine/index.ts';
import type { PeerView } from './torrent-view.ts';
import type { FileReader } from './torrents.ts';

export type EngineState = TorrentState;
export type EngineStatus = Omit<TorrentStatus, 'isSuperSeeding' | 'sources'>;
export type EngineTracker = TrackerStatus;
export type EngineEvents = TorrentEvents;

export interface EngineAddOptions {
  readonly directory: string;
  readonly isPaused: boolean;
  readonly trustsData?: boolean;
  readonly paths?: ReadonlyMap<FileIndex, readonly string[]>;
  readonly locate?: (metainfo: Metainfo) => Promise<Required<Pick<EngineAddOptions, 'directory' | 'paths'>>>;
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
  files(): readonly FileStatus[];
  peers(): readonly PeerView[];
  trackers(): readonly EngineTracker[];
  pieces(): {
    readonly have: Bitfield;
    readonly active: readonly PieceIndex[];
    readonly availability: Uint16Array;
  } | null;
  onEvery(listener: (...event: EventOf<EngineEvents>) => void): Disposable;
  torrentFile(): Uint8Array | null;
  magnetLink(): string;
  resume(): Promise<void>;
  pause(): Promise<void>;
  /** Resolves when all is hashed. A torrent that rests, rests afterwards. */
  recheck(): Promise<void>;
  /** False: it is in no swarm, and nobody was asked. */
  reannounce(): boolean;
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
  remove(options?: { deleteData?: boolean; isForgotten?: boolean }): Promise<SharedFiles | null>;
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
