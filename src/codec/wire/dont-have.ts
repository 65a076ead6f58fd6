/** The payload of `lt_donthave` (BEP 54): a piece that the sender had and no longer has. */
import { readU32, writeU32 } from '../../base/bytes.ts';
import type { PieceIndex } from '../../base/units.ts';

export function encodeDontHave(piece: PieceIndex): Uint8Array {
  const payload = new Uint8Array(4);
  writeU32(payload, 0, piece);
  return payload;
}

/** Null when the payload has not four bytes. */
export const decodeDontHave = (payload: Uint8Array): PieceIndex | null =>
  payload.length === 4 ? readU32(payload, 0) : null;
