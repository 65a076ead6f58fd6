/** Moves a torrent's files to another folder, renames and deletes them. */
import { basename, dirname } from 'node:path';
import { codeOf, messageOf } from '../../base/errors.ts';
import { formatBytes } from '../../base/size.ts';
import type { ByteCount, FileIndex } from '../../base/units.ts';
import { storageError } from '../errors.ts';
import type { MoveOptions } from '../storage.ts';
import type { Disk } from './disk.ts';
import type { Site } from './disk-jobs.ts';
import { flushFiles } from './flush-files.ts';
import { encodeMove } from './journal-records.ts';
import { Journal, type JournalDeps } from './journal.ts';
import { type FileKey, JournalState } from './journal-state.ts';
import { emptyEntries, makeJournal, type OpenTorrent } from './open-torrent.ts';
import { missing } from './save-folder.ts';
import { journalPath, type Surveyed } from './survey.ts';
import { pathIn } from './verified-folders.ts';

/** Bytes copied by one job. */
const STEP: ByteCount = 32 * 1024 * 1024;

/** Runs what nothing else may run beside. */
export type Alone = (fn: () => Promise<void>) => Promise<void>;

interface PresentFile {
  readonly path: string;
  readonly key: FileKey;
  readonly size: ByteCount;
}

/**
 * Renames the files, or copies them when the folder lies on another file system; while it copies, files may be read and
 * not written. The journal notes the intention first, so that a kill can be made up for (interrupted.ts); originals of
 * copies are removed when every copy has been compared and flushed and the new journal stands.
 */
export async function moveFiles(
  torrent: OpenTorrent,
  directory: string,
  options: MoveOptions,
  alone: Alone,
): Promise<void> {
  const { site, disk, state } = torrent;
  const target: Site = { ...site, root: directory, device: null };
  const files = await presentFiles(torrent, site);
  if (files.length === 0 && !state.done.isEmpty) throw missing(site.root);
  const [blocking] = await presentFiles(torrent, target);
  if (blocking !== undefined) throw exists(target, blocking.path);
  // Nothing else may stand in the way either: a link would be replaced.
  for (const { path } of files) if (await disk.run('probe', { site: target, path })) throw exists(target, path);
  const move = new Move(torrent, target, files, options);
  const [from, to] = [await disk.run('space', { site }), await disk.run('space', { site: target })];
  const isFar = from.device !== to.device;
  if (isFar) move.checkSpace(to.available);
  // A journal that lies there from earlier times must not vouch for anything.
  await removeJournal(torrent, target);
  state.moveTarget = directory;
  await torrent.journal?.append(site, encodeMove(directory), { isSynced: true });
  const orTakeBack = (step: Promise<void>): Promise<void> =>
    step.catch(async (error: unknown) => {
      await move.takeBack();
      throw error;
    });
  if (isFar) await move.copyAll().catch((error: unknown) => alone(() => orTakeBack(Promise.reject(error))));
  await alone(async () => {
    await orTakeBack(move.renameRest());
    await move.finish();
  });
}

/** A move under way. */
class Move {
  readonly #torrent: OpenTorrent;
  readonly #target: Site;
  readonly #files: readonly PresentFile[];
  readonly #options: MoveOptions;
  readonly #total: ByteCount;
  readonly #renamed: string[] = [];
  /** Copies, also those that were only begun. */
  readonly #begun = new Set<string>();
  /** Copies with their modification times. */
  readonly #copies = new Map<PresentFile, number>();
  #done: ByteCount = 0;

  constructor(torrent: OpenTorrent, target: Site, files: readonly PresentFile[], options: MoveOptions) {
    this.#torrent = torrent;
    this.#target = target;
    this.#files = files;
    this.#options = options;
    this.#total = files.reduce((sum, { size }) => sum + size, 0);
  }

