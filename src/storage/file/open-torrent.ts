/** What the parts of a file storage share, and how a torrent is opened: look at the disk, then judge the journal. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { codeOf } from '../../base/errors.ts';
import type { FileIndex } from '../../base/units.ts';
import type { FileEntry, Geometry, InfoHashes } from '../../codec/metainfo/index.ts';
import { forgetKey, sharedKey } from '../content-cipher.ts';
import type { StorageOptions } from '../storage.ts';
import type { Disk } from './disk.ts';
import type { Site, SurveyOutcome } from './disk-jobs.ts';
import { decodeJournal } from './journal-format.ts';
import { Journal, type JournalDeps } from './journal.ts';
import type { JournalState } from './journal-state.ts';
import { FileLayout } from './layout.ts';
import { type FoundFile, type FoundPart, resumeState } from './resume-state.ts';

export interface OpenDeps extends JournalDeps {
  /** Folder of the journals; null: none are kept. */
  readonly stateDirectory: string | null;
  /** Make the links that a torrent asks for (BEP 47). */
  readonly hasSymlinks: boolean;
}

/** An open torrent; `site` and `journal` change when it moves. */
export interface OpenTorrent {
  site: Site;
  journal: Journal | null;
  readonly infoHashes: InfoHashes;
  readonly layout: FileLayout;
  readonly state: JournalState;
  readonly disk: Disk;
  readonly deps: OpenDeps;
}

/** Where the journal of a torrent in a save folder is kept. */
export function journalPath(stateDirectory: string, infoHashes: InfoHashes, directory: string): string {
  const digest = createHash('sha256');
  for (const hash of [infoHashes.v1, infoHashes.v2]) digest.update(hash ?? new Uint8Array(1));
  return join(stateDirectory, `${digest.update(directory).digest('hex').slice(0, 32)}.journal`);
}

/** A journal for the torrent's present folder, or null when none are kept. */
export function makeJournal(
  torrent: Pick<OpenTorrent, 'infoHashes' | 'layout' | 'state' | 'deps'>,
  directory: string,
): Journal | null {
  const { infoHashes, layout, state, deps } = torrent;
  if (deps.stateDirectory === null) return null;
  const path = journalPath(deps.stateDirectory, infoHashes, directory);
  return new Journal(path, { infoHashes, geometry: layout.geometry }, state, deps);
}

export async function openTorrent(
  geometry: Geometry,
  options: StorageOptions,
  number: number,
  deps: OpenDeps,
): Promise<OpenTorrent> {
  const key = options.contentKey ?? null;
  const contentKey = key && sharedKey(key);
  const site: Site = { torrent: number, root: options.directory, isStrict: options.isWritable, contentKey };
  try {
    return await openSite(site, geometry, options, deps);
  } catch (error) {
    forgetKey(site);
    throw error;
  }
}

async function openSite(site: Site, geometry: Geometry, options: StorageOptions, deps: OpenDeps): Promise<OpenTorrent> {
  const { infoHashes, directory: root } = options;
  const layout = new FileLayout(geometry, infoHashes, options.selection);
  const files = layout.storedFiles();
  const path = deps.stateDirectory === null ? null : journalPath(deps.stateDirectory, infoHashes, root);
  const look = async (): Promise<SurveyOutcome> =>
    deps.disk.run('survey', {
      site,
      journal: path,
      paths: (await isAnyThere(site, geometry, deps.disk)) ? files.map((file) => layout.path(file)) : [],
      partsFolder: layout.partsFolder,
    });
  let seen = await look();
  const journal = seen.journal === null ? null : decodeJournal(seen.journal, { infoHashes, geometry });
  const target = journal?.state.moveTarget ?? null;
  if (target !== null && options.isWritable && (await undoMove(site, target, layout, files, seen, deps.disk)))
    seen = await look();
  const { found, parts } = readSurvey(seen, files, geometry);
  const state = resumeState({
    geometry,
    journal,
    bootId: deps.bootId,
    found,
    parts,
  });
  for (const { piece, file } of parts) layout.addPart(piece, file);
  const shared = { site, infoHashes, layout, state, disk: deps.disk, deps };
  return { ...shared, journal: makeJournal(shared, root) };
}

/** False when the torrent's folder is not there: thousands of paths need no look then. */
async function isAnyThere(site: Site, { files }: Geometry, disk: Disk): Promise<boolean> {
  const [folder, ...rest] = files[0]?.path ?? [];
  return folder === undefined || rest.length === 0 || (await disk.run('probe', { site, path: folder }));
}

function readSurvey(
  seen: SurveyOutcome,
  files: readonly FileIndex[],
  geometry: Geometry,
): {
  found: Map<FileIndex, FoundFile>;
  parts: FoundPart[];
} {
  const found = new Map<FileIndex, FoundFile>();
  // Nothing was looked at when the torrent's folder is not there.
  for (let i = 0; 2 * i < seen.stats.length; i++) {
    const size = seen.stats[2 * i] as number;
    if (size >= 0) found.set(files[i] as FileIndex, { size, time: seen.stats[2 * i + 1] as number });
  }
  const parts: FoundPart[] = [];
  for (let i = 0; i < seen.parts.length; i += 4) {
    const [piece, file, size, time] = seen.parts.slice(i, i + 4) as [number, number, number, number];
    if (geometry.files[file] === undefined) continue;
    const { first, end } = geometry.piecesOfFile(file);
    if (piece >= first && piece < end) parts.push({ piece, file, size, time });
  }
  return { found, parts };
}

/** Brings back files that a kill caught on their way to another folder. Returns whether there was any. */
async function undoMove(
  site: Site,
  target: string,
  layout: FileLayout,
  files: readonly FileIndex[],
  seen: SurveyOutcome,
  disk: Disk,
): Promise<boolean> {
  const away: Site = { ...site, root: target };
  const missing = files.filter((_, i) => (seen.stats[2 * i] ?? -1) < 0);
  let isChanged = false;
  for (const file of missing) {
    try {
      isChanged = (await disk.run('rename', { site: away, target: site, path: layout.path(file) })) || isChanged;
    } catch (error) {
      if (codeOf(error) !== 'STORAGE_WRITE_FAILED') throw error;
    }
  }
  return isChanged;
}

/** The torrent's empty files and, when allowed, its links: they hold no piece and are made on their own. */
export function emptyEntries(
  torrent: OpenTorrent,
  scope: 'wanted' | 'all',
): {
  readonly empty: { path: string; isExecutable: boolean }[];
  readonly links: { path: string; target: string }[];
} {
  const empty: { path: string; isExecutable: boolean }[] = [];
  const links: { path: string; target: string }[] = [];
  const { files } = torrent.layout.geometry;
  for (let index = 0; index < files.length; index++) {
    const file = files[index] as FileEntry;
    if (file.length > 0 || file.isPad || (scope === 'wanted' && !torrent.layout.isWanted(index))) continue;
    if (file.symlink === null) empty.push({ path: torrent.layout.path(index), isExecutable: file.isExecutable });
    else if (torrent.deps.hasSymlinks) links.push({ path: torrent.layout.path(index), target: linkTarget(file) });
  }
  return { empty, links };
}

/** A link's target relative to the link's own folder. BEP 47 names it below the torrent's folder. */
function linkTarget(file: FileEntry): string {
  const up = file.path.slice(2).map(() => '..');
  return [...up, ...(file.symlink ?? [])].join('/');
}
