/**
 * The torrents that a client keeps: the port that every API of the daemon speaks to. What is awaited has been stored
 * when the promise resolves: a crash right after takes nothing of it back.
 */
import type { Bitfield } from '../../base/bitfield.ts';
import type { PeerAddress } from '../../base/address.ts';
import type { ByteCount } from '../../base/units.ts';
import type { InfoHashes, Metainfo } from '../../codec/metainfo/index.ts';
import type { OpenedSealedTorrent } from '../sealed-torrent/index.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { TorrentSettings } from './torrent-settings.ts';
import type { FileView, PeerView, TorrentView, TrackerView } from './torrent-view.ts';

/** A number that grows with each change of any torrent; 0 is before all. It starts anew, at a random place, with each run. */
export type Revision = number;

export interface TorrentChanges {
  readonly revision: Revision;
  /** True when `since` is not known here (another run, or too long ago): `changed` are all torrents then. */
  readonly isFull: boolean;
  readonly changed: readonly ManagedTorrent[];
  /** Hashes and ids of those that have gone. */
  readonly removed: readonly { readonly id: number; readonly hash: string }[];
}

/**
 * Bytes of a torrent file or a sealed one (`.dst`, opened with the client's keys), a magnet link or bare info hash, or a
 * sealed torrent that the caller has opened.
 */
export type NewTorrentSource = Uint8Array | string | Pick<OpenedSealedTorrent, 'metainfo' | 'content'>;

export interface NewTorrent {
  readonly source: NewTorrentSource;
  /** Default: that of the category, or the client's. */
  readonly savePath?: string | undefined;
  readonly settings?: Partial<TorrentSettings> | undefined;
  /** Added, not started. */
  readonly isStopped?: boolean | undefined;
  /** Wanted files; default: all. */
  readonly select?: readonly number[] | undefined;
  /** 0 … 7 by file index. */
  readonly priorities?: ReadonlyMap<number, number> | undefined;
  /** Elements of the paths below the save path, by index, of files that were renamed elsewhere. */
  readonly paths?: ReadonlyMap<number, readonly string[]> | undefined;
  readonly peers?: readonly PeerAddress[] | undefined;
  readonly trackers?: readonly (readonly string[])[] | undefined;
  /** Data that is there is believed to be good by its sizes and not hashed. */
  readonly isCheckSkipped?: boolean | undefined;
  /** At the head of the queue. */
  readonly isFirst?: boolean | undefined;
  readonly name?: string | undefined;
}

export interface Added {
  readonly torrent: ManagedTorrent;
  /**
   * It was here before: nothing of it was changed, but that it got the `peers`, and new trackers and peers of the source
   * (not a private one).
   */
  readonly isDuplicate: boolean;
  /** Of the `peers` that were asked for. */
  readonly refused: readonly RefusedPeer[];
}

/** A peer that is not dialled, and why in words. */
export interface RefusedPeer {
  readonly address: PeerAddress;
  readonly reason: string;
}

export type QueueMove = 'top' | 'up' | 'down' | 'bottom' | { readonly position: number };

/** A torrent that was removed, and what has become of its data. */
export interface RemovalFailure {
  readonly hash: string;
  readonly error: Error;
}

export interface Torrents {
  readonly size: number;
  /** In the order of the queue. */
  all(): readonly ManagedTorrent[];
  /** By id, or by 40 or 64 hexadecimal digits in either case. */
  find(key: number | string): ManagedTorrent | null;
  changes(since: Revision): TorrentChanges;
  /**
   * Rejects with METAINFO_*, MAGNET_*, DST_* for a bad source, CLIENT_PATH_REFUSED for a folder outside the allowed roots,
   * CLIENT_NO_SUCH_FILE, CLIENT_BAD_NAME and CLIENT_NO_METADATA for `paths`.
   */
  add(torrent: NewTorrent): Promise<Added>;
  /**
   * The data stays unless `deleteData`: its deletion is waited for, if not for long. Resolves with what has failed of that by
   * then: CLIENT_DATA_STAYS, CLIENT_DATA_SHARED, though the torrents are removed.
   */
  remove(
    torrents: readonly ManagedTorrent[],
    options?: { readonly deleteData?: boolean },
  ): Promise<readonly RemovalFailure[]>;
  /** Keeps the order among those that are moved. */
  moveInQueue(torrents: readonly ManagedTorrent[], to: QueueMove): Promise<void>;
}

export interface PieceMap {
  readonly have: Bitfield;
  /** Pieces under way. */
  readonly active: readonly number[];
  /** Copies at connected peers, by piece; empty while nothing is known. */
  readonly availability: Uint16Array;
}

/** A part of a file, while the torrent may still be downloading. */
export interface FileReader {
  readonly size: ByteCount;
  /**
   * Bytes from `from` to `to` (exclusive), as they become available; the pieces that are needed next come first. Ends
   * with an error when the torrent is stopped or removed. Stop reading early by `return()`, or the signal.
   */
  read(from: ByteCount, to: ByteCount, options?: { readonly signal?: AbortSignal }): AsyncIterable<Uint8Array>;
}

/** Settings, or what makes them of those that are there when they are set. */
export type TorrentChange = Partial<TorrentSettings> | ((now: TorrentSettings) => Partial<TorrentSettings>);

export interface ManagedTorrent {
  readonly id: number;
  readonly hash: string;
  readonly infoHashes: InfoHashes;
  readonly metainfo: Metainfo | null;
  /** Of the last change. */
  readonly revision: Revision;
  view(): TorrentView;
  files(): readonly FileView[];
  peers(): readonly PeerView[];
  trackers(): readonly TrackerView[];
  webSeeds(): readonly string[];
  pieces(): PieceMap | null;
  why(): Diagnosis;
  /** Bytes of a torrent file; null while the metadata is not there. */
  torrentFile(): Uint8Array | null;
  magnetLink(): string;

  /** Lets it run when the queue says so. With `isForced` at once, whatever the queue says. */
  start(options?: { readonly isForced?: boolean }): Promise<void>;
  stop(): Promise<void>;
  /** Hashes all data that is there. Resolves when that has begun. */
  verify(): Promise<void>;
  /** Asks all trackers now. False: it does not run (stopped, queued, checked, failed), and none was asked. */
  reannounce(): boolean;
  change(change: TorrentChange): Promise<void>;
  /** Priorities 0 … 7 by file index; 0 = not wanted. Rejects CLIENT_NO_SUCH_FILE. */
  setPriorities(priorities: ReadonlyMap<number, number>): Promise<void>;
  setTrackers(tiers: readonly (readonly string[])[]): Promise<void>;
  setName(name: string): Promise<void>;
  /** The 64 newest are kept for the next run. Resolves with those that are refused. */
  addPeers(peers: readonly PeerAddress[]): Promise<readonly RefusedPeer[]>;
  /**
   * Another save path. With `movesData` its files are brought there (state `moving`), else they are expected there and
   * checked. Resolves when that has begun and will be finished, also after a crash.
   */
  setSavePath(path: string, options: { readonly movesData: boolean }): Promise<void>;
  /** Renames a file or a folder: both below the save path, with slashes; only the last element may differ. */
  rename(path: string, name: string): Promise<void>;
  /** Rejects CLIENT_NO_SUCH_FILE. */
  open(file: number): FileReader;
}
