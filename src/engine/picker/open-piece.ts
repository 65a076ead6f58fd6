/**
 * A piece in progress: for each block, whether it is free, awaited from a peer, or there. A block that was taken over
 * from a slower peer also remembers how often, so that it does not wander between peers that are all stalled.
 */
import type { BlockIndex, PieceIndex } from '../../base/units.ts';

/** Nobody was asked for the block. */
const FREE = -1;
/** The block has come. */
const ARRIVED = -2;

export class OpenPiece {
  readonly piece: PieceIndex;
  readonly blockCount: number;
  /** The fast peer for whom the piece was opened, or -1: others leave it alone while there is another choice. */
  owner: number = -1;
  /** By block: id of the peer asked, FREE or ARRIVED. */
  readonly #holders: Int32Array;
  #moves: Uint8Array | null = null;
  #free: number;
  #arrived = 0;
  /** No block before this one is free. */
  #cursor: BlockIndex = 0;

  constructor(piece: PieceIndex, blockCount: number) {
    this.piece = piece;
    this.blockCount = blockCount;
    this.#holders = new Int32Array(blockCount).fill(FREE);
    this.#free = blockCount;
  }

  get free(): number {
    return this.#free;
  }

  get arrived(): number {
    return this.#arrived;
  }

  get requested(): number {
    return this.blockCount - this.#free - this.#arrived;
  }

  get isComplete(): boolean {
    return this.#arrived === this.blockCount;
  }

  isAwaiting(block: BlockIndex): boolean {
    const holder = this.#holders[block];
    return holder !== undefined && holder !== ARRIVED;
  }

  /** Gives the first free block to a peer; -1 when none is free. */
  take(peerId: number): BlockIndex {
    if (this.#free === 0) return -1;
    let block = this.#cursor;
    while (this.#holders[block] !== FREE) block++;
    this.#holders[block] = peerId;
    this.#cursor = block + 1;
    this.#free--;
    return block;
  }

  /** Frees a block that a peer will not bring. False when that peer does not hold it. */
  release(peerId: number, block: BlockIndex): boolean {
    if (this.#holders[block] !== peerId) return false;
    this.#holders[block] = FREE;
    this.#free++;
    if (block < this.#cursor) this.#cursor = block;
    return true;
  }

  /** The block has come (it must be awaited). Returns who was to bring it, or FREE. */
  arrive(block: BlockIndex): number {
    const holder = this.#holders[block] as number;
    this.#holders[block] = ARRIVED;
    this.#arrived++;
    if (holder === FREE) this.#free--;
    return holder;
  }

  /** A block that had come is wanted again. False when it had not come. */
  forget(block: BlockIndex): boolean {
    if (this.#holders[block] !== ARRIVED) return false;
    this.#holders[block] = FREE;
    this.#free++;
    this.#arrived--;
    if (block < this.#cursor) this.#cursor = block;
    return true;
  }

  /** Another peer shall bring the block. */
  move(block: BlockIndex, peerId: number): void {
    this.#holders[block] = peerId;
    this.#moves ??= new Uint8Array(this.blockCount);
    this.#moves[block] = Math.min(255, (this.#moves[block] as number) + 1);
  }

  /** How often the block was taken over. */
  movesOf(block: BlockIndex): number {
    return this.#moves?.[block] ?? 0;
  }

  /** Blocks awaited from a peer, ascending. */
  heldBy(peerId: number): BlockIndex[] {
    const blocks: BlockIndex[] = [];
    for (let block = 0; block < this.blockCount; block++) if (this.#holders[block] === peerId) blocks.push(block);
    return blocks;
  }

  /** All awaited blocks with the peers that hold them. */
  *held(): IterableIterator<readonly [block: BlockIndex, peerId: number]> {
    for (const [block, holder] of this.#holders.entries()) if (holder >= 0) yield [block, holder];
  }
}
