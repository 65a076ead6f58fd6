/** Jobs on whole files: look, prepare, allocate, move, delete; and the journal's own file. */
import fs from 'node:fs';
import { dirname } from 'node:path';
import { codeOf, type DstError } from '../../base/errors.ts';
import type { ByteCount } from '../../base/units.ts';
import { storageError } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import type { DiskContext } from './disk-context.ts';
import type {
  AdoptJob,
  AllocateJob,
  JournalJob,
  PrepareJob,
  ProbeJob,
  RemoveJob,
  RenameJob,
  Site,
  SpaceJob,
  SpaceOutcome,
  SurveyJob,
  SurveyOutcome,
  TransferJob,
} from './disk-jobs.ts';
import { storageFault } from './fault.ts';
import { readExactly, writePlace } from './piece-jobs.ts';
import { deviceOf, existingFolder } from './save-folder.ts';
import { pathIn } from './verified-folders.ts';

/** Step of allocating and of copying between file systems, bytes. */
const STEP = 1048576;

const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';

/** What is on the disk when a torrent is opened: its journal, sizes and times of its files, its part files. */
export function survey(context: DiskContext, job: SurveyJob): SurveyOutcome {
  const device = deviceOf(job.site.root);
  const stats = new Float64Array(2 * job.paths.length);
  stats.fill(-1);
  for (let i = 0; i < job.paths.length; i++) {
    const stat = look(context, job.site, job.paths[i] as string);
    if (stat === null) continue;
    stats[2 * i] = stat.size;
    stats[2 * i + 1] = stat.mtimeMs;
  }
  const parts: number[] = [];
  for (const name of listParts(context, job.site, job.partsFolder)) {
    const stat = look(context, job.site, `${job.partsFolder}/${name}`);
    if (stat !== null) parts.push(...name.split('.').map(Number), stat.size, stat.mtimeMs);
  }
  return { device, journal: job.journal === null ? null : readJournal(job.journal), stats, parts };
}

