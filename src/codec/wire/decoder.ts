/**
 * Streaming decoder of the peer wire protocol: length-prefixed messages of BEP 3, 6, 10 and 52, after the handshake.
 *
 * It works in place on the views that the transport delivers. What it keeps between two views is an incomplete head
 * (at most 53 bytes) or the beginning of a bitfield, extended or hashes message, in memory that grows only with the
 * bytes that have really come. The payload of a `piece` message is never kept: it is handed on in fragments.
 *
 * It judges form only: lengths and limits. Whether an index exists or a block was asked for is the session's to
 * say; `fail` is how it says so.
 */
import { readU16, readU32 } from '../../base/bytes.ts';
import type { ByteCount, PieceIndex } from '../../base/units.ts';
import { type Fault, type HashRequest, LARGEST_REQUEST, Message, type MessageReceiver } from './messages.ts';

export interface WireDecoderOptions {
  /** Longest `extended` message, and longest message of an unknown id, bytes; 1 MiB unless told. */
  readonly largestExtended?: ByteCount;
}

/** Most pieces of a torrent that metainfo accepts: bounds a bitfield that comes before the metadata. */
const MOST_PIECES = 2 ** 21;
/** Most hashes in one `hashes` message: the longest range that others serve, and a proof of any height. */
const MOST_HASHES = 8192 + 64;
/** Id, pieces root and four integers of the BEP 52 messages. */
const HASH_HEAD = 1 + 32 + 4 * 4;
const PREFIX = 4;
const LARGEST_HEAD = PREFIX + HASH_HEAD;
/** First memory for a message that did not come whole, bytes. */
const FIRST_CAPACITY = 1024;
const nothing = new Uint8Array(0);

/** Value of the length prefix of the messages of one size, by id; 0 for the others. */
const fixedLengths = new Uint8Array(256);
for (const id of [0, 1, 2, 3, Message.haveAll, Message.haveNone]) fixedLengths[id] = 1;
for (const id of [Message.have, Message.suggest, Message.allowedFast]) fixedLengths[id] = 5;
for (const id of [Message.request, Message.cancel, Message.reject]) fixedLengths[id] = 13;
for (const id of [Message.hashRequest, Message.hashReject]) fixedLengths[id] = HASH_HEAD;
fixedLengths[Message.port] = 3;

/** What the next byte belongs to. */
const Part = { head: 0, piece: 1, body: 2, skipped: 3 } as const;

export class WireDecoder {
  readonly #receiver: MessageReceiver;
  readonly #largestExtended: ByteCount;
  readonly #longest: ByteCount;
  #pieceCount: number | null = null;
  #fault: Fault | null = null;
  #part: (typeof Part)[keyof typeof Part] = Part.head;
  /** Head of which only the first `#carried` bytes have come. */
  readonly #carry = new Uint8Array(LARGEST_HEAD);
  #carried = 0;
  /** Bytes of the open payload that are still to come, and those that have. */
  #remaining: ByteCount = 0;
  #received: ByteCount = 0;
  /** The open bitfield, extended or hashes message: id, second id or request, bytes so far. */
  #id = 0;
  #extendedId = 0;
  #hashRequest: HashRequest | null = null;
  #body: Uint8Array = nothing;

  constructor(receiver: MessageReceiver, options: WireDecoderOptions = {}) {
    this.#receiver = receiver;
    this.#largestExtended = options.largestExtended ?? 1024 * 1024;
    this.#longest = Math.max(this.#largestExtended, 1 + MOST_PIECES / 8, HASH_HEAD + MOST_HASHES * 32);
  }

  /** Tells the size of the torrent once it is known; from then on a bitfield must fit it exactly. */
  setPieceCount(pieceCount: number): void {
    this.#pieceCount = pieceCount;
  }

  /** Ends decoding, also of the view at hand: nothing more is delivered, and `receive` returns this fault. */
  fail(fault: Fault): void {
    this.#fault ??= fault;
    this.#body = nothing;
  }

