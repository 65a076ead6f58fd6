/**
 * When an idle peer may take over blocks that another was asked for. Two cases:
 * a holder that is *stalled* loses its blocks to any idle peer at any time; one that is merely *slow* only in the
 * end-game, to a peer that is expected to be much quicker. The second costs duplicate bytes when the slow peer was
 * about to send, so it has a budget: a hundredth of the torrent's blocks. A block is moved, never asked twice: the old
 * holder is sent a cancel, and should its block come first all the same, it counts.
 */
import type { BlockIndex, BytesPerSecond, Millis, PieceIndex } from '../../base/units.ts';
import { BLOCK_LENGTH } from '../../codec/metainfo/index.ts';
import type { BlockRequest } from '../../codec/wire/index.ts';
import type { BlockLedger } from './block-ledger.ts';
import type { JoinedPeer } from './joined-peer.ts';
import type { OpenPiece } from './open-piece.ts';
import type { HeldBlock, Picks } from './picking.ts';

/** A peer that needs longer than this for its own blocks is given no others. */
const LONG_WAIT: Millis = 60_000;
/** How long a peer may hold blocks before it can be called stalled; doubled each time a block is taken over. */
const PATIENCE: Millis = 5000;
const MOST_DOUBLINGS = 6;
/** A block is worth moving when it is expected this many times sooner, … */
const MUCH_FASTER = 2;
/** … and sooner by so much. */
const WORTHWHILE: Millis = 250;
/** What an idle peer is given credit for: its rate has decayed. */
const ASSUMED_RATE: BytesPerSecond = BLOCK_LENGTH;
/** One takeover from a slow peer for so many blocks of the torrent. */
const BLOCKS_PER_TAKEOVER = 100;
/** Takeovers from slow peers that even the smallest torrent may spend. */
const LEAST_BUDGET = 2;

/** Expected time until a peer has sent all that was asked of it, and `more` blocks. */
export function expectedWait(joined: JoinedPeer, more = 0): Millis {
  const rate = joined.held === 0 ? Math.max(joined.peer.rate, ASSUMED_RATE) : joined.peer.rate;
  return ((joined.held + more) * BLOCK_LENGTH * 1000) / rate;
}

/** The holder was idle and has not had the time to answer; `moves`: how often the block was taken over before. */
function isNew(holder: JoinedPeer, now: Millis, moves: number): boolean {
  return now - holder.heldSince < PATIENCE * 2 ** Math.min(moves, MOST_DOUBLINGS);
}

/** Nothing comes from the holder. */
function isStalled(holder: JoinedPeer, now: Millis, moves: number): boolean {
  return holder.peer.rate === 0 && !isNew(holder, now, moves);
}

/** `taker` would bring one more block much sooner than `holder` brings its last. */
function isMuchFaster(taker: JoinedPeer, holder: JoinedPeer): boolean {
  return expectedWait(holder) > MUCH_FASTER * expectedWait(taker, 1) + WORTHWHILE;
}

/** Whether a peer may be given the blocks of others: not after it stalled, nor while it takes long for its own. */
function mayTakeOver(taker: JoinedPeer): boolean {
  return !taker.isSuspect && (taker.held === 0 || expectedWait(taker) < LONG_WAIT);
}

/** `Picks` while they are being collected. */
export interface PicksInProgress extends Picks {
  readonly requests: BlockRequest[];
  readonly takenOver: HeldBlock[];
}

export interface TakeoverOrder {
  readonly now: Millis;
  /** Most requests in the answer. */
  readonly count: number;
  readonly pieces: Iterable<OpenPiece>;
  /** May the taker bring blocks of the piece? */
  readonly mayAsk: (piece: PieceIndex) => boolean;
  /** Holders with whom it may compete though they are merely slow. */
  readonly mayOutrun: (holder: JoinedPeer) => boolean;
}

export class Takeovers {
  readonly #ledger: BlockLedger;
  /** Blocks that may still be taken from merely slow holders. */
  #budget: number;

  constructor(ledger: BlockLedger, blockCount: number) {
    this.#ledger = ledger;
    this.#budget = Math.max(LEAST_BUDGET, Math.floor(blockCount / BLOCKS_PER_TAKEOVER));
  }

  /** Moves blocks to `taker`, of the slowest holder first, of each the last it was asked for. */
  pick(taker: JoinedPeer, order: TakeoverOrder, picks: PicksInProgress): void {
    if (!mayTakeOver(taker)) return;
    const losers: JoinedPeer[] = [];
    for (const holder of this.#ledger.peers) if (this.#loses(holder, taker, order, 0)) losers.push(holder);
    if (losers.length > 1) losers.sort((a, b) => expectedWait(b) - expectedWait(a));
    for (const loser of losers) {
      for (const { open, block } of blocksOf(loser, order)) {
        if (picks.requests.length >= order.count || !mayTakeOver(taker)) return;
        if (!this.#loses(loser, taker, order, 0)) break;
        const moves = open.movesOf(block);
        if (!this.#loses(loser, taker, order, moves)) continue;
        if (isStalled(loser, order.now, moves)) loser.isSuspect = true;
        else this.#budget--;
        this.#ledger.move(open, block, loser, taker, order.now);
        picks.requests.push({ piece: open.piece, block });
        picks.takenOver.push({ peerId: loser.peer.id, piece: open.piece, block });
      }
    }
  }

  #loses(holder: JoinedPeer, taker: JoinedPeer, order: TakeoverOrder, moves: number): boolean {
    if (holder === taker || holder.held === 0) return false;
    if (isStalled(holder, order.now, moves)) return true;
    if (this.#budget === 0 || !order.mayOutrun(holder)) return false;
    const isUnknown = holder.peer.rate < ASSUMED_RATE && isNew(holder, order.now, moves);
    return !isUnknown && isMuchFaster(taker, holder);
  }
}

/** The blocks that a peer holds and another may bring, the last ones first: the first of its queue may be under way. */
function* blocksOf(
  holder: JoinedPeer,
  { pieces, mayAsk }: TakeoverOrder,
): IterableIterator<{ open: OpenPiece; block: BlockIndex }> {
  for (const open of [...pieces].reverse()) {
    if (open.requested === 0 || !mayAsk(open.piece)) continue;
    for (const block of open.heldBy(holder.peer.id).reverse()) yield { open, block };
  }
}
