/** What people see of the disk when they choose a folder, and how much space there is. */
import { readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, messageOf } from '../../../base/errors.ts';
import type { ByteCount } from '../../../base/units.ts';
import { clientError } from '../errors.ts';
import type { AllowedFolders } from './allowed-folders.ts';

export interface BrowsedEntry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly size: ByteCount | null;
}

/** Most entries that are shown of a folder. */
const MOST_ENTRIES = 10_000;

/**
 * Folders first, each by name. Links that lead out of the roots are not shown. Rejects CLIENT_PATH_REFUSED, and
 * CLIENT_NOT_FOUND when there is no such folder.
 */
export async function browse(folders: AllowedFolders, path: string): Promise<readonly BrowsedEntry[]> {
  const folder = await folders.check(path);
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw clientError('CLIENT_NOT_FOUND', `${folder} cannot be listed: ${messageOf(cause)}`, { cause });
  });
  const shown = await Promise.all(
    entries.slice(0, MOST_ENTRIES).map(async (entry) => {
      const at = join(folder, entry.name);
      const isAllowed = !entry.isSymbolicLink() || (await folders.check(at).catch(() => null)) !== null;
      const found = isAllowed ? await stat(at).catch(() => null) : null;
      if (found === null || !(found.isFile() || found.isDirectory())) return [];
      return [{ name: entry.name, isFolder: found.isDirectory(), size: found.isFile() ? found.size : null }];
    }),
  );
  return shown.flat().toSorted((a, b) => Number(b.isFolder) - Number(a.isFolder) || (a.name < b.name ? -1 : 1));
}

export interface Space {
  readonly free: ByteCount;
  readonly total: ByteCount;
}

/** Of the file system on which the path lies, or would lie once it is made. Rejects with the system's error. */
export async function spaceAt(path: string): Promise<Space> {
  try {
    const { bavail, blocks, bsize } = await statfs(path);
    return { free: bavail * bsize, total: blocks * bsize };
  } catch (error) {
    const parent = dirname(path);
    if (codeOf(error) !== 'ENOENT' || parent === path) throw error;
    return spaceAt(parent);
  }
}
