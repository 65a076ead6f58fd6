/**
 * Decides which blocks to ask of which peer. Pure: facts in, decisions out; time comes in as `now`.
 *
 * In this order a peer is given
 * 1. blocks of pieces with a deadline, the soonest first; when that is near, its share of a piece, so that all bring it;
 * 2. the rest of the piece it is working on, as one run of blocks (its side serves a run with one read);
 * 3. blocks of other pieces in progress: what is started gets finished, so that it can be verified and shared;
 * 4. a new piece: the rarest of the highest priority (the first few at random, so that we soon have something to give;
 *    BEP 3 practice), or in sequential mode the first;
 * 5. blocks of a piece that was opened for a fast peer. A fast peer brings whole pieces alone, so that bad data of one
 *    peer spoils few pieces and its culprit is plain;
 * 6. blocks that another peer was asked for but hardly brings (`takeover.ts`): the end-game.
 * A higher priority comes first in 3 and 4. Priority 0 is never asked for, nor are blocks that are nothing but pads. A
 * piece of only such blocks must be in `have`, or have priority 0.
 *
 * Cost: constant per block; per piece started a search bounded by `fresh-pieces.ts`. An idle picker has one byte a
 * piece at most; the rarity order and the counts exist while there are leechers to choose from. A torrent that is
 * complete needs none of this: drop the picker.
 */
import type { Bitfield } from '../../base/bitfield.ts';
import type { BlockIndex, ByteCount, BytesPerSecond, Millis, PieceIndex } from '../../base/units.ts';
import { BLOCK_LENGTH } from '../../codec/metainfo/index.ts';
import { Availability } from './availability.ts';
import { BlockLedger } from './block-ledger.ts';
import { Deadlines } from './deadlines.ts';
import { FreshPieces, type StartOrder } from './fresh-pieces.ts';
import type { JoinedPeer } from './joined-peer.ts';
import type { OpenPiece } from './open-piece.ts';
import type {
  BlockArrival,
  HeldBlock,
  PickerOptions,
  PickingMode,
  PickingPeer,
  Picks,
  PieceProgress,
  Priority,
} from './picking.ts';
import { expectedWait, type PicksInProgress, Takeovers } from './takeover.ts';

export type { PickerOptions, PickingMode, PickingPeer, Picks, PieceProgress, Priority } from './picking.ts';

const NORMAL: Priority = 4;
/** So many pieces are chosen at random before rarity counts (BEP 3 practice). */
const RANDOM_FIRST = 4;
/** A peer that brings a piece within this time is fast: it gets pieces of its own. */
const WHOLE_PIECE_TIME: Millis = 20_000;
/** From so long before a deadline on, slow holders of its blocks are outrun. */
const NEAR_DEADLINE: Millis = 5000;
/** Of a piece that is needed then, a peer is given at least what it brings within this time. */
const SHARE_TIME: Millis = 1000;
/** Before the end-game a peer that finds nothing to ask for looks for blocks to take over so often. */
const TAKEOVER_INTERVAL: Millis = 250;

export class PiecePicker {
  readonly #options: PickerOptions;
  readonly #availability: Availability;
  readonly #fresh: FreshPieces;
  readonly #ledger = new BlockLedger();
  readonly #takeovers: Takeovers;
  readonly #deadlines = new Deadlines();
  /** By piece; null while all are normal. */
  #priorities: Uint8Array | null = null;
  #mode: PickingMode = 'rarest-first';
  /** Pieces of which the peer that is being asked had its share. */
  readonly #shared = new Set<PieceIndex>();
  /** Wanted pieces that we lack, and their bytes. */
  #wanted: { pieces: number; bytes: ByteCount } = { pieces: 0, bytes: 0 };

