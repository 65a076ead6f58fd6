/**
 * What a kill cut short is brought to an end when the torrent is next opened: a move to another folder, the renaming of
 * files. A move is finished when the journal at the target vouches for all of the files there, for then only the
 * originals were still to go; otherwise it is taken back.
 */
import type { FileIndex } from '../../base/units.ts';
import { storageError } from '../errors.ts';
import type { Site } from './disk-jobs.ts';
import type { JournalDeps } from './journal.ts';
import { copyFile, removeJournal, renameFile, sendOn } from './relocation.ts';
import { missing } from './save-folder.ts';
import { isGone, look, type Sight, type Surveyed } from './survey.ts';

type Unsettled = Surveyed & { readonly deps: JournalDeps };

/**
 * What is there afterwards; the same `sight` when there was nothing to do. Rejects STORAGE_MISSING when all files have arrived
 * where they are not now, unless those are taken for gone.
 */
export async function settleInterrupted(
  torrent: Unsettled,
  sight: Sight,
  { takesForGone }: { readonly takesForGone: boolean },
): Promise<Sight> {
  const { layout } = torrent;
  const state = sight.journal?.state;
  const wanted = layout.paths;
  if (state === undefined) return fromOwnPaths(torrent, sight);
  const isRenamed = !isSame(state.paths, wanted);
  if (state.moveTarget === null && !isRenamed) return sight;
  let seen = sight;
  layout.paths = state.paths;
  try {
    if (isRenamed) seen = await look(torrent, seen.site);
    if (state.moveTarget !== null) seen = await settleMove(torrent, seen, state.moveTarget, takesForGone);
  } finally {
    layout.paths = wanted;
  }
  if (isRenamed) seen = await finishRenaming(torrent, seen, state.paths);
  // Where the files are now must be noted at once: what is at the other places by then is no longer ours.
  return { ...seen };
}

const isSame = (a: ReadonlyMap<FileIndex, string>, b: ReadonlyMap<FileIndex, string>): boolean =>
  a.size === b.size && [...a].every(([file, path]) => b.get(file) === path);

async function settleMove(torrent: Unsettled, here: Sight, target: string, takesForGone: boolean): Promise<Sight> {
  const { disk } = torrent;
  const there = await look(torrent, { ...here.site, root: target });
  // What lay at the target from earlier times was removed before it was set out for.
  if (isLeft(here)) return there.journal !== null ? there : here;
  // Its journal was written when all files were there: they are, on a drive that is not connected.
  if (isGone(there) && !takesForGone) throw missing(target);
  if (isVouchedFor(there, here)) {
    await disk.run('remove', { site: here.site, paths: pathsOf(torrent, here) });
    await tidy(torrent, here.site);
    await sendOn(torrent, here.site, target);
    return there;
  }
  const originals = new Map(filesOf(torrent, here).map(({ path, size }) => [path, size]));
  for (const file of filesOf(torrent, there)) {
    const size = originals.get(file.path) ?? null;
    if (size !== null && size >= file.size) continue;
    // A shorter one is a copy that was on its way back when another kill came.
    if (size !== null) await disk.run('remove', { site: here.site, paths: [file.path] });
    await bringBack(torrent, there.site, here.site, file);
  }
  await disk.run('remove', { site: there.site, paths: pathsOf(torrent, there) });
  await tidy(torrent, there.site);
  await removeJournal(torrent, there.site);
  return look(torrent, here.site);
}

/** The kill may have come when the files were gone and their folders were not. */
async function tidy({ disk, layout }: Surveyed, site: Site): Promise<void> {
  await disk.run('tidy', { site, paths: layout.storedFiles().map((file) => layout.path(file)) });
}

/** The files went on before, and all that was left is the journal that tells where to. */
const isLeft = ({ journal, found, parts }: Sight): boolean =>
  found.size + parts.length === 0 && journal?.state.done.isEmpty === true && journal.state.suspect.isEmpty;

/** Every file of `here` is at its new place, and the journal there knows it as it is. */
function isVouchedFor(there: Sight, here: Sight): boolean {
  const stamps = there.journal?.state.stamps;
  if (stamps === undefined) return false;
  for (const [file, { size }] of here.found) if (there.found.get(file)?.size !== size) return false;
  for (const [file, { time }] of there.found) if (stamps.get(file)?.last !== time) return false;
  const parts = new Set(there.parts.map(({ piece, file }) => `${piece}.${file}`));
  return there.found.size + parts.size > 0 && here.parts.every(({ piece, file }) => parts.has(`${piece}.${file}`));
}

async function bringBack(
  { disk }: Surveyed,
  site: Site,
  target: Site,
  file: { readonly path: string; readonly size: number },
): Promise<void> {
  if (!(await disk.run('rename', { site, target, path: file.path }))) await copyFile(disk, { site, target }, file);
}

async function finishRenaming(
  torrent: Surveyed,
  { site, journal, found }: Sight,
  before: ReadonlyMap<FileIndex, string>,
): Promise<Sight> {
  const { layout, disk } = torrent;
  const pathBefore = (file: FileIndex): string => before.get(file) ?? layout.ownPath(file);
  const changed = layout.storedFiles().filter((file) => layout.path(file) !== pathBefore(file));
  const now = await look(torrent, site);
  for (const file of changed.filter((one) => found.has(one))) {
    const there = now.found.get(file);
    const stamp = journal?.state.stamps.get(file)?.last;
    if (there === undefined) {
      await renameFile(disk, site, { path: pathBefore(file), to: layout.path(file) });
    } else if (found.get(file)?.time === stamp || there.time !== stamp) {
      const path = `${site.root}/${layout.path(file)}`;
      throw storageError('STORAGE_TARGET_EXISTS', `${path} exists`, { details: { path } });
    }
  }
  await disk.run('tidy', { site, paths: changed.map(pathBefore) });
  return look(torrent, site);
}

/** Before there was a journal, files can only have been on their way from where the torrent says that they are. */
async function fromOwnPaths(torrent: Surveyed, sight: Sight): Promise<Sight> {
  const { layout, disk } = torrent;
  const { site } = sight;
  const wanted = layout.paths;
  const unseen = [...wanted.keys()].filter((file) => !sight.found.has(file));
  if (unseen.length === 0) return sight;
  const taken = new Set(layout.storedFiles().map((file) => layout.path(file)));
  layout.paths = new Map();
  const own = await look(torrent, site).finally(() => {
    layout.paths = wanted;
  });
  const left = unseen.filter((file) => own.found.has(file) && !taken.has(layout.ownPath(file)));
  if (left.length === 0) return sight;
  for (const file of left) {
    await renameFile(disk, site, { path: layout.ownPath(file), to: layout.path(file) });
  }
  await disk.run('tidy', { site, paths: left.map((file) => layout.ownPath(file)) });
  return look(torrent, site);
}

function filesOf({ layout }: Surveyed, { found, parts }: Sight): { readonly path: string; readonly size: number }[] {
  const files = Array.from(found, ([file, { size }]) => ({ path: layout.path(file), size }));
  return files.concat(parts.map(({ piece, file, size }) => ({ path: layout.partPath(piece, file), size })));
}

const pathsOf = (torrent: Surveyed, sight: Sight): string[] => filesOf(torrent, sight).map(({ path }) => path);
