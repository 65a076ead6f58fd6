/** Compares data on disk with its torrent: every piece is hashed, on all cores, and the result is told by file. */
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Bitfield } from '../../base/bitfield.ts';
import type { ByteCount } from '../../base/units.ts';
import { type FileEntry, Geometry, type Metainfo, pieceHashes } from '../../codec/metainfo/index.ts';
import { torrentFileError } from './errors.ts';
import { type LocatedData, locateData } from './locate-data.ts';

export interface VerifyOptions {
  /** The data itself, under any name, or the folder in which it lies; default the current folder. */
  readonly path?: string;
  /** Default: one a core. */
  readonly threads?: number;
  readonly onProgress?: (done: ByteCount, total: ByteCount) => void;
  readonly signal?: AbortSignal;
}

/**
 * `bad`: has pieces that differ. `short`, `long`: another size than in the torrent. `uncertain`: its only bad pieces
 * are shared with a file that is missing or short, so nothing speaks against the file itself.
 */
export type FileState = 'good' | 'bad' | 'missing' | 'short' | 'long' | 'uncertain';

export interface VerifiedFile {
  /** Below the save folder, as it is called there. */
  readonly path: readonly string[];
  readonly length: ByteCount;
  readonly state: FileState;
  readonly badPieces: number;
}

export interface VerifyReport {
  /** True when every file is good. */
  readonly isGood: boolean;
  readonly pieceCount: number;
  readonly goodPieces: number;
  /** In the order of the torrent, without pads and links. */
  readonly files: readonly VerifiedFile[];
}

/** Rejects DATA_NOT_FOUND when nothing of the torrent is there, and VERIFY_NO_HASHES when the torrent lacks hashes. */
export async function verifyTorrent(metainfo: Metainfo, options: VerifyOptions = {}): Promise<VerifyReport> {
  const located = await locateData(metainfo, options.path ?? '.');
  const geometry = new Geometry(located.metainfo.info);
  const good = await hashPieces(located, geometry, options);
  const sizes = await Promise.all(geometry.files.map(async (file) => await sizeOf(located.directory, file)));
  const files = describeFiles(geometry, sizes, good);
  return {
    isGood: files.every((file) => file.state === 'good'),
    pieceCount: geometry.pieceCount,
    goodPieces: good.count,
    files,
  };
}

async function hashPieces(
  { directory, metainfo }: LocatedData,
  geometry: Geometry,
  options: VerifyOptions,
): Promise<Bitfield> {
  const { info, infoHashes, pieceLayers } = metainfo;
  const all = Bitfield.full(geometry.pieceCount);
  for (const piece of all) {
    const { sha1, merkle } = pieceHashes(info, pieceLayers, piece);
    if (sha1 !== null || merkle !== null) continue;
    throw torrentFileError('VERIFY_NO_HASHES', `the torrent has no hash for piece ${piece}`);
  }
  const { fileStorage } = await import('../../storage/file/index.ts');
  await using factory = fileStorage({ workers: options.threads ?? availableParallelism() });
  const contentKey = info.seal?.contentKey ?? null;
  const open = {
    directory,
    infoHashes,
    contentKey,
    selection: 'all',
    allocation: 'sparse',
    isWritable: false,
  } as const;
  const storage = await factory.open(geometry, open);
  try {
    const report = (checked: number): void => {
      options.onProgress?.(Math.min(checked * geometry.pieceLength, geometry.length), geometry.length);
    };
    return await storage.checkAll(all, (piece) => pieceHashes(info, pieceLayers, piece), {
      onProgress: report,
      ...(options.signal !== undefined && { signal: options.signal }),
    });
  } finally {
    await storage.close();
  }
}

/** Bytes of the file on disk, or -1 when there is none. */
async function sizeOf(directory: string, file: FileEntry): Promise<ByteCount> {
  if (!isStored(file)) return file.length;
  const found = await stat(join(directory, ...file.path)).catch(() => null);
  return found?.isFile() === true ? found.size : -1;
}

const isStored = (file: FileEntry): boolean => !file.isPad && file.symlink === null;

function describeFiles(geometry: Geometry, sizes: readonly ByteCount[], good: Bitfield): VerifiedFile[] {
  const isCut = geometry.files.map((file, i) => (sizes[i] as number) < file.length);
  const excused = new Set<number>();
  for (const [i, cut] of isCut.entries()) if (cut) for (const piece of piecesOf(geometry, i)) excused.add(piece);
  return geometry.files.flatMap((file, i) => {
    if (!isStored(file)) return [];
    const bad = piecesOf(geometry, i).filter((piece) => !good.has(piece));
    const state = stateOf(
      file,
      sizes[i] as number,
      bad.length,
      bad.every((piece) => excused.has(piece)),
    );
    return [{ path: file.path, length: file.length, state, badPieces: bad.length }];
  });
}

function piecesOf(geometry: Geometry, index: number): number[] {
  const { first, end } = geometry.piecesOfFile(index);
  return Array.from({ length: end - first }, (_, i) => first + i);
}

function stateOf(file: FileEntry, size: ByteCount, badPieces: number, isExcused: boolean): FileState {
  if (size < 0) return 'missing';
  if (size < file.length) return 'short';
  if (badPieces > 0) return isExcused ? 'uncertain' : 'bad';
  return size > file.length ? 'long' : 'good';
}
