/**
 * The info dictionary from and to peers (BEP 9): 16 KiB pieces, checked as a whole against the info hash.
 *
 * Fetching asks all peers that offer the same size. When the whole does not match, nobody knows who lied; from then on
 * each attempt asks a single peer. One that fails alone is banned at once, the others when the good dictionary shows
 * which pieces were bad. A peer that rejects or stays silent is left alone for a while, longer each time, and in that
 * while others come to their turn. Serving is bounded for each peer.
 */
import { equalBytes } from '../../base/bytes.ts';
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
/** Pieces asked of one peer at the same time. */
const MOST_ASKED = 16;
/** How often a peer may fetch the whole from us. */
const SERVINGS = 4;
/** How long a peer is not asked after its first setback; doubled with each further one. */
const FIRST_PAUSE: Millis = 2000;
const LONGEST_PAUSE: Millis = 60_000;

export interface MetadataExchangePort {
  now(): Millis;
  /** Largest info dictionary that is accepted, bytes. */
  readonly maxSize: ByteCount;
  peers(): Iterable<PeerSession>;
  /** The info dictionary is known. */
  isKnown(): boolean;
  /** The info dictionary, when it is known and can be read: it may lie in a file. */
  raw(): Uint8Array | null;
  /** The whole has come. Returns false when it does not match the info hash. */
  received(raw: Uint8Array): boolean;
  /** The peer of this id lied; it may be gone. */
  ban(peerId: number): void;
}

interface Offer {
  size: ByteCount;
  /** Times that the peer rejected a request or let it time out, and when it may be asked again. */
  setbacks: number;
  readyAt: Millis;
}

interface Attempt {
  readonly bytes: Uint8Array;
  /** By piece: who was asked (0: nobody), when, and whether it came. */
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
  /** The first attempt that failed, kept to see whose pieces were bad. */
  #failed: Attempt | null = null;

  constructor(port: MetadataExchangePort) {
    this.#port = port;
  }

  handshake(): Partial<ExtensionHandshake> {
    const raw = this.#port.raw();
    return raw === null ? {} : { metadataSize: raw.length };
  }

  onHandshake(peer: PeerSession, handshake: ExtensionHandshake): void {
    const size = handshake.metadataSize;
    if (size === null || size > this.#port.maxSize || !handshake.ids.get(this.name)) {
      this.#forget(peer.id);
      return;
    }
    const offer = this.#offers.get(peer.id);
    if (offer === undefined) this.#offers.set(peer.id, { size, setbacks: 0, readyAt: 0 });
    else offer.size = size;
    this.#fetch();
  }

  onClosed(peer: PeerSession): void {
    this.#served.delete(peer.id);
    this.#forget(peer.id);
    this.#fetch();
  }

  tick(now: Millis): void {
    for (const piece of this.#attempt?.pieces ?? []) {
      if (!piece.hasCome && piece.askedOf !== 0 && now - piece.askedAt > REQUEST_TIMEOUT) {
        this.#setBack(piece.askedOf);
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
    else if (message.type === 'reject') this.#rejected(peer, message.piece);
    return null;
  }

  #serve(peer: PeerSession, piece: number): void {
    const raw = this.#port.raw();
    const served = (this.#served.get(peer.id) ?? 0) + 1;
    this.#served.set(peer.id, served);
    const from = piece * PIECE;
    const isServed = raw !== null && from < raw.length && served <= SERVINGS * Math.ceil(raw.length / PIECE);
    const answer =
      isServed && !peer.isCongested
        ? encodeMetadataMessage({ type: 'data', piece, totalSize: raw.length, data: raw.subarray(from, from + PIECE) })
        : encodeMetadataMessage({ type: 'reject', piece });
    sendExtended(peer, this.name, answer);
  }

  #take(peer: PeerSession, index: number, data: Uint8Array): void {
    const attempt = this.#attempt;
    const piece = attempt?.pieces[index];
    if (attempt === null || piece === undefined || piece.hasCome || piece.askedOf !== peer.id) return;
    if (data.length !== Math.min(PIECE, attempt.bytes.length - index * PIECE)) {
      this.#port.ban(peer.id);
      return;
    }
    attempt.bytes.set(data, index * PIECE);
    piece.hasCome = true;
    if (attempt.pieces.every(({ hasCome }) => hasCome)) this.#finish(attempt, peer.id);
    else this.#fetch();
  }

  #rejected(peer: PeerSession, index: number): void {
    const piece = this.#attempt?.pieces[index];
    if (piece === undefined || piece.hasCome || piece.askedOf !== peer.id) return;
    piece.askedOf = 0;
    this.#setBack(peer.id);
    this.#fetch();
  }

