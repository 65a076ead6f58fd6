/**
 * Decides which pieces may be believed when a torrent is opened: what the journal says, held against what the files
 * look like. Anything that is not certain becomes suspect and is hashed again; what cannot be there is given up.
 */
import type { Bitfield } from '../../base/bitfield.ts';
import type { ByteCount, FileIndex, PieceIndex } from '../../base/units.ts';
import type { FileEntry, Geometry } from '../../codec/metainfo/index.ts';
import type { ReadJournal } from './journal-format.ts';
import { type FileKey, JournalState } from './journal-state.ts';

/**
 * How much later than its intent record (in whole seconds) a write may have touched a file, ms. Within it a changed
 * time is explained by a write that a kill cut short, and only the pieces of such writes are suspect; beyond it the
 * whole file is.
 */
const WRITE_SLACK = 3000;
/** The same after a power cut, which may have taken the newest records along: how old dirty pages may get, ms. */
const POWER_CUT_SLACK = 60_000;

/** A file as it was found. */
export interface FoundFile {
  readonly size: ByteCount;
  /** Modification time, ms since 1970. */
  readonly time: number;
}

/** A part file; it belongs to a piece and a file that the torrent has. */
export interface FoundPart extends FoundFile {
  readonly piece: PieceIndex;
  readonly file: FileIndex;
}

export interface ResumeInput {
  readonly geometry: Geometry;
  /** Null when there is none that may be believed. */
  readonly journal: ReadJournal | null;
  /** 16 bytes, zeros when unknown. */
  readonly bootId: Uint8Array;
  readonly found: ReadonlyMap<FileIndex, FoundFile>;
  readonly parts: readonly FoundPart[];
}

/** The state to go on from: `done` can be served, `suspect` must be hashed, the rest must be fetched. */
export function resumeState(input: ResumeInput): JournalState {
  const { geometry, journal } = input;
  const state = new JournalState(geometry.pieceCount);
  // A new torrent, however many files it has.
  if (journal === null && input.found.size + input.parts.length === 0) return state;
  const isSameBoot = journal !== null && isSame(journal.bootId, input.bootId);
  if (journal === null) state.suspect.fill();
  else recall(state, journal.state, isSameBoot);
  const judge = new Judge(input, state, isSameBoot);
  for (const [index, file] of geometry.files.entries()) if (!file.isPad && file.length > 0) judge.file(index, file);
  for (const part of input.parts) judge.part(part);
  judge.missingParts();
  judge.finish();
  return state;
}

