/**
 * Keeps two files of a torrent from being stored in one place. Folders keep their names; a file whose path is taken,
 * by a folder or by an earlier file, gets a number. Each file is looked at a bounded number of times.
 */
import { metainfoError } from './errors.ts';
import { foldPath, numberedElement } from './safe-path.ts';

/**
 * Changes the last element of paths in place until all are different, also on file systems that ignore case or
 * Unicode normalisation. Null entries are never stored and take part in nothing. Files that come first keep their
 * name; a number is never one that a later file has by its own name. Throws METAINFO_TOO_MANY_DUPLICATES.
 */
export function makePathsUnique(paths: readonly (string[] | null)[], mostDuplicates: number): void {
  const folders = new Set<string>();
  const files = new Set<string>();
  const keys = paths.map((path) => (path === null ? null : foldPath(path.join('/'))));
  for (const key of keys) if (key !== null) addFolders(folders, key);
  const duplicates: [path: string[], key: string][] = [];
  for (const [i, key] of keys.entries()) {
    if (key === null) continue;
    if (folders.has(key) || files.has(key)) duplicates.push([paths[i] as string[], key]);
    else files.add(key);
  }
  const nextNumbers = new Map<string, number>();
  for (const [path, key] of duplicates) {
    const name = path.at(-1) as string;
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    let number = nextNumbers.get(key) ?? 1;
    for (; ; number++) {
      if (number > mostDuplicates) {
        throw metainfoError(
          'METAINFO_TOO_MANY_DUPLICATES',
          `More than ${mostDuplicates} files are named ${path.join('/')}`,
        );
      }
      const candidate = numberedElement(name, number);
      const candidateKey = folder + foldPath(candidate);
      if (files.has(candidateKey) || folders.has(candidateKey)) continue;
      files.add(candidateKey);
      path[path.length - 1] = candidate;
      break;
    }
    nextNumbers.set(key, number + 1);
  }
}

/** Adds the folders of a path, stopping at the first that is known. */
function addFolders(folders: Set<string>, path: string): void {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const folder = path.slice(0, end);
    if (folders.has(folder)) return;
    folders.add(folder);
  }
}
