/**
 * The Storage of one torrent over real files. Disk workers do the work on bytes; this class knows what is there
 * (`JournalState`), sees to the order of things and keeps the journal true.
 */
import { resolve } from 'node:path';
import { Bitfield } from '../../base/bitfield.ts';
import type { Clock } from '../../base/clock.ts';
import { codeOf } from '../../base/errors.ts';
import type { ByteCount, FileIndex, PieceIndex } from '../../base/units.ts';
import type { FileEntry, Geometry } from '../../codec/metainfo/index.ts';
import { forgetKey } from '../content-cipher.ts';
import { storageError } from '../errors.ts';
import type {
  CheckOptions,
  CommitResult,
  FilePaths,
  FileSelection,
  MoveOptions,
  PieceHashes,
  PoolBuffer,
  PrepareOptions,
  ReadRun,
  ResumeState,
  Storage,
  StorageOptions,
} from '../storage.ts';
import { allocateFiles } from './allocation.ts';
import { batches, hashJob, isMatch } from './check-batches.ts';
import type { CommitOutcome } from './disk-jobs.ts';
import { flushFiles } from './flush-files.ts';
import { Gate } from './gate.ts';
import { encodeCheckpoint, encodeDone, encodeForget } from './journal-records.ts';
import type { FileKey } from './journal-state.ts';
import type { Place } from './layout.ts';
import { emptyEntries, type OpenTorrent } from './open-torrent.ts';
import { settleParts } from './part-files.ts';
import { planRead } from './read-segments.ts';
import { moveFiles, removeAll, removeJournal, renameFiles } from './relocation.ts';
import { awaitSaveFolder } from './save-folder.ts';

/** Bytes that the records of a commit take besides its stamps. */
const RECORD_BYTES: ByteCount = 64;
/** A file untouched for so long has been written back by the kernel (usual limit 30 s): no sync is needed, ms. */
const SETTLED = 3_600_000;

export class FileStorage implements Storage {
  readonly geometry: Geometry;
  readonly #torrent: OpenTorrent;
  readonly #options: StorageOptions;
  /** Where its owner will look for it next: after a kill in the middle of a move it is elsewhere. */
  #owned: string;
  readonly #clock: Clock;
  readonly #gate = new Gate();
  /** Who writes passes this one first: it can be closed while files are still read. */
  readonly #writing = new Gate();
  #flushing: Promise<unknown> | null = null;
  /** Files that were written since they were last flushed: their times tell how old that is only while nobody sets the clock. */
  #written: Set<FileKey> | null = null;
  #backlog: ByteCount = 0;
  #isCompacting = false;
  #isClosed = false;

  constructor(torrent: OpenTorrent, options: StorageOptions, clock: Clock) {
    this.geometry = torrent.layout.geometry;
    this.#torrent = torrent;
    this.#options = options;
    this.#owned = options.directory;
    this.#clock = clock;
  }

  get backlog(): ByteCount {
    return this.#backlog;
  }

  get directory(): string {
    return this.#torrent.site.root;
  }

