/** What the parts of a file storage share of one torrent. */
import type { FileEntry } from '../../codec/metainfo/index.ts';
import type { Site } from './disk-jobs.ts';
import { Journal, type JournalDeps } from './journal.ts';
import type { JournalState } from './journal-state.ts';
import type { Surveyed } from './survey.ts';

export interface OpenDeps extends JournalDeps {
  /** Folder of the journals; null: none are kept. */
  readonly stateDirectory: string | null;
  /** Make the links that a torrent asks for (BEP 47). */
  readonly hasSymlinks: boolean;
}

/** An open torrent; `site` and `journal` change when it moves. */
export interface OpenTorrent extends Surveyed {
  site: Site;
  journal: Journal | null;
  readonly state: JournalState;
  readonly deps: OpenDeps;
  /** What needs no piece was made. */
  isPrepared: boolean;
}

/** The journal that is kept there; null when none is. */
export function makeJournal(
  { infoHashes, layout, state, deps }: Pick<OpenTorrent, 'infoHashes' | 'layout' | 'state' | 'deps'>,
  path: string | null,
): Journal | null {
  if (path === null) return null;
  return new Journal(path, { infoHashes, geometry: layout.geometry }, state, deps);
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