  /** Throws STORAGE_NO_SPACE when the copies would not fit. */
  checkSpace(available: ByteCount): void {
    if (available >= this.#total) return;
    const path = this.#target.root;
    const message = `${formatBytes(this.#total)} are needed in ${path}, ${formatBytes(available)} are free`;
    throw storageError('STORAGE_NO_SPACE', message, { details: { path, needed: this.#total, available } });
  }

  async copyAll(): Promise<void> {
    for (const file of this.#files) await this.#copy(file);
  }

  /** Renames what was not copied; should a file lie on yet another file system, it is copied now. */
  async renameRest(): Promise<void> {
    const { site, disk } = this.#torrent;
    await disk.release(site.torrent);
    for (const file of this.#files) {
      if (this.#copies.has(file)) continue;
      this.#options.signal?.throwIfAborted();
      if (await disk.run('rename', { site, target: this.#target, path: file.path })) {
        this.#renamed.push(file.path);
        this.#progress(file.size);
      } else await this.#copy(file);
    }
    await flushFiles(
      this.#target,
      Array.from(this.#copies.keys(), ({ path }) => path),
    );
  }

  /** All files are where they were. */
  async takeBack(): Promise<void> {
    const { site, disk, state, journal, deps } = this.#torrent;
    const target = this.#target;
    for (const path of this.#renamed) await disk.run('rename', { site: target, target: site, path });
    try {
      await disk.run('remove', { site: target, paths: [...this.#begun] });
      await disk.run('tidy', { site: target, paths: this.#files.map(({ path }) => path) });
    } catch (error) {
      // The files are where they belong: the next start must not look for them there.
      const place = { from: site.root, to: target.root, reason: messageOf(error) };
      deps.logger.warn('a move was taken back, but not all copies could be removed', place);
    }
    state.moveTarget = null;
    await journal?.rewrite(site);
  }

  /** From now on the torrent lives at its new place. */
  async finish(): Promise<void> {
    const torrent = this.#torrent;
    const { site, disk, state } = torrent;
    for (const [file, stamp] of this.#copies) state.stamps.set(file.key, { last: stamp, durable: stamp });
    state.moveTarget = null;
    if (state.origin !== null) await removeJournal(torrent, { ...site, root: state.origin });
    state.origin = site.root;
    const isThere = this.#files.length > 0;
    const device = isThere ? (await disk.run('space', { site: this.#target })).device : null;
    await torrent.journal?.end();
    torrent.site = { ...this.#target, device };
    torrent.journal = makeJournal(torrent, journalPath(torrent, this.#target.root));
    torrent.journal?.protect();
    await torrent.journal?.rewrite(torrent.site);
    try {
      if (torrent.isPrepared) await disk.run('prepare', { site: torrent.site, ...emptyEntries(torrent, 'wanted') });
      await removeAll(torrent, site);
      await sendOn(torrent, site, this.#target.root);
    } catch (error) {
      // It has moved all the same; the old journal goes on saying where to.
      const place = { from: site.root, to: this.#target.root, reason: messageOf(error) };
      torrent.deps.logger.warn('a torrent was moved, but not all of it could be removed from its old place', place);
    }
  }

  async #copy(file: PresentFile): Promise<void> {
    const { site, disk } = this.#torrent;
    this.#begun.add(file.path);
    const stamp = await copyFile(disk, { site, target: this.#target }, file, (bytes) => {
      this.#progress(bytes);
      this.#options.signal?.throwIfAborted();
    }).catch((error: unknown) => {
      if (codeOf(error) === 'STORAGE_TARGET_EXISTS') this.#begun.delete(file.path);
      throw error;
    });
    this.#copies.set(file, stamp);
  }

  #progress(bytes: ByteCount): void {
    this.#done += bytes;
    this.#options.onProgress?.(this.#done, this.#total);
  }
}

/**
 * Gives files other paths below the save folder: all of those that exist, or none. `paths` are those that do not lie
 * where the torrent says. The journal must be rewritten afterwards.
 */
export async function renameFiles(torrent: OpenTorrent, paths: ReadonlyMap<FileIndex, string>): Promise<void> {
  const { layout, site, disk } = torrent;
  const moves: { readonly path: string; readonly to: string }[] = [];
  for (const file of layout.geometry.files.keys()) {
    const [path, to] = [layout.path(file), paths.get(file) ?? layout.ownPath(file)];
    if (path === to) continue;
    if (await disk.run('probe', { site, path: to })) throw exists(site, to);
    if (await disk.run('probe', { site, path })) moves.push({ path, to });
  }
  await disk.release(site.torrent);
  const done: { readonly path: string; readonly to: string }[] = [];
  try {
    for (const move of moves) {
      await renameFile(disk, site, move);
      done.push(move);
    }
  } catch (error) {
    for (const { path, to } of done) await renameFile(disk, site, { path: to, to: path });
    throw error;
  }
  layout.paths = paths;
  await disk.run('tidy', { site, paths: done.map(({ path }) => path) });
}

/** Rejects STORAGE_WRITE_FAILED when a folder below the save folder lies on another file system. */
export async function renameFile(
  disk: Disk,
  site: Site,
  { path, to }: { readonly path: string; readonly to: string },
): Promise<void> {
  if (await disk.run('rename', { site, target: site, path, to })) return;
  const full = pathIn(site, to);
  const message = `cannot rename ${pathIn(site, path)}: ${full} is on another file system`;
  throw storageError('STORAGE_WRITE_FAILED', message, { details: { path: full, reason: 'EXDEV' } });
}

/** Deletes all of an open torrent below a folder, be it one that it has left, but for the files in `kept`. */
export async function removeAll(
  torrent: OpenTorrent,
  site: Site,
  kept: ReadonlySet<FileIndex> = new Set(),
): Promise<void> {
  const { layout, disk } = torrent;
  const paths = layout.storedFiles().map((file) => layout.path(file));
  const { empty, links } = emptyEntries(torrent, 'all');
  for (const entry of [...empty, ...links]) paths.push(entry.path);
  paths.push(...layout.partPaths());
  await disk.release(site.torrent);
  const keptPlaces = new Set(Array.from(kept, (file) => pathIn(site, layout.path(file))));
  // What has moved into a folder of its own, or out of one, may lie where another of its files belonged before.
  if (site.root !== torrent.site.root) for (const path of paths) keptPlaces.add(pathIn(torrent.site, path));
  await disk.run('remove', { site, paths: paths.filter((path) => !keptPlaces.has(pathIn(site, path))) });
}

/**
 * The journal of a folder that the files have left says no more than where they went: whoever was killed before it kept
 * that in mind still looks for them there.
 */
export async function sendOn(
  torrent: Surveyed & { readonly deps: JournalDeps },
  site: Site,
  target: string,
): Promise<void> {
  const path = journalPath(torrent, site.root);
  if (path === null) return;
  const { infoHashes, layout, deps } = torrent;
  const { geometry } = layout;
  const state = new JournalState(geometry.pieceCount);
  state.moveTarget = target;
  // Who comes here knows the files by these names: nothing of them is to be renamed on the way.
  state.paths = layout.paths;
  const journal = new Journal(path, { infoHashes, geometry }, state, deps);
  await journal.rewrite(site);
}

export async function removeJournal(torrent: Surveyed, site: Site): Promise<void> {
  const path = journalPath(torrent, site.root);
  if (path === null) return;
  await torrent.disk.run('remove', {
    site: { ...site, root: dirname(path), isStrict: false },
    paths: [basename(path)],
  });
}

async function presentFiles(torrent: OpenTorrent, site: Site): Promise<PresentFile[]> {
  const { layout, disk } = torrent;
  const files = layout.storedFiles().map((key) => ({ key, path: layout.path(key) }));
  for (const [piece, owners] of layout.parts) {
    for (const file of owners) files.push({ key: layout.partKey(piece), path: layout.partPath(piece, file) });
  }
  const { stats } = await disk.run('survey', {
    site,
    journal: null,
    paths: files.map((file) => file.path),
    partsFolder: layout.partsFolder,
  });
  return files.flatMap((file, i) => ((stats[2 * i] as number) < 0 ? [] : [{ ...file, size: stats[2 * i] as number }]));
}

/** Copies a file in steps, each compared with the original, and flushes it. Returns the copy's stamp. */
export async function copyFile(
  disk: Disk,
  { site, target }: { readonly site: Site; readonly target: Site },
  { path, size }: { readonly path: string; readonly size: ByteCount },
  onCopied: (bytes: ByteCount) => void = () => {},
): Promise<number> {
  for (let offset = 0; ; offset += STEP) {
    const length = Math.min(STEP, size - offset);
    const isLast = offset + length >= size;
    const stamp = await disk.run('transfer', { site, target, path, offset, length, isLast }, { cost: length });
    onCopied(length);
    if (isLast) return stamp;
  }
}

const exists = ({ root }: Site, path: string): Error =>
  storageError('STORAGE_TARGET_EXISTS', `${root}/${path} exists`, { details: { path: `${root}/${path}` } });
