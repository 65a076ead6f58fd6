/** Torrents with real hashes from contents in memory, for tests. */
import { concat } from '../../src/base/bytes.ts';
import {
  BLOCK_LENGTH,
  encodeTorrent,
  hashesOfLeaves,
  planTorrent,
  type PlannedFile,
  type TorrentDetails,
  type TorrentFormat,
  type TorrentHashes,
  type TorrentPlan,
} from '../../src/codec/metainfo/index.ts';
import { nodeDigests } from '../../src/crypto/digests.ts';

export interface ContentFile extends Omit<PlannedFile, 'path' | 'length'> {
  /** Elements joined by slashes. */
  readonly path: string;
  readonly content: Uint8Array;
}

export interface BuildOptions extends TorrentDetails {
  readonly format: TorrentFormat;
  readonly name?: string;
  readonly pieceLength?: number;
  readonly isSingleFile?: boolean;
}

export interface BuiltTorrent {
  readonly plan: TorrentPlan;
  readonly hashes: TorrentHashes;
  readonly bytes: Uint8Array;
  /** The bytes of a piece as v1 hashes them. */
  readonly pieceBytes: (piece: number) => Uint8Array;
}

/** Bytes that differ from block to block and from seed to seed. */
export function content(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed + 1) * 0x9e3779b1;
  for (let i = 0; i < length; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + i;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** SHA-256 of each 16 KiB block of some bytes. */
export function leavesOf(bytes: Uint8Array): Uint8Array {
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += BLOCK_LENGTH)
    leaves.push(nodeDigests.sha256(bytes.subarray(at, at + BLOCK_LENGTH)));
  return concat(leaves);
}

export function buildTorrent(files: readonly ContentFile[], options: BuildOptions): BuiltTorrent {
  const { format, name = 'sample', pieceLength = BLOCK_LENGTH, isSingleFile = false, ...details } = options;
  const planned = files.map(({ path, content: bytes, ...rest }) => ({
    ...rest,
    path: path.split('/'),
    length: bytes.length,
  }));
  const plan = planTorrent(planned, { format, name, isSingleFile, pieceLength });
  const space = new Uint8Array(plan.length);
  for (const [i, file] of plan.files.entries()) {
    if (!file.isPad) space.set(files[plan.sources[i] as number]?.content as Uint8Array, file.offset);
  }
  const pieceBytes = (piece: number): Uint8Array => space.subarray(piece * pieceLength, (piece + 1) * pieceLength);
  const pieces = Array.from({ length: plan.pieceCount }, (_, piece) => nodeDigests.sha1(pieceBytes(piece)));
  const hashes: TorrentHashes = {
    pieces: plan.hasV1 ? concat(pieces) : null,
    files: plan.files.map((file) => {
      if (format === 'v1' || file.isPad || file.length === 0) return null;
      return hashesOfLeaves(leavesOf(space.subarray(file.offset, file.offset + file.length)), pieceLength, nodeDigests);
    }),
  };
  return { plan, hashes, bytes: encodeTorrent(plan, hashes, details), pieceBytes };
}
