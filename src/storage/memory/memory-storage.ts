/**
 * Storage in memory, for simulations and tests: the behaviour of the file storage without files, workers or waiting.
 * A `MemoryDisk` outlives the torrents opened on it, as a real disk outlives a process.
 */
import { Bitfield } from '../../base/bitfield.ts';
import { equalBytes, toHex } from '../../base/bytes.ts';
import type { Digests } from '../../base/digests.ts';
import type { DstError } from '../../base/errors.ts';
import type { ByteCount, FileIndex, PieceIndex } from '../../base/units.ts';
import type { FileEntry, FileSlice, Geometry } from '../../codec/metainfo/index.ts';
import { checkPadding, cipherContent } from '../content-cipher.ts';
import { storageError } from '../errors.ts';
import { renamedFiles } from '../file-paths.ts';
import { LEAF_LENGTH, merkleRoot, NODE_LENGTH } from '../merkle-root.ts';
import type {
  CheckOptions,
  CommitResult,
  FilePaths,
  FileSelection,
  MoveOptions,
  PieceHashes,
  PoolBuffer,
  ReadRun,
  ResumeState,
  Storage,
  StorageFactory,
  StorageOptions,
} from '../storage.ts';

/** Files by full path, and what torrents know of them. Tests may look into it and change it. */
export class MemoryDisk {
  /** Content; a file has its full length from the first write on. */
  readonly files: Map<string, Uint8Array> = new Map();
  /** What is known of a torrent's pieces, by folder and info hash. */
  readonly journals: Map<string, ResumeState> = new Map();
  /** Files that were renamed, by folder and info hash. */
  readonly renamed: Map<string, ReadonlyMap<FileIndex, string>> = new Map();
  /** Bytes of wanted pieces that belong to files that are not wanted, by folder, info hash, piece and file. */
  readonly parts: Map<string, Uint8Array> = new Map();
}

export interface MemoryStorageDeps {
  readonly digests: Digests;
}

/** A factory of storages on one memory disk. */
export const memoryStorage = (deps: MemoryStorageDeps, disk: MemoryDisk = new MemoryDisk()): StorageFactory => ({
  open: async (geometry, options) => new MemoryStorage(geometry, options, deps.digests, disk),
});

class MemoryStorage implements Storage {
  readonly geometry: Geometry;
  readonly #options: StorageOptions;
  readonly #digests: Digests;
  readonly #disk: MemoryDisk;
  readonly #state: ResumeState;
  #directory: string;
  #selection: FileSelection;
  #paths: ReadonlyMap<FileIndex, string>;
  #isPrepared = false;
  #isClosed = false;

