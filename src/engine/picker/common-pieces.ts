/** Searches two bitfields at once, eight pieces a step. */
import type { Bitfield } from '../../base/bitfield.ts';
import type { PieceIndex } from '../../base/units.ts';

/** The first piece at or after `from` that is in both; -1 when there is none. */
export function firstCommon(a: Bitfield, b: Bitfield, from: PieceIndex): PieceIndex {
  const left = a.bytes;
  const right = b.bytes;
  const end = Math.min(left.length, right.length);
  let at = from >> 3;
  if (at >= end) return -1;
  let bits = (left[at] as number) & (right[at] as number) & (0xff >> (from & 7));
  while (bits === 0) {
    if (++at >= end) return -1;
    bits = (left[at] as number) & (right[at] as number);
  }
  return at * 8 + Math.clz32(bits) - 24;
}
