/**
 * The Storage port: where the bytes of one torrent live.
 *
 * Why it is shaped so:
 * 1. `commit` verifies and writes in one call. A file storage does both in the same worker, one hop a piece, while the
 *    bytes are in its cache; a separate "hash" and "write" would cost a second hop and a second walk over cold memory.
 * 2. Buffers come from a `BufferPool` whose memory is shared with the workers, so no call copies piece data.
 * 3. Nothing is ever written that has not been verified: what is on disk is good or was never announced.
 * 4. Calls answer with promises, one a piece or a run of blocks, never one a block: a hop costs about 10 µs.
 * 5. `backlog` and the pool's emptiness are the backpressure: the engine stops reading from its peers.
 */
import type { Bitfield } from '../base/bitfield.ts';
import type { ByteCount, FileIndex, PieceIndex } from '../base/units.ts';
import type { Geometry, InfoHashes } from '../codec/metainfo/index.ts';

/** Memory for one piece or one run of outgoing blocks. `release` gives it back; using it afterwards is a defect. */
export interface PoolBuffer {
  /** Stable number of the underlying memory, by which workers know it. */
  readonly id: number;
  /** Exactly the asked size. */
  readonly bytes: Uint8Array;
  release(): void;
}

/** What a piece must hash to. One of them is set, in a hybrid torrent both. */
export interface PieceHashes {
  /** SHA-1 of the piece, pads included (BEP 3), 20 bytes. */
  readonly sha1: Uint8Array | null;
  /** The piece's merkle subtree (BEP 52). */
  readonly merkle: MerkleHash | null;
}

/** A piece's merkle subtree over 16 KiB leaves. */
export interface MerkleHash {
  /** SHA-256 root, 32 bytes. */
  readonly root: Uint8Array;
  /** Leaves that the subtree spans, a power of two; those past `length` are 32 zero bytes. */
  readonly leaves: number;
  /** Bytes of the piece that the subtree covers: in a hybrid torrent the pad behind them is not hashed. */
  readonly length: ByteCount;
}

/** Result of `commit`. On a mismatch nothing is written. */
export type CommitResult = 'stored' | 'mismatch';

/** A run of bytes for `read`: `length` bytes of the piece space at `offset` go to `at` in the buffer. */
export interface ReadRun {
  readonly offset: ByteCount;
  readonly at: ByteCount;
  readonly length: ByteCount;
}

/** Which files are wanted: bytes of other files are kept only where a wanted piece overlaps them. */
export type FileSelection = ReadonlySet<FileIndex> | 'all';

/** Files that do not lie where the torrent says: elements of their paths below the folder. */
export type FilePaths = ReadonlyMap<FileIndex, readonly string[]>;

export interface StorageOptions {
  /** Folder under which the torrent's paths lie. */
  readonly directory: string;
  readonly infoHashes: InfoHashes;
  /** Of a sealed torrent, 32 bytes: its files lie in plain on the disk, pieces and reads are ciphertext. */
  readonly contentKey?: Uint8Array | null;
  readonly selection: FileSelection;
  /** `sparse` (default): files grow as pieces arrive. `full`: all space is claimed first. */
  readonly allocation: 'sparse' | 'full';
  /**
   * False: no file of the torrent is created, changed or opened for writing (seeding). Writable torrents refuse
   * symbolic links below `directory`; read-only ones follow them, for the folder is the user's own arrangement.
   */
  readonly isWritable: boolean;
  /** Files that were renamed. Where they lay when the journal was last written they are looked for too, and renamed. */
  readonly paths?: FilePaths;
  /**
   * Asked when there is no journal: whether what lies where the torrent says of files in `paths` is somebody else's, and not
   * ours on its way there. Default: it is ours.
   */
  readonly areOwnPathsTaken?: () => boolean;
  /** Pieces are taken for good, without a hash, when their files have exactly the right lengths. */
  readonly trustsData?: boolean;
  /** What the journal says is not believed: everything that is there is suspect, and it may all be gone. */
  readonly ignoresJournal?: boolean;
}

export interface PrepareOptions {
  /** Ends a long allocation; `prepare` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Progress of allocation `full`, bytes. */
  readonly onAllocated?: (done: ByteCount, total: ByteCount) => void;
}

