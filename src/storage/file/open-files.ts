/**
 * The open files of one disk thread: a bounded least-recently-used cache, and the safe way from a save folder to a
 * file. Below the save folder every path element must be a real folder and the last a regular file: a symbolic link,
 * whoever put it there, is refused, for it could lead anywhere. (Node has no openat: a local process that swaps a
 * checked folder for a link at the right moment is not defended against; it has the user's rights already.)
 */
import fs from 'node:fs';
import { codeOf } from '../../base/errors.ts';
import { storageError } from '../errors.ts';
import type { Site } from './disk-jobs.ts';
import { storageFault } from './fault.ts';

/** Open files of a thread; two threads stay far below the usual limit of 1,024 a process. */
const MOST_OPEN = 128;
/** Verified folders remembered by a thread. */
const MOST_FOLDERS = 4096;

const { O_RDONLY, O_RDWR, O_WRONLY, O_CREAT, O_APPEND } = fs.constants;
/** Not on Windows, where creating a link needs a privilege. */
const O_NOFOLLOW = (fs.constants.O_NOFOLLOW as number | undefined) ?? 0;
/** Keeps a named pipe in the place of a file from blocking the thread; reads and writes at an offset fail on one. */
const O_NONBLOCK = (fs.constants.O_NONBLOCK as number | undefined) ?? 0;

interface OpenFile {
  readonly fd: number;
  readonly isWritable: boolean;
  readonly torrent: number;
}

/** A path below a site's save folder; with an empty root, paths are absolute as they are. */
export const pathIn = ({ root }: Site, path: string): string =>
  root === '' || root.endsWith('/') ? root + path : `${root}/${path}`;

export class OpenFiles {
  readonly #files = new Map<string, OpenFile>();
  readonly #folders = new Set<string>();

  /** Descriptor for reading. */
  openRead(site: Site, path: string): number {
    return this.#open(site, path, false, 0);
  }

  /** Descriptor for reading and writing; the file and its folders are made when missing. */
  openWrite(site: Site, path: string, isExecutable: boolean): number {
    return this.#open(site, path, true, isExecutable ? 0o777 : 0o666);
  }

  /** Descriptor that appends to an existing journal. */
  openJournal(site: Site, path: string): number {
    const known = this.#files.get(path);
    if (known !== undefined) return known.fd;
    return this.#keep(path, { fd: fs.openSync(path, O_WRONLY | O_APPEND), isWritable: true, torrent: site.torrent });
  }

  /** Closes one file if it is open. */
  closeFile(fullPath: string): void {
    const file = this.#files.get(fullPath);
    if (file === undefined) return;
    this.#files.delete(fullPath);
    fs.closeSync(file.fd);
  }

  /** Closes the files of a torrent and forgets which folders were verified. */
  release(torrent: number): void {
    for (const [path, file] of this.#files) if (file.torrent === torrent) this.closeFile(path);
    this.#folders.clear();
  }

  closeAll(): void {
    this.#evict(0);
    this.#folders.clear();
  }

  /** Verifies the folders above a path; makes missing ones when asked to. False when one is missing. */
  checkFolders(site: Site, path: string, isMaking: boolean): boolean {
    const parent = pathIn(site, path.slice(0, Math.max(0, path.lastIndexOf('/'))));
    if (this.#folders.has(parent)) return true;
    if (isMaking) makeRoot(site.root);
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      if (!checkFolder(pathIn(site, path.slice(0, end)), isMaking)) return false;
    }
    if (this.#folders.size >= MOST_FOLDERS) this.#folders.clear();
    this.#folders.add(parent);
    return true;
  }

  #open(site: Site, path: string, isWriting: boolean, mode: number): number {
    const full = pathIn(site, path);
    const known = this.#files.get(full);
    if (known !== undefined && (known.isWritable || !isWriting)) {
      this.#files.delete(full);
      this.#files.set(full, known);
      return known.fd;
    }
    if (known !== undefined) this.closeFile(full);
    try {
      return this.#openNew(site, path, full, isWriting, mode);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EMFILE' || code === 'ENFILE') this.#evict(Math.floor(this.#files.size / 2));
      else if (code !== 'ENOENT' || !isWriting) throw storageFault(error, isWriting ? 'write' : 'read', full);
      this.#folders.clear();
    }
    try {
      return this.#openNew(site, path, full, isWriting, mode);
    } catch (error) {
      throw storageFault(error, isWriting ? 'write' : 'read', full);
    }
  }

  #openNew(site: Site, path: string, full: string, isWriting: boolean, mode: number): number {
    if (site.isStrict) this.checkFolders(site, path, isWriting);
    const flags = (isWriting ? O_RDWR | O_CREAT : O_RDONLY) | (site.isStrict ? O_NOFOLLOW : 0) | O_NONBLOCK;
    const fd = fs.openSync(full, flags, mode);
    return this.#keep(full, { fd, isWritable: isWriting, torrent: site.torrent });
  }

  #keep(full: string, file: OpenFile): number {
    this.#evict(MOST_OPEN - 1);
    this.#files.set(full, file);
    return file.fd;
  }

  #evict(most: number): void {
    if (this.#files.size <= most) return;
    for (const path of this.#files.keys()) {
      if (this.#files.size <= most) return;
      this.closeFile(path);
    }
  }
}

/** The save folder itself may be a link or lie behind one: it is the user's choice. */
function makeRoot(root: string): void {
  try {
    fs.mkdirSync(root, { recursive: true });
  } catch (error) {
    throw storageFault(error, 'write', root);
  }
}

function checkFolder(full: string, isMaking: boolean): boolean {
  let stat = fs.lstatSync(full, { throwIfNoEntry: false });
  if (stat === undefined) {
    if (!isMaking) return false;
    makeFolder(full);
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

function makeFolder(full: string): void {
  try {
    fs.mkdirSync(full);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw storageFault(error, 'write', full);
  }
}
