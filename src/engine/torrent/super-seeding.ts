/**
 * Super-seeding (BEP 16): the only seed of a torrent says that it has nothing, then names pieces to each peer one at a
 * time: one that nobody has, or a very rare one. The next is named when somebody else is seen to have the last, so that
 * what was sent once is passed on by those who got it. Nobody waits for that for ever: not a peer that is alone, nor one
 * whose neighbours cannot reach it. It ends with the first peer that has everything: then there is another seed.
 * Peers that were told what we have before it began are served as ever: that cannot be taken back.
 */
import { Bitfield } from '../../base/bitfield.ts';
import { concat } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import type { ByteCount, Millis, PieceIndex } from '../../base/units.ts';
import { encodeHave } from '../../codec/wire/index.ts';
import type { PeerSession } from '../peer/peer-session.ts';

export interface SuperSeedingPort {
  readonly random: Random;
  now(): Millis;
  /** How many pieces there are, when we have all of them and only upload; else null. */
  pieceCount(): number | null;
  peers(): Iterable<PeerSession>;
  connectedCount(): number;
  /** Payload that was sent so far. */
  uploaded(): ByteCount;
  /** A peer has a piece, though it did not say so. */
  peerHas(peer: PeerSession, piece: PieceIndex): void;
  /** It has ended: this peer was told of all pieces. */
  revealed(peer: PeerSession): void;
}

/** What one peer was told. */
interface Offer {
  readonly revealed: Bitfield;
  /** The last one; null before the first. */
  piece: PieceIndex | null;
  since: Millis;
  /** How many others had it then, and what we had sent to the peer. */
  copies: number;
  sentBefore: ByteCount;
  /** Since when the peer has it, or wants nothing of us; null before. */
  doneSince: Millis | null;
  /** Pieces named at a time: more and more to a peer that wants none of them, because it chose among the files. */
  width: number;
}

/** A new peer has so much time to say what it has before it is told of a piece, ms. */
const GREETING: Millis = 1000;
/** A peer that has its piece waits so long for others to get it, ms: as long as a round of the choker. */
const PATIENCE: Millis = 10_000;
/** A peer that shows no interest after this does not want the piece, ms; a round trip takes less. */
const UNWANTED: Millis = 3000;
/** A piece that a peer was offered so long ago, and still has not, is offered to others too, ms. */
const OFFER_TIME: Millis = 60_000;
/** A piece that so many peers have is no longer rare: it is offered only when we would send nothing else. */
const COMMON = 2;

export class SuperSeeding {
  readonly #port: SuperSeedingPort;
  #isWanted: boolean;
  /** There is another seed. */
  #isOver = false;
  /** While it is in effect: at how many peers each piece is, and what those were told who came since. */
  #run: { readonly copies: Uint16Array; readonly offers: Map<PeerSession, Offer> } | null = null;
  #sent: { bytes: ByteCount; at: Millis } = { bytes: 0, at: 0 };

  constructor(isWanted: boolean, port: SuperSeedingPort) {
    this.#isWanted = isWanted;
    this.#port = port;
  }

  /** In effect: new peers are told that we have nothing. */
  get isActive(): boolean {
    return this.#run !== null;
  }

  set(isWanted: boolean): void {
    this.#isWanted = isWanted;
    this.#isOver = false;
    this.update();
  }