export interface MoveOptions {
  /** Takes back what was moved, unless that was all; `move` then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Bytes that are at their new place. */
  readonly onProgress?: ((done: ByteCount, total: ByteCount) => void) | undefined;
}

export interface CheckOptions {
  /** Ends the check; what was found so far is kept, the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after each batch with the number of pieces checked so far and the number of good ones among them. */
  readonly onProgress?: (checked: number, good: number) => void;
}

/** What is already there when a torrent is opened. */
export interface ResumeState {
  /** Pieces that are known to be good. */
  readonly have: Bitfield;
  /** Pieces that may be there but must be hashed first (`check`). */
  readonly suspect: Bitfield;
}

export interface Storage {
  readonly geometry: Geometry;
  /** Where the files lie: not where they were looked for, when a move from there had still to be finished. */
  readonly directory: string;
  /** Before the first `commit`: makes what needs no piece (empty files, links), and claims space when asked to. */
  prepare(options?: PrepareOptions): Promise<void>;
  /** What the journal and the files say. Without a journal every piece whose files exist is suspect. */
  resume(): Promise<ResumeState>;
  /** Hashes `data` (the whole piece); writes it and notes it in the journal when it is good. */
  commit(piece: PieceIndex, data: PoolBuffer, expected: PieceHashes): Promise<CommitResult>;
  /** Reads and hashes a piece that may be there; notes it in the journal when good. False also when it is missing. */
  check(piece: PieceIndex, expected: PieceHashes): Promise<boolean>;
  /** The same for many pieces, in large batches over all workers. Resolves with the good ones among `pieces`. */
  checkAll(pieces: Bitfield, expected: (piece: PieceIndex) => PieceHashes, options?: CheckOptions): Promise<Bitfield>;
  /** Fills runs of `into` from the piece space; pads and gaps read as zeros. Rejects STORAGE_READ_FAILED. */
  read(into: PoolBuffer, runs: readonly ReadRun[]): Promise<void>;
  /** The same as it stands in the files: what of a sealed torrent `read` would encrypt. */
  readPlain(into: PoolBuffer, runs: readonly ReadRun[]): Promise<void>;
  /**
   * SHA-256 of each block of the file in a stored piece of a v2 or hybrid torrent, 32 bytes each: the leaves of BEP 52.
   * A pad behind the file is not hashed.
   */
  leaves(piece: PieceIndex): Promise<Uint8Array>;
  /** Forgets a piece (it proved bad, or its file is gone). */
  forget(piece: PieceIndex): void;
  /** Changes the wanted files; bytes kept for formerly unwanted ones move into place. */
  select(selection: FileSelection): Promise<void>;
  /** Bytes of commits under way. */
  readonly backlog: ByteCount;
  /** Rejects STORAGE_MISSING when the folder in which data lay is not there any more: its drive is gone. */
  checkFolder(): Promise<void>;
  /** Makes all that was committed survive a power cut. Call it now and then (30 s) while pieces arrive. */
  flush(): Promise<void>;
  /**
   * Moves the files to another folder; nothing of the old place is removed before all of the new one is there. Copying
   * to another file system keeps commits waiting, not reads. A kill leaves all files at one of the two places once the
   * torrent is opened again at the old one. Rejects STORAGE_TARGET_EXISTS, STORAGE_NO_SPACE before anything is moved.
   */
  move(directory: string, options?: MoveOptions): Promise<void>;
  /**
   * Renames files: those in `paths` lie there from now on, all others where the torrent says. A kill leaves files at
   * both places; opened with `paths`, the storage finishes it. Rejects STORAGE_TARGET_EXISTS, STORAGE_BAD_PATH, STORAGE_MISSING.
   */
  rename(paths: FilePaths): Promise<void>;
  /** Deletes the torrent's files, but for those in `kept`, its journal and the folders that become empty. */
  delete(kept?: ReadonlySet<FileIndex>): Promise<void>;
  /** Deletes the journal alone and lets go of files: the data is nobody's from now on, and is checked when it is opened again. */
  abandon(): Promise<void>;
  /** Waits for what is under way, flushes, lets go of files. */
  close(): Promise<void>;
}

export interface StorageFactory {
  /**
   * Looks at what is there and changes nothing, but for a move or renaming that a kill cut short. Rejects STORAGE_MISSING
   * when the journal says that there was data, and not one of the files is there.
   */
  open(geometry: Geometry, options: StorageOptions): Promise<Storage>;
}
