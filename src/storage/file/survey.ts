/** What is on the disk of a torrent in one save folder: its journal, its files, its part files. */
import { hash } from 'node:crypto';
import { sep } from 'node:path';
import type { FileIndex } from '../../base/units.ts';
import type { Geometry, InfoHashes } from '../../codec/metainfo/index.ts';
import type { Disk } from './disk.ts';
import type { Site, SurveyOutcome } from './disk-jobs.ts';
import { decodeJournal, type ReadJournal } from './journal-format.ts';
import type { FileLayout } from './layout.ts';
import type { FoundFile, FoundPart } from './resume-state.ts';

/** The torrent that is looked for. */
export interface Surveyed {
  readonly infoHashes: InfoHashes;
  readonly layout: FileLayout;
  readonly disk: Disk;
  /** Folder of the journals; null: none are kept. */
  readonly stateDirectory: string | null;
}

export interface Sight {
  readonly site: Site;
  /** Where the journal is kept; null: none is. */
  readonly journalPath: string | null;
  /** Null when there is none that may be believed. */
  readonly journal: ReadJournal | null;
  /** There is one that may not be believed. */
  readonly isJournalDamaged: boolean;
  readonly found: ReadonlyMap<FileIndex, FoundFile>;
  readonly parts: readonly FoundPart[];
}

/** Where the journal of a torrent in a save folder is kept; null: none is. */
export function journalPath(
  { stateDirectory, infoHashes }: Pick<Surveyed, 'stateDirectory' | 'infoHashes'>,
  directory: string,
): string | null {
  if (stateDirectory === null) return null;
  const names = [infoHashes.v1, infoHashes.v2].map((infoHash) => infoHash ?? new Uint8Array(1));
  const digest = hash('sha256', Buffer.concat([...names, Buffer.from(directory)]), 'hex');
  const name = digest.slice(0, 32);
  // `join` would give a string of six pieces, which takes five times as much memory.
  return [stateDirectory, `${name}.journal`].join(sep);
}

/** Looks at a save folder. */
export async function look(torrent: Surveyed, site: Site): Promise<Sight> {
  const { infoHashes, layout, disk } = torrent;
  const { geometry, partsFolder } = layout;
  const files = layout.storedFiles();
  const journal = journalPath(torrent, site.root);
  const paths = (await isAnyThere(site, layout, disk)) ? files.map((file) => layout.path(file)) : [];
  const seen = await disk.run('survey', { site, journal, paths, partsFolder });
  const read = seen.journal === null ? null : decodeJournal(seen.journal, { infoHashes, geometry });
  return {
    site: { ...site, device: seen.device },
    journalPath: journal,
    journal: read,
    isJournalDamaged: seen.journal !== null && read === null,
    ...readSurvey(seen, files, geometry),
  };
}

/** The journal knows of data, and none of the files is there. */
export function isGone({ journal, found, parts }: Sight): boolean {
  if (journal === null || found.size + parts.length > 0) return false;
  return !journal.state.done.isEmpty || !journal.state.suspect.isEmpty;
}

/** False when the torrent's folder is not there: thousands of paths need no look then. */
async function isAnyThere(site: Site, { geometry, paths }: FileLayout, disk: Disk): Promise<boolean> {
  const [folder, ...rest] = geometry.files[0]?.path ?? [];
  if (folder === undefined || rest.length === 0 || paths.size > 0) return true;
  return disk.run('probe', { site, path: folder });
}

function readSurvey(
  seen: SurveyOutcome,
  files: readonly FileIndex[],
  geometry: Geometry,
): { found: Map<FileIndex, FoundFile>; parts: FoundPart[] } {
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