/** Only a path that is surely free counts as free: the survey that follows tells what is wrong with others. */
export function probe(_context: DiskContext, { site, path }: ProbeJob): boolean {
  try {
    return fs.lstatSync(pathIn(site, path), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/** A regular file's facts; null when there is none or, for a strict site, when a link stands in the way. */
function look(context: DiskContext, site: Site, path: string): fs.Stats | null {
  const full = pathIn(site, path);
  try {
    if (site.isStrict && !context.folders.check(site, path, false)) return null;
    const stat = (site.isStrict ? fs.lstatSync : fs.statSync)(full, { throwIfNoEntry: false });
    return stat?.isFile() === true ? stat : null;
  } catch (error) {
    if (isMissing(error) || codeOf(error) === 'STORAGE_PATH_BLOCKED') return null;
    throw storageFault(error, 'read', full);
  }
}

function listParts(context: DiskContext, site: Site, folder: string): string[] {
  try {
    if (site.isStrict && !context.folders.check(site, `${folder}/part`, false)) return [];
    return fs.readdirSync(pathIn(site, folder)).filter((name) => /^\d{1,10}\.\d{1,10}$/.test(name));
  } catch (error) {
    if (isMissing(error)) return [];
    throw storageFault(error, 'read', pathIn(site, folder));
  }
}

/** A journal that cannot be read counts as none. */
function readJournal(path: string): Uint8Array | null {
  try {
    return new Uint8Array(fs.readFileSync(path));
  } catch {
    return null;
  }
}

/** Appends to a journal, or puts a new one in its place. */
export function writeJournal(_context: DiskContext, job: JournalJob): null {
  try {
    if (job.mode === 'append') appendJournal(job);
    else replaceJournal(job);
  } catch (error) {
    throw storageFault(error, 'write', job.path);
  }
  return null;
}

/** Opens it anew each time: another thread may have replaced the file. */
function appendJournal(job: JournalJob): void {
  const fd = fs.openSync(job.path, fs.constants.O_WRONLY | fs.constants.O_APPEND);
  try {
    if (fs.writeSync(fd, job.bytes) !== job.bytes.length) {
      throw storageError('STORAGE_NO_SPACE', `short write to ${job.path}`, { details: { path: job.path } });
    }
    if (job.isSynced) fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function replaceJournal(job: JournalJob): void {
  const temporary = `${job.path}.new`;
  let fd: number;
  try {
    fd = fs.openSync(temporary, 'w', 0o600);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    makeFolder(dirname(temporary), 0o700);
    fd = fs.openSync(temporary, 'w', 0o600);
  }
  try {
    for (let at = 0; at < job.bytes.length; ) at += fs.writeSync(fd, job.bytes, at);
    if (job.isSynced) fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(temporary, job.path);
}

/** Makes empty files, and links when the session allows them. What exists stays as it is. */
export function prepare(context: DiskContext, job: PrepareJob): null {
  for (const file of job.empty) {
    fs.closeSync(context.files.openWriteOnce(job.site, file.path, file.isExecutable));
  }
  for (const link of job.links) {
    const full = pathIn(job.site, link.path);
    try {
      context.folders.check(job.site, link.path, true);
      fs.symlinkSync(link.target, full);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw storageFault(error, 'write', full);
    }
  }
  return null;
}

/** The file system of the save folder, and what the user may still write on it. */
export function space(_context: DiskContext, job: SpaceJob): SpaceOutcome {
  const folder = existingFolder(job.site.root);
  try {
    const { bavail, bsize } = fs.statfsSync(folder);
    return { available: bavail * bsize, device: fs.statSync(folder).dev };
  } catch (error) {
    throw storageFault(error, 'read', folder);
  }
}

/** Extends a file with zeros up to `end`: written, not truncated, for a truncated file claims no space. */
export function allocate(context: DiskContext, job: AllocateJob): { stamp: number; size: ByteCount } {
  const fd = context.files.openWrite(job.site, job.place.path, job.place.isExecutable);
  try {
    const zeros = Buffer.alloc(STEP);
    let size = fs.fstatSync(fd).size;
    while (size < job.end) size += fs.writeSync(fd, zeros, 0, Math.min(STEP, job.end - size), size);
    return { stamp: fs.fstatSync(fd).mtimeMs, size };
  } catch (error) {
    throw storageFault(error, 'write', pathIn(job.site, job.place.path));
  }
}

/** Copies a part file to where its bytes belong. Returns the stamp of the file there. */
export function adopt(context: DiskContext, job: AdoptJob): number {
  const bytes = Buffer.allocUnsafe(job.to.length);
  try {
    readExactly(context.files.openRead(job.site, job.from), bytes, 0, bytes.length, 0);
  } catch (error) {
    throw storageFault(error, 'read', pathIn(job.site, job.from));
  }
  return writePlace(context, job.site, job.to, bytes);
}

const isSameFile = (a: fs.Stats, b: fs.Stats): boolean => a.ino === b.ino && a.dev === b.dev;

/**
 * Throws STORAGE_TARGET_EXISTS when there is anything at a path: it has come there since it was looked for. But for the file
 * `from`, which a file system that does not tell capitals from small letters has under both names.
 */
function mustBeFree(path: string, from?: string): void {
  const there = fs.lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined || (from !== undefined && isSameFile(there, fs.lstatSync(from)))) return;
  throw storageError('STORAGE_TARGET_EXISTS', `${path} exists`, { details: { path } });
}

/** Moves one file to another folder or name on the same file system; false when it is another file system. */
export function rename(context: DiskContext, job: RenameJob): boolean {
  const path = job.to ?? job.path;
  const [from, to] = [pathIn(job.site, job.path), pathIn(job.target, path)];
  context.files.closeFile(from);
  try {
    context.folders.check(job.target, path, true);
    mustBeFree(to, from);
    fs.renameSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EXDEV') return false;
    throw storageFault(error, 'write', to);
  }
}

/** Copies a range of a file into another folder and reads it back to compare. Returns the copy's stamp. */
export function transfer(context: DiskContext, job: TransferJob): number {
  const [from, to] = [pathIn(job.site, job.path), pathIn(job.target, job.path)];
  const original = Buffer.allocUnsafe(Math.min(STEP, job.length));
  const copy = Buffer.allocUnsafe(original.length);
  try {
    const source = context.files.openRead(job.site, job.path);
    if (job.offset === 0) mustBeFree(to);
    const target = context.files.openWrite(job.target, job.path, false);
    for (let done = 0; done < job.length; ) {
      const length = Math.min(STEP, job.length - done);
      readExactly(source, original, 0, length, job.offset + done);
      for (let at = 0; at < length; ) at += fs.writeSync(target, original, at, length - at, job.offset + done + at);
      readExactly(target, copy, 0, length, job.offset + done);
      if (original.compare(copy, 0, length, 0, length) !== 0) {
        throw storageError('STORAGE_WRITE_FAILED', `the copy ${to} differs from ${from}`, { details: { path: to } });
      }
      done += length;
    }
    if (job.isLast) finishTransfer(source, target);
    return fs.fstatSync(target).mtimeMs;
  } catch (error) {
    throw storageFault(error, 'write', to);
  }
}

function finishTransfer(source: number, target: number): void {
  const stat = fs.fstatSync(source);
  fs.fchmodSync(target, stat.mode & 0o777);
  fs.fsyncSync(target);
  fs.futimesSync(target, stat.atimeMs / 1000, stat.mtimeMs / 1000);
}

/**
 * Deletes files, then the folders above them that became empty, up to the save folder. Missing ones are fine; with one that
 * cannot be deleted it goes on, and throws in the end.
 */
export function remove(context: DiskContext, job: RemoveJob): null {
  const faults: DstError[] = [];
  for (const path of job.paths) {
    const full = pathIn(job.site, path);
    context.files.closeFile(full);
    try {
      if (job.site.isStrict && !context.folders.check(job.site, path, false)) continue;
      fs.unlinkSync(full);
    } catch (error) {
      if (!isMissing(error)) faults.push(storageFault(error, 'write', full));
    }
  }
  tidy(context, job, faults);
  return null;
}

/** Deletes the folders above paths, as far as they are empty, up to the save folder. Throws the first of all faults. */
export function tidy(context: DiskContext, { site, paths }: RemoveJob, faults: DstError[] = []): null {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
      folders.add(path.slice(0, end));
  }
  for (const folder of [...folders].sort((a, b) => b.length - a.length)) {
    try {
      fs.rmdirSync(pathIn(site, folder));
    } catch (error) {
      if (isMissing(error) || codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') continue;
      faults.push(storageFault(error, 'write', pathIn(site, folder)));
    }
  }
  context.files.release(site.torrent);
  const [fault] = faults;
  if (fault !== undefined) throw fault;
  return null;
}
