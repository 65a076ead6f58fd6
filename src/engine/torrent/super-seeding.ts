/**
 * Super-seeding (BEP 16): the only seed of a torrent says that it has nothing, then names pieces to each peer one at a
 * time: one that nobody has, or a very rare one. The next is named when somebody else is seen to have the last, so that
 * what was sent once is passed on by those who got it. Nobody waits for that for ever: not a peer that is alone, nor one
 * whose neighbours cannot reach it, nor one whose neighbours only say that they have much. It ends with the first peer that
 * has everything: then there is another seed; one that lies makes us seed as usual.
 * Peers that were told what we have before it began are served as ever: that cannot be taken back.
 */
import { Bitfield } from '../../base/bitfield.ts';
import type { Random } from '../../base/random.ts';
import type { ByteCount, Millis, PieceIndex } from '../../base/units.ts';
import { encodeHaves } from '../../codec/wire/index.ts';
import type { PeerSession } from '../peer/peer-session.ts';

export interface SuperSeedingPort {
  readonly random: Random;
  now(): Millis;
  /** How many pieces there are, when we have all of them and only upload; else null. */
  pieceCount(): number | null;
  peers(): Iterable<PeerSession>;
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
  /** When it got the last piece of which we did not tell it: from others. */
  helpedAt: Millis;
}

/** A new peer has so much time to say what it has before it is told of a piece, ms. */
const GREETING: Millis = 1000;
/** A peer that has its piece waits so long for others to get it, ms: as long as a round of the choker. */
const PATIENCE: Millis = 10_000;
/** A peer that shows no interest after this does not want the piece, ms; a round trip takes less. */
const UNWANTED: Millis = 3000;
/**
 * A piece that a peer was offered so long ago, and still has not, is offered to others too, ms; and who got nothing from
 * others for so long is offered what they say that they have.
 */
const OFFER_TIME: Millis = 60_000;
/** A piece that so many peers have is no longer rare: it is offered only when we would send nothing else, or see need. */
const COMMON = 2;
/** Most pieces that are named to a peer at a time. */
const WIDEST = 2048;
/** Pieces that are looked through between two ticks, at most some 15 ms of work: who is due after that waits for the next. */
const LOOKS = 2 ** 19;