  constructor(options: PickerOptions) {
    this.#options = options;
    const { geometry, have, random, isVerifiable } = options;
    const { pieceCount } = geometry;
    this.#availability = new Availability(pieceCount);
    this.#takeovers = new Takeovers(this.#ledger, pieceCount * geometry.blocksPerPiece);
    this.#fresh = new FreshPieces({
      pieceCount,
      random,
      availability: this.#availability,
      priorityOf: (piece) => this.#priorities?.[piece] ?? NORMAL,
      mayStart: (peer, piece) => peer.mayRequest(piece) && (isVerifiable === undefined || isVerifiable(piece)),
    });
    for (let piece = 0; piece < pieceCount; piece++) if (!have.has(piece)) this.#want(piece);
  }

  /** Nothing wanted is missing. */
  get isFinished(): boolean {
    return this.#wanted.pieces === 0;
  }

  /** Bytes of wanted pieces that are not verified. */
  get wantedBytesLeft(): ByteCount {
    return this.#wanted.bytes;
  }

  /** Copies of the torrent among the connected peers and us: those of the rarest piece, plus the share of pieces above. */
  get distributedCopies(): number {
    return this.#availability.distributedCopies(this.#options.have);
  }

  /** Connected peers that have a piece. */
  availabilityOf(piece: PieceIndex): number {
    return this.#availability.of(piece);
  }

  /** A peer is connected; `have` is what it has by now. */
  peerJoined(peer: PickingPeer): void {
    if (this.#ledger.peer(peer.id) === undefined) this.#countPieces(this.#ledger.join(peer));
  }

  /** The peer is gone: what was asked of it is wanted again. Its `have` must be as last told. */
  peerLeft(peer: PickingPeer): void {
    const joined = this.#ledger.peer(peer.id);
    if (joined === undefined) return;
    this.#ledger.leave(joined);
    if (joined.isSeed) this.#availability.removeSeed();
    else {
      this.#availability.removeLeecher(peer.have);
      if (joined.counted > 0) this.#fresh.raritiesChanged();
    }
    if (this.#ledger.peerCount === 0) this.#fresh.forgetOrder();
  }

  /** The peer got a piece that it had not; its `have` says so already. */
  peerHas(peer: PickingPeer, piece: PieceIndex): void {
    const joined = this.#ledger.peer(peer.id);
    if (joined === undefined || joined.isSeed) return;
    joined.counted++;
    joined.barrenAt = -1;
    const count = this.#availability.increment(piece);
    this.#fresh.rarityChanged(piece, count - 1, count);
  }

  /** The peer lost a piece that it had (BEP 54); its `have` says so already. */
  peerLost(peer: PickingPeer, piece: PieceIndex): void {
    const joined = this.#ledger.peer(peer.id);
    if (joined === undefined) return;
    if (joined.isSeed) {
      this.#availability.removeSeed();
      this.#countAsLeecher(joined);
      return;
    }
    joined.counted--;
    const count = this.#availability.decrement(piece);
    this.#fresh.rarityChanged(piece, count + 1, count);
  }

  /** All that the peer has was told anew (bitfield, have all). Cheap when it had nothing before. */
  peerHasBitfield(peer: PickingPeer): void {
    const joined = this.#ledger.peer(peer.id);
    if (joined === undefined) return;
    joined.barrenAt = -1;
    if (joined.isSeed) this.#availability.removeSeed();
    else this.#availability.removeLeecher(null);
    if (joined.counted > 0) {
      const others = this.#ledger.peers.filter((other) => other !== joined && !other.isSeed);
      this.#availability.recount(others.map(({ peer: { have } }) => have));
      this.#fresh.raritiesChanged();
    }
    this.#countPieces(joined);
  }

  priorityOf(piece: PieceIndex): Priority {
    return (this.#priorities?.[piece] ?? NORMAL) as Priority;
  }

  /** With priority 0 nothing more is asked of a piece in progress; `abandon` it to free its memory. */
  setPriority(piece: PieceIndex, priority: Priority): void {
    const before = this.priorityOf(piece);
    if (before === priority || piece >= this.#options.geometry.pieceCount) return;
    this.#priorities ??= new Uint8Array(this.#options.geometry.pieceCount).fill(NORMAL);
    const isMissing = !this.#options.have.has(piece);
    if (isMissing && priority === 0) this.#unwant(piece);
    this.#priorities[piece] = priority;
    if (isMissing && before === 0) this.#want(piece);
    else this.#fresh.reprioritized(piece, before);
  }

  setMode(mode: PickingMode): void {
    this.#mode = mode;
  }

  /** Wants a piece by a time (of the clock that `next` is told), or no longer. The piece's priority must not be 0. */
  setDeadline(piece: PieceIndex, at: Millis | null): void {
    if (at === null || this.#options.have.has(piece)) this.#deadlines.delete(piece);
    else this.#deadlines.set(piece, at);
  }

  hasDeadline(piece: PieceIndex): boolean {
    return this.#deadlines.has(piece);
  }

  /** There are blocks to be asked of the peer that are needed by a time that is near. */
  hasUrgent(peer: PickingPeer, now: Millis): boolean {
    for (const [piece, at] of this.#deadlines.sorted) {
      if (at - now > NEAR_DEADLINE) return false;
      const isFree = this.#fresh.has(piece) || (this.#ledger.piece(piece)?.free ?? 0) > 0;
      if (isFree && this.#mayAsk(peer, piece)) return true;
    }
    return false;
  }

  /** Chooses up to `count` blocks for a peer and notes them as asked of it. */
  next(peer: PickingPeer, count: number, now: Millis): Picks {
    const picks: PicksInProgress = { requests: [], takenOver: [] };
    const joined = this.#ledger.peer(peer.id);
    if (joined === undefined || this.isFinished) return picks;
    this.#shared.clear();
    if (!this.#deadlines.isEmpty) this.#pickUrgent(joined, count, now, picks);
    while (picks.requests.length < count) {
      const open = this.#choose(joined);
      if (open === null) break;
      this.#ledger.take(joined, open, count, now, picks.requests);
    }
    if (picks.requests.length < count) this.#pickSlow(joined, count, now, picks);
    return picks;
  }

  /** False when a block has come already, or its piece is not in progress. */
  isWanted(piece: PieceIndex, block: BlockIndex): boolean {
    return this.#ledger.piece(piece)?.isAwaiting(block) ?? false;
  }

  /** A block has come whole. Whether that peer was asked for it is for the caller to know. */
  blockArrived(peerId: number, piece: PieceIndex, block: BlockIndex): BlockArrival {
    return this.#ledger.arrive(peerId, piece, block);
  }

  /** A peer will not bring a block: it chokes us, rejects the request, is too late, or we cancelled it. */
  requestDropped(peerId: number, piece: PieceIndex, block: BlockIndex): void {
    this.#ledger.drop(peerId, piece, block);
  }

  /** A block that had come cannot be trusted: it is wanted again. False when it had not come, or its piece is done. */
  blockSpoiled(piece: PieceIndex, block: BlockIndex): boolean {
    return this.#ledger.forget(piece, block);
  }

  /** We have the piece. Returns the requests for it that are still awaited: to be cancelled. */
  pieceVerified(piece: PieceIndex): readonly HeldBlock[] {
    const { have, geometry } = this.#options;
    if (have.has(piece) || piece >= geometry.pieceCount) return [];
    if (this.priorityOf(piece) > 0) this.#unwant(piece);
    have.add(piece);
    this.#deadlines.delete(piece);
    return this.#ledger.close(piece);
  }

  /** The piece proved bad: all its blocks are wanted again. */
  pieceFailed(piece: PieceIndex): void {
    this.abandon(piece);
  }

  /** We no longer have a piece that we had. */
  pieceLost(piece: PieceIndex): void {
    if (this.#options.have.delete(piece) && this.priorityOf(piece) > 0) this.#want(piece);
  }

  /** Gives up a piece in progress: its blocks are wanted again. Returns what was awaited of it: to be cancelled. */
  abandon(piece: PieceIndex): readonly HeldBlock[] {
    if (this.#ledger.piece(piece) === undefined) return [];
    const awaited = this.#ledger.close(piece);
    if (this.priorityOf(piece) > 0) this.#fresh.add(piece);
    return awaited;
  }

  /** Is there a piece in `have` that we want and lack? */
  isInteresting(have: Bitfield): boolean {
    if (this.#fresh.isAnyIn(have)) return true;
    for (const { piece } of this.#ledger.pieces) if (have.has(piece) && this.priorityOf(piece) > 0) return true;
    return false;
  }

  /** The pieces in progress, oldest first; one is in progress until it is verified, failed or abandoned. */
  *openPieces(): IterableIterator<PieceProgress> {
    for (const { piece, blockCount, arrived, requested } of this.#ledger.pieces) {
      yield { piece, blockCount, done: arrived, requested };
    }
  }

  #want(piece: PieceIndex): void {
    this.#wanted.pieces++;
    this.#wanted.bytes += this.#options.geometry.pieceSize(piece);
    if (this.#ledger.piece(piece) === undefined) this.#fresh.add(piece);
  }

  #unwant(piece: PieceIndex): void {
    this.#wanted.pieces--;
    this.#wanted.bytes -= this.#options.geometry.pieceSize(piece);
    this.#fresh.remove(piece);
  }

  #countPieces(joined: JoinedPeer): void {
    const { have } = joined.peer;
    joined.isSeed = have.isComplete;
    joined.counted = 0;
    if (joined.isSeed) this.#availability.addSeed();
    else this.#countAsLeecher(joined);
  }

  #countAsLeecher(joined: JoinedPeer): void {
    const { have } = joined.peer;
    joined.isSeed = false;
    joined.counted = have.count;
    this.#availability.addLeecher(have);
    if (have.count > 0) this.#fresh.raritiesChanged();
  }

  #pickUrgent(joined: JoinedPeer, count: number, now: Millis, picks: PicksInProgress): void {
    const { peer } = joined;
    for (const [piece, at] of this.#deadlines.sorted) {
      if (picks.requests.length >= count) return;
      if (!this.#mayAsk(peer, piece)) continue;
      const isNear = at - now <= NEAR_DEADLINE;
      const open = this.#ledger.piece(piece) ?? (this.#fresh.has(piece) ? this.#start(joined, piece, isNear) : null);
      if (open === null) continue;
      const share = isNear ? this.#share(joined.peer, open) : count;
      this.#ledger.take(joined, open, Math.min(count, picks.requests.length + share), now, picks.requests);
      if (isNear) this.#shared.add(piece);
      if (!isNear || open.requested === 0) continue;
      const mayOutrun = (holder: JoinedPeer): boolean => expectedWait(holder) > at - now;
      this.#takeovers.pick(joined, { now, count, pieces: [open], mayAsk: () => true, mayOutrun }, picks);
    }
  }

  /** So many blocks of a piece a peer is given, while others could bring the rest: its part by rate, at the least. */
  #share({ rate }: PickingPeer, { piece, blockCount }: OpenPiece): number {
    const rates: BytesPerSecond[] = [];
    for (const { peer } of this.#ledger.peers) if (this.#mayAsk(peer, piece)) rates.push(peer.rate);
    const total = rates.reduce((sum, one) => sum + one, 0);
    if (total === 0) return Math.ceil(blockCount / rates.length);
    return Math.ceil(Math.max((rate * SHARE_TIME) / 1000 / BLOCK_LENGTH, (blockCount * rate) / total));
  }

  /** The end-game: blocks that others hold. */
  #pickSlow(joined: JoinedPeer, count: number, now: Millis, picks: PicksInProgress): void {
    if (this.#fresh.count > 0) {
      if (now < joined.nextTakeover) return;
      joined.nextTakeover = now + TAKEOVER_INTERVAL;
    }
    // All has been asked for; or this peer could start a piece, but slow holders occupy the memory.
    const isEndGame = this.#fresh.count === 0 || !this.#fresh.isBarren(joined);
    const mayAsk = (piece: PieceIndex): boolean => this.#mayAsk(joined.peer, piece);
    const { pieces } = this.#ledger;
    this.#takeovers.pick(joined, { now, count, pieces, mayAsk, mayOutrun: () => isEndGame }, picks);
  }

  /** The piece from which a peer is given the next blocks. */
  #choose(joined: JoinedPeer): OpenPiece | null {
    const current = this.#ledger.piece(joined.current);
    const isOpen = current !== undefined && current.free > 0 && !this.#shared.has(current.piece);
    if (isOpen && this.#mayAsk(joined.peer, current.piece)) return current;
    const partial = this.#bestPartial(joined, false);
    const fresh = this.#bestFresh(joined, partial);
    const started = fresh < 0 ? null : this.#start(joined, fresh);
    return started ?? partial ?? this.#bestPartial(joined, true);
  }

  /** The piece in progress to join. Reserved ones are those of fast peers, and the rest of what is shared. */
  #bestPartial(joined: JoinedPeer, withReserved: boolean): OpenPiece | null {
    let best: OpenPiece | null = null;
    for (const open of this.#ledger.partialPieces) {
      if (best !== null && !this.#isBetter(open, best)) continue;
      if (!this.#mayAsk(joined.peer, open.piece)) continue;
      if (withReserved || !this.#isReserved(open, joined)) best = open;
    }
    return best;
  }

  /** Higher priority first; then the lower index in sequential mode, otherwise what is nearer to its end. */
  #isBetter(a: OpenPiece, b: OpenPiece): boolean {
    const byPriority = this.priorityOf(a.piece) - this.priorityOf(b.piece);
    if (byPriority !== 0) return byPriority > 0;
    return this.#mode === 'sequential' ? a.piece < b.piece : a.free < b.free;
  }

  #isReserved(open: OpenPiece, joined: JoinedPeer): boolean {
    if (this.#shared.has(open.piece)) return true;
    const owner = this.#ledger.peer(open.owner);
    if (owner === undefined || owner === joined || owner.current !== open.piece) return false;
    return this.#isFast(owner.peer) && owner.peer.mayRequest(open.piece);
  }

  /** A new piece that comes before joining `partial`, or -1. */
  #bestFresh(joined: JoinedPeer, partial: OpenPiece | null): PieceIndex {
    if (this.#options.hasRoom?.() === false) {
      this.#fresh.skip(joined);
      return -1;
    }
    const order = this.#startOrder;
    if (partial === null) return this.#fresh.choose(joined, order, 0);
    const priority = this.priorityOf(partial.piece);
    if (this.#mode !== 'sequential') return this.#fresh.choose(joined, order, priority);
    const fresh = this.#fresh.choose(joined, order, priority - 1);
    return fresh >= 0 && (fresh < partial.piece || this.priorityOf(fresh) > priority) ? fresh : -1;
  }

  get #startOrder(): StartOrder {
    if (this.#mode === 'sequential') return 'sequential';
    return this.#options.have.count < RANDOM_FIRST ? 'random' : 'rarest';
  }

  /** Starts a piece, if there is memory for it. */
  #start(joined: JoinedPeer, piece: PieceIndex, isUrgent = false): OpenPiece | null {
    const { geometry, canOpen, isVerifiable } = this.#options;
    if (isVerifiable?.(piece) === false || !canOpen(piece, isUrgent)) return null;
    this.#fresh.remove(piece);
    const open = this.#ledger.start(piece, geometry.blockCount(piece), geometry.padBlocks(piece));
    if (this.#isFast(joined.peer)) open.owner = joined.peer.id;
    return open;
  }

  #mayAsk(peer: PickingPeer, piece: PieceIndex): boolean {
    return this.priorityOf(piece) > 0 && peer.have.has(piece) && peer.mayRequest(piece);
  }

  #isFast(peer: PickingPeer): boolean {
    return (peer.rate * WHOLE_PIECE_TIME) / 1000 >= this.#options.geometry.pieceLength;
  }
}
