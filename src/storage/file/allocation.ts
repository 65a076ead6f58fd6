/** Allocation `full`: claims all space before the first byte arrives, so that a disk cannot run full later on. */
import { formatBytes } from '../../base/size.ts';
import type { ByteCount } from '../../base/units.ts';
import { storageError } from '../errors.ts';
import type { PrepareOptions } from '../storage.ts';
import { encodeDone } from './journal-records.ts';
import type { Place } from './layout.ts';
import type { OpenTorrent } from './open-torrent.ts';

/** Bytes written by one job: the disk worker stays free for others in between. */
const STEP: ByteCount = 32 * 1024 * 1024;

/** Fills all wanted files up to their length with zeros. Rejects STORAGE_NO_SPACE before it writes anything. */
export async function allocateFiles(torrent: OpenTorrent, options: PrepareOptions): Promise<void> {
  const { layout, disk, site } = torrent;
  const places = layout
    .storedFiles()
    .filter((file) => layout.isWanted(file))
    .map((file) => layout.wholeFile(file));
  const { stats } = await disk.run('survey', {
    site,
    journal: null,
    paths: places.map((place) => place.path),
    partsFolder: layout.partsFolder,
  });
  const sizes = places.map((_, i) => Math.max(0, stats[2 * i] as number));
  const total = places.reduce((sum, place, i) => sum + Math.max(0, place.fileLength - (sizes[i] as number)), 0);
  if (total === 0) return;
  const { available } = await disk.run('space', { site });
  if (available < total) {
    const message = `${formatBytes(total)} are needed in ${site.root}, ${formatBytes(available)} are free`;
    throw storageError('STORAGE_NO_SPACE', message, { details: { path: site.root, needed: total, available } });
  }
  let done = 0;
  for (const [i, place] of places.entries()) {
    await allocateFile(torrent, place, sizes[i] as number, (bytes) => {
      options.signal?.throwIfAborted();
      done += bytes;
      options.onAllocated?.(done, total);
    });
  }
}

async function allocateFile(
  torrent: OpenTorrent,
  place: Place,
  from: ByteCount,
  onStep: (bytes: ByteCount) => void,
): Promise<void> {
  const { site, disk, state } = torrent;
  for (let size = from; size < place.fileLength; ) {
    const end = Math.min(place.fileLength, size + STEP);
    const reached = await disk.run('allocate', { site, place, end }, { cost: STEP });
    const stamps = [place.key, reached.stamp];
    state.markStamps(stamps);
    await torrent.journal?.append(site, encodeDone([], stamps));
    onStep(reached.size - size);
    size = reached.size;
  }
}
