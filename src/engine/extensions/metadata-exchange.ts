/**
 * The info dictionary from and to peers (BEP 9): 16 KiB pieces, checked as a whole against the info hash.
 *
 * Fetching asks all peers that offer the same size. When the whole does not match, nobody knows who lied; from then on
 * each attempt asks a single peer, and one that fails is banned. Serving is bounded for each peer.
 */
import type { ByteCount, Millis } from '../../base/units.ts';
import {
  decodeMetadataMessage,
  encodeMetadataMessage,
  type ExtensionHandshake,
  METADATA_PIECE_LENGTH as PIECE,
} from '../../codec/wire/index.ts';
import type { PeerSession } from '../peer/peer-session.ts';
import type { PeerExtension } from './extension.ts';
import { sendExtended } from './extension-set.ts';

/** A piece that has not come after this is asked of another peer, ms. */
const REQUEST_TIMEOUT: Millis = 10_000;
/** How often a peer may fetch the whole from us. */
const SERVINGS = 4;
/** Refusals before a peer is asked no more. */
const MOST_REJECTS = 8;

export interface MetadataExchangePort {
  now(): Millis;
  /** Largest info dictionary that is accepted, bytes. */
  readonly maxSize: ByteCount;
  peers(): Iterable<PeerSession>;
  /** The info dictionary when it is known. */
  raw(): Uint8Array | null;
  /** The whole has come. Returns false when it does not match the info hash. */
  received(raw: Uint8Array): boolean;
  ban(peer: PeerSession): void;
}

interface Offer {
  readonly size: ByteCount;
  rejects: number;
}

interface Attempt {
  readonly bytes: Uint8Array;
  /** By piece: who was asked, when, and whether it came. */
  readonly pieces: { askedOf: number; askedAt: Millis; hasCome: boolean }[];
  /** The only peer that is asked, when an earlier attempt has failed. */
  readonly onlyPeer: number | null;
}

export class MetadataExchange implements PeerExtension {
  readonly name = 'ut_metadata';
  readonly #port: MetadataExchangePort;
  readonly #offers = new Map<number, Offer>();
  readonly #served = new Map<number, number>();
  #attempt: Attempt | null = null;
  #hasFailed = false;

  constructor(port: MetadataExchangePort) {
    this.#port = port;
  }

  handshake(): Partial<ExtensionHandshake> {
    const raw = this.#port.raw();
    return raw === null ? {} : { metadataSize: raw.length };
  }

  onHandshake(peer: PeerSession, handshake: ExtensionHandshake): void {
    const size = handshake.metadataSize;
    if (size === null || size > this.#port.maxSize || !handshake.ids.get(this.name)) return;
    this.#offers.set(peer.id, { size, rejects: 0 });
    this.#fetch();
  }

  onClosed(peer: PeerSession): void {
    this.#offers.delete(peer.id);
    this.#served.delete(peer.id);
    for (const piece of this.#attempt?.pieces ?? []) if (piece.askedOf === peer.id) piece.askedOf = 0;
    if (this.#attempt?.onlyPeer === peer.id) this.#attempt = null;
    this.#fetch();
  }

  tick(now: Millis): void {
    for (const piece of this.#attempt?.pieces ?? []) {
      if (!piece.hasCome && piece.askedOf !== 0 && now - piece.askedAt > REQUEST_TIMEOUT) {
        this.#refused(piece.askedOf);
        piece.askedOf = 0;
      }
    }
    this.#fetch();
  }

  onMessage(peer: PeerSession, payload: Uint8Array): string | null {
    const message = decodeMetadataMessage(payload);
    if (message === null) return 'malformed ut_metadata message';
    if (message.type === 'request') this.#serve(peer, message.piece);
    else if (message.type === 'data') this.#take(peer, message.piece, message.data);
    else if (message.type === 'reject') {
      const piece = this.#attempt?.pieces[message.piece];
      if (piece?.askedOf === peer.id) piece.askedOf = 0;
      this.#refused(peer.id);
      this.#fetch();
    }
    return null;
  }

  #serve(peer: PeerSession, piece: number): void {
    const raw = this.#port.raw();
    const served = (this.#served.get(peer.id) ?? 0) + 1;
    this.#served.set(peer.id, served);
    const from = piece * PIECE;
    const isServed = raw !== null && from < raw.length && served <= SERVINGS * Math.ceil(raw.length / PIECE);
    const answer = isServed
      ? encodeMetadataMessage({ type: 'data', piece, totalSize: raw.length, data: raw.subarray(from, from + PIECE) })
      : encodeMetadataMessage({ type: 'reject', piece });
    sendExtended(peer, this.name, answer);
  }

  #take(peer: PeerSession, index: number, data: Uint8Array): void {
    const attempt = this.#attempt;
    const piece = attempt?.pieces[index];
    if (attempt === null || piece === undefined || piece.hasCome || piece.askedOf !== peer.id) return;
    if (data.length !== Math.min(PIECE, attempt.bytes.length - index * PIECE)) {
      this.#port.ban(peer);
      return;
    }
    attempt.bytes.set(data, index * PIECE);
    piece.hasCome = true;
    if (attempt.pieces.every(({ hasCome }) => hasCome)) this.#finish(attempt, peer);
    else this.#fetch();
  }

  #finish(attempt: Attempt, last: PeerSession): void {
    this.#attempt = null;
    if (this.#port.received(attempt.bytes)) {
      this.#offers.clear();
      return;
    }
    this.#hasFailed = true;
    const isSingle = attempt.pieces.every(({ askedOf }) => askedOf === last.id);
    if (isSingle) this.#port.ban(last);
    this.#fetch();
  }

  #refused(peerId: number): void {
    const offer = this.#offers.get(peerId);
    if (offer === undefined) return;
    offer.rejects++;
    if (offer.rejects >= MOST_REJECTS) this.#offers.delete(peerId);
  }

  /** Asks for the pieces that nobody is asked for. */
  #fetch(): void {
    if (this.#port.raw() !== null || this.#offers.size === 0) return;
    this.#attempt ??= this.#begin();
    const attempt = this.#attempt;
    const peers = [...this.#port.peers()].filter(
      ({ id }) =>
        this.#offers.get(id)?.size === attempt.bytes.length && (attempt.onlyPeer === null || attempt.onlyPeer === id),
    );
    if (peers.length === 0) {
      this.#attempt = null;
      return;
    }
    let turn = 0;
    for (const [index, piece] of attempt.pieces.entries()) {
      if (piece.hasCome || piece.askedOf !== 0) continue;
      const peer = peers[turn++ % peers.length] as PeerSession;
      piece.askedOf = peer.id;
      piece.askedAt = this.#port.now();
      sendExtended(peer, this.name, encodeMetadataMessage({ type: 'request', piece: index }));
    }
  }

  #begin(): Attempt {
    const [peerId, offer] = this.#offers.entries().next().value as [number, Offer];
    return {
      bytes: new Uint8Array(offer.size),
      pieces: Array.from({ length: Math.ceil(offer.size / PIECE) }, () => ({ askedOf: 0, askedAt: 0, hasCome: false })),
      onlyPeer: this.#hasFailed ? peerId : null,
    };
  }
}
