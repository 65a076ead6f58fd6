/**
 * What the main thread and a disk worker tell each other. Commits and reads come thousands of times a second, and
 * cloning a message costs most by its properties and by each array of bytes (a view takes its whole memory along), so
 * these two travel as flat lists of numbers and texts; other jobs as they are.
 */
import { toBinary } from '../../base/bytes.ts';
import type { PieceHashes } from '../storage.ts';
import type {
  CommitJob,
  CommitOutcome,
  JobInput,
  JobKind,
  JobResult,
  ReadJob,
  ReadSegment,
  Site,
} from './disk-jobs.ts';
import type { Place } from './layout.ts';

type Flat = number | string | boolean | Uint8Array | null;

/** Jobs are posted together when they arise in the same turn of the event loop. */
export interface DiskRequest {
  /** Pool memory that the worker has not seen yet: id and memory. */
  readonly memories: readonly (readonly [id: number, memory: SharedArrayBuffer])[];
  /** Ids of memory that was given up. */
  readonly forgotten: readonly number[];
  /** Id, kind and packed input of each job, in turns. */
  readonly jobs: readonly unknown[];
}

/** Outcome of one job: its id and its packed result, or the storage error with which it ended. */
export type DiskReply = readonly [id: number, result: unknown] | readonly [id: number, result: null, fault: DiskFault];

export type DiskFault = readonly [code: string, message: string, details: Readonly<Record<string, unknown>>];

export function packInput(kind: JobKind, input: JobInput<JobKind>): unknown {
  if (kind === 'commit') return packCommit(input as CommitJob);
  return kind === 'read' ? packRead(input as ReadJob) : input;
}

export function unpackInput(kind: JobKind, packed: unknown): JobInput<JobKind> {
  if (kind === 'commit') return unpackCommit(packed as Flat[]);
  return kind === 'read' ? unpackRead(packed as unknown[]) : (packed as JobInput<JobKind>);
}

export function packResult(kind: JobKind, result: JobResult<JobKind>): unknown {
  if (kind !== 'commit') return result;
  const { isGood, journalFault, stamps } = result as CommitOutcome;
  return ([isGood, journalFault] as Flat[]).concat(stamps);
}

export function unpackResult(kind: JobKind, packed: unknown): JobResult<JobKind> {
  if (kind !== 'commit') return packed as JobResult<JobKind>;
  const flat = packed as [boolean, string | null, ...number[]];
  return { isGood: flat[0], journalFault: flat[1], stamps: flat.slice(2) as number[] };
}

/** Fields of a commit before its places, and of a place. */
const COMMIT_FIELDS = 14;
const PLACE_FIELDS = 7;

function packCommit({ site, buffer, length, piece, offset, places, hashes, journal }: CommitJob): Flat[] {
  const { sha1, merkle } = hashes;
  const flat: Flat[] = [site.torrent, site.root, site.isStrict, site.device, site.contentKey];
  flat.push(buffer, length, piece, offset, journal);
  flat.push(sha1 && toBinary(sha1), merkle && toBinary(merkle.root), merkle?.leaves ?? 0, merkle?.length ?? 0);
  for (let i = 0; i < places.length; i++) {
    const place = places[i] as Place;
    flat.push(place.key, place.path, place.offset, place.at, place.length, place.fileLength, place.isExecutable);
  }
  return flat;
}

function unpackCommit(flat: readonly Flat[]): CommitJob {
  const [torrent, root, isStrict, device, contentKey, ...rest] = flat;
  const [buffer, length, piece, offset, journal, sha1, merkleRoot, leaves, merkleLength] = rest;
  const merkle = merkleRoot && { root: fromBinary(merkleRoot), leaves, length: merkleLength };
  const places: Place[] = [];
  for (let i = COMMIT_FIELDS; i < flat.length; i += PLACE_FIELDS) {
    places.push({
      key: flat[i],
      path: flat[i + 1],
      offset: flat[i + 2],
      at: flat[i + 3],
      length: flat[i + 4],
      fileLength: flat[i + 5],
      isExecutable: flat[i + 6],
    } as Place);
  }
  const hashes = { sha1: sha1 && fromBinary(sha1), merkle } as PieceHashes;
  const site = { torrent, root, isStrict, device, contentKey } as Site;
  return { site, buffer, length, piece, offset, places, hashes, journal } as CommitJob;
}

const fromBinary = (text: Flat | undefined): Uint8Array => Buffer.from(text as string, 'latin1');

function packRead({ site, buffer, segments, sealed }: ReadJob): unknown[] {
  const { torrent, root, isStrict, device, contentKey } = site;
  const flat: unknown[] = [torrent, root, isStrict, device, contentKey, sealed, buffer];
  for (const { path, isWhole, offset, spots } of segments) flat.push(path, isWhole, offset, spots);
  return flat;
}

function unpackRead(flat: readonly unknown[]): ReadJob {
  const [torrent, root, isStrict, device, contentKey, sealed, buffer] = flat;
  const segments: ReadSegment[] = [];
  for (let i = 7; i < flat.length; i += 4) {
    segments.push({ path: flat[i], isWhole: flat[i + 1], offset: flat[i + 2], spots: flat[i + 3] } as ReadSegment);
  }
  return { site: { torrent, root, isStrict, device, contentKey } as Site, buffer, segments, sealed } as ReadJob;
}
