/**
 * How the peers of a block lie in it, by family and by size: addresses, stamps, ids, and from 2 KiB on an index.
 */
import type { ByteCount } from '../../base/units.ts';
import type { PeerFamily } from '../swarm-store.ts';
import { INLINE_PEERS } from './swarm-record.ts';
import { ORDERS, UNIT } from './table-memory.ts';

export interface BlockShape {
  readonly order: number;
  /** Peers that fit. */
  readonly capacity: number;
  /** Where the stamps begin, shorts from the start of the block. */
  readonly stampsAt: number;
  /** Where the ids begin, bytes. */
  readonly idsAt: ByteCount;
  /** Slots of the index, a power of two; 0: the addresses are walked through. */
  readonly slots: number;
  /** Where the index begins, in slots from the start of the block. */
  readonly indexAt: number;
  /** Slots of four bytes instead of two. */
  readonly isWide: boolean;
}

const PEER_ID: ByteCount = 20;
/** Smallest block with an index, bytes: below it walking is as quick. */
const INDEXED: ByteCount = 2048;
/** Most peers that an index of shorts can tell apart: 0 is an empty slot. */
const MOST_NARROW = 65535;

function shapeOf(family: PeerFamily, order: number): BlockShape {
  const length = UNIT * 2 ** order;
  const entry = (family === 4 ? 6 : 18) + 2 + PEER_ID;
  const slots = length < INDEXED ? 0 : length / 16;
  const narrow = Math.floor((length - 2 * slots) / entry);
  const isWide = narrow > MOST_NARROW;
  const slotSize = isWide ? 4 : 2;
  const capacity = isWide ? Math.floor((length - slotSize * slots) / entry) : narrow;
  return layOut(family, { order, capacity, slots, isWide, indexAt: (length - slotSize * slots) / slotSize });
}

function layOut(family: PeerFamily, rest: Omit<BlockShape, 'stampsAt' | 'idsAt'>): BlockShape {
  const width = family === 4 ? 3 : 9;
  return { ...rest, stampsAt: width * rest.capacity, idsAt: 2 * (width + 1) * rest.capacity };
}

const orders = Array.from({ length: ORDERS }, (_, order) => order);

/** Shapes of the blocks of each order. */
export const blockShapes: Readonly<Record<PeerFamily, readonly BlockShape[]>> = {
  4: orders.map((order) => shapeOf(4, order)),
  6: orders.map((order) => shapeOf(6, order)),
};

/** The peers within a record. */
export const INLINE_SHAPE: BlockShape = layOut(4, {
  order: -1,
  capacity: INLINE_PEERS,
  slots: 0,
  indexAt: 0,
  isWide: false,
});

export const EMPTY_SHAPE: BlockShape = layOut(6, { order: -1, capacity: 0, slots: 0, indexAt: 0, isWide: false });
