/** The pieces of one torrent that are being received: their memory, and who delivers each block. */
import type { BlockIndex, PieceIndex } from '../../base/units.ts';
import { BLOCK_LENGTH, type Geometry } from '../../codec/metainfo/index.ts';
import type { BlockRequest } from '../../codec/wire/index.ts';
import type { PoolBuffer } from '../../storage/index.ts';
import type { BlockTarget } from '../peer/peer-session.ts';
import type { PieceMemory } from './piece-memory.ts';

/** A piece whose blocks have all come. Whoever takes it releases the buffer. */
export interface AssembledPiece {
  readonly piece: PieceIndex;
  readonly buffer: PoolBuffer;
  /** Id of the peer that delivered each block; 0 for blocks of pads, which nobody was asked for. */
  readonly sources: Int32Array;
}

interface PartialPiece extends BlockTarget {
  readonly buffer: PoolBuffer;
}

/** Pieces in progress that a torrent is granted even when memory is short. */
const ALWAYS_GRANTED = 2;
/** Pieces that are granted beyond the budget when they are needed at once. */
const URGENT_GRANTED = 2;

export class PieceAssembler {
  readonly #geometry: Geometry;
  readonly #memory: PieceMemory;
  readonly #reserved = new Set<PieceIndex>();
  /** Those of them that go beyond the budget. */
  readonly #overdrawn = new Set<PieceIndex>();
  readonly #partial = new Map<PieceIndex, PartialPiece>();

  constructor(geometry: Geometry, memory: PieceMemory) {
    this.#geometry = geometry;
    this.#memory = memory;
  }

  /** Blocks of pieces in progress have come. */
  get hasBuffers(): boolean {
    return this.#partial.size > 0;
  }

  /** Room for one more piece of full length? */
  get hasRoom(): boolean {
    return this.#reserved.size < ALWAYS_GRANTED || this.#memory.hasRoom(this.#geometry.pieceLength);
  }

  /** Room for one more piece in progress? Reserves it. */
  open(piece: PieceIndex, isUrgent = false): boolean {
    if (this.#reserved.has(piece)) return true;
    const size = this.#geometry.pieceSize(piece);
    const isFew = this.#reserved.size < ALWAYS_GRANTED;
    const isOver = !isFew && !this.#memory.hasRoom(size);
    if (isOver && !(isUrgent && this.#overdrawn.size < URGENT_GRANTED)) return false;
    this.#memory.reserve(size, isFew || isOver);
    this.#reserved.add(piece);
    if (isOver) this.#overdrawn.add(piece);
    return true;
  }

  /** Where the block goes that `peerId` begins to deliver; null when memory is exhausted. */
  target(peerId: number, piece: PieceIndex, block: BlockIndex): BlockTarget | null {
    const partial = this.#partial.get(piece) ?? this.#begin(piece);
    if (partial !== null) partial.sources[block] = peerId;
    return partial;
  }

  /** The blocks of incomplete pieces that one of these peers has delivered, or is delivering. */
  *blocksFrom(peerIds: readonly number[]): IterableIterator<BlockRequest> {
    for (const [piece, { sources }] of this.#partial) {
      for (const [block, source] of sources.entries()) if (peerIds.includes(source)) yield { piece, block };
    }
  }

  /** Takes out a piece whose blocks have all come; its reservation lasts until `close`. */
  take(piece: PieceIndex): AssembledPiece | null {
    const partial = this.#partial.get(piece);
    if (partial === undefined) return null;
    this.#partial.delete(piece);
    const sources = partial.sources.slice();
    partial.sources.fill(0); // late fragments of double requests no longer find their way in
    return { piece, buffer: partial.buffer, sources };
  }

  /** The piece is done with: stored, failed, or given up. */
  close(piece: PieceIndex): void {
    const partial = this.#partial.get(piece);
    if (partial !== undefined) {
      partial.sources.fill(0);
      partial.buffer.release();
      this.#partial.delete(piece);
    }
    this.#overdrawn.delete(piece);
    if (this.#reserved.delete(piece)) this.#memory.unreserve(this.#geometry.pieceSize(piece));
  }

  closeAll(): void {
    for (const piece of [...this.#reserved]) this.close(piece);
  }

  #begin(piece: PieceIndex): PartialPiece | null {
    const size = this.#geometry.pieceSize(piece);
    const buffer = this.#memory.take(size);
    if (buffer === null) return null;
    for (const block of this.#geometry.padBlocks(piece)) {
      buffer.bytes.fill(0, block * BLOCK_LENGTH, (block + 1) * BLOCK_LENGTH);
    }
    const partial = { buffer, bytes: buffer.bytes, sources: new Int32Array(this.#geometry.blockCount(piece)) };
    this.#partial.set(piece, partial);
    return partial;
  }
}
