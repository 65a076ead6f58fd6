/** Hybrid torrents (BEP 52) promise the same data twice. A piece that keeps one promise only shows that they differ. */
import { concat, equalBytes } from '../../base/bytes.ts';
import type { Digests } from '../../base/digests.ts';
import { BLOCK_LENGTH, hashesOfLeaves } from '../../codec/metainfo/index.ts';
import type { MerkleHash, PieceHashes } from '../../storage/index.ts';

/** True when a piece that failed is right by one of its two hashes, so that no peer can ever bring a better one. */
export function contradicts({ sha1, merkle }: PieceHashes, bytes: Uint8Array, digests: Digests): boolean {
  if (sha1 === null || merkle === null) return false;
  if (equalBytes(digests.sha1(bytes), sha1)) return true;
  // The pad behind a file is covered by SHA-1 only: it must be zeros before the torrent is to blame.
  return bytes.subarray(merkle.length).every((byte) => byte === 0) && isRightTree(merkle, bytes, digests);
}

function isRightTree({ root, leaves, length }: MerkleHash, bytes: Uint8Array, digests: Digests): boolean {
  const hashes = Array.from({ length: leaves }, (_, leaf) => {
    const block = bytes.slice(leaf * BLOCK_LENGTH, Math.min((leaf + 1) * BLOCK_LENGTH, length));
    return block.length === 0 ? new Uint8Array(32) : digests.sha256(block);
  });
  return equalBytes(hashesOfLeaves(concat(hashes), leaves * BLOCK_LENGTH, digests).root, root);
}