  #finish(attempt: Attempt, last: number): void {
    this.#attempt = null;
    if (this.#port.received(attempt.bytes)) {
      this.#offers.clear();
      this.#blame(attempt.bytes);
      return;
    }
    this.#failed ??= attempt;
    if (attempt.pieces.every(({ askedOf }) => askedOf === last)) this.#port.ban(last);
    this.#fetch();
  }

  /** Bans those whose pieces of the failed attempt differ from the good dictionary. */
  #blame(good: Uint8Array): void {
    const failed = this.#failed;
    this.#failed = null;
    for (const [index, { askedOf }] of failed?.pieces.entries() ?? []) {
      const [from, end] = [index * PIECE, (index + 1) * PIECE];
      if (askedOf === 0 || equalBytes((failed as Attempt).bytes.subarray(from, end), good.subarray(from, end)))
        continue;
      this.#port.ban(askedOf);
    }
  }

  /** Nothing more can come of a peer. */
  #forget(peerId: number): void {
    this.#offers.delete(peerId);
    for (const piece of this.#attempt?.pieces ?? []) {
      if (piece.askedOf === peerId && !piece.hasCome) piece.askedOf = 0;
    }
  }

  /** A peer did not deliver. Several pieces of one round count once. */
  #setBack(peerId: number): void {
    const offer = this.#offers.get(peerId);
    const now = this.#port.now();
    if (offer === undefined || offer.readyAt > now) return;
    offer.readyAt = now + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** offer.setbacks);
    offer.setbacks++;
  }

  /** Asks for the pieces that nobody is asked for. */
  #fetch(): void {
    if (this.#port.isKnown() || this.#offers.size === 0) return;
    const ready = this.#readyPeers();
    const attempt = this.#currentAttempt(ready);
    if (attempt === null) return;
    const peers = ready.filter(({ id }) => this.#mayHelp(id, attempt));
    if (peers.length === 0) return;
    const asked = new Map<number, number>();
    for (const { askedOf, hasCome } of attempt.pieces) if (!hasCome) asked.set(askedOf, (asked.get(askedOf) ?? 0) + 1);
    let turn = 0;
    for (const [index, piece] of attempt.pieces.entries()) {
      if (piece.hasCome || piece.askedOf !== 0) continue;
      const peer = peers[turn++ % peers.length] as PeerSession;
      const count = asked.get(peer.id) ?? 0;
      if (count >= MOST_ASKED) continue;
      asked.set(peer.id, count + 1);
      piece.askedOf = peer.id;
      piece.askedAt = this.#port.now();
      sendExtended(peer, this.name, encodeMetadataMessage({ type: 'request', piece: index }));
    }
  }

  /** Peers that may be asked now, the most reliable first. */
  #readyPeers(): PeerSession[] {
    const now = this.#port.now();
    const setbacks = (peer: PeerSession): number => this.#offers.get(peer.id)?.setbacks ?? 0;
    const ready = [...this.#port.peers()].filter(({ id }) => (this.#offers.get(id)?.readyAt ?? Infinity) <= now);
    return ready.sort((a, b) => setbacks(a) - setbacks(b));
  }

  #mayHelp(peerId: number, { bytes, onlyPeer }: Attempt): boolean {
    return this.#offers.get(peerId)?.size === bytes.length && (onlyPeer === null || onlyPeer === peerId);
  }

  /** The attempt under way; when nobody can help it now, a new one after the best offer there is. */
  #currentAttempt(ready: readonly PeerSession[]): Attempt | null {
    const [best] = ready;
    const attempt = this.#attempt;
    const isAlive =
      attempt !== null &&
      (ready.some(({ id }) => this.#mayHelp(id, attempt)) ||
        attempt.pieces.some(({ askedOf, hasCome }) => askedOf !== 0 && !hasCome));
    if (isAlive || best === undefined) return attempt;
    const { size } = this.#offers.get(best.id) as Offer;
    this.#attempt = {
      bytes: new Uint8Array(size),
      pieces: Array.from({ length: Math.ceil(size / PIECE) }, () => ({ askedOf: 0, askedAt: 0, hasCome: false })),
      onlyPeer: this.#failed === null ? null : best.id,
    };
    return this.#attempt;
  }
}
