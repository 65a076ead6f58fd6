/**
 * Reads blocklists, in the formats that people publish. Each line is taken for itself, so that lists can be joined:
 *
 *     Some organisation:1.2.3.0-1.2.3.255                    PeerGuardian text (P2P)
 *     001.002.003.000 - 001.002.003.255 , 000 , Somebody     eMule and its followers (DAT); a level above 127 lets through
 *     1.2.3.0/24    2001:db8::/32    1.2.3.4                 prefixes and single addresses; a comment may follow
 *     1.2.3.0-1.2.3.255                                      ranges
 *
 * Comments begin with `#`, `;` or `//`. A line that is none of these is skipped and told: a list with a bad line still
 * keeps out all others.
 */
import { lastAddress, parsePrefix } from '../../base/address-prefix.ts';
import { AddressRanges } from '../../base/address-ranges.ts';
import { RangeList } from '../../base/range-list.ts';
import { parseListed } from './addresses.ts';
import { IpFilter } from './ip-filter.ts';

export interface Blocklist {
  readonly filter: IpFilter;
  /** Lines that keep addresses out. */
  readonly rules: number;
  /** Lines that could not be read: how many, and the numbers of the first of them (1 is the first line). */
  readonly bad: { readonly count: number; readonly lines: readonly number[] };
}

/** Bad lines that are told by number. */
const MOST_TOLD = 100;
/** A line of an honest list is not longer. */
const LONGEST_LINE = 1000;
const LINES_OF_STEP = 2000;
/** In a DAT file: who has a greater level is let through. */
const BLOCKED_LEVEL = 127;

/** That of UTF-8, decoded as such or as a single-byte character set. */
const byteOrderMark = /^(?:\uFEFF|\u00EF\u00BB\u00BF)/;
const comment = /^(?:#|;|\/\/)/;
const datLine = /^([\d.]+)\s*-\s*([\d.]+)\s*,\s*(\d+)\s*(?:,|$)/;
const rangeLine = /^(?:.*:)?\s*([\d.]+)\s*-\s*([\d.]+)$/;
const rangeLine6 = /^(.*?)\s*-\s*([\da-f]*:[\da-f:.]*)$/i;
const singleLine = /^([\da-f.:]+(?:\/\d+)?)\s*(?:[#;].*)?$/i;

/** A range of addresses by first and last, `null` for a line that says nothing, or `bad`. */
type Line = readonly [first: Uint8Array, last: Uint8Array] | null | 'bad';

/** Reads a list, already decompressed and decoded (names may be in any single-byte character set). */
export function readBlocklist(text: string): Blocklist {
  const reading = readingBlocklist(text);
  for (;;) {
    const { done, value } = reading.next();
    if (done === true) return value;
  }
}

/** The same in steps of a few milliseconds, for who has other things to do meanwhile. */
export function* readingBlocklist(text: string): Generator<void, Blocklist, void> {
  const lists = { v4: new RangeList(1), v6: new RangeList(4) };
  const bad = { count: 0, lines: [] as number[] };
  let [rules, number] = [0, 0];
  for (const line of linesOf(text)) {
    if (++number % LINES_OF_STEP === 0) yield;
    const range = readLine(line);
    if (range === null) continue;
    if (range !== 'bad' && lists[range[0].length === 4 ? 'v4' : 'v6'].add(range[0], range[1])) {
      rules++;
      continue;
    }
    bad.count++;
    if (bad.lines.length < MOST_TOLD) bad.lines.push(number);
  }
  yield;
  return { filter: new IpFilter(AddressRanges.merge(lists.v4, lists.v6)), rules, bad };
}

function* linesOf(text: string): IterableIterator<string> {
  for (let at = byteOrderMark.exec(text)?.[0].length ?? 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const next = end < 0 ? text.length : end;
    yield next - at > LONGEST_LINE ? '?' : text.slice(at, next).trim();
    at = next + 1;
  }
}

function readLine(line: string): Line {
  if (line === '' || comment.test(line)) return null;
  const dat = datLine.exec(line);
  if (dat !== null) return Number(dat[3]) > BLOCKED_LEVEL ? null : rangeOf(dat[1], dat[2]);
  const range = rangeLine.exec(line);
  if (range !== null) return rangeOf(range[1], range[2]);
  const range6 = rangeLine6.exec(line);
  if (range6 !== null) return namedRange6(range6[1] as string, range6[2] as string);
  const single = singleLine.exec(line);
  return single === null ? 'bad' : singleOf(single[1] as string);
}

function rangeOf(from: string | undefined, to: string | undefined): Line {
  const [first, last] = [parseListed(from ?? ''), parseListed(to ?? '')];
  return first === null || last === null || first.length !== last.length ? 'bad' : [first, last];
}

/**
 * `name:first`, where the name may have colons as the address has, and look like a part of it. Of several readings that
 * are possible the narrowest range counts, for a wrong one would keep half of the world out.
 */
function namedRange6(text: string, to: string): Line {
  const last = parseListed(to);
  if (last === null) return 'bad';
  let narrowest: Uint8Array | null = null;
  for (let at = 0; at >= 0; at = text.indexOf(':', at) + 1 || -1) {
    const first = parseListed(text.slice(at).trim());
    if (first?.length !== last.length || isAfter(first, last)) continue;
    if (narrowest === null || isAfter(first, narrowest)) narrowest = first;
  }
  return narrowest === null ? 'bad' : [narrowest, last];
}

function isAfter(a: Uint8Array, b: Uint8Array): boolean {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at >= 0 && (a[at] as number) > (b[at] as number);
}

function singleOf(text: string): Line {
  const [host, bits] = text.split('/') as [string, string?];
  const address = parseListed(host);
  if (address === null) return 'bad';
  if (bits === undefined) return [address, address];
  // Without the zeros in front that only blocklists write.
  const prefix = parsePrefix(`${host.includes(':') ? host : address.join('.')}/${bits}`);
  return prefix === null ? 'bad' : [prefix.bytes, lastAddress(prefix)];
}
