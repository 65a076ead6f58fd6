/**
 * Where each byte of the piece space lies on the disk. Wanted files lie under their own paths. A piece that is wanted
 * for one file may hold bytes of files that are not: these go to a part file of that piece, in the folder
 * `.{info hash}.parts` beside the torrent. It is kept there and not with the journals, because it can be large and
 * belongs on the disk that the user chose; one file a piece needs neither an index nor sparse files, and is done with
 * by deleting it.
 */
import { toHex } from '../../base/bytes.ts';
import type { ByteCount, FileIndex, PieceIndex } from '../../base/units.ts';
import type { FileEntry, Geometry, InfoHashes } from '../../codec/metainfo/index.ts';
import type { FileSelection } from '../storage.ts';
import type { FileKey } from './journal-state.ts';

/** A run of bytes in one file on the disk. Bytes that no place covers are zeros (pads, alignment gaps). */
export interface Place {
  readonly key: FileKey;
  /** Below the save folder, elements joined by `/`. */
  readonly path: string;
  readonly offset: ByteCount;
  /** Offset within the range that was asked for. */
  readonly at: ByteCount;
  readonly length: ByteCount;
  /** What the whole file measures when complete. */
  readonly fileLength: ByteCount;
  readonly isExecutable: boolean;
}

export class FileLayout {
  readonly geometry: Geometry;
  /** Name of the folder of part files, below the save folder. */
  readonly partsFolder: string;
  /** Pieces that have a part file. */
  readonly parts: Set<PieceIndex> = new Set();
  #selection: FileSelection;

  constructor(geometry: Geometry, infoHashes: InfoHashes, selection: FileSelection) {
    this.geometry = geometry;
    this.partsFolder = `.${toHex((infoHashes.v1 ?? infoHashes.v2 ?? new Uint8Array(8)).subarray(0, 8))}.parts`;
    this.#selection = selection;
  }

  get selection(): FileSelection {
    return this.#selection;
  }

  select(selection: FileSelection): void {
    this.#selection = selection;
  }

  isWanted(file: FileIndex): boolean {
    return this.#selection === 'all' || this.#selection.has(file);
  }

  path(file: FileIndex): string {
    return (this.geometry.files[file] as FileEntry).path.join('/');
  }

  partPath(piece: PieceIndex): string {
    return `${this.partsFolder}/${piece}`;
  }

  partKey(piece: PieceIndex): FileKey {
    return this.geometry.files.length + piece;
  }

  /** The files that have bytes on the disk: neither pads nor empty nor links. */
  *storedFiles(): IterableIterator<FileIndex> {
    for (const [index, file] of this.geometry.files.entries()) if (!file.isPad && file.length > 0) yield index;
  }

  wholeFile(file: FileIndex): Place {
    return this.#filePlace(file, 0, 0, (this.geometry.files[file] as FileEntry).length);
  }

  /** Where a newly arrived piece is written. */
  writePlaces(piece: PieceIndex): Place[] {
    return this.#places(this.geometry.pieceOffset(piece), this.geometry.pieceSize(piece), () => true);
  }

  /** Where stored bytes are read. */
  readPlaces(offset: ByteCount, length: ByteCount): Place[] {
    return this.#places(offset, length, (piece) => this.parts.has(piece));
  }

  /** The bytes of a piece that lie in its part file, and where each belongs in its own file. */
  partMoves(piece: PieceIndex): { readonly from: ByteCount; readonly to: Place }[] {
    const moves: { from: ByteCount; to: Place }[] = [];
    for (const slice of this.geometry.slices(this.geometry.pieceOffset(piece), this.geometry.pieceSize(piece))) {
      if (slice.file >= 0) moves.push({ from: slice.at, to: this.#filePlace(slice.file, slice.fileOffset, slice.at, slice.length) });
    }
    return moves;
  }

  #places(offset: ByteCount, length: ByteCount, hasPart: (piece: PieceIndex) => boolean): Place[] {
    const places: Place[] = [];
    for (const slice of this.geometry.slices(offset, length)) {
      if (slice.file < 0) continue;
      if (this.isWanted(slice.file)) places.push(this.#filePlace(slice.file, slice.fileOffset, slice.at, slice.length));
      else this.#unwantedPlaces(places, offset, slice, hasPart);
    }
    return places;
  }

  /** Part files hold one piece each, so a run of unwanted bytes is cut at piece boundaries. */
  #unwantedPlaces(
    places: Place[],
    offset: ByteCount,
    slice: { readonly file: FileIndex; readonly fileOffset: ByteCount; readonly at: ByteCount; readonly length: ByteCount },
    hasPart: (piece: PieceIndex) => boolean,
  ): void {
    for (let done = 0; done < slice.length; ) {
      const position = offset + slice.at + done;
      const piece = Math.floor(position / this.geometry.pieceLength);
      const within = position - this.geometry.pieceOffset(piece);
      const length = Math.min(slice.length - done, this.geometry.pieceLength - within);
      if (hasPart(piece)) {
        const fileLength = this.geometry.pieceSize(piece);
        const [key, path] = [this.partKey(piece), this.partPath(piece)];
        places.push({ key, path, offset: within, at: slice.at + done, length, fileLength, isExecutable: false });
      } else places.push(this.#filePlace(slice.file, slice.fileOffset + done, slice.at + done, length));
      done += length;
    }
  }

  #filePlace(file: FileIndex, offset: ByteCount, at: ByteCount, length: ByteCount): Place {
    const entry = this.geometry.files[file] as FileEntry;
    return { key: file, path: this.path(file), offset, at, length, fileLength: entry.length, isExecutable: entry.isExecutable };
  }
}
