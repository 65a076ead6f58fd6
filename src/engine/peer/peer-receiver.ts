/**
 * Incoming messages of one peer, turned into facts for its session and its torrent. `piece` payloads take the short
 * way: looked up first, then copied once from the socket's buffer into the piece's memory.
 */
import type { ByteCount, PieceIndex } from '../../base/units.ts';
import { BLOCK_LENGTH, type Geometry } from '../../codec/metainfo/index.ts';
import {
  decodeExtensionHandshake,
  type HashRequest,
  LARGEST_REQUEST,
  type MessageReceiver,
} from '../../codec/wire/index.ts';
import { copyBytes } from '../../storage/index.ts';
import { updateExtensions } from './extension-update.ts';
import type { BlockTarget, PeerHost, PeerSession } from './peer-session.ts';

/**
 * Requests beyond the agreed queue, or for what we cannot serve, that are rejected between two changes of our choke
 * before we take it for a flood.
 */
const MOST_BAD_REQUESTS = 2000;
/** Allowed-fast messages that are remembered (BEP 6 suggests sets of 10). */
const MOST_ALLOWED_FAST = 64;

interface ReceivedBlock {
  readonly piece: PieceIndex;
  readonly block: number;
  readonly key: number;
  readonly geometry: Geometry;
  readonly target: BlockTarget;
}

export class PeerReceiver implements MessageReceiver {
  readonly #peer: PeerSession;
  readonly #host: PeerHost;
  /** The block being received. */
  #block: ReceivedBlock | null = null;
  /** Payload since the last `settle`: of use, and not. */
  #useful: ByteCount = 0;
  /** What of it are pads. */
  #pads: ByteCount = 0;
  #wasted: ByteCount = 0;
  /** The peer has asked for blocks since then. */
  #isAsked = false;

  constructor(peer: PeerSession, host: PeerHost) {
    this.#peer = peer;
    this.#host = host;
  }

