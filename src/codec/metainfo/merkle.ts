/**
 * Merkle trees of BEP 52: binary, SHA-256, leaves are the hashes of 16 KiB blocks. Heights count from the leaves (0)
 * up. Leaves beyond the end of a file are 32 zero bytes, and what lies above only such leaves is a pad hash.
 */
import { concat } from '../../base/bytes.ts';
import type { Digests } from '../../base/digests.ts';
import type { ByteCount } from '../../base/units.ts';
import { BLOCK_LENGTH } from './geometry.ts';

/** Bytes of a hash. */
export const HASH_LENGTH: ByteCount = 32;

/** Number of 16 KiB blocks of a file. */
export const blockCountOf = (fileLength: ByteCount): number => Math.ceil(fileLength / BLOCK_LENGTH);

/** Height of the smallest tree with room for `leaves` (≥ 1) leaves. */
export const heightOf = (leaves: number): number => Math.ceil(Math.log2(leaves));

/** Number of whole pieces that cover a file. */
export const piecesOf = (fileLength: ByteCount, pieceLength: ByteCount): number => Math.ceil(fileLength / pieceLength);

const padHashes: Uint8Array[] = [new Uint8Array(HASH_LENGTH)];

/** The hash of a node of a height under which there are only leaves beyond the end of the file. */
export function padHash(height: number, digests: Digests): Uint8Array {
  for (let known = padHashes.length; known <= height; known++) {
    const below = padHashes[known - 1] as Uint8Array;
    padHashes.push(digests.sha256(concat([below, below])));
  }
  return padHashes[height] as Uint8Array;
}

/** The layer above a layer of concatenated hashes of a height; an odd end is completed by a pad hash. */
export function layerAbove(layer: Uint8Array, height: number, digests: Digests): Uint8Array {
  const pair = 2 * HASH_LENGTH;
  const whole = layer.length - (layer.length % pair);
  const above = new Uint8Array(Math.ceil(layer.length / pair) * HASH_LENGTH);
  for (let at = 0; at < whole; at += pair) above.set(digests.sha256(layer.subarray(at, at + pair)), at / 2);
  if (whole < layer.length) {
    above.set(digests.sha256(concat([layer.subarray(whole), padHash(height, digests)])), whole / 2);
  }
  return above;
}

/** The single hash of height `top` above a (not empty) layer of a height, pads filling the end. */
export function rootOf(layer: Uint8Array, height: number, top: number, digests: Digests): Uint8Array {
  let hashes = layer;
  for (let at = height; at < top; at++) hashes = layerAbove(hashes, at, digests);
  return hashes;
}

/** Merkle root of a file and, for one larger than a piece, its piece layer. */
export interface FileHashes {
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** 32 bytes a piece; empty for a file of at most one piece. */
  readonly pieceLayer: Uint8Array;
}

/**
 * Root and piece layer of a file from the SHA-256 hashes of its blocks (32 bytes each, in order). Both lengths are
 * bytes; the piece length is a power of two of at least 16 KiB.
 */
export function hashesOfLeaves(leaves: Uint8Array, pieceLength: ByteCount, digests: Digests): FileHashes {
  const height = heightOf(leaves.length / HASH_LENGTH);
  const pieceHeight = heightOf(pieceLength / BLOCK_LENGTH);
  if (height <= pieceHeight) return { root: rootOf(leaves, 0, height, digests), pieceLayer: new Uint8Array() };
  const pieceLayer = rootOf(leaves, 0, pieceHeight, digests);
  return { root: rootOf(pieceLayer, pieceHeight, height, digests), pieceLayer };
}
