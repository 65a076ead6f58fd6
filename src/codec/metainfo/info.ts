/** Decodes and validates an info dictionary: the part of a torrent that is hashed, and all that BEP 9 peers send. */
import { toHex, toText } from '../../base/bytes.ts';
import type { Digests } from '../../base/digests.ts';
import type { ByteCount } from '../../base/units.ts';
import { decodeDict, type BencodeDict } from '../bencode/index.ts';
import { metainfoError } from './errors.ts';
import { readV1Files, readV2Files, type FileList } from './file-list.ts';
import { BLOCK_LENGTH } from './geometry.ts';
import { layOut, mergeHybrid } from './layout.ts';
import { defaultMetainfoLimits, LONGEST_PIECE, type MetainfoLimits } from './limits.ts';
import type { Info, InfoHashes } from './metainfo.ts';
import { safeName } from './safe-path.ts';

/** Bytes of a SHA-1 hash. */
const sha1Length: ByteCount = 20;

export interface DecodedInfo {
  readonly info: Info;
  readonly infoHashes: InfoHashes;
}

/**
 * Decodes the bytes of an info dictionary. They are copied, so that the buffer they came in can go. Throws METAINFO_*
 * for the rule that is broken and BENCODE_* for bytes that are not even bencoded.
 */
export function decodeInfo(raw: Uint8Array, digests: Digests, limits: Partial<MetainfoLimits> = {}): DecodedInfo {
  const bounds = { ...defaultMetainfoLimits, ...limits };
  const dict = decodeDict(raw, { ...bounds, strict: false });
  if (dict === null) throw metainfoError('METAINFO_INFO_MISSING', 'The info of the torrent is not a dictionary');
  return readInfo(dict, digests, bounds);
}

/** Validates an info dictionary; nothing of the result is a view of the input. Throws METAINFO_* and BENCODE_*. */
export function readInfo(input: BencodeDict, digests: Digests, bounds: MetainfoLimits): DecodedInfo {
  const dict = input.detach();
  const bytes = dict.raw;
  const version = readVersion(dict);
  // v1 torrents of old programs have unsorted keys; their raw bytes are hashed all the same. v2 allows no such excuse.
  if (version === 2 && !dict.isSorted) decodeDict(bytes, bounds);
  const pieceLength = readPieceLength(dict, version);
  const nameBytes = dict.bytes('name.utf-8') ?? dict.bytes('name');
  if (nameBytes === null) throw metainfoError('METAINFO_NAME_MISSING', 'The torrent has no name');
  const originalName = toText(nameBytes);
  const v1 = readV1Files(dict, originalName, bounds);
  const v2 = version === 2 ? readV2Files(dict, bounds) : null;
  const list = mergeLists(v1, v2, pieceLength);
  const infoHashes = {
    v1: v1 === null ? null : digests.sha1(bytes),
    v2: v2 === null ? null : digests.sha256(bytes),
  };
  // A name of which nothing is left becomes the info hash: two such torrents must not share a folder.
  const name = safeName(originalName, toHex((infoHashes.v1 ?? infoHashes.v2) as Uint8Array));
  const options = { pieceLength, folder: name, isAligned: v1 === null };
  const layout = layOut(list, options, bounds);
  const info: Info = {
    ...layout,
    name,
    originalName,
    hasV1: v1 !== null,
    hasV2: v2 !== null,
    pieceLength,
    isSingleFile: list.isSingleFile,
    pieces: readPieces(dict, v1 !== null, layout.pieceCount),
    seal: null,
    isPrivate: (dict.get('private') ?? 0) !== 0,
    source: dict.text('source'),
    raw: bytes,
  };
  return { info, infoHashes };
}

function readVersion(dict: BencodeDict): 1 | 2 {
  const version = dict.get('meta version');
  if (version === 2) return 2;
  if (version !== undefined && version !== 1) {
    throw metainfoError('METAINFO_UNKNOWN_VERSION', 'The meta version of the torrent is neither 1 nor 2');
  }
  if (dict.has('file tree'))
    throw metainfoError('METAINFO_VERSION_MISSING', 'The torrent has a v2 file tree without meta version 2');
  return 1;
}

function readPieceLength(dict: BencodeDict, version: 1 | 2): ByteCount {
  const length = dict.int('piece length') ?? 0;
  if (length <= 0 || length > LONGEST_PIECE)
    throw metainfoError('METAINFO_PIECE_LENGTH', 'The piece length is missing or not allowed');
  if (version === 2 && (length < BLOCK_LENGTH || (length & (length - 1)) !== 0)) {
    throw metainfoError(
      'METAINFO_PIECE_LENGTH',
      `The piece length ${length} is not a power of two of at least 16 KiB, as v2 demands`,
    );
  }
  return length;
}

function mergeLists(v1: FileList | null, v2: FileList | null, pieceLength: ByteCount): FileList {
  if (v1 !== null) return v2 === null ? v1 : mergeHybrid(v1, v2, pieceLength);
  if (v2 !== null) return v2;
  throw metainfoError('METAINFO_LENGTH_OR_FILES', 'The torrent has neither a length nor a list of files');
}

function readPieces(dict: BencodeDict, hasV1: boolean, pieceCount: number): Uint8Array | null {
  if (!hasV1) return null;
  const pieces = dict.bytes('pieces');
  if (pieces === null) throw metainfoError('METAINFO_PIECES_MISSING', 'The torrent has no v1 piece hashes');
  if (pieces.length % sha1Length !== 0) {
    throw metainfoError(
      'METAINFO_PIECES_LENGTH',
      `${pieces.length} bytes of piece hashes are not a multiple of ${sha1Length}`,
    );
  }
  if (pieces.length !== sha1Length * pieceCount) {
    throw metainfoError(
      'METAINFO_PIECES_COUNT',
      `There are ${pieces.length / sha1Length} piece hashes for ${pieceCount} pieces`,
    );
  }
  return pieces;
}