  /** What decides whether it is in effect may be another. */
  update(): void {
    const pieceCount = this.#isWanted && !this.#isOver ? this.#port.pieceCount() : null;
    if (pieceCount === null) this.#end();
    else if (this.#run === null) this.#begin(pieceCount);
  }

  /** False: the peer is to be told what we have. */
  joined(peer: PeerSession): boolean {
    if (this.#run === null) return false;
    const none = { piece: null, since: this.#port.now(), copies: 0, sentBefore: 0, doneSince: null, width: 1 };
    this.#run.offers.set(peer, { revealed: new Bitfield(peer.have.size), ...none });
    return true;
  }

  /** Whether the peer was told that we have the piece. */
  mayServe(peer: PeerSession, piece: PieceIndex): boolean {
    return this.#run?.offers.get(peer)?.revealed.has(piece) !== false;
  }

  peerHas(peer: PeerSession, piece: PieceIndex): void {
    this.#count([piece], 1);
    this.#lookForSeed(peer);
    for (const [other, offer] of this.#run?.offers ?? []) {
      if (offer.piece !== piece) continue;
      if (other === peer) offer.doneSince ??= this.#port.now();
      this.#look(other, offer);
    }
  }

  /** It has told of many pieces, its first words of any. */
  peerHasMany(peer: PeerSession): void {
    this.#count(peer.have, 1);
    this.#lookForSeed(peer);
    const offer = this.#run?.offers.get(peer);
    const isUseless = offer?.piece === null || (offer !== undefined && peer.have.has(offer.piece));
    if (isUseless) this.#reveal(peer, offer, this.#port.now());
  }

  peerLost(piece: PieceIndex): void {
    this.#count([piece], -1);
  }

  interestChanged(peer: PeerSession): void {
    const offer = this.#run?.offers.get(peer);
    if (offer === undefined) return;
    const { piece } = offer;
    if (piece === null || peer.have.has(piece)) return;
    offer.doneSince = peer.peerInterested ? null : this.#port.now();
    // Not every client tells of a piece to whom it has it from.
    const hasTaken = !peer.peerInterested && this.#hasTaken(peer, offer);
    if (hasTaken && peer.pieces.add(piece) === 'new') this.#port.peerHas(peer, piece);
  }

  closed(peer: PeerSession): void {
    this.#count(peer.have, -1);
    this.#run?.offers.delete(peer);
  }

  tick(now: Millis): void {
    this.update();
    const bytes = this.#port.uploaded();
    if (bytes !== this.#sent.bytes) this.#sent = { bytes, at: now };
    for (const [peer, offer] of this.#run?.offers ?? []) this.#look(peer, offer);
  }

  #begin(pieceCount: number): void {
    this.#run = { copies: new Uint16Array(pieceCount), offers: new Map() };
    for (const peer of this.#port.peers()) this.#count(peer.have, 1);
    this.#sent = { bytes: this.#port.uploaded(), at: this.#port.now() };
  }

  #end(): void {
    const { offers = null } = this.#run ?? {};
    this.#run = null;
    for (const [peer, { revealed }] of offers ?? []) {
      const rest: Uint8Array[] = [];
      for (let piece = 0; piece < revealed.size; piece++) {
        if (!revealed.has(piece) && !peer.have.has(piece)) rest.push(encodeHave(piece));
      }
      peer.send(concat(rest));
      this.#port.revealed(peer);
    }
  }

  #count(pieces: Iterable<PieceIndex>, by: 1 | -1): void {
    const { copies = null } = this.#run ?? {};
    if (copies !== null) for (const piece of pieces) copies[piece] = (copies[piece] as number) + by;
  }

  #lookForSeed(peer: PeerSession): void {
    if (this.#run === null || !peer.pieces.isSeed) return;
    this.#isOver = true;
    this.update();
  }

  #look(peer: PeerSession, offer: Offer): void {
    const now = this.#port.now();
    if (this.#isDue(peer, offer, now)) this.#reveal(peer, offer, now);
  }

  /** It is time for the next piece. */
  #isDue(peer: PeerSession, offer: Offer, now: Millis): boolean {
    const { piece, since, copies, doneSince } = offer;
    if (piece === null) return now - since >= GREETING;
    if (this.#copiesBeside(peer, piece) > copies) return true;
    if (doneSince === null) return false;
    const waited = now - doneSince;
    if (!this.#hasTaken(peer, offer)) return waited >= UNWANTED;
    return this.#port.connectedCount() === 1 || waited >= PATIENCE;
  }

  #hasTaken(peer: PeerSession, { piece, sentBefore }: Offer): boolean {
    return (piece !== null && peer.have.has(piece)) || peer.uploads.meter.total > sentBefore;
  }

  #copiesBeside(peer: PeerSession, piece: PieceIndex): number {
    return (this.#run?.copies[piece] ?? 0) - (peer.have.has(piece) ? 1 : 0);
  }

  #reveal(peer: PeerSession, offer: Offer, now: Millis): void {
    const isUnwanted = offer.piece !== null && offer.doneSince !== null && !this.#hasTaken(peer, offer);
    offer.width = isUnwanted ? 2 * offer.width : 1;
    for (let i = 0; i < offer.width; i++) {
      const piece = this.#rarest(peer, offer, now);
      if (piece === null) return;
      offer.revealed.add(piece);
      Object.assign(offer, { piece, since: now, copies: this.#copiesBeside(peer, piece) });
      offer.sentBefore = peer.uploads.meter.total;
      offer.doneSince = peer.peerInterested ? null : now;
      peer.send(encodeHave(piece));
    }
  }

  /** Of the pieces that a peer neither has nor was told of, the one that the fewest have; null: none is worth it now. */
  #rarest(peer: PeerSession, { revealed }: Offer, now: Millis): PieceIndex | null {
    const run = this.#run;
    if (run === null) return null;
    const { size } = revealed;
    const underWay = new Set<PieceIndex | null>();
    for (const [other, { piece, since }] of run.offers) {
      if (piece !== null && now - since < OFFER_TIME && !other.have.has(piece)) underWay.add(piece);
    }
    const isIdle = now - this.#sent.at >= PATIENCE;
    let rarest: PieceIndex | null = null;
    let fewest = isIdle ? Number.POSITIVE_INFINITY : COMMON;
    const first = this.#port.random.below(Math.max(1, size));
    for (let i = 0; i < size && fewest > 0; i++) {
      const piece = (first + i) % size;
      const copies = (run.copies[piece] as number) + (underWay.has(piece) ? COMMON : 0);
      if (copies >= fewest || revealed.has(piece) || peer.have.has(piece)) continue;
      rarest = piece;
      fewest = copies;
    }
    return rarest;
  }
}
