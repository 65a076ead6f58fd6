/** Which files of a torrent are wanted, and what that means for its pieces. */
import type { ByteCount, FileIndex } from '../../base/units.ts';
import type { Bitfield } from '../../base/bitfield.ts';
import type { FileEntry, Geometry } from '../../codec/metainfo/index.ts';
import type { FileSelection } from '../../storage/index.ts';
import type { PiecePicker, Priority } from '../picker/piece-picker.ts';

const NORMAL: Priority = 4;
const HIGHEST: Priority = 7;

export class Selection {
  readonly #geometry: Geometry;
  /** The first and last piece of each wanted file come before all others: what players look at first. */
  isFirstLast = false;
  /** By file; pads are never wanted for themselves. Null: all files are wanted as usual, as in most torrents. */
  #priorities: Uint8Array | null = null;

  constructor(
    geometry: Geometry,
    options: { select?: readonly FileIndex[]; priorities?: ReadonlyMap<FileIndex, number> } = {},
  ) {
    this.#geometry = geometry;
    if (options.select !== undefined) this.select(options.select);
    for (const [file, priority] of options.priorities ?? []) this.setPriority(file, priority);
  }

  /** The wanted files as the storage takes them. */
  get files(): FileSelection {
    const { files } = this.#geometry;
    if (this.#priorities === null) return 'all';
    for (let file = 0; file < files.length; file++) {
      if (this.priorityOf(file) === 0 && files[file]?.isPad === false) {
        return new Set(files.keys().filter((index) => this.priorityOf(index) > 0));
      }
    }
    return 'all';
  }

  priorityOf(file: FileIndex): number {
    if (this.#priorities !== null) return this.#priorities[file] ?? 0;
    return this.#geometry.files[file]?.isPad === false ? NORMAL : 0;
  }

  setPriority(file: FileIndex, priority: number): void {
    if (this.#geometry.files[file]?.isPad !== false) return;
    this.#priorities ??= Uint8Array.from(this.#geometry.files, (_, other) => this.priorityOf(other));
    this.#priorities[file] = Math.max(0, Math.min(7, priority));
  }

  /** Only these files are wanted. */
  select(files: readonly FileIndex[]): void {
    this.#priorities = new Uint8Array(this.#geometry.files.length);
    for (const file of files) this.setPriority(file, NORMAL);
  }

  /** A piece is as important as its most important file. */
  applyTo(picker: PiecePicker): void {
    const pieces = new Uint8Array(this.#geometry.pieceCount);
    for (let file = 0; file < this.#geometry.files.length; file++) {
      const priority = this.priorityOf(file);
      if (priority === 0) continue;
      const { first, end } = this.#geometry.piecesOfFile(file);
      for (let piece = first; piece < end; piece++) {
        if ((pieces[piece] as number) < priority) pieces[piece] = priority;
      }
      if (this.isFirstLast && first < end) pieces[first] = pieces[end - 1] = HIGHEST;
    }
    for (let piece = 0; piece < pieces.length; piece++) {
      const priority = pieces[piece] as Priority;
      if (picker.priorityOf(piece) !== priority) picker.setPriority(piece, priority);
    }
  }

  /** Bytes of wanted files, how many of them are verified, and how many of all files. */
  progress(have: Bitfield): { wantedSize: ByteCount; wantedDone: ByteCount; done: ByteCount } {
    const progress = { wantedSize: 0, wantedDone: 0, done: 0 };
    for (const [index, file] of this.#geometry.files.entries()) {
      if (file.isPad) continue;
      const done = this.fileDone(index, file, have);
      progress.done += done;
      if (this.priorityOf(index) === 0) continue;
      progress.wantedSize += file.length;
      progress.wantedDone += done;
    }
    return progress;
  }

  /** Bytes that are not verified, of all pieces, wanted or not. */
  missing(have: Bitfield): ByteCount {
    let bytes = 0;
    for (let piece = 0; piece < have.size && !have.isComplete; piece++) {
      if (!have.has(piece)) bytes += this.#geometry.payloadSize(piece);
    }
    return bytes;
  }

  /** Verified bytes of one file. */
  fileDone(index: FileIndex, file: FileEntry, have: Bitfield): ByteCount {
    if (have.isComplete) return file.length;
    const { first, end } = this.#geometry.piecesOfFile(index);
    let done = 0;
    for (let piece = first; piece < end; piece++) {
      if (!have.has(piece)) continue;
      const start = this.#geometry.pieceOffset(piece);
      const from = Math.max(start, file.offset);
      const to = Math.min(start + this.#geometry.pieceLength, file.offset + file.length);
      done += Math.max(0, to - from);
    }
    return done;
  }
}
