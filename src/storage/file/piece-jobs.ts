/** Jobs on pieces: verify and write, read and hash, read for peers. All of them run synchronously in a disk thread. */
import fs from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { ByteCount } from '../../base/units.ts';
import { checkPadding, cipherContent } from '../content-cipher.ts';
import { storageError } from '../errors.ts';
import type {
  CommitJob,
  CommitOutcome,
  HashJob,
  HashOutcome,
  LeavesJob,
  ReadJob,
  ReadSegment,
  Site,
  StampMap,
} from './disk-jobs.ts';
import type { DiskContext } from './disk-context.ts';
import { encodeDone, encodeIntent } from './journal-records.ts';
import type { Place } from './layout.ts';
import { PieceHasher } from './piece-hash.ts';
import { siteFault } from './save-folder.ts';
import { pathIn } from './verified-folders.ts';

/**
 * Verifies a piece and writes it: intent record, data, done record, in this order. A kill between them leaves a piece
 * that the intent says must be hashed; a done record exists only when all of the data was handed to the kernel.
 */
export function commit(context: DiskContext, job: CommitJob): CommitOutcome {
  const data = context.memory(job.buffer, job.length);
  if (!context.verifier.isGood(data, job.hashes)) return { isGood: false, stamps: [], journalFault: null };
  const plain = plainPiece(context, job, data);
  let journalFault = note(context, job, () => encodeIntent(systemClock.wall() * 1000, [job.piece]));
  const stamps: number[] = [];
  for (let i = 0; i < job.places.length; i++) {
    const place = job.places[i] as Place;
    stamps.push(place.key, writePlace(context, job.site, place, plain));
  }
  journalFault ??= note(context, job, () => encodeDone([job.piece], stamps));
  return { isGood: true, stamps, journalFault };
}

/** What of a piece goes into files. The buffer stays as it is: a write that failed may be tried again with it. */
function plainPiece(context: DiskContext, { site, offset, length, places }: CommitJob, data: Buffer): Buffer {
  if (site.contentKey === null) return data;
  const plain = context.plain(length);
  data.copy(plain);
  cipherContent(site.contentKey, plain, offset);
  let end = 0;
  for (const { at, length: part } of places) {
    checkPadding(plain.subarray(end, at));
    end = at + part;
  }
  checkPadding(plain.subarray(end));
  return plain;
}

function note(context: DiskContext, job: CommitJob, record: () => Uint8Array): string | null {
  if (job.journal === null) return null;
  try {
    const bytes = record();
    const written = fs.writeSync(context.files.openJournal(job.site, job.journal), bytes);
    return written === bytes.length ? null : 'short write';
  } catch (error) {
    return messageOf(error);
  }
}

/** Writes one place of a range and returns the file's modification time. A file that is too long is cut. */
export function writePlace(context: DiskContext, site: Site, place: Place, data: Uint8Array): number {
  const { files } = context;
  const { path, isExecutable } = place;
  const isWhole = place.length === place.fileLength;
  const fd = isWhole ? files.openWriteOnce(site, path, isExecutable) : files.openWrite(site, path, isExecutable);
  try {
    let done = 0;
    while (done < place.length) {
      done += fs.writeSync(fd, data, place.at + done, place.length - done, place.offset + done);
    }
    const stat = fs.fstatSync(fd);
    if (stat.size <= place.fileLength) return stat.mtimeMs;
    fs.ftruncateSync(fd, place.fileLength);
    return fs.fstatSync(fd).mtimeMs;
  } catch (error) {
    throw siteFault(error, 'write', site, pathIn(site, path));
  } finally {
    if (isWhole) fs.closeSync(fd);
  }
}

/** Opens a file, reads from it with `use`, and lets go of it when that was all of it. */
function readFile({ files }: DiskContext, site: Site, path: string, isWhole: boolean, use: (fd: number) => void): void {
  const fd = isWhole ? files.openReadOnce(site, path) : files.openRead(site, path);
  try {
    use(fd);
  } catch (error) {
    throw siteFault(error, 'read', site, pathIn(site, path));
  } finally {
    if (isWhole) fs.closeSync(fd);
  }
}

/** Reads exactly `length` bytes; throws when the file ends before. */
export function readExactly(fd: number, into: Uint8Array, at: number, length: number, offset: number): void {
  for (let done = 0; done < length; ) {
    const n = fs.readSync(fd, into, at + done, length - done, offset + done);
    if (n === 0) throw storageError('STORAGE_READ_FAILED', 'the file is shorter than the torrent says');
    done += n;
  }
}

/** The places of a range in order; `fill` reads any part of it once through, zeros where no place is. */
class RangeReader {
  readonly #context: DiskContext;
  readonly #site: Site;
  readonly #places: readonly Place[];
  readonly #stamps: StampMap;
  #next = 0;

  constructor(context: DiskContext, site: Site, places: readonly Place[], stamps: StampMap) {
    this.#context = context;
    this.#site = site;
    this.#places = places;
    this.#stamps = stamps;
  }

