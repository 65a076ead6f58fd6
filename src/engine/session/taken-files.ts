import { engineError } from '../errors.ts';
import type { Torrent } from '../torrent/torrent.ts';

/**
 * Throws ENGINE_FILES_TAKEN when a torrent of which nothing is there would write into files that another has, or may have:
 * each would take the other's data for damaged. What is there of both is the same data, which several torrents may share.
 */
export function refuseTakenFiles(torrent: Torrent, all: Iterable<Torrent>): void {
  if (torrent.data.content?.have.isEmpty === false) return;
  const [other] = holders(torrent, all);
  if (other === undefined) return;
  throw engineError('ENGINE_FILES_TAKEN', `files in ${torrent.data.directory} are those of ${other.name}`);
}

/** Another torrent has files of this one, or may have: they are not to be deleted. */
export const isDataShared = (torrent: Torrent, all: Iterable<Torrent>): boolean => holders(torrent, all).length > 0;

const holders = (torrent: Torrent, all: Iterable<Torrent>): Torrent[] =>
  [...all].filter((other) => other !== torrent && other.data.overlaps(torrent.data) && mayHaveData(other));

/** Of one that was not looked at yet nobody knows. */
const mayHaveData = ({ data, isOpen }: Torrent): boolean => isOpen || data.content?.have.isEmpty !== true;
