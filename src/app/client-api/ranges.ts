/** Which bytes a request wants: the header Range (RFC 9110, 14.1.2). */
import type { ByteCount } from '../../base/units.ts';

/** Bytes `from` to `to`, exclusive. */
export interface ByteRange {
  readonly from: ByteCount;
  readonly to: ByteCount;
}

/** Most ranges of one request; who wants more does harm, or should ask for the whole (RFC 9110, 14.2). */
const MOST_RANGES = 16;
/** Longest header that is looked at, characters. */
const LONGEST_HEADER = 1000;

/**
 * The ranges in the order in which they were asked for, those that overlap as one. `whole`: the header is not to be
 * minded, because there is none, or it is no list of byte ranges. `none`: nothing of it can be given.
 */
export function parseRanges(header: string | undefined, size: ByteCount): readonly ByteRange[] | 'whole' | 'none' {
  if (header === undefined) return 'whole';
  if (header.length > LONGEST_HEADER) return 'none';
  const list = /^bytes=(.+)$/i.exec(header)?.[1];
  if (list === undefined) return 'whole';
  const ranges: ByteRange[] = [];
  for (const part of list.split(',').map((text) => text.trim())) {
    if (part === '') continue;
    const range = parseRange(part, size);
    if (range === null) return 'whole';
    if (range.from < range.to) ranges.push(range);
  }
  return ranges.length === 0 || ranges.length > MOST_RANGES ? 'none' : joined(ranges);
}

/** A range as far as the content has it, empty when it has nothing of it; null when this is no range. */
function parseRange(text: string, size: ByteCount): ByteRange | null {
  const match = /^(\d{0,15})-(\d{0,15})$/.exec(text);
  if (match === null || text === '-') return null;
  const [, first, last] = match as unknown as [string, string, string];
  if (first === '') return { from: Math.max(0, size - Number(last)), to: size };
  if (last !== '' && Number(last) < Number(first)) return null;
  return { from: Number(first), to: last === '' ? size : Math.min(size, Number(last) + 1) };
}

function joined(ranges: readonly ByteRange[]): ByteRange[] {
  const result: ByteRange[] = [];
  for (const range of ranges) {
    let { from, to } = range;
    for (let at = result.findIndex((one) => overlap(one, { from, to })); at >= 0; ) {
      const [other] = result.splice(at, 1) as [ByteRange];
      [from, to] = [Math.min(from, other.from), Math.max(to, other.to)];
      at = result.findIndex((one) => overlap(one, { from, to }));
    }
    result.push({ from, to });
  }
  return result;
}

const overlap = (a: ByteRange, b: ByteRange): boolean => a.from <= b.to && b.from <= a.to;
