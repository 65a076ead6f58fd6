import { engineError } from '../errors.ts';
import type { Torrent } from '../torrent/torrent.ts';

/**
 * Throws ENGINE_FILES_TAKEN when a torrent of which nothing is there would write into files that another has, or may have:
 * each would take the other's data for damaged. What is there of both is the same data, which several torrents may share.
 */
export function refuseTakenFiles(torrent: Torrent, all: ReadonlySet<Torrent>): void {
  if (torrent.data.content?.isEmpty === false) return;
  const other = holderOf(torrent, all);
  if (other === undefined) return;
  throw engineError('ENGINE_FILES_TAKEN', `files in ${torrent.data.directory} are those of ${other.name}`);
}

/** Another torrent has files of this one, or may have: they are not to be deleted. */
export const isDataShared = (torrent: Torrent, all: ReadonlySet<Torrent>): boolean =>
  holderOf(torrent, all) !== undefined;

const holderOf = (torrent: Torrent, all: ReadonlySet<Torrent>): Torrent | undefined =>
  all.values().find((other) => other !== torrent && mayHaveData(other) && other.data.overlaps(torrent.data));

/** Of one that was not looked at yet nobody knows. */
const mayHaveData = ({ data, isOpen }: Torrent): boolean => isOpen || data.content?.isEmpty !== true;
