/** Which files of a torrent are wanted, and what that means for its pieces. */
import type { ByteCount, FileIndex } from '../../base/units.ts';
import type { Bitfield } from '../../base/bitfield.ts';
import type { FileEntry, Geometry } from '../../codec/metainfo/index.ts';
import type { FileSelection } from '../../storage/index.ts';
import type { PiecePicker, Priority } from '../picker/piece-picker.ts';

const NORMAL: Priority = 4;

export class Selection {
  readonly #geometry: Geometry;
  /** By file; pads and symlinks are never wanted for themselves. */
  readonly #priorities: Uint8Array;

  constructor(
    geometry: Geometry,
    options: { select?: readonly FileIndex[]; priorities?: ReadonlyMap<FileIndex, number> } = {},
  ) {
    this.#geometry = geometry;
    this.#priorities = new Uint8Array(geometry.files.length);
    if (options.select !== undefined) this.select(options.select);
    else for (let file = 0; file < geometry.files.length; file++) this.setPriority(file, NORMAL);
    for (const [file, priority] of options.priorities ?? []) this.setPriority(file, priority);
  }

  /** The wanted files as the storage takes them. */
  get files(): FileSelection {
    const { files } = this.#geometry;
    for (let file = 0; file < files.length; file++) {
      if (this.#priorities[file] === 0 && files[file]?.isPad === false) {
        return new Set(files.keys().filter((index) => this.priorityOf(index) > 0));
      }
    }
    return 'all';
  }

  priorityOf(file: FileIndex): number {
    return this.#priorities[file] ?? 0;
  }

  setPriority(file: FileIndex, priority: number): void {
    if (this.#geometry.files[file]?.isPad === false) this.#priorities[file] = Math.max(0, Math.min(7, priority));
  }

  /** Only these files are wanted. */
  select(files: readonly FileIndex[]): void {
    this.#priorities.fill(0);
    for (const file of files) this.setPriority(file, NORMAL);
  }

  /** A piece is as important as its most important file. */
  applyTo(picker: PiecePicker): void {
    const pieces = new Uint8Array(this.#geometry.pieceCount);
    for (let file = 0; file < this.#priorities.length; file++) {
      const priority = this.#priorities[file] as number;
      if (priority === 0) continue;
      const { first, end } = this.#geometry.piecesOfFile(file);
      for (let piece = first; piece < end; piece++) {
        if ((pieces[piece] as number) < priority) pieces[piece] = priority;
      }
    }
    for (let piece = 0; piece < pieces.length; piece++) {
      const priority = pieces[piece] as Priority;
      if (picker.priorityOf(piece) !== priority) picker.setPriority(piece, priority);
    }
  }

  /** Bytes of wanted files, and how many of them are verified. */
  progress(have: Bitfield): { size: ByteCount; done: ByteCount } {
    let size = 0;
    let done = 0;
    for (const [index, file] of this.#geometry.files.entries()) {
      if (this.priorityOf(index) === 0) continue;
      size += file.length;
      done += this.fileDone(index, file, have);
    }
    return { size, done };
  }

  /** Bytes that are not verified, of all pieces, wanted or not, pads included. */
  missing(have: Bitfield): ByteCount {
    let bytes = 0;
    for (let piece = 0; piece < have.size && !have.isComplete; piece++) {
      if (!have.has(piece)) bytes += this.#geometry.pieceSize(piece);
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