export class SuperSeeding {
  readonly #port: SuperSeedingPort;
  #isWanted: boolean;
  /** There is another seed. */
  #isOver = false;
  /** While it is in effect: at how many peers each piece is, and what those were told who came since. */
  #run: { readonly copies: Uint16Array; readonly offers: Map<PeerSession, Offer> } | null = null;
  #sent: { bytes: ByteCount; at: Millis } = { bytes: 0, at: 0 };
  /** Of `LOOKS`, what is left of them until the next tick. */
  #looks = LOOKS;
  /** It has ended: what these peers were told before, and from which piece on they are still to be told of the rest. */
  readonly #owed = new Map<PeerSession, { readonly told: Bitfield; next: PieceIndex }>();

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
    const now = this.#port.now();
    const none = { piece: null, copies: 0, sentBefore: 0, doneSince: null, width: 1 };
    this.#run.offers.set(peer, { revealed: new Bitfield(peer.have.size), ...none, since: now, helpedAt: now });
    return true;
  }

  /** Whether the peer was told that we have the piece. */
  mayServe(peer: PeerSession, piece: PieceIndex): boolean {
    return this.#run?.offers.get(peer)?.revealed.has(piece) !== false;
  }

  peerHas(peer: PeerSession, piece: PieceIndex): void {
    this.#count([piece], 1);
    this.#lookForSeed(peer);
    const ofPeer = this.#run?.offers.get(peer);
    if (ofPeer?.revealed.has(piece) === false) ofPeer.helpedAt = this.#port.now();
    const offered: (readonly [PeerSession, Offer])[] = [];
    for (const entry of this.#run?.offers ?? []) if (entry[1].piece === piece) offered.push(entry);
    for (const [other, offer] of offered) {
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
    this.#owed.delete(peer);
  }

  tick(now: Millis): void {
    this.update();
    const bytes = this.#port.uploaded();
    if (bytes !== this.#sent.bytes) this.#sent = { bytes, at: now };
    this.#looks = LOOKS;
    for (const [peer, offer] of [...(this.#run?.offers ?? [])]) this.#look(peer, offer);
    this.#tellTheRest();
  }

  #begin(pieceCount: number): void {
    this.#run = { copies: new Uint16Array(pieceCount), offers: new Map() };
    for (const peer of this.#port.peers()) this.#count(peer.have, 1);
    this.#sent = { bytes: this.#port.uploaded(), at: this.#port.now() };
  }

  #end(): void {
    if (this.#run === null) return;
    for (const [peer, { revealed }] of this.#run.offers) this.#owed.set(peer, { told: revealed, next: 0 });
    this.#run = null;
    this.#tellTheRest();
  }

  /** In parts, as far as peers read them: of hundreds of thousands of pieces each peer is told by itself. */
  #tellTheRest(): void {
    for (const [peer, owed] of this.#owed) {
      if (peer.isCongested) continue;
      const pieces: PieceIndex[] = [];
      const { told } = owed;
      for (; owed.next < told.size && pieces.length < WIDEST; owed.next++) {
        if (!told.has(owed.next) && !peer.have.has(owed.next)) pieces.push(owed.next);
      }
      peer.send(encodeHaves(pieces));
      if (owed.next < told.size) continue;
      this.#owed.delete(peer);
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
    if (this.#looks > 0 && this.#isDue(peer, offer, now)) this.#reveal(peer, offer, now);
  }

  /** It is time for the next piece. */
  #isDue(peer: PeerSession, offer: Offer, now: Millis): boolean {
    const { piece, since, copies, doneSince } = offer;
    if (piece === null) return now - since >= GREETING;
    if (this.#copiesBeside(peer, piece) > copies) return true;
    if (doneSince === null) return false;
    const waited = now - doneSince;
    if (!this.#hasTaken(peer, offer)) return waited >= UNWANTED;
    return waited >= PATIENCE || this.#isAlone(peer);
  }

  /** Nobody else takes part; there may be some who only look on. */
  #isAlone(peer: PeerSession): boolean {
    for (const other of this.#port.peers()) {
      if (other !== peer && (other.peerInterested || other.uploads.meter.total > 0)) return false;
    }
    return true;
  }

  #hasTaken(peer: PeerSession, { piece, sentBefore }: Offer): boolean {
    return (piece !== null && peer.have.has(piece)) || peer.uploads.meter.total > sentBefore;
  }

  #copiesBeside(peer: PeerSession, piece: PieceIndex): number {
    return (this.#run?.copies[piece] ?? 0) - (peer.have.has(piece) ? 1 : 0);
  }

  #reveal(peer: PeerSession, offer: Offer, now: Millis): void {
    // Whoever had its turn comes last at the next tick: there may not be enough looks for all.
    this.#run?.offers.delete(peer);
    this.#run?.offers.set(peer, offer);
    const isUnwanted = offer.piece !== null && offer.doneSince !== null && !this.#hasTaken(peer, offer);
    const width = isUnwanted ? Math.min(WIDEST, 2 * offer.width) : 1;
    const pieces = this.#rarest(peer, offer, { now, width });
    const piece = pieces.at(-1);
    if (piece === undefined) return;
    for (const named of pieces) offer.revealed.add(named);
    const sentBefore = peer.uploads.meter.total;
    const doneSince = peer.peerInterested ? null : now;
    Object.assign(offer, { width, piece, since: now, copies: this.#copiesBeside(peer, piece), sentBefore, doneSince });
    peer.send(encodeHaves(pieces));
  }

  /**
   * Of the pieces that a peer neither has nor was told of, those that the fewest have, at most `width`; fewer when no
   * more are worth it now.
   */
  #rarest(peer: PeerSession, offer: Offer, { now, width }: { now: Millis; width: number }): PieceIndex[] {
    const run = this.#run;
    if (run === null) return [];
    const { have } = peer;
    const { revealed, helpedAt } = offer;
    const { size } = revealed;
    const underWay = new Set<PieceIndex | null>();
    for (const [other, { piece, since }] of run.offers) {
      if (piece !== null && now - since < OFFER_TIME && !other.have.has(piece)) underWay.add(piece);
    }
    // Whoever gets nothing from others is not helped by what they say that they have.
    const isNeeded = now - this.#sent.at >= PATIENCE || now - helpedAt >= OFFER_TIME;
    const tooMany = isNeeded ? Number.POSITIVE_INFINITY : COMMON;
    const byCopies: PieceIndex[][] = [];
    const first = this.#port.random.below(Math.max(1, size));
    let looks = 0;
    for (; looks < size && (byCopies[0]?.length ?? 0) < width; looks++) {
      const piece = first + looks < size ? first + looks : first + looks - size;
      let copies = run.copies[piece] as number;
      if (copies >= tooMany || revealed.has(piece) || have.has(piece)) continue;
      if (underWay.has(piece)) copies += COMMON;
      if (copies >= tooMany) continue;
      const alike = (byCopies[copies] ??= []);
      if (alike.length < width) alike.push(piece);
    }
    this.#looks -= looks + run.offers.size;
    return byCopies.flat().slice(0, width);
  }
}
