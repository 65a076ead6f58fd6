/**
 * The jobs that disk workers do: plain values that can travel between threads. Each job carries all it needs, so that
 * workers keep no state of a torrent; what they cache (open files, verified folders, memory) is only a cache.
 */
import type { ByteCount, PieceIndex } from '../../base/units.ts';
import type { PieceHashes, ReadRun } from '../storage.ts';
import type { FileKey, StampList } from './journal-state.ts';
import type { Place } from './layout.ts';

/** The torrent that a job belongs to. */
export interface Site {
  /** Number of the torrent within the session: cached files are let go by it. */
  readonly torrent: number;
  /** The save folder, absolute; empty when the paths are (hashing for a new torrent). */
  readonly root: string;
  /** Refuse symbolic links below the save folder. */
  readonly isStrict: boolean;
  /** Device number of the save folder; null while there is none: then it may be made. */
  readonly device: number | null;
  /**
   * Of a sealed torrent, 32 bytes in memory that all threads share: the files are plain, the piece space is ciphertext.
   * Overwritten when the torrent is closed, after its last job.
   */
  readonly contentKey: Uint8Array | null;
}

export interface CommitJob {
  readonly site: Site;
  /** Id of the pool buffer and the length of the piece in it. */
  readonly buffer: number;
  readonly length: ByteCount;
  readonly piece: PieceIndex;
  /** Of the piece in the piece space. */
  readonly offset: ByteCount;
  readonly places: readonly Place[];
  readonly hashes: PieceHashes;
  /** Path of the journal, or null when none is kept. */
  readonly journal: string | null;
}

export interface CommitOutcome {
  readonly isGood: boolean;
  readonly stamps: StampList;
  /** Why the journal could not be written; the piece is stored all the same. */
  readonly journalFault: string | null;
}

/** Merkle subtrees to compute, one entry a piece; see `MerkleHash`. */
export interface MerkleSpans {
  readonly leaves: Uint32Array;
  readonly lengths: Uint32Array;
}

/** Reads and hashes consecutive pieces. */
export interface HashJob {
  readonly site: Site;
  /** Of the first piece in the piece space. */
  readonly offset: ByteCount;
  readonly pieceLength: ByteCount;
  /** Size of each piece, bytes. */
  readonly sizes: Uint32Array;
  /** Places of the run that begins with the first piece. */
  readonly places: readonly Place[];
  readonly hasSha1: boolean;
  readonly merkle: MerkleSpans | null;
}

export interface HashOutcome {
  /** 1 for each piece all of whose bytes could be read. */
  readonly isThere: Uint8Array;
  /** 20 bytes a piece, or empty. */
  readonly sha1: Uint8Array;
  /** 32 bytes a piece, or empty. */
  readonly roots: Uint8Array;
  /** Modification times of the files before they were read. */
  readonly stamps: StampList;
}

/** SHA-256 of each block of a stored piece. */
export interface LeavesJob {
  readonly site: Site;
  /** Of the piece in the piece space. */
  readonly offset: ByteCount;
  readonly size: ByteCount;
  readonly places: readonly Place[];
}

export interface ReadJob {
  readonly site: Site;
  readonly buffer: number;
  readonly segments: readonly ReadSegment[];
  /** Of a sealed torrent: what of the buffer is filled, and where it is in the piece space. */
  readonly sealed: readonly ReadRun[];
}

/** Consecutive bytes of one file that go to several spots in the buffer. */
export interface ReadSegment {
  readonly path: string;
  /** These are all the bytes of the file. */
  readonly isWhole: boolean;
  readonly offset: ByteCount;
  /** Offset in the buffer and length, in turns. */
  readonly spots: readonly number[];
}

/** What is on the disk when a torrent is opened. */
export interface SurveyJob {
  readonly site: Site;
  readonly journal: string | null;
  readonly paths: readonly string[];
  readonly partsFolder: string;
}

/** Is there anything at a path? */
export interface ProbeJob {
  readonly site: Site;
  readonly path: string;
}

export interface SurveyOutcome {
  /** Device number of the save folder, null when there is none. */
  readonly device: number | null;
  readonly journal: Uint8Array | null;
  /** Size (-1: missing) and modification time of each path that was asked for, in turns. */
  readonly stats: Float64Array;
  /** Piece, file, size and modification time of each part file, in turns. */
  readonly parts: readonly number[];
}

export interface JournalJob {
  readonly site: Site;
  readonly path: string;
  readonly bytes: Uint8Array;
  /** `replace` puts a new journal in the old one's place at once. */
  readonly mode: 'append' | 'replace';
  /** Wait until it is on the disk. */
  readonly isSynced: boolean;
}

/** Makes empty files and BEP 47 links. */
export interface PrepareJob {
  readonly site: Site;
  readonly empty: readonly { readonly path: string; readonly isExecutable: boolean }[];
  readonly links: readonly { readonly path: string; readonly target: string }[];
}

/** The file system of the save folder, or of the folder that it will be made in. */
export interface SpaceJob {
  readonly site: Site;
}

export interface SpaceOutcome {
  /** Bytes that it has left for us. */
  readonly available: ByteCount;
  readonly device: number;
}

/** Fills a file with zeros from its end to `end` at most. */
export interface AllocateJob {
  readonly site: Site;
  readonly place: Place;
  readonly end: ByteCount;
}

/** Copies a part file to where its bytes belong. */
export interface AdoptJob {
  readonly site: Site;
  readonly from: string;
  readonly to: Place;
}

/** Moves one file to another save folder, another path, or both. */
export interface RenameJob {
  readonly site: Site;
  readonly target: Site;
  readonly path: string;
  /** Its path at the target; the same when left out. */
  readonly to?: string;
}

/** Copies and compares a range of a file into another save folder, on another file system. */
export interface TransferJob {
  readonly site: Site;
  readonly target: Site;
  readonly path: string;
  readonly offset: ByteCount;
  readonly length: ByteCount;
  /** Give the copy the time and mode of the original: it is complete. */
  readonly isLast: boolean;
}

/** Deletes files and the folders that become empty by it. */
export interface RemoveJob {
  readonly site: Site;
  readonly paths: readonly string[];
}

/** Each kind of job with its input and its result. */
export interface DiskJobs {
  commit: [CommitJob, CommitOutcome];
  hash: [HashJob, HashOutcome];
  leaves: [LeavesJob, Uint8Array];
  read: [ReadJob, null];
  survey: [SurveyJob, SurveyOutcome];
  probe: [ProbeJob, boolean];
  journal: [JournalJob, null];
  prepare: [PrepareJob, null];
  space: [SpaceJob, SpaceOutcome];
  /** Results in the modification time and the size reached. */
  allocate: [AllocateJob, { readonly stamp: number; readonly size: ByteCount }];
  /** Results in the file's modification time. */
  adopt: [AdoptJob, number];
  /** False when the other folder lies on another file system. */
  rename: [RenameJob, boolean];
  transfer: [TransferJob, number];
  remove: [RemoveJob, null];
  /** Deletes the folders of files that are gone as far as they are empty. */
  tidy: [RemoveJob, null];
  /** Closes the files of a torrent. */
  release: [number, null];
  /** Warms the thread up; see rehearsal.ts. */
  rehearse: [null, null];
}

export type JobKind = keyof DiskJobs;
export type JobInput<K extends JobKind> = DiskJobs[K][0];
export type JobResult<K extends JobKind> = DiskJobs[K][1];

/** Stamps of files that a job touched. */
export type StampMap = Map<FileKey, number>;