/** Takes suspect pieces for good when their files have exactly the right lengths. Returns whether there were any. */
export function trustSizes(state: JournalState, geometry: Geometry, found: ReadonlyMap<FileIndex, FoundFile>): boolean {
  const stamps: number[] = [];
  const believed = [...state.suspect].filter((piece) => {
    const slices = geometry.slices(geometry.pieceOffset(piece), geometry.pieceSize(piece));
    const files = slices.map(({ file }) => file).filter((file) => file >= 0);
    if (files.some((file) => found.get(file)?.size !== geometry.files[file]?.length)) return false;
    for (const file of files) stamps.push(file, found.get(file)?.time ?? 0);
    return true;
  });
  state.markDone(believed, stamps);
  return believed.length > 0;
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.some((byte) => byte !== 0) && a.every((byte, i) => byte === b[i]);

/** After a power cut only what was flushed counts; the rest may be on the disk or not. */
function recall(state: JournalState, old: JournalState, isSameBoot: boolean): void {
  for (const piece of old.durable) if (old.done.has(piece)) state.durable.add(piece);
  for (const piece of old.done) {
    if (isSameBoot || state.durable.has(piece)) state.done.add(piece);
    else state.suspect.add(piece);
  }
  for (const piece of old.suspect) state.suspect.add(piece);
  for (const piece of old.inFlight.keys()) state.suspect.add(piece);
  state.lastTime = old.lastTime;
}

/** Works off the files one by one: doubts first, losses at the end, for a lost piece is not worth hashing. */
class Judge {
  readonly #input: ResumeInput;
  readonly #state: JournalState;
  readonly #isSameBoot: boolean;
  readonly #lost: PieceIndex[] = [];
  /** Pieces whose bytes of a file lie in a part file. */
  readonly #inParts: ReadonlySet<string>;
  /** Earliest and latest intent that is not done, for each file. */
  readonly #intents = new Map<FileKey, readonly [first: number, last: number]>();

  constructor(input: ResumeInput, state: JournalState, isSameBoot: boolean) {
    this.#input = input;
    this.#state = state;
    this.#isSameBoot = isSameBoot;
    this.#inParts = new Set(input.parts.map(({ piece, file }) => `${piece}.${file}`));
    for (const [piece, time] of input.journal?.state.inFlight ?? []) this.#noteIntent(piece, time);
  }

  file(index: FileIndex, file: FileEntry): void {
    const { geometry } = this.#input;
    const found = this.#input.found.get(index) ?? null;
    const { first, end } = geometry.piecesOfFile(index);
    const lies = (piece: PieceIndex): boolean => this.#inParts.size === 0 || !this.#inParts.has(`${piece}.${index}`);
    const covered = found === null ? 0 : found.size;
    for (let piece = end - 1; piece >= first; piece--) {
      const needed = Math.min(file.length, geometry.pieceOffset(piece + 1) - file.offset);
      if (needed <= covered) break;
      if (lies(piece)) this.#lost.push(piece);
    }
    if (found === null || this.#isTrusted(index, found)) return;
    for (let piece = first; piece < end; piece++) if (lies(piece)) this.#doubt(piece);
  }

  /** The part files of a piece share one stamp, the latest of their times: none may be later. */
  part({ piece, file, size, time }: FoundPart): void {
    const { geometry } = this.#input;
    const entry = geometry.files[file] as FileEntry;
    const start = Math.max(geometry.pieceOffset(piece), entry.offset);
    const end = Math.min(geometry.pieceOffset(piece) + geometry.pieceLength, entry.offset + entry.length);
    const key = geometry.files.length + piece;
    const latest = this.#input.journal?.state.stamps.get(key)?.last ?? Number.NEGATIVE_INFINITY;
    if (size < end - start) this.#lost.push(piece);
    else if (!this.#isTrusted(key, { size, time: Math.max(time, latest) })) this.#doubt(piece);
  }

  /** Stamped part files that are gone: the file that their bytes belong to may have a hole there, whatever its time. */
  missingParts(): void {
    const { geometry, journal, parts } = this.#input;
    const present = new Set(parts.map(({ piece }) => piece));
    for (const key of journal?.state.stamps.keys() ?? []) {
      const piece = key - geometry.files.length;
      if (piece >= 0 && !present.has(piece) && this.#state.done.has(piece)) this.#doubt(piece);
    }
  }

  finish(): void {
    for (const piece of this.#lost) this.#state.markForgotten([piece]);
    for (const piece of this.#state.suspect) this.#drop(piece, this.#state.done, this.#state.durable);
  }

  #doubt(piece: PieceIndex): void {
    this.#state.suspect.add(piece);
  }

  #drop(piece: PieceIndex, ...fields: Bitfield[]): void {
    for (const field of fields) field.delete(piece);
  }

  #noteIntent(piece: PieceIndex, time: number): void {
    const { geometry } = this.#input;
    const keys = geometry.slices(geometry.pieceOffset(piece), geometry.pieceSize(piece)).map((slice) => slice.file);
    for (const key of [...keys.filter((file) => file >= 0), geometry.files.length + piece]) {
      const [first, last] = this.#intents.get(key) ?? [time, time];
      this.#intents.set(key, [Math.min(first, time), Math.max(last, time)]);
    }
  }

  /** True when the file's time is one that our own writes explain. Keeps the stamp for the new state when so. */
  #isTrusted(key: FileKey, found: FoundFile): boolean {
    const old = this.#input.journal?.state;
    const stamp = old?.stamps.get(key);
    const isExact = stamp?.last === found.time;
    if (!isExact && (old === undefined || !this.#isExplained(key, found.time, old))) return false;
    const isDurable = stamp?.durable !== undefined && stamp.durable === found.time;
    this.#state.stamps.set(key, { last: found.time, durable: isDurable ? found.time : null });
    return true;
  }

  #isExplained(key: FileKey, time: number, old: JournalState): boolean {
    const stamp = old.stamps.get(key);
    if (this.#isSameBoot) {
      const intents = this.#intents.get(key);
      if (intents === undefined) return false;
      return time >= (stamp?.last ?? intents[0] - WRITE_SLACK) && time <= intents[1] + WRITE_SLACK;
    }
    if (old.isClean) return false;
    const latest = Math.max(stamp?.last ?? 0, old.lastTime) + POWER_CUT_SLACK;
    return time >= (stamp?.durable ?? 0) && time <= latest;
  }
}