  /** Reads [from, from + into.length) of the range; ranges must be asked for in ascending order. */
  fill(into: Uint8Array, from: ByteCount): void {
    const to = from + into.length;
    let at = from;
    while (at < to) {
      const place = this.#places[this.#next];
      if (place === undefined || place.at >= to) break;
      const end = Math.min(to, place.at + place.length);
      if (end > at) {
        const start = Math.max(at, place.at);
        if (start > at) into.fill(0, at - from, start - from);
        this.#read(place, into, start - from, end - start, place.offset + start - place.at);
        at = end;
      }
      if (place.at + place.length > to) break;
      this.#next++;
    }
    if (at < to) into.fill(0, at - from);
  }

  /** The stamp is taken before the first read: a change meanwhile will show. */
  #read(place: Place, into: Uint8Array, at: number, length: number, offset: number): void {
    readFile(this.#context, this.#site, place.path, length === place.fileLength, (fd) => {
      if (!this.#stamps.has(place.key)) this.#stamps.set(place.key, fs.fstatSync(fd).mtimeMs);
      readExactly(fd, into, at, length, offset);
    });
  }
}

/** Reads and hashes consecutive pieces, each for itself: one that is missing does not spoil the others. */
export function hashPieces(context: DiskContext, job: HashJob): HashOutcome {
  const count = job.sizes.length;
  const isThere = new Uint8Array(count);
  const sha1 = new Uint8Array(job.hasSha1 ? 20 * count : 0);
  const roots = new Uint8Array(job.merkle === null ? 0 : 32 * count);
  const stamps: StampMap = new Map();
  const reader = new RangeReader(context, job.site, job.places, stamps);
  for (let i = 0; i < count; i++) {
    const hasher = new PieceHasher(job.hasSha1, job.merkle?.lengths[i] ?? 0);
    try {
      readThrough(context, job, { reader, from: i * job.pieceLength, size: job.sizes[i] as number }, hasher);
    } catch (error) {
      if (codeOf(error) !== 'STORAGE_READ_FAILED') throw error;
      continue;
    }
    isThere[i] = 1;
    if (job.hasSha1) sha1.set(hasher.sha1(), 20 * i);
    if (job.merkle !== null) roots.set(hasher.root(job.merkle.leaves[i] as number), 32 * i);
  }
  return { isThere, sha1, roots, stamps: [...stamps].flat() };
}

/** SHA-256 of each block of a stored piece. */
export function hashLeaves(context: DiskContext, job: LeavesJob): Uint8Array {
  const hasher = new PieceHasher(false, job.size);
  const reader = new RangeReader(context, job.site, job.places, new Map());
  readThrough(context, job, { reader, from: 0, size: job.size }, hasher);
  return hasher.leaves;
}

function readThrough(
  { scratch }: DiskContext,
  { site, offset }: HashJob | LeavesJob,
  { reader, from, size }: { reader: RangeReader; from: ByteCount; size: ByteCount },
  hasher: PieceHasher,
): void {
  for (let at = 0; at < size; at += scratch.length) {
    const part = size - at < scratch.length ? scratch.subarray(0, size - at) : scratch;
    reader.fill(part, from + at);
    if (site.contentKey !== null) cipherContent(site.contentKey, part, offset + from + at);
    hasher.update(part);
  }
}

/** Reads runs of blocks into a pool buffer, each segment in one call. */
export function read(context: DiskContext, job: ReadJob): null {
  const memory = context.memory(job.buffer, endOf(job));
  for (let i = 0; i < job.segments.length; i++) {
    const segment = job.segments[i] as ReadSegment;
    readFile(context, job.site, segment.path, segment.isWhole, (fd) => readFrom(fd, segment, memory));
  }
  const { contentKey } = job.site;
  if (contentKey === null) return null;
  for (const { offset, at, length } of job.sealed) cipherContent(contentKey, memory.subarray(at, at + length), offset);
  return null;
}

/** Where the part of the buffer ends that is filled. */
function endOf({ segments, sealed }: ReadJob): ByteCount {
  let end = 0;
  for (const { at, length } of sealed) end = Math.max(end, at + length);
  for (let i = 0; i < segments.length; i++) {
    const { spots } = segments[i] as ReadSegment;
    end = Math.max(end, (spots.at(-2) as number) + (spots.at(-1) as number));
  }
  return end;
}

function readFrom(fd: number, { spots, offset }: ReadSegment, memory: Buffer): void {
  if (spots.length > 2 && isReadAtOnce(fd, spots, offset, memory)) return;
  // One spot; or a signal cut a vectored read short: then all is read again, to tell that from the end of the file.
  let from = offset;
  for (let i = 0; i < spots.length; i += 2) {
    const length = spots[i + 1] as number;
    readExactly(fd, memory, spots[i] as number, length, from);
    from += length;
  }
}

function isReadAtOnce(fd: number, spots: readonly number[], offset: ByteCount, memory: Buffer): boolean {
  const views: Uint8Array[] = [];
  let total = 0;
  for (let i = 0; i < spots.length; i += 2) {
    const at = spots[i] as number;
    const length = spots[i + 1] as number;
    views.push(memory.subarray(at, at + length));
    total += length;
  }
  return fs.readvSync(fd, views, offset) === total;
}
