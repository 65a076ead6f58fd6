/** What a torrent knows of its data once the metadata is there: shape, hashes, what is verified, where it lies. */
import { Bitfield } from '../../base/bitfield.ts';
import type { FileIndex, PieceIndex } from '../../base/units.ts';
import { type Geometry, type Info, type Metainfo, pieceHashes, wholeInfo } from '../../codec/metainfo/index.ts';
import type { PieceHashes, Storage } from '../../storage/index.ts';
import type { Selection } from './selection.ts';

export interface Content {
  readonly metainfo: Metainfo;
  readonly geometry: Geometry;
  /** Verified pieces. */
  readonly have: Bitfield;
  readonly storage: Storage;
  /** v2: hex of a file's root → its piece layer; grows as layers come from peers (BEP 52). */
  readonly layers: Map<string, Uint8Array>;
  /** What a piece must hash to; null while its piece layer is unknown (BEP 52). */
  hashesOf(piece: PieceIndex): PieceHashes | null;
}

/** Content with what only its torrent uses. */
export class OpenContent implements Content {
  readonly metainfo: Metainfo;
  readonly geometry: Geometry;
  readonly selection: Selection;
  readonly have: Bitfield;
  readonly storage: Storage;
  readonly layers: Map<string, Uint8Array>;

  /** Nothing is known to be there. */
  constructor(
    { metainfo, geometry, selection }: Pick<OpenContent, 'metainfo' | 'geometry' | 'selection'>,
    storage: Storage,
    layers: Map<string, Uint8Array>,
  ) {
    this.metainfo = metainfo;
    this.geometry = geometry;
    this.selection = selection;
    this.have = new Bitfield(geometry.pieceCount);
    this.storage = storage;
    this.layers = layers;
  }

  /** No verified piece has bytes of a file. */
  get isEmpty(): boolean {
    for (const piece of this.have) if (this.geometry.payloadSize(piece) > 0) return false;
    return true;
  }

  /** All pieces of a file are verified. */
  hasWhole(file: FileIndex): boolean {
    const { first, end } = this.geometry.piecesOfFile(file);
    for (let piece = first; piece < end; piece++) if (!this.have.has(piece)) return false;
    return true;
  }

  /** A piece of a wanted file that has bytes of no other is missing. */
  lacksWithin(file: FileIndex): boolean {
    if (this.selection.priorityOf(file) === 0) return false;
    const { geometry, have } = this;
    const { first, end } = geometry.piecesOfFile(file);
    for (let piece = first; piece < end; piece++) {
      if (have.has(piece)) continue;
      const slices = geometry.slices(geometry.pieceOffset(piece), geometry.pieceSize(piece));
      if (slices.every((slice) => slice.file === file || geometry.files[slice.file]?.isPad !== false)) return true;
    }
    return false;
  }

  hashesOf(piece: PieceIndex): PieceHashes | null {
    return this.#hashesIn(this.metainfo.info, piece);
  }

  /** The same with all hashes in memory for as long as it is kept; throws when they cannot be read. */
  held(): Content {
    const { metainfo, geometry, have, storage, layers } = this;
    const info = wholeInfo(metainfo.info);
    return { metainfo, geometry, have, storage, layers, hashesOf: (piece) => this.#hashesIn(info, piece) };
  }

  #hashesIn(info: Info, piece: PieceIndex): PieceHashes | null {
    const hashes = pieceHashes(info, this.layers, piece);
    return hashes.sha1 === null && hashes.merkle === null ? null : hashes;
  }
}
