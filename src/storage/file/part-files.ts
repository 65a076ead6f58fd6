/** Moves bytes out of part files when the files that they belong to become wanted, and drops part files that are done with. */
import type { FileIndex, PieceIndex } from '../../base/units.ts';
import { encodeDone } from './journal-records.ts';
import type { OpenTorrent } from './open-torrent.ts';

/** Afterwards there are part files only for pieces that we have (or may have) and for files that are not wanted. */
export async function settleParts(torrent: OpenTorrent): Promise<void> {
  const { layout, state, disk, site } = torrent;
  const doneWith: string[] = [];
  for (const [piece, files] of [...layout.parts]) {
    const isKept = state.done.has(piece) || state.suspect.has(piece);
    for (const file of [...files]) {
      if (isKept && !layout.isWanted(file)) continue;
      if (isKept) await adoptPart(torrent, piece, file);
      layout.deletePart(piece, file);
      doneWith.push(layout.partPath(piece, file));
    }
    // Or it would be missed when the torrent is opened next.
    if (layout.parts.get(piece) === undefined) state.stamps.delete(layout.partKey(piece));
  }
  if (doneWith.length > 0) await disk.run('remove', { site, paths: doneWith });
}

async function adoptPart(
  { layout, state, disk, site, journal }: OpenTorrent,
  piece: PieceIndex,
  file: FileIndex,
): Promise<void> {
  const to = layout.ownPlace(piece, file);
  const stamps = [file, await disk.run('adopt', { site, from: layout.partPath(piece, file), to })];
  state.markStamps(stamps);
  await journal?.append(site, encodeDone([], stamps));
}