  /**
   * Decodes the next bytes of the stream and calls the receiver for all that is complete.
   * Returns null, or the first fault, now and for ever after.
   */
  receive(view: Uint8Array): Fault | null {
    let at = 0;
    while (at < view.length && this.#fault === null) {
      switch (this.#part) {
        case Part.head:
          at = this.#takeHead(view, at);
          break;
        case Part.piece:
          at = this.#takePiece(view, at);
          break;
        case Part.body:
          at = this.#takeBody(view, at);
          break;
        case Part.skipped:
          at += this.#count(view.length - at);
      }
    }
    return this.#fault;
  }

  #takeHead(view: Uint8Array, at: number): number {
    if (this.#carried === 0) {
      const size = this.#headSize(view, at, view.length - at);
      if (this.#fault !== null) return at;
      if (at + size <= view.length) {
        this.#begin(view, at);
        return at + size;
      }
    }
    for (;;) {
      const size = this.#headSize(this.#carry, 0, this.#carried);
      if (this.#fault !== null) return at;
      if (this.#carried === size) {
        this.#carried = 0;
        this.#begin(this.#carry, 0);
        return at;
      }
      if (at === view.length) return at;
      const part = view.subarray(at, at + size - this.#carried);
      this.#carry.set(part, this.#carried);
      this.#carried += part.length;
      at += part.length;
    }
  }

  /** Bytes that the head at `at` has, as far as its first `available` bytes tell. Finds the faults of length. */
  #headSize(bytes: Uint8Array, at: number, available: number): number {
    if (available < PREFIX) return PREFIX;
    const length = readU32(bytes, at);
    if (length === 0) return PREFIX;
    if (length > this.#longest) return this.#refuse('WIRE_OVERSIZED', `A message of ${length} bytes was announced.`);
    if (available === PREFIX) return PREFIX + 1;
    const id = bytes[at + PREFIX] as number;
    const fixed = fixedLengths[id] as number;
    if (fixed !== 0) return length === fixed ? PREFIX + fixed : this.#refuseLength(id, length);
    if (id === Message.piece) return this.#sizeBetween(id, length, 9, 9 + LARGEST_REQUEST);
    if (id === Message.extended) return this.#sizeBetween(id, length, 2, this.#largestExtended);
    if (id === Message.bitfield) return this.#bitfieldHead(length);
    if (id !== Message.hashes) return this.#sizeBetween(id, length, 1, this.#largestExtended);
    if ((length - HASH_HEAD) % 32 !== 0) return this.#refuseLength(id, length);
    return this.#sizeBetween(id, length, HASH_HEAD, HASH_HEAD + MOST_HASHES * 32);
  }

  /** Size of a head that is all of the shortest message of its kind. */
  #sizeBetween(id: number, length: number, shortest: number, longest: number): number {
    if (length < shortest) return this.#refuseLength(id, length);
    if (length > longest)
      return this.#refuse(
        'WIRE_OVERSIZED',
        `A message ${id} of ${length} bytes was announced; ${longest} is the most.`,
      );
    return PREFIX + shortest;
  }

