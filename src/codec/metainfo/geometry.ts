/**
 * One object answers every question of piece, block and file offsets. The piece space is one line of bytes: v1 files
 * stand end to end; in v2 torrents each file starts at a piece boundary, and the alignment gap behind it belongs to
 * no file (BEP 52). Hybrid torrents fill that gap with pad files, which v1 hashes cover as zeros (BEP 47).
 */
import type { BlockIndex, ByteCount, FileIndex, PieceIndex } from '../../base/units.ts';
import type { FileEntry, Info } from './metainfo.ts';

/** A block: the unit of requests, bytes (BEP 3 practice; the leaf size of BEP 52). */
export const BLOCK_LENGTH = 16384;

/** A run of bytes within one file; `file` is -1 for zeros that no file holds (pads, alignment gaps). */
export interface FileSlice {
  readonly file: FileIndex;
  readonly fileOffset: ByteCount;
  /** Offset within the range that was asked for. */
  readonly at: ByteCount;
  readonly length: ByteCount;
}

const none: readonly BlockIndex[] = [];

export class Geometry {
  readonly pieceLength: ByteCount;
  readonly pieceCount: number;
  /** End of the piece space, bytes. */
  readonly length: ByteCount;
  readonly blocksPerPiece: number;
  readonly files: readonly FileEntry[];
  /** There are pads that peers need not send, being zeros (BEP 47). Those of a sealed torrent are noise as its content is. */
  readonly hasPads: boolean;
  /** v2-only torrents: the last piece of each file ends with the file. Otherwise only the last piece is short. */
  readonly #endsWithFile: boolean;
  /** Made when first needed: a torrent that only waits for peers needs none. */
  #fileOffsets: Float64Array | null = null;

  constructor(
    info: Pick<Info, 'pieceLength' | 'pieceCount' | 'length' | 'files' | 'hasV1'> & Partial<Pick<Info, 'seal'>>,
  ) {
    this.pieceLength = info.pieceLength;
    this.pieceCount = info.pieceCount;
    this.length = info.length;
    this.blocksPerPiece = Math.ceil(info.pieceLength / BLOCK_LENGTH);
    this.files = info.files;
    this.hasPads = (info.seal ?? null) === null && info.files.some((file) => file.isPad && file.length > 0);
    this.#endsWithFile = !info.hasV1 && (info.seal ?? null) === null;
  }

  /** First byte of a piece in the piece space. */
  pieceOffset(piece: PieceIndex): ByteCount {
    return piece * this.pieceLength;
  }

  /** Bytes of a piece on the wire and in storage. */
  pieceSize(piece: PieceIndex): ByteCount {
    const start = piece * this.pieceLength;
    const end = Math.min(start + this.pieceLength, this.length);
    if (!this.#endsWithFile) return end - start;
    const file = this.files[this.fileAt(start)] as FileEntry;
    return Math.min(end, file.offset + file.length) - start;
  }

  blockCount(piece: PieceIndex): number {
    return Math.ceil(this.pieceSize(piece) / BLOCK_LENGTH);
  }

  blockSize(piece: PieceIndex, block: BlockIndex): ByteCount {
    return Math.min(BLOCK_LENGTH, this.pieceSize(piece) - block * BLOCK_LENGTH);
  }

  /** A block's number within the torrent. */
  blockNumber(piece: PieceIndex, block: BlockIndex): number {
    return piece * this.blocksPerPiece + block;
  }

  /** A block as messages name it (BEP 3). */
  blockRange(piece: PieceIndex, block: BlockIndex): { piece: PieceIndex; begin: ByteCount; length: ByteCount } {
    return { piece, begin: block * BLOCK_LENGTH, length: this.blockSize(piece, block) };
  }

  /** Index of the last file that starts at or before `offset` and is not empty (0 for an offset before all). */
  fileAt(offset: ByteCount): FileIndex {
    if (this.files.length === 1) return 0;
    this.#fileOffsets ??= Float64Array.from(this.files, (file) => file.offset);
    const offsets = this.#fileOffsets;
    let low = 0;
    let high = offsets.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((offsets[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    while (low > 0 && (this.files[low] as FileEntry).length === 0) low--;
    return low;
  }

  /** The runs that make up `length` bytes at `offset`, in order, pads and gaps included. */
  slices(offset: ByteCount, length: ByteCount): FileSlice[] {
    const out: FileSlice[] = [];
    let at = 0;
    let index = this.fileAt(offset);
    while (at < length) {
      const position = offset + at;
      const file = this.files[index];
      if (file === undefined) {
        out.push({ file: -1, fileOffset: 0, at, length: length - at });
        break;
      }
      const end = file.offset + file.length;
      if (position >= end) {
        const next = this.files[index + 1];
        const gap = Math.min(length - at, (next?.offset ?? Number.POSITIVE_INFINITY) - position);
        if (gap > 0) {
          out.push({ file: -1, fileOffset: 0, at, length: gap });
          at += gap;
        }
        index++;
        continue;
      }
      const run = Math.min(length - at, end - position);
      out.push({ file: file.isPad ? -1 : index, fileOffset: position - file.offset, at, length: run });
      at += run;
    }
    return out;
  }

  /** Bytes of a range that lie in pads; 0 where `hasPads` is false. */
  padSize(offset: ByteCount, length: ByteCount): ByteCount {
    if (!this.hasPads) return 0;
    const end = offset + length;
    let size = 0;
    for (let index = this.fileAt(offset); index < this.files.length; index++) {
      const file = this.files[index] as FileEntry;
      if (file.offset >= end) break;
      if (!file.isPad) continue;
      size += Math.max(0, Math.min(end, file.offset + file.length) - Math.max(offset, file.offset));
    }
    return size;
  }

  /** Bytes of a piece, or of one of its blocks, that do not lie in pads. */
  payloadSize(piece: PieceIndex, block?: BlockIndex): ByteCount {
    const offset = this.pieceOffset(piece) + (block ?? 0) * BLOCK_LENGTH;
    const size = block === undefined ? this.pieceSize(piece) : this.blockSize(piece, block);
    return size - this.padSize(offset, size);
  }

  /** The blocks of a piece that are nothing but pads: nobody is asked for them. */
  padBlocks(piece: PieceIndex): readonly BlockIndex[] {
    if (!this.hasPads || this.payloadSize(piece) === this.pieceSize(piece)) return none;
    const blocks: BlockIndex[] = [];
    for (let block = 0; block < this.blockCount(piece); block++) {
      if (this.payloadSize(piece, block) === 0) blocks.push(block);
    }
    return blocks;
  }

  /** The pieces that hold bytes of a file: from `first` up to, without it, `end`; none for an empty file. */
  piecesOfFile(index: FileIndex): { readonly first: PieceIndex; readonly end: PieceIndex } {
    const file = this.files[index] as FileEntry;
    const first = Math.floor(file.offset / this.pieceLength);
    return { first, end: file.length === 0 ? first : Math.ceil((file.offset + file.length) / this.pieceLength) };
  }

  /**
   * True when a request (BEP 3) lies within a piece. The gap behind a v2 file counts as part of it: older clients ask
   * for whole blocks there and are given zeros.
   */
  isValidRequest(piece: PieceIndex, begin: ByteCount, length: ByteCount): boolean {
    if (piece >= this.pieceCount || length <= 0) return false;
    return begin + length <= (this.#endsWithFile ? this.pieceLength : this.pieceSize(piece));
  }
}
