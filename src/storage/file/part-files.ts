/** Moves bytes out of part files when the files that they belong to become wanted, and drops part files that are done with. */
import { encodeDone } from './journal-records.ts';
import type { OpenTorrent } from './open-torrent.ts';

/** Afterwards part files hold only bytes of pieces that we have (or may have) and of files that are not wanted. */
export async function settleParts(torrent: OpenTorrent): Promise<void> {
  const { layout, state, disk, site } = torrent;
  const doneWith: string[] = [];
  for (const piece of [...layout.parts]) {
    const isKept = state.done.has(piece) || state.suspect.has(piece);
    const moves = isKept ? layout.partMoves(piece) : [];
    const wanted = moves.filter(({ to }) => layout.isWanted(to.key));
    if (wanted.length > 0) {
      const stamps = await disk.run('adopt', { site, from: layout.partPath(piece), moves: wanted });
      state.markStamps(stamps);
      await torrent.journal?.append(site, encodeDone([], stamps));
    }
    if (wanted.length < moves.length) continue;
    layout.parts.delete(piece);
    state.stamps.delete(layout.partKey(piece));
    doneWith.push(layout.partPath(piece));
  }
  if (doneWith.length > 0) await disk.run('remove', { site, paths: doneWith });
}
