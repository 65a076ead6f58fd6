/** How a torrent is opened: look at the disk, bring to an end what a kill cut short, then judge the journal. */
import type { Geometry } from '../../codec/metainfo/index.ts';
import { forgetKey, sharedKey } from '../content-cipher.ts';
import type { StorageOptions } from '../storage.ts';
import type { Site } from './disk-jobs.ts';
import { settleInterrupted } from './interrupted.ts';
import { FileLayout } from './layout.ts';
import { makeJournal, type OpenDeps, type OpenTorrent } from './open-torrent.ts';
import { removeJournal } from './relocation.ts';
import { resumeState, trustSizes } from './resume-state.ts';
import { missing } from './save-folder.ts';
import { isGone, look } from './survey.ts';

/** Rejects STORAGE_MISSING when there was data and nothing of it is there. */
export async function openTorrent(
  geometry: Geometry,
  options: StorageOptions,
  number: number,
  deps: OpenDeps,
): Promise<OpenTorrent> {
  const key = options.contentKey ?? null;
  const contentKey = key && sharedKey(key);
  const site: Site = {
    torrent: number,
    root: options.directory,
    isStrict: options.isWritable,
    device: null,
    contentKey,
  };
  try {
    return await openSite(site, geometry, options, deps);
  } catch (error) {
    forgetKey(site);
    throw error;
  }
}

async function openSite(
  asked: Site,
  geometry: Geometry,
  options: StorageOptions,
  deps: OpenDeps,
): Promise<OpenTorrent> {
  const { infoHashes, directory: root, isWritable } = options;
  const layout = new FileLayout(geometry, infoHashes, options.selection, options.paths ?? new Map());
  const surveyed = { infoHashes, layout, disk: deps.disk, stateDirectory: deps.stateDirectory, deps };
  const first = await look(surveyed, asked);
  if (first.isJournalDamaged) {
    const torrent = geometry.files[0]?.path[0];
    deps.logger.warn('a resume journal is damaged: what is there of the torrent is checked', { torrent, root });
  }
  const isTaken = first.journal === null && layout.paths.size > 0 && options.areOwnPathsTaken?.() === true;
  const takesForGone = options.ignoresJournal === true;
  const sight = isWritable && !isTaken ? await settleInterrupted(surveyed, first, { takesForGone }) : first;
  if (!takesForGone && isGone(sight)) throw missing(root);
  const { site, found, parts } = sight;
  const journal = takesForGone ? null : sight.journal;
  const state = resumeState({ geometry, journal, bootId: deps.bootId, found, parts });
  state.paths = layout.paths;
  const origin = sight.journal?.state.origin ?? null;
  const isKnownHere = origin !== null && isWritable && site.root === root;
  if (isKnownHere) await removeJournal(surveyed, { ...site, root: origin });
  else state.origin = origin;
  for (const { piece, file } of parts) layout.addPart(piece, file);
  const isBelieved = options.trustsData === true && trustSizes(state, geometry, found);
  const torrent: OpenTorrent = { ...surveyed, site, state, journal: null, isPrepared: false };
  torrent.journal = makeJournal(torrent, sight.journalPath);
  // Known at once, and not when the journal happens to be written next: a kill must not make it forgotten.
  // What is gone has been taken for gone, so it is no fault at the next start either.
  // Where others have its own paths, that it is called otherwise: they may be opened after it next time.
  const isNoted = sight !== first || isKnownHere || isBelieved || isGone(sight);
  if (isNoted || isTaken) await torrent.journal?.rewrite(site);
  return torrent;
}
