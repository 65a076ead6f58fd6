/**
 * Where each byte of the piece space lies on the disk. Wanted files lie under their own paths. A piece that is wanted
 * for one file may hold bytes of files that are not: these go to part files in the folder `.{info hash}.parts` beside
 * the torrent. They are kept there and not with the journals, because they can be large and belong on the disk that
 * the user chose. There is one for each such file of each such piece: that needs neither an index nor sparse files,
 * says by its presence which bytes it holds, and is done with by deleting it.
 */
import { toHex } from '../../base/bytes.ts';
import { LazyMap } from '../../base/lazy-map.ts';
import type { ByteCount, FileIndex, PieceIndex } from '../../base/units.ts';
import type { FileEntry, FileSlice, Geometry, InfoHashes } from '../../codec/metainfo/index.ts';
import { renamedFiles } from '../file-paths.ts';
import type { FilePaths, FileSelection } from '../storage.ts';
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
  /** The part files that exist: files of which a piece's bytes lie in one. */
  readonly parts: LazyMap<PieceIndex, Set<FileIndex>> = new LazyMap();
  readonly #infoHashes: InfoHashes;
  #selection: FileSelection;
  /** Files that were renamed. */
  #paths: ReadonlyMap<FileIndex, string>;

  constructor(geometry: Geometry, infoHashes: InfoHashes, selection: FileSelection, paths: FilePaths) {
    this.geometry = geometry;
    this.#infoHashes = infoHashes;
    this.#selection = selection;
    this.#paths = this.renamed(paths);
  }

  /** Name of the folder of part files, below the save folder. */
  get partsFolder(): string {
    const { v1, v2 } = this.#infoHashes;
    return `.${toHex((v1 ?? v2 ?? new Uint8Array(8)).subarray(0, 8))}.parts`;
  }

  /** Files that lie elsewhere than the torrent says; elements of their paths joined by `/`. */
  get paths(): ReadonlyMap<FileIndex, string> {
    return this.#paths;
  }

  set paths(paths: ReadonlyMap<FileIndex, string>) {
    this.#paths = paths;
  }

  /** Paths that files are to get, in the form of `paths`. Throws STORAGE_BAD_PATH. */
  renamed(paths: FilePaths): ReadonlyMap<FileIndex, string> {
    return renamedFiles(this.geometry, paths, (name) => name === this.partsFolder);
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
    return this.#paths.get(file) ?? this.ownPath(file);
  }

  /** Where the torrent says that the file lies. */
  ownPath(file: FileIndex): string {
    return (this.geometry.files[file] as FileEntry).path.join('/');
  }

  partPath(piece: PieceIndex, file: FileIndex): string {
    return `${this.partsFolder}/${piece}.${file}`;
  }

  addPart(piece: PieceIndex, file: FileIndex): void {
    this.parts.set(piece, (this.parts.get(piece) ?? new Set()).add(file));
  }

  deletePart(piece: PieceIndex, file: FileIndex): void {
    const files = this.parts.get(piece);
    if (files?.delete(file) === true && files.size === 0) this.parts.delete(piece);
  }

  /** Paths of all part files. */
  partPaths(): string[] {
    return [...this.parts].flatMap(([piece, files]) => [...files].map((file) => this.partPath(piece, file)));
  }

  /** The key under which the part files of a piece are stamped. */
  partKey(piece: PieceIndex): FileKey {
    return this.geometry.files.length + piece;
  }

  /** The files that have bytes on the disk: neither pads nor empty nor links. */
  storedFiles(): FileIndex[] {
    const { files } = this.geometry;
    const stored: FileIndex[] = [];
    for (let file = 0; file < files.length; file++) {
      const { isPad, length } = files[file] as FileEntry;
      if (!isPad && length > 0) stored.push(file);
    }
    return stored;
  }

  wholeFile(file: FileIndex): Place {
    return this.#filePlace(file, 0, 0, (this.geometry.files[file] as FileEntry).length);
  }

  /** Where a newly arrived piece is written. */
  writePlaces(piece: PieceIndex): Place[] {
    return this.#places(
      this.geometry.pieceOffset(piece),
      this.geometry.pieceSize(piece),
      (_, file) => !this.isWanted(file),
    );
  }

  /** Where stored bytes are read: in a part file where there is one, whether the file is wanted by now or not. */
  readPlaces(offset: ByteCount, length: ByteCount): Place[] {
    return this.#places(offset, length, (piece, file) => this.parts.get(piece)?.has(file) === true);
  }

  /** Where the bytes of a file that belong to a piece lie in the file. */
  ownPlace(piece: PieceIndex, file: FileIndex): Place {
    const [start, end] = this.#range(piece, file);
    return this.#filePlace(file, start - (this.geometry.files[file] as FileEntry).offset, 0, end - start);
  }

  #places(offset: ByteCount, length: ByteCount, isInPart: (piece: PieceIndex, file: FileIndex) => boolean): Place[] {
    const places: Place[] = [];
    const isWhole = this.parts.size === 0 && this.#selection === 'all';
    const slices = this.geometry.slices(offset, length);
    for (let i = 0; i < slices.length; i++) {
      const slice = slices[i] as FileSlice;
      if (slice.file < 0) continue;
      if (isWhole) places.push(this.#filePlace(slice.file, slice.fileOffset, slice.at, slice.length));
      else places.push(...this.#cutPlaces(offset, slice, isInPart));
    }
    return places;
  }

  /** Part files hold bytes of one piece each, so a run is cut at piece boundaries. */
  *#cutPlaces(
    offset: ByteCount,
    { file, fileOffset, at, length }: FileSlice,
    isInPart: (piece: PieceIndex, file: FileIndex) => boolean,
  ): IterableIterator<Place> {
    for (let done = 0; done < length; ) {
      const position = offset + at + done;
      const piece = Math.floor(position / this.geometry.pieceLength);
      const [start, end] = this.#range(piece, file);
      const part = Math.min(length - done, end - position);
      if (isInPart(piece, file)) {
        const [key, path] = [this.partKey(piece), this.partPath(piece, file)];
        yield {
          key,
          path,
          offset: position - start,
          at: at + done,
          length: part,
          fileLength: end - start,
          isExecutable: false,
        };
      } else yield this.#filePlace(file, fileOffset + done, at + done, part);
      done += part;
    }
  }

  /** First byte and end, in the piece space, of what a file has in a piece. */
  #range(piece: PieceIndex, file: FileIndex): readonly [start: ByteCount, end: ByteCount] {
    const entry = this.geometry.files[file] as FileEntry;
    const start = this.geometry.pieceOffset(piece);
    return [Math.max(start, entry.offset), Math.min(start + this.geometry.pieceLength, entry.offset + entry.length)];
  }

  #filePlace(file: FileIndex, offset: ByteCount, at: ByteCount, length: ByteCount): Place {
    const entry = this.geometry.files[file] as FileEntry;
    return {
      key: file,
      path: this.path(file),
      offset,
      at,
      length,
      fileLength: entry.length,
      isExecutable: entry.isExecutable,
    };
  }
}
