/**
 * The vocabulary of the piece picker: what it must know from outside (`PickingPeer`, `PickerOptions`) and what it
 * answers. The port belongs to its consumer: a test hands in plain objects.
 */
import type { Bitfield } from '../../base/bitfield.ts';
import type { Random } from '../../base/random.ts';
import type { BlockIndex, BytesPerSecond, PieceIndex } from '../../base/units.ts';
import type { Geometry } from '../../codec/metainfo/index.ts';
import type { BlockRequest } from '../../codec/wire/index.ts';

/** 0 = not wanted, 4 = normal, 7 = highest. */
export type Priority = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

export type PickingMode = 'rarest-first' | 'sequential';

/** What the picker must know of a peer. */
export interface PickingPeer {
  /** Unique within the torrent, from 0 up to 2^31 - 1. */
  readonly id: number;
  readonly have: Bitfield;
  /** Its current download rate to us. */
  readonly rate: BytesPerSecond;
  /** True when it does not choke us, or allows this piece all the same (allowed fast, BEP 6). */
  mayRequest(piece: PieceIndex): boolean;
  /** While it chokes us: the pieces that it allows all the same; otherwise null or absent. Spares a long search. */
  readonly limitedTo?: ReadonlySet<PieceIndex> | null;
}

export interface PickerOptions {
  readonly geometry: Geometry;
  /** The torrent's verified pieces: the picker reads it, and changes it in `pieceVerified` and `pieceLost`. */
  readonly have: Bitfield;
  readonly random: Random;
  /**
   * Is there memory for one more piece in progress? Asked last, before a piece is started: true may reserve it.
   * `isUrgent`: the piece is needed by a time that is near.
   */
  readonly canOpen: (piece: PieceIndex, isUrgent: boolean) => boolean;
  /** False while `canOpen` would refuse any piece: spares the search for one. Default: ask `canOpen`. */
  readonly hasRoom?: () => boolean;
  /** False for pieces whose hash is not known yet (BEP 52): they are not started. Default: all are known. */
  readonly isVerifiable?: (piece: PieceIndex) => boolean;
}

/** A block that was asked of a peer. */
export interface HeldBlock extends BlockRequest {
  readonly peerId: number;
}

/** The answer of `next`. */
export interface Picks {
  /** To be requested of the peer, in this order. */
  readonly requests: readonly BlockRequest[];
  /**
   * Those of `requests` that were taken from another, slower peer: to be cancelled there. The picker no longer counts
   * them as asked of it; should one of them arrive from there all the same, `blockArrived` takes it.
   */
  readonly takenOver: readonly HeldBlock[];
}

/** What an arrived block is. */
export interface BlockArrival {
  /** False: nobody waits for it (any more); drop it. */
  readonly isWanted: boolean;
  /** Ids of other peers of whom the same block is still awaited: to be cancelled there. */
  readonly cancelAt: readonly number[];
  /** With this block all blocks of its piece have come. */
  readonly pieceDone: boolean;
}

/** A piece in progress. */
export interface PieceProgress {
  readonly piece: PieceIndex;
  readonly blockCount: BlockIndex;
  /** Blocks that have come, or are nothing but pads. */
  readonly done: number;
  /** Blocks that are awaited from a peer. */
  readonly requested: number;
}
