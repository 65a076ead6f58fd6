/** What the picker keeps of a connected peer. */
import type { Millis, PieceIndex } from '../../base/units.ts';
import type { PickingPeer } from './picking.ts';

export interface JoinedPeer {
  readonly peer: PickingPeer;
  /** It joined with all pieces and is counted once for the whole torrent. */
  isSeed: boolean;
  /** Pieces counted one by one. */
  counted: number;
  /** Blocks awaited from it. */
  held: number;
  /** When it was asked for the first of the blocks it holds now, or for the first since its queue was last empty. */
  heldSince: Millis;
  /** When it is next worth a look whether it could take over blocks, while pieces wait to be started. */
  nextTakeover: Millis;
  /** It stalled and lost a block to another peer; true until it delivers again. */
  isSuspect: boolean;
  /** The piece of which it was given blocks last, or -1. */
  current: PieceIndex;
  /** The state of `FreshPieces` for which it is known to have none of them. */
  barrenAt: number;
}

export function joinedPeer(peer: PickingPeer): JoinedPeer {
  return {
    peer,
    isSeed: false,
    counted: 0,
    held: 0,
    heldSince: 0,
    nextTakeover: 0,
    isSuspect: false,
    current: -1,
    barrenAt: -1,
  };
}