  constructor(geometry: Geometry, options: StorageOptions, digests: Digests, disk: MemoryDisk) {
    this.geometry = geometry;
    this.#options = options;
    this.#digests = digests;
    this.#disk = disk;
    this.#directory = options.directory;
    this.#selection = options.selection;
    const paths = renamedFiles(geometry, options.paths ?? new Map());
    const isKnown = options.isWritable && disk.journals.has(this.#key());
    this.#paths = (isKnown ? disk.renamed.get(this.#key()) : null) ?? paths;
    if (isKnown) this.#rename(paths);
    const journal = options.ignoresJournal === true ? undefined : disk.journals.get(this.#key());
    if (journal !== undefined && this.#isGone(journal)) {
      throw storageError('STORAGE_MISSING', `the data in ${this.#directory} is gone`);
    }
    this.#state = journal ?? {
      have: new Bitfield(geometry.pieceCount),
      suspect: this.#isUntouched ? new Bitfield(geometry.pieceCount) : Bitfield.full(geometry.pieceCount),
    };
    for (let piece = 0; piece < geometry.pieceCount; piece++) if (!this.#isPresent(piece)) this.#drop(piece);
    if (isKnown) disk.renamed.set(this.#key(), paths);
    if (options.trustsData === true)
      for (const piece of this.#state.suspect) if (this.#isWhole(piece)) this.#keep(piece);
  }

  readonly backlog: ByteCount = 0;

  get directory(): string {
    return this.#directory;
  }

  prepare(): Promise<void> {
    return this.#run(() => {
      this.#isPrepared = true;
      this.#settle();
    });
  }

  resume(): Promise<ResumeState> {
    return this.#run(() => ({ have: this.#state.have.clone(), suspect: this.#state.suspect.clone() }));
  }

  commit(piece: PieceIndex, data: PoolBuffer, expected: PieceHashes): Promise<CommitResult> {
    return this.#run(() => {
      if (!this.#options.isWritable) throw storageError('STORAGE_READ_ONLY', 'the torrent was opened for reading only');
      const bytes = data.bytes.subarray(0, this.geometry.pieceSize(piece));
      if (!this.#isGood(bytes, expected)) return 'mismatch';
      const plain = this.#ciphered(bytes.slice(), this.geometry.pieceOffset(piece));
      if ((this.#options.contentKey ?? null) !== null) this.#checkPadding(piece, plain);
      for (const slice of this.#slices(piece))
        this.#target(piece, slice).set(plain.subarray(slice.at, slice.at + slice.length));
      this.#keep(piece);
      return 'stored';
    });
  }

  check(piece: PieceIndex, expected: PieceHashes): Promise<boolean> {
    return this.#run(() => this.#check(piece, expected));
  }

  async checkAll(
    pieces: Bitfield,
    expected: (piece: PieceIndex) => PieceHashes,
    options: CheckOptions = {},
  ): Promise<Bitfield> {
    const good = new Bitfield(this.geometry.pieceCount);
    let checked = 0;
    for (const piece of pieces.clone()) {
      options.signal?.throwIfAborted();
      if (await this.check(piece, expected(piece))) good.add(piece);
      options.onProgress?.(++checked, good.count);
    }
    return good;
  }

  read(into: PoolBuffer, runs: readonly ReadRun[]): Promise<void> {
    return this.#run(() => {
      for (const { offset, at, length } of runs) {
        const part = into.bytes.subarray(at, at + length);
        this.#readRun(part, offset);
        this.#ciphered(part, offset);
      }
    });
  }

  readPlain(into: PoolBuffer, runs: readonly ReadRun[]): Promise<void> {
    return this.#run(() => {
      for (const { offset, at, length } of runs) this.#readRun(into.bytes.subarray(at, at + length), offset);
    });
  }

  leaves(piece: PieceIndex): Promise<Uint8Array> {
    return this.#run(() => {
      const content = this.#content(piece);
      if (content === null) throw this.#missing(piece);
      const offset = this.geometry.pieceOffset(piece);
      const file = this.geometry.files[this.geometry.fileAt(offset)] as FileEntry;
      const end = (this.#options.contentKey ?? null) === null ? file.offset + file.length : this.geometry.length;
      return this.#leaves(content.subarray(0, end - offset));
    });
  }

  forget(piece: PieceIndex): void {
    this.#drop(piece);
  }

