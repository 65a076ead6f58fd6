/** Reads and verifies the piece layers of a v2 torrent (BEP 52). They stand outside of what the info hash protects. */
import { equalBytes, toHex } from '../../base/bytes.ts';
import type { Digests } from '../../base/digests.ts';
import type { BencodeDict } from '../bencode/index.ts';
import { metainfoError } from './errors.ts';
import { BLOCK_LENGTH } from './geometry.ts';
import { blockCountOf, HASH_LENGTH, heightOf, piecesOf, rootOf } from './merkle.ts';
import type { FileEntry, Info } from './metainfo.ts';

/** One for all torrents without. */
const none: ReadonlyMap<string, Uint8Array> = new Map();

/**
 * Hex of a file's root → a copy of its piece layer, for the layers that the torrent brings; peers are asked for the
 * others. Throws METAINFO_PIECE_LAYER_* for a layer that is not right.
 */
export function readPieceLayers(torrent: BencodeDict, info: Info, digests: Digests): ReadonlyMap<string, Uint8Array> {
  if (!info.hasV2 || !torrent.has('piece layers')) return none;
  const layers = new Map<string, Uint8Array>();
  const files = filesWithLayer(info);
  const dict = torrent.dict('piece layers');
  if (dict === null) throw metainfoError('METAINFO_PIECE_LAYER_INVALID', 'The piece layers are not a dictionary');
  for (const [root, layer] of dict.entries()) {
    const hex = toHex(root);
    const file = files.get(hex);
    if (file === undefined)
      throw metainfoError('METAINFO_PIECE_LAYER_INVALID', `Piece layer ${hex} belongs to no file`);
    const size = HASH_LENGTH * piecesOf(file.length, info.pieceLength);
    if (!(layer instanceof Uint8Array) || layer.length !== size) {
      throw metainfoError('METAINFO_PIECE_LAYER_INVALID', `Piece layer ${hex} does not have ${size} bytes`);
    }
    const height = heightOf(blockCountOf(file.length));
    if (!equalBytes(rootOf(layer, heightOf(info.pieceLength / BLOCK_LENGTH), height, digests), root)) {
      throw metainfoError('METAINFO_PIECE_LAYER_ROOT', `Piece layer ${hex} does not lead to that root`);
    }
    layers.set(hex, new Uint8Array(layer));
  }
  return layers;
}

/** The files larger than a piece, by the hex of their root. */
function filesWithLayer(info: Info): Map<string, FileEntry> {
  const files = new Map<string, FileEntry>();
  if (!info.hasV2) return files;
  for (const file of info.files) {
    if (file.piecesRoot === null || file.length <= info.pieceLength) continue;
    const hex = toHex(file.piecesRoot);
    const other = files.get(hex);
    if (other !== undefined && other.length !== file.length) {
      throw metainfoError('METAINFO_PIECES_ROOT', `Files of different lengths have the merkle root ${hex}`);
    }
    files.set(hex, file);
  }
  return files;
}
