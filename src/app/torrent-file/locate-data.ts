/**
 * Finds the data of a torrent from what a user says: the folder in which it was saved, or the file or folder itself,
 * which may have another name than in the torrent.
 */
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { FileEntry, Metainfo } from '../../codec/metainfo/index.ts';
import { torrentFileError } from './errors.ts';

export interface LocatedData {
  /** The save folder, absolute. */
  readonly directory: string;
  /** The torrent, with the first path element of its files as the data is called there. */
  readonly metainfo: Metainfo;
}

/** Rejects DATA_NOT_FOUND when not a single file of the torrent is there. */
export async function locateData(metainfo: Metainfo, given: string): Promise<LocatedData> {
  const path = resolve(given);
  const asData: LocatedData = { directory: dirname(path), metainfo: withRoot(metainfo, basename(path)) };
  const asFolder: LocatedData = { directory: path, metainfo };
  for (const candidate of [asFolder, asData]) if (await hasAnyFile(candidate)) return candidate;
  const cause = Object.assign(new Error('not found'), { code: 'ENOENT' });
  throw torrentFileError('DATA_NOT_FOUND', `nothing of ${metainfo.info.name} is in ${given}`, { cause });
}

function withRoot(metainfo: Metainfo, root: string): Metainfo {
  const rename = (file: FileEntry): FileEntry => ({ ...file, path: [root, ...file.path.slice(1)] });
  return { ...metainfo, info: { ...metainfo.info, files: metainfo.info.files.map(rename) } };
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