  select(selection: FileSelection): Promise<void> {
    return this.#run(() => {
      this.#selection = selection;
      if (this.#isPrepared) this.#settle();
    });
  }

  flush(): Promise<void> {
    return this.#run(() => {});
  }

  move(directory: string, { signal, onProgress }: MoveOptions = {}): Promise<void> {
    return this.#run(() => {
      if (directory === this.#directory) return;
      signal?.throwIfAborted();
      const paths = this.#present();
      if (paths.length === 0 && !this.#state.have.isEmpty) {
        throw storageError('STORAGE_MISSING', `the data in ${this.#directory} is gone`);
      }
      const blocking = paths.map((path) => `${directory}/${path}`).find((path) => this.#disk.files.has(path));
      if (blocking !== undefined) {
        throw storageError('STORAGE_TARGET_EXISTS', `${blocking} exists`, { details: { path: blocking } });
      }
      const from = this.#directory;
      const parts = this.#parts();
      this.#disk.journals.delete(this.#key());
      this.#directory = directory;
      for (const path of paths) rename(this.#disk.files, `${from}/${path}`, `${directory}/${path}`);
      for (const { piece, slice, key } of parts) rename(this.#disk.parts, key, this.#partKey(piece, slice.file));
      this.#note();
      const size = paths.reduce((sum, path) => sum + (this.#disk.files.get(`${directory}/${path}`)?.length ?? 0), 0);
      onProgress?.(size, size);
    });
  }

  rename(paths: FilePaths): Promise<void> {
    return this.#run(() => {
      this.#rename(renamedFiles(this.geometry, paths));
      this.#note();
    });
  }

  checkFolder(): Promise<void> {
    return Promise.resolve();
  }

  delete(kept: ReadonlySet<FileIndex> = new Set()): Promise<void> {
    return this.#run(() => {
      const keptPaths = new Set(Array.from(kept, (file) => this.#below(file)));
      for (const path of this.#present().filter((one) => !keptPaths.has(one)))
        this.#disk.files.delete(`${this.#directory}/${path}`);
      for (const { key } of this.#parts()) this.#disk.parts.delete(key);
      this.#disk.journals.delete(this.#key());
      this.#isClosed = true;
    });
  }

  abandon(): Promise<void> {
    return this.#run(() => {
      this.#disk.journals.delete(this.#key());
      this.#isClosed = true;
    });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  /** The outcome of `fn` as a promise. */
  #run<T>(fn: () => T): Promise<T> {
    if (this.#isClosed) return Promise.reject(storageError('STORAGE_CLOSED', 'the storage is closed'));
    try {
      return Promise.resolve(fn());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #key(): string {
    const { v1, v2 } = this.#options.infoHashes;
    return `${this.#directory} ${toHex(v1 ?? v2 ?? new Uint8Array(0))}`;
  }

  #partKey(piece: PieceIndex, file: FileIndex): string {
    return `${this.#key()} ${piece} ${file}`;
  }

  /** The runs of pieces that are kept apart from their files. */
  #parts(): { piece: PieceIndex; slice: FileSlice; key: string }[] {
    const parts = [];
    for (let piece = 0; piece < this.geometry.pieceCount; piece++) {
      for (const slice of this.#slices(piece)) {
        const key = this.#partKey(piece, slice.file);
        if (this.#disk.parts.has(key)) parts.push({ piece, slice, key });
      }
    }
    return parts;
  }

  #below(file: FileIndex, paths = this.#paths): string {
    return paths.get(file) ?? (this.geometry.files[file] as FileEntry).path.join('/');
  }

  #path(file: FileIndex): string {
    return `${this.#directory}/${this.#below(file)}`;
  }

  /** Paths of the torrent's files that exist, below the folder. */
  #present(): string[] {
    const real = [...this.geometry.files.keys()].filter((file) => this.geometry.files[file]?.isPad === false);
    return real.map((file) => this.#below(file)).filter((path) => this.#disk.files.has(`${this.#directory}/${path}`));
  }

  /** Gives files other paths: all or none. */
  #rename(paths: ReadonlyMap<FileIndex, string>): void {
    const changed = [...this.geometry.files.keys()].filter((file) => this.#below(file) !== this.#below(file, paths));
    const moves = changed.map((file) => [this.#path(file), `${this.#directory}/${this.#below(file, paths)}`] as const);
    for (const [from, to] of moves) {
      if (!this.#disk.files.has(to) || !this.#disk.files.has(from)) continue;
      throw storageError('STORAGE_TARGET_EXISTS', `${to} exists`, { details: { path: to } });
    }
    for (const [from, to] of moves) rename(this.#disk.files, from, to);
    this.#paths = paths;
  }

  /** The journal knows of data, and none of the files is there. */
  #isGone({ have, suspect }: ResumeState): boolean {
    return (!have.isEmpty || !suspect.isEmpty) && this.#isUntouched;
  }

  get #isUntouched(): boolean {
    return this.#present().length === 0 && this.#parts().length === 0;
  }

  /** All files of the piece have their full length. */
  #isWhole(piece: PieceIndex): boolean {
    return this.#slices(piece).every(
      ({ file }) => this.#disk.files.get(this.#path(file))?.length === this.geometry.files[file]?.length,
    );
  }

  #note(): void {
    this.#disk.journals.set(this.#key(), this.#state);
    this.#disk.renamed.set(this.#key(), this.#paths);
  }

  #isWanted(file: FileIndex): boolean {
    return this.#selection === 'all' || this.#selection.has(file);
  }

  /** The runs of a piece that lie in files. */
  #slices(piece: PieceIndex): FileSlice[] {
    const all = this.geometry.slices(this.geometry.pieceOffset(piece), this.geometry.pieceSize(piece));
    return all.filter((slice) => slice.file >= 0);
  }

  /** Where a whole run of a piece is written. */
  #target(piece: PieceIndex, slice: FileSlice): Uint8Array {
    if (this.#isWanted(slice.file)) return this.#inFile(slice);
    const bytes = new Uint8Array(slice.length);
    this.#disk.parts.set(this.#partKey(piece, slice.file), bytes);
    return bytes;
  }

  /** The bytes of a run in its file, which is made when it is missing. */
  #inFile(slice: FileSlice): Uint8Array {
    const file = this.geometry.files[slice.file] as FileEntry;
    const bytes = this.#disk.files.get(this.#path(slice.file)) ?? new Uint8Array(file.length);
    this.#disk.files.set(this.#path(slice.file), bytes);
    return bytes.subarray(slice.fileOffset, slice.fileOffset + slice.length);
  }

  /** The bytes of a run that lies within a piece, or null when they are not there. */
  #source(piece: PieceIndex, slice: FileSlice): Uint8Array | null {
    const file = this.geometry.files[slice.file] as FileEntry;
    const part = this.#disk.parts.get(this.#partKey(piece, slice.file));
    const partStart = Math.max(0, this.geometry.pieceOffset(piece) - file.offset);
    const [bytes, start] = part === undefined ? [this.#disk.files.get(this.#path(slice.file)), 0] : [part, partStart];
    const from = slice.fileOffset - start;
    return bytes === undefined || bytes.length < from + slice.length ? null : bytes.subarray(from, from + slice.length);
  }

  /** A copy of a stored piece, or null when a file is missing. */
  #content(piece: PieceIndex): Uint8Array | null {
    const bytes = new Uint8Array(this.geometry.pieceSize(piece));
    for (const slice of this.#slices(piece)) {
      const source = this.#source(piece, slice);
      if (source === null) return null;
      bytes.set(source, slice.at);
    }
    return this.#ciphered(bytes, this.geometry.pieceOffset(piece));
  }

  #checkPadding(piece: PieceIndex, plain: Uint8Array): void {
    let end = 0;
    for (const { at, length } of this.#slices(piece)) {
      checkPadding(plain.subarray(end, at));
      end = at + length;
    }
    checkPadding(plain.subarray(end));
  }

  /** Of a sealed torrent the other form of a range, in place. */
  #ciphered(bytes: Uint8Array, offset: ByteCount): Uint8Array {
    const contentKey = this.#options.contentKey ?? null;
    if (contentKey !== null) cipherContent(contentKey, bytes, offset);
    return bytes;
  }

  #isPresent(piece: PieceIndex): boolean {
    return this.#slices(piece).every((slice) => this.#source(piece, slice) !== null);
  }

  #readRun(into: Uint8Array, offset: ByteCount): void {
    into.fill(0);
    const { pieceLength } = this.geometry;
    for (let done = 0; done < into.length; ) {
      const piece = Math.floor((offset + done) / pieceLength);
      const within = offset + done - this.geometry.pieceOffset(piece);
      const length = Math.min(into.length - done, pieceLength - within);
      for (const slice of this.geometry.slices(offset + done, length)) {
        if (slice.file < 0) continue;
        const source = this.#source(piece, slice);
        if (source === null) throw this.#missing(piece);
        into.set(source, done + slice.at);
      }
      done += length;
    }
  }

  #missing(piece: PieceIndex): DstError {
    return storageError('STORAGE_READ_FAILED', `a file of piece ${piece} is missing`, { details: { piece } });
  }

  #check(piece: PieceIndex, expected: PieceHashes): boolean {
    const content = this.#content(piece);
    const isGood = content !== null && this.#isGood(content, expected);
    if (isGood) this.#keep(piece);
    else this.#drop(piece);
    return isGood;
  }

  #isGood(bytes: Uint8Array, { sha1, merkle }: PieceHashes): boolean {
    if (sha1 === null && merkle === null) return false;
    if (sha1 !== null && !equalBytes(this.#digests.sha1(bytes), sha1)) return false;
    if (merkle === null) return true;
    const leaves = this.#leaves(bytes.subarray(0, merkle.length));
    return equalBytes(
      merkleRoot(leaves, merkle.leaves, (data) => this.#digests.sha256(data)),
      merkle.root,
    );
  }

  #leaves(bytes: Uint8Array): Uint8Array {
    const leaves = new Uint8Array(Math.ceil(bytes.length / LEAF_LENGTH) * NODE_LENGTH);
    for (let i = 0; i * LEAF_LENGTH < bytes.length; i++) {
      leaves.set(this.#digests.sha256(bytes.subarray(i * LEAF_LENGTH, (i + 1) * LEAF_LENGTH)), i * NODE_LENGTH);
    }
    return leaves;
  }

  #keep(piece: PieceIndex): void {
    this.#state.have.add(piece);
    this.#state.suspect.delete(piece);
    this.#note();
  }

  #drop(piece: PieceIndex): void {
    this.#state.have.delete(piece);
    this.#state.suspect.delete(piece);
  }

  /** Makes wanted empty files; moves bytes kept for files that are wanted now to where they belong. */
  #settle(): void {
    if (!this.#options.isWritable) return;
    for (const [index, file] of this.geometry.files.entries()) {
      const isEmpty = file.length === 0 && !file.isPad && file.symlink === null;
      const path = this.#path(index);
      if (isEmpty && this.#isWanted(index) && !this.#disk.files.has(path))
        this.#disk.files.set(path, new Uint8Array(0));
    }
    for (const { piece, slice, key } of this.#parts()) {
      const isKept = this.#state.have.has(piece) || this.#state.suspect.has(piece);
      if (isKept && !this.#isWanted(slice.file)) continue;
      if (isKept) this.#inFile(slice).set(this.#disk.parts.get(key) as Uint8Array);
      this.#disk.parts.delete(key);
    }
  }
}

function rename<T>(map: Map<string, T>, from: string, to: string): void {
  const value = map.get(from);
  if (value === undefined) return;
  map.delete(from);
  map.set(to, value);
}
