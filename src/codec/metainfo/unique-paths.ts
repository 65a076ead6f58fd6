/**
 * Keeps two files of a torrent from being stored in one place. Folders keep their names; a file whose path is taken,
 * by a folder or by an earlier file, gets a number. Each file is looked at a bounded number of times.
 */
import { metainfoError } from './errors.ts';
import { foldName, numberedElement } from './safe-path.ts';

/** What a folder holds by folded name; a file is null. */
type Folder = Map<string, Folder | null>;

/** A path whose last element may change, the folder it lies in, and its last element folded. */
interface Spot {
  readonly path: string[];
  readonly folder: Folder;
  readonly name: string;
}

/**
 * Changes the last element of paths in place until all are different, also on file systems that ignore case or
 * Unicode normalisation. Null entries are never stored and take part in nothing. Files that come first keep their
 * name; a number is never one that a later file has by its own name. Throws METAINFO_TOO_MANY_DUPLICATES.
 */
export function makePathsUnique(paths: readonly (string[] | null)[], mostDuplicates: number): void {
  // All folders come first, and then all files by their own names.
  const duplicates: Spot[] = [];
  const spots = findSpots(paths);
  for (let i = 0; i < spots.length; i++) {
    const spot = spots[i] as Spot;
    const { size } = spot.folder;
    spot.folder.set(spot.name, null); // a folder of that name has been walked: that it is taken is all that counts now
    if (spot.folder.size === size) duplicates.push(spot);
  }
  const nextNumbers = new Map<Folder, Map<string, number>>();
  for (const { path, folder, name } of duplicates) {
    const numbers = nextNumbers.get(folder) ?? new Map<string, number>();
    nextNumbers.set(folder, numbers);
    const original = path.at(-1) as string;
    let number = numbers.get(name) ?? 1;
    for (; ; number++) {
      if (number > mostDuplicates) {
        throw metainfoError(
          'METAINFO_TOO_MANY_DUPLICATES',
          `More than ${mostDuplicates} files are named ${path.join('/')}`,
        );
      }
      const candidate = numberedElement(original, number);
      const candidateName = foldName(candidate);
      if (folder.has(candidateName)) continue;
      folder.set(candidateName, null);
      path[path.length - 1] = candidate;
      break;
    }
    numbers.set(name, number + 1);
  }
}

/** Makes the tree of folders. A path mostly lies near the one before it, so the walk starts where they part. */
function findSpots(paths: readonly (string[] | null)[]): Spot[] {
  const spots: Spot[] = [];
  const root: Folder = new Map();
  const walk = [root];
  let previous: readonly string[] = [];
  for (let i = 0; i < paths.length; i++) {
    const path = paths[i] as string[] | null;
    if (path === null) continue;
    const last = path.length - 1;
    let depth = 0;
    while (depth < last && depth < walk.length - 1 && path[depth] === previous[depth]) depth++;
    walk.length = depth + 1;
    for (; depth < last; depth++) walk.push(subfolder(walk[depth] as Folder, foldName(path[depth] as string)));
    spots.push({ path, folder: walk[last] as Folder, name: foldName(path[last] as string) });
    previous = path;
  }
  return spots;
}

function subfolder(parent: Folder, name: string): Folder {
  const known = parent.get(name) ?? null;
  if (known !== null) return known;
  const folder: Folder = new Map();
  parent.set(name, folder);
  return folder;
}
