/**
 * Finds the data of a torrent from what a user says: the folder in which it was saved, or the file or folder itself,
 * which may have another name than in the torrent. Below it names are our safe ones, or those of the torrent.
 */
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { FileIndex } from '../../base/units.ts';
import type { FileEntry, Metainfo } from '../../codec/metainfo/index.ts';
import { torrentFileError } from './errors.ts';
import { ownNames } from './own-names.ts';

export interface LocatedData {
  /** The save folder, absolute. */
  readonly directory: string;
  /** The torrent, with the paths of its files as they are there. */
  readonly metainfo: Metainfo;
}

/** Rejects DATA_NOT_FOUND when not a single file of the torrent is there. */
export async function locateData(metainfo: Metainfo, given: string): Promise<LocatedData> {
  const path = resolve(given);
  const inFolder = await present(path, metainfo);
  if (await hasAnyFile(inFolder)) return inFolder;
  const root = basename(path);
  const renamed = withPaths(metainfo, (file) => [root, ...file.path.slice(1)]);
  const named = { directory: dirname(path), metainfo: renamed };
  const asData = metainfo.info.isSingleFile ? named : await present(named.directory, renamed, root);
  if (await hasAnyFile(asData)) return asData;
  const cause = Object.assign(new Error('not found'), { code: 'ENOENT' });
  throw torrentFileError('DATA_NOT_FOUND', `nothing of ${metainfo.info.name} is in ${given}`, { cause });
}

/** With the names that the files have in the folder; `originalName`: that of the torrent there, if not a safe one. */
async function present(
  directory: string,
  metainfo: Metainfo,
  originalName = metainfo.info.originalName,
): Promise<LocatedData> {
  const names = await ownNames(directory, { ...metainfo.info, originalName });
  if (names.size === 0) return { directory, metainfo };
  return { directory, metainfo: withPaths(metainfo, ({ path }, index) => names.get(index) ?? path) };
}

function withPaths(metainfo: Metainfo, pathOf: (file: FileEntry, index: FileIndex) => readonly string[]): Metainfo {
  const files = metainfo.info.files.map((file, index) => ({ ...file, path: pathOf(file, index) }));
  return { ...metainfo, info: { ...metainfo.info, files } };
}

/** Looks at the files in turn until one is there: as a rule that is the first. */
async function hasAnyFile({ directory, metainfo }: LocatedData): Promise<boolean> {
  for (const file of metainfo.info.files) {
    if (file.isPad || file.symlink !== null) continue;
    const found = await stat(join(directory, ...file.path)).catch(() => null);
    if (found?.isFile() === true) return true;
  }
  return false;
}
