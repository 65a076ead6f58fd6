/** Which wanted pieces are missing, and which of them nobody has. */
import { Bitfield } from '../../../base/bitfield.ts';
import type { PieceIndex } from '../../../base/units.ts';
import type { FileView } from '../torrent-view.ts';
import type { PieceMap } from '../torrents.ts';

export interface MissingPieces {
  readonly missing: number;
  /** Of them, those that no connected peer has. */
  readonly unseen: number;
  readonly firstUnseen: PieceIndex | null;
}

export function missingPieces({ have, availability }: PieceMap, files: readonly FileView[]): MissingPieces {
  const counted = new Bitfield(have.size);
  let [missing, unseen] = [0, 0];
  let firstUnseen: PieceIndex | null = null;
  for (const { priority, size, done, firstPiece, lastPiece } of files) {
    if (priority === 0 || size === 0 || done === size) continue;
    for (let piece = firstPiece; piece <= lastPiece; piece++) {
      if (have.has(piece) || !counted.add(piece)) continue;
      missing++;
      if ((availability[piece] ?? 0) > 0) continue;
      unseen++;
      firstUnseen = Math.min(firstUnseen ?? piece, piece);
    }
  }
  return { missing, unseen, firstUnseen };
}
