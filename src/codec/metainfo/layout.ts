/** Places listed files in the piece space (BEP 3, 52), checks that both halves of a hybrid torrent agree, names them safely. */
import type { ByteCount } from '../../base/units.ts';
import { metainfoError } from './errors.ts';
import type { FileList, ListedFile } from './file-list.ts';
import type { MetainfoLimits } from './limits.ts';
import type { FileEntry } from './metainfo.ts';
import { safeElement, safeName } from './safe-path.ts';
import { makePathsUnique } from './unique-paths.ts';

/** The piece space: files in order, where each begins, and its size. */
export interface Layout {
  readonly files: readonly FileEntry[];
  /** End of the piece space, bytes. */
  readonly length: ByteCount;
  readonly pieceCount: number;
  /** Bytes without pads. */
  readonly totalSize: ByteCount;
}

export interface LayoutOptions {
  readonly pieceLength: ByteCount;
  /** The torrent's safe name: the folder of its files, or the name of a single file whose own has nothing usable. */
  readonly folder: string;
  /** True without v1: each file with content starts at a piece boundary, with no pad file before it. */
  readonly isAligned: boolean;
}

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/** First bytes of files in the piece space, and its end. Empty files stand where the one before them ends. Throws METAINFO_TOTAL_LENGTH. */
export function placeFiles(
  files: readonly { readonly length: ByteCount }[],
  pieceLength: ByteCount,
  isAligned: boolean,
): { offsets: number[]; length: ByteCount } {
  const offsets: number[] = [];
  let end = 0;
  for (let i = 0; i < files.length; i++) {
    const { length } = files[i] as { readonly length: ByteCount };
    const offset = isAligned && length > 0 ? roundUp(end, pieceLength) : end;
    offsets.push(offset);
    end = offset + length;
    if (!Number.isSafeInteger(end))
      throw metainfoError('METAINFO_TOTAL_LENGTH', 'The files together are larger than 2^53 bytes');
  }
  return { offsets, length: end };
}

/** Lays out one list of files. Throws METAINFO_* when it is empty, too large or has too many duplicate names. */
export function layOut(list: FileList, options: LayoutOptions, limits: MetainfoLimits): Layout {
  const { files } = list;
  if (files.length === 0) throw metainfoError('METAINFO_NO_FILES', 'The torrent lists no files');
  const { offsets, length } = placeFiles(files, options.pieceLength, options.isAligned);
  const totalSize = files.reduce((sum, file) => sum + (file.isPad ? 0 : file.length), 0);
  if (totalSize === 0) throw metainfoError('METAINFO_NO_DATA', 'All files of the torrent are empty');
  const pieceCount = Math.ceil(length / options.pieceLength);
  if (pieceCount > limits.pieces) {
    throw metainfoError('METAINFO_TOO_MANY_PIECES', `${pieceCount} pieces are more than the ${limits.pieces} allowed`);
  }
  const paths = safePaths(list, options.folder, limits);
  const entries = files.map((file, i) => entryOf(file, paths[i] as string[], offsets[i] as number, list.isSingleFile));
  return { files: retargetSymlinks(entries), length, pieceCount, totalSize };
}

function entryOf(file: ListedFile, path: readonly string[], offset: ByteCount, isSingleFile: boolean): FileEntry {
  return {
    path,
    originalPath: file.path,
    length: file.length,
    offset,
    isPad: file.isPad,
    isExecutable: file.isExecutable,
    isHidden: file.isHidden,
    // A single file has no folder in which a target could lie.
    symlink: isSingleFile ? null : (file.symlink?.map(safeElement) ?? null),
    piecesRoot: file.piecesRoot,
  };
}

/**
 * Targets are relative to the torrent's folder (BEP 47). Some programs wrote them relative to the link; such a target
 * is corrected when only so it names something in the torrent.
 */
function retargetSymlinks(files: readonly FileEntry[]): readonly FileEntry[] {
  if (files.every((file) => file.symlink === null)) return files;
  const known = new Set<string>();
  for (const { path } of files) {
    for (let end = path.length; end > 1; end--) {
      const below = path.slice(1, end).join('/');
      if (known.has(below)) break;
      known.add(below);
    }
  }
  return files.map((file) => {
    if (file.symlink === null || known.has(file.symlink.join('/'))) return file;
    const besideLink = [...file.path.slice(1, -1), ...file.symlink];
    return known.has(besideLink.join('/')) ? { ...file, symlink: besideLink } : file;
  });
}

function safePaths(list: FileList, folder: string, limits: MetainfoLimits): string[][] {
  if (list.isSingleFile) return list.files.map((file) => [safeName(file.path[0] as string, folder)]);
  const paths = safePathsBelow(folder, list.files);
  // Pad files are never stored, so they cannot be in the way.
  makePathsUnique(
    paths.map((path, i) => (list.files[i]?.isPad === true ? null : path)),
    limits.duplicates,
  );
  return paths;
}

/** Files of one folder mostly follow each other: what the path before has in the same place is safe already. */
function safePathsBelow(folder: string, files: readonly ListedFile[]): string[][] {
  const paths: string[][] = [];
  let before: readonly string[] = [];
  let safeBefore: readonly string[] = [];
  for (let file = 0; file < files.length; file++) {
    const { path } = files[file] as ListedFile;
    const safe = [folder].concat(path);
    for (let i = 0; i < path.length; i++) {
      const element = path[i] as string;
      safe[i + 1] = element === before[i] ? (safeBefore[i + 1] as string) : safeElement(element);
    }
    paths.push(safe);
    before = path;
    safeBefore = safe;
  }
  return paths;
}

/**
 * The v1 list of a hybrid torrent with the merkle roots of its v2 list. Both must have the same files in the same
 * order with the same lengths, and each file must begin where v2 puts it (BEP 52, "Upgrade Path"). The pad behind the
 * last file is optional, because some programs leave it out. Throws METAINFO_HYBRID_MISMATCH.
 */
export function mergeHybrid(v1: FileList, v2: FileList, pieceLength: ByteCount): FileList {
  if (v1.isSingleFile && !v2.isSingleFile) throw mismatch('one part has a single file, the other a folder');
  const v1Offsets = placeFiles(v1.files, pieceLength, false);
  const v2Offsets = placeFiles(v2.files, pieceLength, true);
  let next = 0;
  const files = v1.files.map((file, i) => {
    if (file.isPad) return file;
    const twin = v2.files[next];
    if (twin === undefined) throw mismatch('the v1 part has more files');
    if (file.length !== twin.length || file.path.length !== twin.path.length) throw mismatch(`file ${next} differs`);
    if (file.path.some((element, depth) => element !== twin.path[depth])) throw mismatch(`file ${next} has two names`);
    if (file.length > 0 && v1Offsets.offsets[i] !== v2Offsets.offsets[next])
      throw mismatch(`file ${next} is not aligned`);
    next++;
    return { ...file, piecesRoot: twin.piecesRoot };
  });
  if (next !== v2.files.length) throw mismatch('the v2 part has more files');
  if (Math.ceil(v1Offsets.length / pieceLength) !== Math.ceil(v2Offsets.length / pieceLength)) {
    throw mismatch('the parts have different numbers of pieces');
  }
  return { files, isSingleFile: v1.isSingleFile };
}

const mismatch = (why: string): Error =>
  metainfoError('METAINFO_HYBRID_MISMATCH', `The v1 and v2 parts of the torrent disagree: ${why}`);
