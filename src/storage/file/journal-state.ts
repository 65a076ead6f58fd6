/**
 * What a journal says of one torrent: which pieces are there, which of them would survive a power cut, and the
 * modification times at which our own writes left the files. The same transitions are applied to the records of a
 * journal that is read and to the events of a running torrent. Format and reasons: docs/spec/journal.md.
 */
import { Bitfield } from '../../base/bitfield.ts';
import { LazyMap } from '../../base/lazy-map.ts';
import type { FileIndex, PieceIndex } from '../../base/units.ts';

const noPaths: ReadonlyMap<FileIndex, string> = new Map();

/** A file index, or file count + piece index for the part files of a piece. */
export type FileKey = number;

/** Modification times (milliseconds since 1970, with fraction, as the file system tells them). */
export interface Stamp {
  /** After our last write or check. */
  last: number;
  /** Known to be on the disk; null when never flushed. */
  durable: number | null;
}

/** Key, time, key, time, …: how stamps travel between threads and in records. */
export type StampList = readonly number[];

export class JournalState {
  /** Verified and written, the durable ones included. */
  readonly done: Bitfield;
  /** Verified, written and flushed to the disk. */
  readonly durable: Bitfield;
  /** May be there, must be hashed before use. */
  readonly suspect: Bitfield;
  /** Write announced but not noted as done: piece and calendar time of the announcement, ms. */
  readonly inFlight: LazyMap<PieceIndex, number> = new LazyMap();
  readonly stamps: Map<FileKey, Stamp> = new Map();
  /** Everything was flushed and nothing has happened since. */
  isClean = false;
  /** Calendar time of the newest record that tells it, ms. */
  lastTime = 0;
  /** Folder to which the files were on their way. */
  moveTarget: string | null = null;
  /** Folder from which they came, as long as somebody may look for them there. */
  origin: string | null = null;
  /** Files that lie elsewhere below the folder than the torrent says; elements joined by `/`. */
  paths: ReadonlyMap<FileIndex, string> = noPaths;

  constructor(pieceCount: number) {
    this.done = new Bitfield(pieceCount);
    this.durable = new Bitfield(pieceCount);
    this.suspect = new Bitfield(pieceCount);
  }

  markIntent(time: number, pieces: Iterable<PieceIndex>): void {
    for (const piece of pieces) this.inFlight.set(piece, time);
    this.#touch(time);
  }

  markDone(pieces: Iterable<PieceIndex>, stamps: StampList): void {
    for (const piece of pieces) {
      this.done.add(piece);
      this.suspect.delete(piece);
      this.inFlight.delete(piece);
    }
    this.markStamps(stamps);
    this.isClean = false;
  }

  markForgotten(pieces: Iterable<PieceIndex>): void {
    for (const piece of pieces) {
      for (const field of [this.done, this.durable, this.suspect]) field.delete(piece);
      this.inFlight.delete(piece);
    }
    this.isClean = false;
  }

  markDurable(time: number, pieces: Iterable<PieceIndex>, stamps: StampList): void {
    for (const piece of pieces) if (this.done.has(piece)) this.durable.add(piece);
    for (let i = 0; i + 1 < stamps.length; i += 2) {
      const stamp = this.#stamp(stamps[i] as number, stamps[i + 1] as number);
      stamp.durable = Math.max(stamp.durable ?? Number.NEGATIVE_INFINITY, stamps[i + 1] as number);
    }
    this.#touch(time);
  }

  /** Later times win: records of two workers may stand in the other order than their writes. */
  markStamps(stamps: StampList): void {
    for (let i = 0; i + 1 < stamps.length; i += 2) this.#stamp(stamps[i] as number, stamps[i + 1] as number);
  }

  #stamp(key: FileKey, time: number): Stamp {
    const known = this.stamps.get(key);
    if (known !== undefined) {
      known.last = Math.max(known.last, time);
      return known;
    }
    const stamp = { last: time, durable: null };
    this.stamps.set(key, stamp);
    return stamp;
  }

  #touch(time: number): void {
    this.lastTime = Math.max(this.lastTime, time);
    this.isClean = false;
  }
}
