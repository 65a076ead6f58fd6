/** Peer wire messages as bytes, length prefix included: BEP 3, 6, 10 and 52. */
import { writeU16, writeU32 } from '../../base/bytes.ts';
import type { ByteCount, PieceIndex } from '../../base/units.ts';
import { type HashRequest, Message } from './messages.ts';

/** The bytes that a `request`, `cancel` or `reject` names. */
export interface BlockRange {
  readonly piece: PieceIndex;
  /** Offset in the piece. */
  readonly begin: ByteCount;
  readonly length: ByteCount;
}

/** Size of the head that stands before the data of a `piece` message, bytes. */
export const PIECE_HEADER_LENGTH = 13;
const HAVE_LENGTH = 9;
const RANGE_LENGTH = 17;
const HASH_REQUEST_LENGTH = 4 + 1 + 32 + 4 * 4;

type EmptyMessage = 'keepAlive' | 'choke' | 'unchoke' | 'interested' | 'notInterested' | 'haveAll' | 'haveNone';

/** Messages without content. They are shared: never write into them. */
export const Frame: Readonly<Record<EmptyMessage, Uint8Array>> = {
  keepAlive: new Uint8Array(4),
  choke: frame(Message.choke, 0),
  unchoke: frame(Message.unchoke, 0),
  interested: frame(Message.interested, 0),
  notInterested: frame(Message.notInterested, 0),
  haveAll: frame(Message.haveAll, 0),
  haveNone: frame(Message.haveNone, 0),
};

/** Prefix and id, with `size` bytes of room behind. */
function frame(id: number, size: ByteCount): Uint8Array {
  const bytes = new Uint8Array(5 + size);
  writeU32(bytes, 0, 1 + size);
  bytes[4] = id;
  return bytes;
}

function indexFrame(id: number, piece: PieceIndex): Uint8Array {
  const bytes = frame(id, 4);
  writeU32(bytes, 5, piece);
  return bytes;
}

export const encodeHave = (piece: PieceIndex): Uint8Array => indexFrame(Message.have, piece);

/** One `have` message for each piece, in one buffer. */
export function encodeHaves(pieces: readonly PieceIndex[]): Uint8Array {
  const bytes = new Uint8Array(HAVE_LENGTH * pieces.length);
  for (let i = 0; i < pieces.length; i++) {
    writeU32(bytes, HAVE_LENGTH * i, HAVE_LENGTH - 4);
    bytes[HAVE_LENGTH * i + 4] = Message.have;
    writeU32(bytes, HAVE_LENGTH * i + 5, pieces[i] as PieceIndex);
  }
  return bytes;
}

/** BEP 6. */
export const encodeSuggest = (piece: PieceIndex): Uint8Array => indexFrame(Message.suggest, piece);

/** BEP 6. */
export const encodeAllowedFast = (piece: PieceIndex): Uint8Array => indexFrame(Message.allowedFast, piece);

/** `bits` in wire layout (`Bitfield.bytes`); they are copied. */
export function encodeBitfield(bits: Uint8Array): Uint8Array {
  const bytes = frame(Message.bitfield, bits.length);
  bytes.set(bits, 5);
  return bytes;
}

function writeRange(into: Uint8Array, at: number, id: number, range: BlockRange): void {
  writeU32(into, at, RANGE_LENGTH - 4);
  into[at + 4] = id;
  writeU32(into, at + 5, range.piece);
  writeU32(into, at + 9, range.begin);
  writeU32(into, at + 13, range.length);
}

function rangeFrames(id: number, ranges: readonly BlockRange[]): Uint8Array {
  const bytes = new Uint8Array(RANGE_LENGTH * ranges.length);
  for (let i = 0; i < ranges.length; i++) writeRange(bytes, RANGE_LENGTH * i, id, ranges[i] as BlockRange);
  return bytes;
}

/** One `request` message for each range, in one buffer. */
export const encodeRequests = (ranges: readonly BlockRange[]): Uint8Array => rangeFrames(Message.request, ranges);

export const encodeRequest = (range: BlockRange): Uint8Array => rangeFrames(Message.request, [range]);

export const encodeCancel = (range: BlockRange): Uint8Array => rangeFrames(Message.cancel, [range]);

/** BEP 6. */
export const encodeReject = (range: BlockRange): Uint8Array => rangeFrames(Message.reject, [range]);

/** Writes the 13 bytes that stand before `length` bytes of data, in place. */
export function encodePieceHeader(
  into: Uint8Array,
  at: number,
  piece: PieceIndex,
  begin: ByteCount,
  length: ByteCount,
): void {
  writeU32(into, at, PIECE_HEADER_LENGTH - 4 + length);
  into[at + 4] = Message.piece;
  writeU32(into, at + 5, piece);
  writeU32(into, at + 9, begin);
}

/** BEP 5: the UDP port of our DHT node. */
export function encodePort(port: number): Uint8Array {
  const bytes = frame(Message.port, 2);
  writeU16(bytes, 5, port);
  return bytes;
}

/** BEP 10: `id` is 0 for the handshake, else the number that the remote gave the extension. The parts are joined. */
export function encodeExtended(id: number, ...payload: readonly Uint8Array[]): Uint8Array {
  const bytes = frame(Message.extended, 1 + payload.reduce((sum, part) => sum + part.length, 0));
  bytes[5] = id;
  let at = 6;
  for (const part of payload) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function hashFrame(id: number, request: HashRequest, hashes: Uint8Array | null): Uint8Array {
  const bytes = frame(id, HASH_REQUEST_LENGTH - 5 + (hashes?.length ?? 0));
  bytes.set(request.piecesRoot, 5);
  writeU32(bytes, 37, request.baseLayer);
  writeU32(bytes, 41, request.index);
  writeU32(bytes, 45, request.length);
  writeU32(bytes, 49, request.proofLayers);
  if (hashes !== null) bytes.set(hashes, HASH_REQUEST_LENGTH);
  return bytes;
}

/** BEP 52. */
export const encodeHashRequest = (request: HashRequest): Uint8Array => hashFrame(Message.hashRequest, request, null);

/** BEP 52: 32 bytes a hash, base layer first, then the uncles from bottom to top. */
export const encodeHashes = (request: HashRequest, hashes: Uint8Array): Uint8Array =>
  hashFrame(Message.hashes, request, hashes);

/** BEP 52. */
export const encodeHashReject = (request: HashRequest): Uint8Array => hashFrame(Message.hashReject, request, null);
