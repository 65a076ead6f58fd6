import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileIndex } from '../../base/units.ts';
import type { FileEntry, Info } from '../../codec/metainfo/index.ts';
import { isStorableName } from '../../storage/index.ts';

/**
 * The files that lie in the folder under names which would not be safe on every system, as the torrent has them and
 * other programs store them; those under safe names, and those that are not there, are left out. A folder inside the
 * torrent counts like a file: what is still to come goes into it.
 */
export async function ownNames(
  directory: string,
  info: Pick<Info, 'files' | 'isSingleFile' | 'originalName'>,
): Promise<Map<FileIndex, readonly string[]>> {
  const folders = new Folders(directory);
  const found = new Map<FileIndex, readonly string[]>();
  for (const [index, file] of info.files.entries()) {
    const own = info.isSingleFile ? file.originalPath : [info.originalName, ...file.originalPath];
    if (file.isPad || sameNames(own, file.path)) continue;
    const path = await presentPath(own, file, folders);
    if (!sameNames(path, file.path)) found.set(index, path);
  }
  return found;
}

const sameNames = (a: readonly string[], b: readonly string[]): boolean => a.join('/') === b.join('/');

async function presentPath(own: readonly string[], { path: safe }: FileEntry, folders: Folders): Promise<string[]> {
  const path: string[] = [];
  for (const [i, safeName] of safe.entries()) {
    const name = own[i] ?? safeName;
    const isOwn =
      name !== safeName &&
      isStorableName(name) &&
      (await folders.has(path, name)) &&
      !(await folders.has(path, safeName));
    path.push(isOwn ? name : safeName);
  }
  return path;
}

/** What is in the folders of a torrent. Each is read once, but for the one around them, in which anything may lie. */
class Folders {
  readonly #directory: string;
  readonly #read = new Map<string, Promise<ReadonlySet<string>>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async has(folder: readonly string[], name: string): Promise<boolean> {
    if (folder.length > 0) return (await this.#names(join(...folder))).has(name);
    return lstat(join(this.#directory, name)).then(
      () => true,
      () => false,
    );
  }

  #names(folder: string): Promise<ReadonlySet<string>> {
    let names = this.#read.get(folder);
    if (names === undefined) {
      names = readdir(join(this.#directory, folder)).then(
        (found) => new Set(found),
        () => new Set(),
      );
      this.#read.set(folder, names);
    }
    return names;
  }
}
