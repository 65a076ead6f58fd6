import type { FileIndex } from '../../base/units.ts';
import type { InfoHashes } from '../../codec/metainfo/index.ts';
import { engineError } from '../errors.ts';
import type { FilesPlace } from '../torrent/file-places.ts';
import type { Torrent } from '../torrent/torrent.ts';

/** Files of a torrent that was removed with its data: they stay, for other torrents have them too. */
export interface SharedFiles {
  readonly files: ReadonlySet<FileIndex>;
  readonly holders: readonly { readonly name: string; readonly infoHashes: InfoHashes }[];
}

/**
 * Throws ENGINE_FILES_TAKEN when a torrent of which nothing is there would write into files that another has, or may have:
 * each would take the other's data for damaged. What is there of both is the same data, which several torrents may share;
 * but for a file that the other has whole, and this one has not.
 */
export function refuseTakenFiles(torrent: Torrent, all: ReadonlySet<Torrent>): void {
  if (torrent.data.content?.have.isComplete === true) return;
  for (const [other] of holdersOf(torrent, all)) {
    if (isEmpty(torrent) || differs(torrent, other)) throw taken(torrent.data.places.directory, other);
  }
}

const taken = (directory: string, other: Torrent): Error =>
  engineError('ENGINE_FILES_TAKEN', `files in ${directory} are those of ${other.name}`);

/** A wanted file of this one has the place of one that the other has whole, and is another: a piece within it is missing. */
function differs({ data }: Torrent, { data: other }: Torrent): boolean {
  const files = data.places.among(other.places);
  const whole = new Set<string>();
  for (const [file, path] of other.places.all()) if (other.content?.hasWhole(file) === true) whole.add(path);
  const own = data.places.all();
  return files.some((file) => whole.has(own.get(file) as string) && data.content?.lacksWithin(file) === true);
}

/** Nothing is there of a torrent, and other torrents have files in its place, or may have: they are not to be moved or renamed. */
export const hasOnlyFilesOfOthers = (torrent: Torrent, all: ReadonlySet<Torrent>): boolean =>
  isEmpty(torrent) && holdersOf(torrent, all).next().done !== true;

/**
 * Throws ENGINE_FILES_TAKEN when files would come to where another torrent has its own, or will have: it would write over
 * them. Those that it shares already are left aside.
 */
export function refuseTakenPlace(torrent: Torrent, all: ReadonlySet<Torrent>, place: Partial<FilesPlace>): void {
  for (const [other, files] of holdersOf(torrent, all, place)) {
    const shared = new Set(torrent.data.places.among(other.data.places));
    if (files.some((file) => !shared.has(file))) throw taken(place.directory ?? torrent.data.places.directory, other);
  }
}

/** Other torrents have files, or may have, where this one says that its files lie: they are not its renamed ones. */
export const areOwnPathsTaken = (torrent: Torrent, all: ReadonlySet<Torrent>): boolean =>
  holdersOf(torrent, all, { paths: new Map() }).next().done !== true;

const isEmpty = ({ data }: Torrent): boolean => data.content?.isEmpty !== false;

/** Files of a torrent that others have too, or may have: they are not to be deleted. Null: there are none. */
export function sharedFiles(torrent: Torrent, all: ReadonlySet<Torrent>): SharedFiles | null {
  const files = new Set<FileIndex>();
  const holders: Torrent[] = [];
  for (const [other, shared] of holdersOf(torrent, all)) {
    holders.push(other);
    for (const file of shared) files.add(file);
  }
  return holders.length > 0 ? { files, holders } : null;
}

/** Other torrents that have files of this one, or may have, and which. `place`: where its files are taken to be. */
function* holdersOf(
  torrent: Torrent,
  all: ReadonlySet<Torrent>,
  place: Partial<FilesPlace> = {},
): Generator<readonly [Torrent, readonly FileIndex[]]> {
  const places = torrent.data.places.at(place);
  for (const other of all) {
    if (other === torrent || !mayHaveData(other)) continue;
    const files = places.among(other.data.places);
    if (files.length > 0) yield [other, files];
  }
}

const mayHaveData = ({ data, isOpen }: Torrent): boolean => isOpen || data.mayBeThere;