  /** The bytes at hand are decoded: what they held is counted and answered, at once and not block by block. */
  settle(): void {
    if (this.#isAsked) this.#peer.pump();
    this.#isAsked = false;
    if (this.#useful > 0) this.#host.countReceived(this.#useful, false, this.#pads);
    if (this.#wasted > 0) this.#host.countReceived(this.#wasted, true, 0);
    this.#useful = 0;
    this.#pads = 0;
    this.#wasted = 0;
  }

  keepAlive(): void {}

  choke(): void {
    if (this.#peer.peerChoking) return;
    this.#peer.peerChoking = true;
    // With rejects every pending request is still answered, by its block or by one of them.
    if (!this.#peer.hasRejects) this.#peer.dropRequests(true);
  }

  unchoke(): void {
    this.#peer.peerChoking = false;
    this.#peer.pieces.forgetRefusals();
  }

  interested(): void {
    if (this.#peer.peerInterested) return;
    this.#peer.peerInterested = true;
    this.#host.interestChanged(this.#peer);
  }

  notInterested(): void {
    if (!this.#peer.peerInterested) return;
    this.#peer.peerInterested = false;
    this.#host.interestChanged(this.#peer);
  }

  have(piece: PieceIndex): void {
    const outcome = this.#peer.pieces.add(piece);
    if (outcome === 'new') this.#host.peerHas(this.#peer, piece);
    else if (outcome === 'fault') this.#peer.close('WIRE_OUT_OF_RANGE: have');
  }

  bitfield(bits: Uint8Array): void {
    if (!this.#peer.have.isEmpty) return; // only the first says anything new (BEP 3)
    if (!this.#peer.pieces.setBits(bits)) this.#peer.close('WIRE_BAD_BITFIELD: wrong length or spare bits set');
    else this.#host.peerHasMany(this.#peer);
  }

  haveAll(): void {
    if (!this.#isAgreed(this.#peer.handshake.fast) || !this.#peer.have.isEmpty) return;
    this.#peer.pieces.setAll();
    this.#host.peerHasMany(this.#peer);
  }

  haveNone(): void {
    this.#isAgreed(this.#peer.handshake.fast);
  }

  request(piece: PieceIndex, begin: ByteCount, length: ByteCount): void {
    const peer = this.#peer;
    const { geometry } = this.#host;
    const isServed =
      !peer.amChoking &&
      geometry !== null &&
      this.#host.mayServe(peer, piece) &&
      length <= LARGEST_REQUEST &&
      peer.uploads.length < peer.requestQueue &&
      geometry.isValidRequest(piece, begin, length);
    if (isServed) {
      peer.uploads.push(piece, begin, length);
      this.#isAsked = true;
      return;
    }
    if (geometry !== null && (piece >= geometry.pieceCount || length > LARGEST_REQUEST || length === 0)) {
      peer.close('WIRE_OUT_OF_RANGE: request');
      return;
    }
    // A choked peer's requests may have crossed our choke: ordinary, up to a point.
    if (++peer.badRequests > MOST_BAD_REQUESTS) peer.close('WIRE_FLOOD: requests that cannot be served');
    else peer.reject([{ piece, begin, length }]);
  }

  cancel(piece: PieceIndex, begin: ByteCount, length: ByteCount): void {
    // BEP 6: every request is answered, a cancelled one by a reject.
    if (this.#peer.uploads.cancel(piece, begin, length)) this.#peer.reject([{ piece, begin, length }]);
  }

  reject(piece: PieceIndex, begin: ByteCount): void {
    if (this.#isAgreed(this.#peer.hasRejects)) this.#rejected(piece, begin);
  }

  #rejected(piece: PieceIndex, begin: ByteCount): void {
    const { geometry } = this.#host;
    const block = begin / BLOCK_LENGTH;
    if (geometry === null || piece >= geometry.pieceCount) return;
    if (!Number.isInteger(block) || block >= geometry.blockCount(piece)) return;
    const key = geometry.blockNumber(piece, block);
    if (!this.#peer.downloads.rejected(key)) {
      this.#peer.downloads.isExcused(key);
      return;
    }
    this.#peer.pieces.refuse(piece, this.#peer.peerChoking, this.#host.now());
    this.#host.requestDropped(this.#peer, piece, block);
  }

  /** A message of BEP 6 on a connection without it must end the connection. */
  #isAgreed(isEnabled: boolean): boolean {
    if (!isEnabled) this.#peer.close('WIRE_BAD_EXTENSION: a message of the fast extension, which is not enabled');
    return isEnabled;
  }

  pieceStart(piece: PieceIndex, begin: ByteCount, length: ByteCount): boolean {
    this.#block = null;
    const { geometry } = this.#host;
    if (length === 0) {
      this.#rejected(piece, begin);
      return false;
    }
    const block = begin / BLOCK_LENGTH;
    const key = geometry?.blockNumber(piece, block) ?? -1;
    if (geometry === null || !this.#peer.downloads.isPending(key) || length !== geometry.blockSize(piece, block)) {
      this.#wasted += length;
      // BEP 52: what was never asked for ends the connection; what we took back may still be under way.
      if (!this.#peer.downloads.isExcused(key)) this.#peer.close('WIRE_UNSOLICITED: a block that was not asked for');
      return false;
    }
    const target = this.#host.blockTarget(this.#peer, piece, block);
    if (target === null) {
      this.#wasted += length;
      this.#peer.downloads.unused(key);
      this.#host.requestDropped(this.#peer, piece, block);
      return false;
    }
    this.#block = { piece, block, key, geometry, target };
    return true;
  }

  pieceFragment(at: ByteCount, view: Uint8Array, start: number, end: number, isLast: boolean): void {
    const current = this.#block;
    if (current === null) return;
    const { piece, block, key, geometry, target } = current;
    const length = end - start;
    this.#peer.downloads.received(length);
    const isOurs = target.sources[block] === this.#peer.id;
    if (isOurs) {
      copyBytes(view, start, end, target.bytes, block * BLOCK_LENGTH + at);
      this.#useful += length;
      if (geometry.hasPads) {
        this.#pads += geometry.padSize(geometry.pieceOffset(piece) + block * BLOCK_LENGTH + at, length);
      }
    } else this.#wasted += length;
    if (!isLast) return;
    this.#block = null;
    this.#peer.downloads.arrived(key, this.#peer.heardAt);
    if (isOurs) this.#host.blockReceived(this.#peer, piece, block);
    else this.#host.requestDropped(this.#peer, piece, block);
  }

  port(): void {}

  suggest(): void {
    this.#isAgreed(this.#peer.handshake.fast);
  }

  allowedFast(piece: PieceIndex): void {
    const { geometry } = this.#host;
    if (!this.#isAgreed(this.#peer.handshake.fast) || geometry === null || piece >= geometry.pieceCount) return;
    if (this.#peer.pieces.allowedFast.size < MOST_ALLOWED_FAST) this.#peer.pieces.allowedFast.add(piece);
  }

  extended(id: number, payload: Uint8Array): void {
    if (id !== 0) {
      const fault = this.#host.extended(this.#peer, id, payload);
      if (fault !== null) this.#peer.close(`WIRE_BAD_EXTENSION: ${fault}`);
      return;
    }
    const change = decodeExtensionHandshake(payload);
    if (change === null) {
      this.#peer.close('WIRE_BAD_EXTENSION: handshake');
      return;
    }
    const handshake = updateExtensions(this.#peer.extensions, change);
    this.#peer.extensions = handshake;
    if (handshake.requestQueue !== null) this.#peer.downloads.setLimit(handshake.requestQueue);
    this.#host.extensionHandshakeReceived(this.#peer, handshake);
  }

  hashRequest(request: HashRequest): void {
    this.#host.hashRequest(this.#peer, request);
  }

  hashes(request: HashRequest, hashes: Uint8Array): void {
    this.#host.hashes(this.#peer, request, hashes);
  }

  hashReject(request: HashRequest): void {
    this.#host.hashReject(this.#peer, request);
  }

  unknown(): void {}
}
