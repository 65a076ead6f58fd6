/** The pieces in progress and who was asked for which of their blocks. It decides nothing. */
import type { BlockIndex, Millis, PieceIndex } from '../../base/units.ts';
import type { BlockRequest } from '../../codec/wire/index.ts';
import { type JoinedPeer, joinedPeer } from './joined-peer.ts';
import { OpenPiece } from './open-piece.ts';
import type { BlockArrival, HeldBlock, PickingPeer } from './picking.ts';

const UNWANTED: BlockArrival = { isWanted: false, cancelAt: [], pieceDone: false };
const WANTED: BlockArrival = { isWanted: true, cancelAt: [], pieceDone: false };
const LAST: BlockArrival = { isWanted: true, cancelAt: [], pieceDone: true };

export class BlockLedger {
  readonly #peers = new Map<number, JoinedPeer>();
  readonly #open = new Map<PieceIndex, OpenPiece>();
  /** Open pieces with free blocks. */
  readonly #partial = new Set<OpenPiece>();

  get peers(): MapIterator<JoinedPeer> {
    return this.#peers.values();
  }

  get peerCount(): number {
    return this.#peers.size;
  }

  /** The pieces in progress, in order of their beginning. */
  get pieces(): MapIterator<OpenPiece> {
    return this.#open.values();
  }

  /** The pieces in progress that have free blocks. */
  get partialPieces(): Iterable<OpenPiece> {
    return this.#partial;
  }

  peer(id: number): JoinedPeer | undefined {
    return this.#peers.get(id);
  }

  piece(piece: PieceIndex): OpenPiece | undefined {
    return this.#open.get(piece);
  }

  join(peer: PickingPeer): JoinedPeer {
    const joined = joinedPeer(peer);
    this.#peers.set(peer.id, joined);
    return joined;
  }

  /** The peer is gone: its blocks are free. */
  leave(joined: JoinedPeer): void {
    this.#peers.delete(joined.peer.id);
    if (joined.held === 0) return;
    for (const open of this.#open.values()) {
      for (const block of open.heldBy(joined.peer.id)) open.release(joined.peer.id, block);
      if (open.free > 0) this.#partial.add(open);
    }
  }

  /** `given`: blocks that nobody needs to bring. */
  start(piece: PieceIndex, blockCount: number, given: readonly BlockIndex[]): OpenPiece {
    const open = new OpenPiece(piece, blockCount);
    for (let i = 0; i < given.length; i++) open.arrive(given[i] as BlockIndex);
    this.#open.set(piece, open);
    if (open.free > 0) this.#partial.add(open);
    return open;
  }

  /** Gives a peer free blocks of a piece, until `requests` holds `count` or none is free. */
  take(joined: JoinedPeer, open: OpenPiece, count: number, now: Millis, requests: BlockRequest[]): void {
    const before = requests.length;
    while (requests.length < count && open.free > 0) {
      requests.push({ piece: open.piece, block: open.take(joined.peer.id) });
    }
    if (requests.length === before) return;
    if (open.free === 0) this.#partial.delete(open);
    this.#hold(joined, requests.length - before, now);
    joined.current = open.piece;
  }

  /** Another peer shall bring a block. */
  move(open: OpenPiece, block: BlockIndex, from: JoinedPeer, to: JoinedPeer, now: Millis): void {
    open.move(block, to.peer.id);
    from.held--;
    this.#hold(to, 1, now);
  }

  /** A peer will not bring a block. */
  drop(peerId: number, piece: PieceIndex, block: BlockIndex): void {
    const open = this.#open.get(piece);
    if (open === undefined || !open.release(peerId, block)) return;
    this.#partial.add(open);
    this.#letGo(peerId);
  }

  arrive(peerId: number, piece: PieceIndex, block: BlockIndex): BlockArrival {
    const open = this.#open.get(piece);
    if (open === undefined || !open.isAwaiting(block)) return UNWANTED;
    const holder = open.arrive(block);
    if (open.free === 0) this.#partial.delete(open);
    const joined = this.#peers.get(peerId);
    if (joined !== undefined) joined.isSuspect = false;
    if (holder !== peerId) {
      this.#letGo(holder);
      if (holder >= 0) return { isWanted: true, cancelAt: [holder], pieceDone: open.isComplete };
    } else if (joined !== undefined) joined.held--;
    return open.isComplete ? LAST : WANTED;
  }

  /** A block that had come is wanted again. False when it had not come. */
  forget(piece: PieceIndex, block: BlockIndex): boolean {
    const open = this.#open.get(piece);
    if (open === undefined || !open.forget(block)) return false;
    this.#partial.add(open);
    return true;
  }

  /** The piece is no longer in progress. Returns what was awaited of it. */
  close(piece: PieceIndex): HeldBlock[] {
    const open = this.#open.get(piece);
    if (open === undefined) return [];
    const awaited =
      open.requested === 0 ? [] : Array.from(open.held(), ([block, peerId]) => ({ peerId, piece, block }));
    for (const { peerId } of awaited) this.#letGo(peerId);
    this.#open.delete(piece);
    this.#partial.delete(open);
    return awaited;
  }

  #hold(joined: JoinedPeer, blocks: number, now: Millis): void {
    if (joined.held === 0) joined.heldSince = now;
    joined.held += blocks;
  }

  #letGo(peerId: number): void {
    const joined = this.#peers.get(peerId);
    if (joined !== undefined) joined.held--;
  }
}