  prepare(options: PrepareOptions = {}): Promise<void> {
    return this.#exclusive(async () => {
      this.#torrent.isPrepared = true;
      await this.#prepare(options);
    });
  }

  resume(): Promise<ResumeState> {
    const { done, suspect } = this.#torrent.state;
    return Promise.resolve({ have: done.clone(), suspect: suspect.clone() });
  }

  commit(piece: PieceIndex, data: PoolBuffer, expected: PieceHashes): Promise<CommitResult> {
    const length = this.geometry.pieceSize(piece);
    this.#backlog += length;
    const commit = (): Promise<CommitResult> => this.#commit(piece, data, expected, length);
    return this.#writing
      .shared(() => this.#shared(commit))
      .finally(() => {
        this.#backlog -= length;
      });
  }

  async check(piece: PieceIndex, expected: PieceHashes): Promise<boolean> {
    const pieces = new Bitfield(this.geometry.pieceCount);
    pieces.add(piece);
    return (await this.checkAll(pieces, () => expected)).has(piece);
  }

  async checkAll(
    pieces: Bitfield,
    expected: (piece: PieceIndex) => PieceHashes,
    options: CheckOptions = {},
  ): Promise<Bitfield> {
    const good = new Bitfield(this.geometry.pieceCount);
    const queue = batches(pieces.clone(), this.geometry);
    let checked = 0;
    const lane = async (): Promise<void> => {
      for (const batch of queue) {
        options.signal?.throwIfAborted();
        await this.#shared(() => this.#checkBatch(batch, expected, good));
        checked += batch.length;
        options.onProgress?.(checked, good.count);
      }
    };
    await Promise.all(Array.from({ length: 2 * this.#torrent.disk.width }, lane));
    return good;
  }

  read(into: PoolBuffer, runs: readonly ReadRun[]): Promise<void> {
    return this.#read(into, runs, this.#torrent.site.contentKey === null ? [] : runs);
  }

  readPlain(into: PoolBuffer, runs: readonly ReadRun[]): Promise<void> {
    return this.#read(into, runs, []);
  }

  /** `sealed`: the runs that are to be encrypted. */
  #read(into: PoolBuffer, runs: readonly ReadRun[], sealed: readonly ReadRun[]): Promise<void> {
    return this.#shared(async () => {
      const { site, disk } = this.#torrent;
      const { segments, zeros } = planRead(runs, this.#readPlaces);
      for (let i = 0; i < zeros.length; i += 2) {
        into.bytes.fill(0, zeros[i], (zeros[i] as number) + (zeros[i + 1] as number));
      }
      if (segments.length + sealed.length === 0) return;
      const cost = runs.reduce((sum, run) => sum + run.length, 0);
      await disk.run('read', { site, buffer: into.id, segments, sealed }, { buffer: into, cost });
    });
  }

  leaves(piece: PieceIndex): Promise<Uint8Array> {
    return this.#shared(() => {
      const { site, disk } = this.#torrent;
      const offset = this.geometry.pieceOffset(piece);
      const file = this.geometry.files[this.geometry.fileAt(offset)] as FileEntry;
      const end = site.contentKey === null ? file.offset + file.length : this.geometry.length;
      const size = Math.min(this.geometry.pieceSize(piece), end - offset);
      const places = this.#readPlaces(offset, size);
      return disk.run('leaves', { site, offset, size, places }, { cost: size });
    });
  }

  forget(piece: PieceIndex): void {
    const { state, journal, site } = this.#torrent;
    if (this.#isClosed || (!state.done.has(piece) && !state.suspect.has(piece))) return;
    state.markForgotten([piece]);
    void journal?.append(site, encodeForget([piece]), { isSynced: true, isBlocking: true });
  }

  select(selection: FileSelection): Promise<void> {
    return this.#exclusive(async () => {
      this.#torrent.layout.select(selection);
      if (this.#torrent.isPrepared) await this.#prepare({});
    });
  }

  /** Waits for nothing that is under way: that may take minutes, and finds out by itself. */
  checkFolder(): Promise<void> {
    return this.#watched(() => awaitSaveFolder(this.#torrent.site));
  }

  async flush(): Promise<void> {
    if (this.#isClosed) throw closed();
    const before = this.#flushing;
    const flushing = (async () => {
      await before;
      await this.#flush(true);
    })();
    this.#flushing = flushing.catch(() => {});
    await flushing;
  }

  move(directory: string, options: MoveOptions = {}): Promise<void> {
    const target = resolve(directory);
    return this.#writing.exclusive(async () => {
      if (this.#isClosed) throw closed();
      if (target !== this.directory) {
        options.signal?.throwIfAborted();
        await moveFiles(this.#torrent, target, options, (fn) => this.#gate.exclusive(fn));
      }
      this.#owned = target;
    });
  }

  rename(paths: FilePaths): Promise<void> {
    return this.#exclusive(async () => {
      const { layout, state, journal, site } = this.#torrent;
      // Files that are not there for a while would keep their names.
      await awaitSaveFolder(site);
      await renameFiles(this.#torrent, layout.renamed(paths));
      state.paths = layout.paths;
      await journal?.rewrite(site);
    });
  }

  async delete(kept: ReadonlySet<FileIndex> = new Set()): Promise<void> {
    await this.#exclusive(async () => {
      this.#isClosed = true;
      try {
        await removeAll(this.#torrent, this.#torrent.site, kept);
      } finally {
        // What could not be deleted is nothing that is known either.
        await this.#removeJournals();
        forgetKey(this.#torrent.site);
      }
    });
  }

  async abandon(): Promise<void> {
    await this.#exclusive(async () => {
      await this.#flushing;
      this.#isClosed = true;
      const { site, disk } = this.#torrent;
      try {
        await disk.release(site.torrent);
        await this.#removeJournals();
      } finally {
        forgetKey(site);
      }
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.#exclusive(async () => {
      await this.#flushing;
      this.#isClosed = true;
      const { state, journal, site, disk } = this.#torrent;
      try {
        const isChanged = await this.#flush(false);
        if (journal !== null && (journal.isStarted || isChanged)) {
          state.isClean = true;
          await journal.rewrite(site);
        }
      } catch (error) {
        await journal?.rewrite(site);
        throw error;
      } finally {
        await disk.release(site.torrent);
        forgetKey(this.#torrent.site);
      }
    });
  }

  /**
   * Of the folder and of the one from which the files have come. By the last the others are found after a kill. What a
   * check or a flush still has to note would bring them back.
   */
  async #removeJournals(): Promise<void> {
    const { site, state, journal } = this.#torrent;
    await journal?.end();
    const roots = [site.root, ...(state.origin === null ? [] : [state.origin])];
    roots.sort((a, b) => Number(a === this.#owned) - Number(b === this.#owned));
    for (const root of roots) await removeJournal(this.#torrent, { ...site, root });
  }

  /** Empty files, links, allocated space; settles part files of an earlier selection. */
  async #prepare(options: PrepareOptions): Promise<void> {
    if (!this.#options.isWritable) return;
    const { site, disk } = this.#torrent;
    const entries = emptyEntries(this.#torrent, 'wanted');
    if (entries.empty.length + entries.links.length > 0) await disk.run('prepare', { site, ...entries });
    await settleParts(this.#torrent);
    if (this.#options.allocation === 'full') await allocateFiles(this.#torrent, options);
  }

  readonly #readPlaces = (offset: ByteCount, length: ByteCount): Place[] =>
    this.#torrent.layout.readPlaces(offset, length);

  async #commit(piece: PieceIndex, data: PoolBuffer, hashes: PieceHashes, length: ByteCount): Promise<CommitResult> {
    const { site, layout, journal, disk } = this.#torrent;
    if (!this.#options.isWritable) throw storageError('STORAGE_READ_ONLY', 'the torrent was opened for reading only');
    for (let wait = journal?.waiting(site) ?? null; wait !== null; wait = journal?.waiting(site) ?? null) await wait;
    const places = layout.writePlaces(piece);
    const offset = this.geometry.pieceOffset(piece);
    const job = { site, buffer: data.id, length, piece, offset, places, hashes, journal: journal?.target ?? null };
    const outcome = await disk.run('commit', job, { buffer: data, cost: length });
    if (!outcome.isGood) return 'mismatch';
    if (site.device === null) this.#torrent.site = { ...site, device: (await disk.run('space', { site })).device };
    this.#noteCommit(piece, outcome);
    return 'stored';
  }

  #noteCommit(piece: PieceIndex, outcome: CommitOutcome): void {
    const { layout, state, journal } = this.#torrent;
    state.markDone([piece], outcome.stamps);
    this.#written ??= new Set();
    for (let i = 0; i < outcome.stamps.length; i += 2) this.#written.add(outcome.stamps[i] as FileKey);
    if (outcome.stamps.includes(layout.partKey(piece))) this.#noteParts(piece);
    if (outcome.journalFault !== null) journal?.fail(outcome.journalFault);
    journal?.noteAppended(RECORD_BYTES + 6 * outcome.stamps.length);
    if (journal?.isLarge === true && !this.#isCompacting) void this.#compact();
  }

  #noteParts(piece: PieceIndex): void {
    const { layout } = this.#torrent;
    for (const slice of this.geometry.slices(this.geometry.pieceOffset(piece), this.geometry.pieceSize(piece))) {
      if (slice.file >= 0 && !layout.isWanted(slice.file)) layout.addPart(piece, slice.file);
    }
  }

  async #compact(): Promise<void> {
    this.#isCompacting = true;
    const { journal, site } = this.#torrent;
    await this.#gate.exclusive(async () => {
      if (!this.#isClosed) await journal?.rewrite(site);
    });
    this.#isCompacting = false;
  }

  async #checkBatch(
    batch: readonly PieceIndex[],
    expected: (piece: PieceIndex) => PieceHashes,
    good: Bitfield,
  ): Promise<void> {
    const { state, journal, site, disk } = this.#torrent;
    const hashes = batch.map(expected);
    const job = hashJob(site, this.geometry, batch, hashes, this.#readPlaces);
    const outcome = await disk.run('hash', job, { cost: batch.length * this.geometry.pieceLength });
    const matching = batch.filter((_, i) => isMatch(outcome, i, hashes[i] as PieceHashes));
    const isKnown = (piece: PieceIndex): boolean => state.done.has(piece) || state.suspect.has(piece);
    const failing = batch.filter((piece, i) => isKnown(piece) && !isMatch(outcome, i, hashes[i] as PieceHashes));
    for (const piece of matching) good.add(piece);
    state.markForgotten(failing);
    state.markDone(matching, outcome.stamps);
    if (failing.length > 0) void journal?.append(site, encodeForget(failing), { isBlocking: true });
    if (matching.length > 0) void journal?.append(site, encodeDone(matching, outcome.stamps));
  }

  #noteWritten(files: Iterable<FileKey>): void {
    this.#written ??= new Set();
    for (const key of files) this.#written.add(key);
  }

  /** Syncs the files of pieces that are not known to be durable, and notes that they are. False: there were none. */
  async #flush(isNoted: boolean): Promise<boolean> {
    const { state, journal, site, layout } = this.#torrent;
    const { paths } = layout;
    const pieces = [...state.done].filter((piece) => !state.durable.has(piece));
    if (pieces.length === 0) return false;
    const now = this.#clock.wall() * 1000;
    const stamps: number[] = [];
    const fresh: string[] = [];
    for (const [path, key] of this.#filesOf(pieces)) {
      const last = state.stamps.get(key)?.last ?? now;
      stamps.push(key, last);
      if (last > now - SETTLED || this.#written?.has(key) === true) fresh.push(path);
    }
    const written = this.#written ?? [];
    this.#written = null;
    await flushFiles(site, fresh).catch((error: unknown) => {
      this.#noteWritten(written);
      journal?.doubt();
      throw error;
    });
    // Files that were moved meanwhile were not found.
    if (this.#torrent.site.root !== site.root || layout.paths !== paths) {
      this.#noteWritten(written);
      return false;
    }
    state.markDurable(now, pieces, stamps);
    const isSynced = fresh.length > 0;
    if (isSynced) journal?.protect();
    if (isNoted) await journal?.append(site, encodeCheckpoint(now, pieces, stamps), { isSynced });
    return true;
  }

  /** Paths and keys of the files in which pieces lie. */
  #filesOf(pieces: readonly PieceIndex[]): Map<string, FileKey> {
    const files = new Map<string, FileKey>();
    for (const piece of pieces) {
      const places = this.#readPlaces(this.geometry.pieceOffset(piece), this.geometry.pieceSize(piece));
      for (const place of places) files.set(place.path, place.key);
    }
    return files;
  }

  #shared<T>(fn: () => Promise<T>): Promise<T> {
    return this.#gate.shared(() => this.#watched(fn));
  }

  #exclusive<T>(fn: () => Promise<T>): Promise<T> {
    return this.#writing.exclusive(() => this.#gate.exclusive(() => this.#watched(fn)));
  }

  async #watched<T>(fn: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw closed();
    try {
      return await fn();
    } catch (error) {
      // With the drive went what the system had not yet written to it.
      if (codeOf(error) === 'STORAGE_MISSING') this.#torrent.journal?.doubt();
      throw error;
    }
  }
}

const closed = (): Error => storageError('STORAGE_CLOSED', 'the storage is closed');
