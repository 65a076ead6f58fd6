/**
 * The safe way from a save folder to a file. Below the save folder every path element must be a real folder and the
 * last a regular file: a symbolic link, whoever put it there, is refused, for it could lead anywhere. (Node has no
 * openat: a local process that swaps a checked folder for a link at the right moment is not defended against; it has
 * the user's rights already.)
 */
import fs from 'node:fs';
import { codeOf } from '../../base/errors.ts';
import { storageError } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import type { Site } from './disk-jobs.ts';
import { storageFault } from './fault.ts';
import { checkSaveFolder } from './save-folder.ts';

/** Verified folders remembered by a thread. */
const MOST_FOLDERS = 4096;

/** A path below a site's save folder; with an empty root, paths are absolute as they are. */
export const pathIn = ({ root }: Site, path: string): string =>
  root === '' || root.endsWith('/') ? root + path : `${root}/${path}`;

export class VerifiedFolders {
  readonly #known = new Set<string>();
  /** The one that was asked for last, mostly the next one too: its save folder and its path below it. */
  #last: { readonly root: string; readonly path: string } | null = null;

  /** Verifies the folders above a path; makes missing ones when asked to. False when one is missing. */
  check(site: Site, path: string, isMaking: boolean): boolean {
    const depth = Math.max(0, path.lastIndexOf('/'));
    const last = this.#last;
    if (last !== null && last.root === site.root && last.path.length === depth && path.startsWith(last.path))
      return true;
    const parent = path.slice(0, depth);
    if (!this.#isVerified(site, path, pathIn(site, parent), isMaking)) return false;
    this.#last = { root: site.root, path: parent };
    return true;
  }

  /** Something is not as it was: look again. */
  clear(): void {
    this.#known.clear();
    this.#last = null;
  }

  #isVerified(site: Site, path: string, parent: string, isMaking: boolean): boolean {
    if (this.#known.has(parent)) return true;
    if (isMaking && site.device === null) makeRoot(site.root);
    else if (isMaking) checkSaveFolder(site);
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      if (!checkFolder(pathIn(site, path.slice(0, end)), isMaking)) return false;
    }
    if (this.#known.size >= MOST_FOLDERS) this.#known.clear();
    this.#known.add(parent);
    return true;
  }
}

/** The save folder itself may be a link or lie behind one: it is the user's choice. */
function makeRoot(root: string): void {
  try {
    makeFolder(root);
  } catch (error) {
    throw storageFault(error, 'write', root);
  }
}

function checkFolder(full: string, isMaking: boolean): boolean {
  let stat = fs.lstatSync(full, { throwIfNoEntry: false });
  if (stat === undefined) {
    if (!isMaking) return false;
    makeOne(full);
    stat = fs.lstatSync(full);
  }
  if (stat.isSymbolicLink()) {
    throw storageError('STORAGE_SYMLINK', `${full} is a symbolic link`, { details: { path: full } });
  }
  if (!stat.isDirectory()) {
    throw storageError('STORAGE_PATH_BLOCKED', `${full} is not a folder`, { details: { path: full } });
  }
  return true;
}

function makeOne(full: string): void {
  try {
    fs.mkdirSync(full);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw storageFault(error, 'write', full);
  }
}
