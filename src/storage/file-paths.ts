/** Where the files of a torrent lie when some were renamed. */
import { utf8 } from '../base/bytes.ts';
import type { FileIndex } from '../base/units.ts';
import { type FileEntry, type Geometry, unsafeReason } from '../codec/metainfo/index.ts';
import { storageError } from './errors.ts';
import type { FilePaths } from './storage.ts';

/** Longest name of a file, bytes (NAME_MAX of Linux and macOS). */
const LONGEST_NAME = 255;

/** One for all torrents of which no file was renamed. */
const none: ReadonlyMap<FileIndex, string> = new Map();

/**
 * The renamed files with the elements of their paths joined by `/`; those that lie where the torrent says are left out.
 * Throws STORAGE_BAD_PATH. `isReserved`: names at the top that are not for files.
 */
export function renamedFiles(
  { files }: Geometry,
  paths: FilePaths,
  isReserved: (name: string) => boolean = () => false,
): ReadonlyMap<FileIndex, string> {
  if (paths.size === 0) return none;
  const renamed = new Map<FileIndex, string>();
  for (const [file, path] of paths) {
    const entry = files[file];
    const isStorable = path.length > 0 && path.every(isStorableName);
    if (entry === undefined || entry.isPad || !isStorable || isReserved(path[0] as string))
      throw badPath(path.join('/'));
    if (path.join('/') !== entry.path.join('/')) renamed.set(file, path.join('/'));
  }
  if (renamed.size > 0) refuseClashes(files, renamed);
  return renamed;
}

/** Whether a file of this system can be called so; not every other one may have such names (`unsafeReason`). */
export const isStorableName = (name: string): boolean =>
  name !== '' && (unsafeReason(name) === null || (process.platform !== 'win32' && isPosixName(name)));

/** No path, and bytes that come back as they are. */
const isPosixName = (name: string): boolean =>
  !/^\.{1,2}$|[/\0\ufffd\p{Cs}]/u.test(name) && utf8(name).length <= LONGEST_NAME;

/** No two files have the same path, and none has that of another's folder. */
function refuseClashes(files: readonly FileEntry[], renamed: ReadonlyMap<FileIndex, string>): void {
  const folders = new Set<string>();
  const seen = new Set<string>();
  for (const [file, { isPad, path: own }] of files.entries()) {
    if (isPad) continue;
    const path = renamed.get(file) ?? own.join('/');
    if (seen.has(path)) throw badPath(path);
    seen.add(path);
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  for (const path of seen) if (folders.has(path)) throw badPath(path);
}

const badPath = (path: string): Error =>
  storageError('STORAGE_BAD_PATH', `a file cannot lie at ${JSON.stringify(path)}`, { details: { path } });
