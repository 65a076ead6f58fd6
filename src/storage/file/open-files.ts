/** The open files of one disk thread: a bounded least-recently-used cache. Files are reached by `VerifiedFolders`. */
import fs from 'node:fs';
import { codeOf } from '../../base/errors.ts';
import type { Site } from './disk-jobs.ts';
import { checkSaveFolder, siteFault } from './save-folder.ts';
import { pathIn, type VerifiedFolders } from './verified-folders.ts';

/** Open files of a thread; two threads stay far below the usual limit of 1,024 a process. */
const MOST_OPEN = 128;

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

const modeOf = (isExecutable: boolean): number => (isExecutable ? 0o777 : 0o666);

export class OpenFiles {
  readonly #files = new Map<string, OpenFile>();
  readonly #folders: VerifiedFolders;

  constructor(folders: VerifiedFolders) {
    this.#folders = folders;
  }

  /** Descriptor for reading. */
  openRead(site: Site, path: string): number {
    return this.#cached(site, path, false, 0);
  }

  /** Descriptor for reading and writing; the file and its folders are made when missing. */
  openWrite(site: Site, path: string, isExecutable: boolean): number {
    return this.#cached(site, path, true, modeOf(isExecutable));
  }

  /** `openRead` for a file that will hardly be needed again soon: it is not kept, and the caller closes it. */
  openReadOnce(site: Site, path: string): number {
    return this.#open(site, path, pathIn(site, path), false, 0);
  }

  /** `openWrite` in the same way. */
  openWriteOnce(site: Site, path: string, isExecutable: boolean): number {
    return this.#open(site, path, pathIn(site, path), true, modeOf(isExecutable));
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

  #cached(site: Site, path: string, isWriting: boolean, mode: number): number {
    const full = pathIn(site, path);
    const known = this.#files.get(full);
    if (known !== undefined && (known.isWritable || !isWriting)) {
      this.#files.delete(full);
      this.#files.set(full, known);
      return known.fd;
    }
    if (known !== undefined) this.closeFile(full);
    const fd = this.#open(site, path, full, isWriting, mode);
    return this.#keep(full, { fd, isWritable: isWriting, torrent: site.torrent });
  }

  /** Opens a file; a second time when there were too many, or when a folder that had been verified is gone. */
  #open(site: Site, path: string, full: string, isWriting: boolean, mode: number): number {
    try {
      return this.#tryOpen(site, path, full, isWriting, mode);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EMFILE' || code === 'ENFILE') this.#evict(Math.floor(this.#files.size / 2));
      else if (code !== 'ENOENT' || !isWriting) throw siteFault(error, isWriting ? 'write' : 'read', site, full);
      this.#folders.clear();
    }
    try {
      return this.#tryOpen(site, path, full, isWriting, mode);
    } catch (error) {
      throw siteFault(error, isWriting ? 'write' : 'read', site, full);
    }
  }

  #tryOpen(site: Site, path: string, full: string, isWriting: boolean, mode: number): number {
    if (site.isStrict) this.#folders.check(site, path, isWriting);
    const flags = (isWriting ? O_RDWR : O_RDONLY) | (site.isStrict ? O_NOFOLLOW : 0) | O_NONBLOCK;
    try {
      return fs.openSync(full, flags);
    } catch (error) {
      if (!isWriting || codeOf(error) !== 'ENOENT') throw error;
    }
    checkSaveFolder(site);
    return fs.openSync(full, flags | O_CREAT, mode);
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
