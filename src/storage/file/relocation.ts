/** Moves a torrent's files to another folder, and deletes them. */
import { basename, dirname } from 'node:path';
import type { ByteCount } from '../../base/units.ts';
import { storageError } from '../errors.ts';
import type { Site } from './disk-jobs.ts';
import type { FileKey } from './journal-state.ts';
import { encodeMove } from './journal-records.ts';
import { emptyEntries, journalPath, makeJournal, type OpenTorrent } from './open-torrent.ts';

/** Bytes copied by one job. */
const STEP: ByteCount = 32 * 1024 * 1024;

/**
 * Renames the files, or copies them when the folder lies on another file system. The journal notes the intention
 * first, so that renames cut short by a kill are undone when the torrent is next opened; originals of copies are
 * removed when every copy has been compared and flushed and the new journal stands.
 */
export async function moveFiles(torrent: OpenTorrent, directory: string): Promise<void> {
  const { site, disk, journal } = torrent;
  const target: Site = { ...site, root: directory };
  const present = await presentFiles(torrent, site);
  const blocking = await presentFiles(torrent, target);
  if (blocking.length > 0) {
    const path = `${directory}/${blocking[0]?.path}`;
    throw storageError('STORAGE_TARGET_EXISTS', `${path} exists`, { details: { path } });
  }
  await journal?.append(site, encodeMove(directory), { isSynced: true });
  await disk.release(site.torrent);
  try {
    await carryOver(torrent, target, present);
  } catch (error) {
    await journal?.rewrite(site);
    throw error;
  }
  torrent.site = target;
  torrent.journal = makeJournal(torrent, directory);
  await torrent.journal?.rewrite(target);
  const entries = emptyEntries(torrent, 'wanted');
  await disk.run('prepare', { site: target, ...entries });
  await removeFiles(torrent, site);
}

/** Deletes the torrent's files below a folder, their part files, and the journal of that folder. */
export async function removeFiles(torrent: OpenTorrent, site: Site): Promise<void> {
  const { layout, disk, deps } = torrent;
  const paths = layout.storedFiles().map((file) => layout.path(file));
  const { empty, links } = emptyEntries(torrent, 'all');
  for (const entry of [...empty, ...links]) paths.push(entry.path);
  paths.push(...layout.partPaths());
  await disk.release(site.torrent);
  await disk.run('remove', { site, paths });
  if (deps.stateDirectory === null) return;
  const path = journalPath(deps.stateDirectory, torrent.infoHashes, site.root);
  await disk.run('remove', { site: { ...site, root: dirname(path), isStrict: false }, paths: [basename(path)] });
}

interface PresentFile {
  readonly path: string;
  readonly key: FileKey;
  readonly size: ByteCount;
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

/** Brings every file over or, when one cannot be, none. Originals of copies stay for the caller to remove. */
async function carryOver(torrent: OpenTorrent, target: Site, files: readonly PresentFile[]): Promise<void> {
  const { site, disk, state } = torrent;
  const renamed: string[] = [];
  const copies = new Map<PresentFile, number>();
  try {
    for (const file of files) {
      if (await disk.run('rename', { site, target, path: file.path })) renamed.push(file.path);
      else copies.set(file, await copyFile(torrent, target, file));
    }
  } catch (error) {
    for (const path of renamed) await disk.run('rename', { site: target, target: site, path });
    await disk.run('remove', { site: target, paths: files.map((file) => file.path) });
    throw error;
  }
  for (const [file, stamp] of copies) state.stamps.set(file.key, { last: stamp, durable: stamp });
}

/** Copies a file in steps, each compared with the original, and flushes it. Returns the copy's stamp. */
async function copyFile(torrent: OpenTorrent, target: Site, file: PresentFile): Promise<number> {
  const { site, disk } = torrent;
  for (let offset = 0; ; offset += STEP) {
    const length = Math.min(STEP, file.size - offset);
    const isLast = offset + length >= file.size;
    const stamp = await disk.run(
      'transfer',
      { site, target, path: file.path, offset, length, isLast },
      { cost: length },
    );
    if (isLast) return stamp;
  }
}
