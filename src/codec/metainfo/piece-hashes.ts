/** What a piece must hash to, from the info dictionary and the piece layers that are known. */
import { toHex } from '../../base/bytes.ts';
import type { ByteCount, PieceIndex } from '../../base/units.ts';
import { BLOCK_LENGTH } from './geometry.ts';
import { blockCountOf, HASH_LENGTH, heightOf } from './merkle.ts';
import { type FileEntry, type Info, swarmFiles } from './metainfo.ts';

/** The same shape as the storage port's: SHA-1 with v1, a merkle subtree with v2, both in a hybrid torrent. */
export interface ExpectedHashes {
  /** SHA-1 of the piece, pads included (BEP 3), 20 bytes. */
  readonly sha1: Uint8Array | null;
  readonly merkle: {
    /** 32 bytes. */
    readonly root: Uint8Array;
    /** Number of leaves that the subtree spans, those beyond the end of the file included. */
    readonly leaves: number;
    /** Bytes from the start of the piece that the leaves cover: those of the file, without the pad behind it. */
    readonly length: ByteCount;
  } | null;
}

/**
 * Hashes of a piece. `merkle` is null without v2, and as long as the piece layer of its file is not in `pieceLayers`
 * (hex of the file's root → 32 bytes a piece).
 */
export function pieceHashes(
  info: Info,
  pieceLayers: ReadonlyMap<string, Uint8Array>,
  piece: PieceIndex,
): ExpectedHashes {
  const sha1 = info.pieces === null ? null : info.pieces.subarray(20 * piece, 20 * piece + 20);
  const start = piece * info.pieceLength;
  const file = info.hasV2 ? fileHolding(swarmFiles(info), start) : null;
  if (file === null || file.piecesRoot === null) return { sha1, merkle: null };
  const length = Math.min(info.pieceLength, file.offset + file.length - start);
  if (file.length <= info.pieceLength) {
    return { sha1, merkle: { root: file.piecesRoot, leaves: 2 ** heightOf(blockCountOf(file.length)), length } };
  }
  const layer = pieceLayers.get(toHex(file.piecesRoot));
  if (layer === undefined) return { sha1, merkle: null };
  const at = ((start - file.offset) / info.pieceLength) * HASH_LENGTH;
  const root = layer.subarray(at, at + HASH_LENGTH);
  return { sha1, merkle: { root, leaves: info.pieceLength / BLOCK_LENGTH, length } };
}

/** The file with bytes at an offset that is the start of a v2 piece, hence never a pad. */
function fileHolding(files: readonly FileEntry[], offset: ByteCount): FileEntry | null {
  let low = 0;
  let high = files.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((files[middle] as FileEntry).offset <= offset) low = middle;
    else high = middle - 1;
  }
  while (low > 0 && (files[low] as FileEntry).length === 0) low--;
  return files[low] ?? null;
}
