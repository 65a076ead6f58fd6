/** Verification in large contiguous batches: each disk worker streams through its own part of the disk. */
import type { Bitfield } from '../../base/bitfield.ts';
import { equalBytes } from '../../base/bytes.ts';
import type { ByteCount, PieceIndex } from '../../base/units.ts';
import type { Geometry } from '../../codec/metainfo/index.ts';
import type { PieceHashes } from '../storage.ts';
import type { HashJob, HashOutcome, Site } from './disk-jobs.ts';
import type { Place } from './layout.ts';

/** Bytes of a batch: about 10 ms of work, so that a check neither stutters nor blocks reads for peers for long. */
const BATCH: ByteCount = 16 * 1024 * 1024;
/** Most pieces of a batch, for torrents of tiny pieces. */
const BATCH_PIECES = 1024;

/** Runs of consecutive pieces of about 16 MiB. */
export function* batches(pieces: Bitfield, geometry: Geometry): IterableIterator<PieceIndex[]> {
  const most = Math.max(1, Math.min(BATCH_PIECES, Math.floor(BATCH / geometry.pieceLength)));
  let batch: PieceIndex[] = [];
  for (const piece of pieces) {
    if (batch.length === most || (batch.length > 0 && piece !== (batch.at(-1) as PieceIndex) + 1)) {
      yield batch;
      batch = [];
    }
    batch.push(piece);
  }
  if (batch.length > 0) yield batch;
}

/** The job that hashes a run of consecutive pieces. */
export function hashJob(
  site: Site,
  geometry: Geometry,
  batch: readonly PieceIndex[],
  hashes: readonly PieceHashes[],
  placesOf: (offset: ByteCount, length: ByteCount) => Place[],
): HashJob {
  const sizes = Uint32Array.from(batch, (piece) => geometry.pieceSize(piece));
  const start = geometry.pieceOffset(batch[0] as PieceIndex);
  const length = geometry.pieceOffset(batch.length - 1) + (sizes.at(-1) as number);
  const hasMerkle = hashes.some((expected) => expected.merkle !== null);
  return {
    site,
    offset: start,
    pieceLength: geometry.pieceLength,
    sizes,
    places: placesOf(start, length),
    hasSha1: hashes.some((expected) => expected.sha1 !== null),
    merkle: hasMerkle
      ? {
          leaves: Uint32Array.from(hashes, (expected) => expected.merkle?.leaves ?? 1),
          lengths: Uint32Array.from(hashes, (expected) => expected.merkle?.length ?? 0),
        }
      : null,
  };
}

/** True when piece `i` of a hashed run is what it should be. */
export function isMatch(outcome: HashOutcome, i: number, expected: PieceHashes): boolean {
  if (outcome.isThere[i] === 0 || (expected.sha1 === null && expected.merkle === null)) return false;
  const { sha1, merkle } = expected;
  if (sha1 !== null && !equalBytes(outcome.sha1.subarray(20 * i, 20 * i + 20), sha1)) return false;
  return merkle === null || equalBytes(outcome.roots.subarray(32 * i, 32 * i + 32), merkle.root);
}