  #bitfieldHead(length: number): number {
    const pieceCount = this.#pieceCount;
    if (pieceCount !== null && length - 1 !== Math.ceil(pieceCount / 8)) {
      return this.#refuse('WIRE_BAD_BITFIELD', `A bitfield of ${length - 1} bytes came for ${pieceCount} pieces.`);
    }
    return this.#sizeBetween(Message.bitfield, length, 1, 1 + MOST_PIECES / 8);
  }

  /** A head is complete: calls the receiver, or opens the payload that follows. */
  #begin(bytes: Uint8Array, at: number): void {
    const length = readU32(bytes, at);
    const receiver = this.#receiver;
    if (length === 0) return receiver.keepAlive();
    const id = bytes[at + 4] as number;
    if (id === Message.piece) return this.#beginPiece(readU32(bytes, at + 5), readU32(bytes, at + 9), length - 9);
    switch (id) {
      case Message.choke:
        return receiver.choke();
      case Message.unchoke:
        return receiver.unchoke();
      case Message.interested:
        return receiver.interested();
      case Message.notInterested:
        return receiver.notInterested();
      case Message.have:
        return receiver.have(readU32(bytes, at + 5));
      case Message.request:
        return receiver.request(readU32(bytes, at + 5), readU32(bytes, at + 9), readU32(bytes, at + 13));
      case Message.cancel:
        return receiver.cancel(readU32(bytes, at + 5), readU32(bytes, at + 9), readU32(bytes, at + 13));
      case Message.reject:
        return receiver.reject(readU32(bytes, at + 5), readU32(bytes, at + 9), readU32(bytes, at + 13));
      case Message.port:
        return receiver.port(readU16(bytes, at + 5));
      case Message.suggest:
        return receiver.suggest(readU32(bytes, at + 5));
      case Message.haveAll:
        return receiver.haveAll();
      case Message.haveNone:
        return receiver.haveNone();
      case Message.allowedFast:
        return receiver.allowedFast(readU32(bytes, at + 5));
      case Message.hashRequest:
        return receiver.hashRequest(readHashRequest(bytes, at + 5));
      case Message.hashReject:
        return receiver.hashReject(readHashRequest(bytes, at + 5));
      case Message.bitfield:
        return this.#beginBody(id, length - 1);
      case Message.extended:
        this.#extendedId = bytes[at + 5] as number;
        return this.#beginBody(id, length - 2);
      case Message.hashes:
        this.#hashRequest = readHashRequest(bytes, at + 5);
        return this.#beginBody(id, length - HASH_HEAD);
      default:
        this.#open(Part.skipped, length - 1);
        return receiver.unknown(id, length - 1);
    }
  }

  #beginPiece(piece: PieceIndex, begin: ByteCount, length: ByteCount): void {
    const isWanted = this.#receiver.pieceStart(piece, begin, length);
    this.#open(isWanted ? Part.piece : Part.skipped, length);
  }

  #beginBody(id: number, length: ByteCount): void {
    this.#id = id;
    if (length === 0) this.#deliver(nothing);
    else this.#open(Part.body, length);
  }

  #open(part: (typeof Part)[keyof typeof Part], length: ByteCount): void {
    if (length === 0) return;
    this.#part = part;
    this.#remaining = length;
    this.#received = 0;
  }

  /** Counts up to `available` bytes of the open payload as received and closes it with the last; returns how many. */
  #count(available: number): number {
    const taken = Math.min(available, this.#remaining);
    this.#received += taken;
    this.#remaining -= taken;
    if (this.#remaining === 0) this.#part = Part.head;
    return taken;
  }

  #takePiece(view: Uint8Array, at: number): number {
    const offset = this.#received;
    const end = at + this.#count(view.length - at);
    this.#receiver.pieceFragment(offset, view, at, end, this.#remaining === 0);
    return end;
  }

  #takeBody(view: Uint8Array, at: number): number {
    const offset = this.#received;
    const length = offset + this.#remaining;
    const end = at + this.#count(view.length - at);
    const part = view.subarray(at, end);
    if (part.length === length) {
      this.#deliver(part);
      return end;
    }
    if (this.#body.length < offset + part.length) {
      const grown = new Uint8Array(Math.min(length, Math.max(FIRST_CAPACITY, 2 * (offset + part.length))));
      grown.set(this.#body.subarray(0, offset));
      this.#body = grown;
    }
    this.#body.set(part, offset);
    if (this.#remaining === 0) {
      const body = this.#body;
      this.#body = nothing;
      this.#deliver(body.subarray(0, length));
    }
    return end;
  }

  #deliver(body: Uint8Array): void {
    if (this.#id === Message.bitfield) this.#receiver.bitfield(body);
    else if (this.#id === Message.extended) this.#receiver.extended(this.#extendedId, body);
    else this.#receiver.hashes(this.#hashRequest as HashRequest, body);
  }

  #refuse(code: Fault['code'], message: string): number {
    this.fail({ code, message });
    return 0;
  }

  #refuseLength(id: number, length: number): number {
    return this.#refuse('WIRE_BAD_LENGTH', `A message ${id} cannot have ${length} bytes.`);
  }
}

function readHashRequest(bytes: Uint8Array, at: number): HashRequest {
  return {
    piecesRoot: bytes.slice(at, at + 32),
    baseLayer: readU32(bytes, at + 32),
    index: readU32(bytes, at + 36),
    length: readU32(bytes, at + 40),
    proofLayers: readU32(bytes, at + 44),
  };
}
