/**
 * Peer wire messages: ids, limits and the receiver that the streaming decoder calls. `piece` messages are delivered
 * in fragments as they arrive, so that a block is copied once, from the socket's buffer into the piece's memory.
 */
import type { BlockIndex, ByteCount, PieceIndex } from '../../base/units.ts';

/** Message ids: BEP 3 (0–9), 6 (13–17), 10 (20), 52 (21–23). */
export const Message = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  notInterested: 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  port: 9,
  suggest: 13,
  haveAll: 14,
  haveNone: 15,
  reject: 16,
  allowedFast: 17,
  extended: 20,
  hashRequest: 21,
  hashes: 22,
  hashReject: 23,
} as const;

/** Largest block that may be asked of us, bytes: most clients close the connection above 16 KiB, some ask for 32 (BEP 3). */
export const LARGEST_REQUEST: ByteCount = 128 * 1024;

/** BEP 52 hash request; `hashes` and `hash reject` repeat it. */
export interface HashRequest {
  /** Root of the file's merkle tree, 32 bytes. */
  readonly piecesRoot: Uint8Array;
  /** Layer of the hashes asked for, 0 = leaves. */
  readonly baseLayer: number;
  /** First hash; a multiple of `length`. */
  readonly index: number;
  /** Number of hashes, a power of two ≥ 2. */
  readonly length: number;
  /** Number of ancestor layers whose uncle hashes are wanted. */
  readonly proofLayers: number;
}

/** Remote misbehaviour: a value, not an exception, because it is ordinary on this path. */
export interface Fault {
  readonly code:
    | 'WIRE_OVERSIZED'
    | 'WIRE_BAD_LENGTH'
    | 'WIRE_BAD_BITFIELD'
    | 'WIRE_OUT_OF_RANGE'
    | 'WIRE_UNSOLICITED'
    | 'WIRE_BAD_EXTENSION'
    | 'WIRE_BAD_HASHES'
    | 'WIRE_FLOOD';
  readonly message: string;
}

/** What the decoder calls, in stream order. Views are valid only during the call. */
export interface MessageReceiver {
  keepAlive(): void;
  choke(): void;
  unchoke(): void;
  interested(): void;
  notInterested(): void;
  have(piece: PieceIndex): void;
  bitfield(bits: Uint8Array): void;
  request(piece: PieceIndex, begin: ByteCount, length: ByteCount): void;
  /**
   * A `piece` message begins. Return true to receive its fragments, false to have its payload skipped.
   * A length of 0 is BitComet's way to reject.
   */
  pieceStart(piece: PieceIndex, begin: ByteCount, length: ByteCount): boolean;
  /**
   * The next bytes of that message: [start, end) of `view`, for a view of its own would cost more than all the rest of a
   * fragment. `at` counts from its first payload byte, `isLast` closes it.
   */
  pieceFragment(at: ByteCount, view: Uint8Array, start: number, end: number, isLast: boolean): void;
  cancel(piece: PieceIndex, begin: ByteCount, length: ByteCount): void;
  port(port: number): void;
  suggest(piece: PieceIndex): void;
  haveAll(): void;
  haveNone(): void;
  reject(piece: PieceIndex, begin: ByteCount, length: ByteCount): void;
  allowedFast(piece: PieceIndex): void;
  extended(id: number, payload: Uint8Array): void;
  hashRequest(request: HashRequest): void;
  hashes(request: HashRequest, hashes: Uint8Array): void;
  hashReject(request: HashRequest): void;
  /** An id that we do not know: counted, otherwise ignored. */
  unknown(id: number, length: ByteCount): void;
}

/** A block by its place; what the picker hands out and requests name. */
export interface BlockRequest {
  readonly piece: PieceIndex;
  readonly block: BlockIndex;
}
