/** From the text of flags and arguments to values. Each parser throws USAGE_VALUE with words that say the right form. */
import { formatHost, parseAddress, parseHost, type PeerAddress } from '../base/address.ts';
import { formatPrefix, parsePrefix } from '../base/address-prefix.ts';
import { readSize } from '../base/size.ts';
import type { ByteCount, BytesPerSecond, FileIndex, UnixSeconds } from '../base/units.ts';
import { cliError } from './errors.ts';

/** A size as people write it (`base/size.ts`). */
export function parseSize(text: string): ByteCount {
  const bytes = readSize(text);
  if (bytes === null) throw cliError('USAGE_VALUE', `"${text}" is not a size; write it as 16384, 16K, 1.5M or 2MiB`);
  return bytes;
}

/** A size per second, with or without `/s`; `0` and `none` mean no limit. */
export function parseRate(text: string): BytesPerSecond {
  if (text.trim().toLowerCase() === 'none') return 0;
  const bytes: number = parseSize(text.trim().replace(/\/s$/i, ''));
  return bytes;
}

export function parseCount(text: string): number {
  if (!/^\d+$/.test(text.trim())) throw cliError('USAGE_VALUE', `"${text}" is not a whole number`);
  return bounded(Number(text), text);
}

/** A whole number that is not 0. */
export function parsePositive(text: string): number {
  const count = parseCount(text);
  if (count === 0) throw cliError('USAGE_VALUE', 'it must be 1 or more');
  return count;
}

/** A number ≥ 0 that may have decimals. */
export function parseNumber(text: string): number {
  if (!/^\d+(?:\.\d+)?$/.test(text.trim())) throw cliError('USAGE_VALUE', `"${text}" is not a number such as 2 or 1.5`);
  return bounded(Number(text), text);
}

export function parsePort(text: string): number {
  const port = parseCount(text);
  if (port > 65535) throw cliError('USAGE_VALUE', `"${text}" is not a port; ports go from 0 (any free one) to 65535`);
  return port;
}

export function parsePeer(text: string): PeerAddress {
  const address = parseAddress(text);
  if (address === null)
    throw cliError('USAGE_VALUE', `"${text}" is not an address; write it as 192.0.2.1:6881 or [2001:db8::1]:6881`);
  return address;
}

/** Host (a name or an address) and port, as in BEP 5 `nodes`. */
export function parseNode(text: string): readonly [host: string, port: number] {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/i.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65535) {
    throw cliError('USAGE_VALUE', `"${text}" is not a node; write it as router.example.org:6881`);
  }
  return [(match[1] ?? match[2]) as string, port];
}

/** Largest file index that a selection may name (the field caps it too: a hostile `so=` must cost nothing). */
const MAX_FILE_INDEX = 1_000_000;

/** `0,2,5-9`: file indices as `dst download --list` shows them (BEP 53), sorted and without doubles. */
export function parseSelection(text: string): FileIndex[] {
  const indices = new Set<FileIndex>();
  for (const part of text.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || last < first || last > MAX_FILE_INDEX) {
      throw cliError('USAGE_VALUE', `"${part}" is not a file number or range; write them as 0,2,5-9`);
    }
    for (let index = first; index <= last; index++) indices.add(index);
  }
  return [...indices].sort((a, b) => a - b);
}

const TRACKER_SCHEMES = ['http:', 'https:', 'udp:', 'ws:', 'wss:'];

/** One tier of trackers: URLs with commas between them (BEP 12). */
export function parseTier(text: string): string[] {
  return text.split(',').map((url) => parseUrl(url, TRACKER_SCHEMES, 'tracker'));
}

export function parseWebSeed(text: string): string {
  return parseUrl(text, ['http:', 'https:', 'ftp:'], 'web seed');
}

function parseUrl(text: string, schemes: readonly string[], noun: string): string {
  const url = text.trim();
  const scheme = URL.canParse(url) ? new URL(url).protocol : '';
  if (!schemes.includes(scheme)) {
    const allowed = schemes.map((name) => `${name}//`).join(', ');
    throw cliError('USAGE_VALUE', `"${url}" is not the URL of a ${noun}; it must begin with one of ${allowed}`);
  }
  return url;
}

function bounded(value: number, text: string): number {
  if (value > Number.MAX_SAFE_INTEGER) throw cliError('USAGE_VALUE', `"${text}" is too large`);
  return value;
}

/** An IP address of this machine. */
export function parseBindAddress(text: string): string {
  const bytes = parseHost(text.trim());
  if (bytes === null) throw cliError('USAGE_VALUE', `"${text}" is not an IP address`);
  return formatHost(bytes);
}

/** An address or a range of addresses, written the one way. */
export function parseCidr(text: string): string {
  const prefix = parsePrefix(text.trim());
  if (prefix === null) {
    throw cliError(
      'USAGE_VALUE',
      `"${text}" is no address or range; write it as 10.0.0.1, 10.0.0.0/8 or 2001:db8::/32`,
    );
  }
  return formatPrefix(prefix);
}

/** Shortest and longest time between two announces of a client, seconds. */
const INTERVALS = [30, 43_200] as const;

export function parseInterval(text: string): number {
  const seconds = parseCount(text);
  if (seconds < INTERVALS[0] || seconds > INTERVALS[1]) {
    throw cliError('USAGE_VALUE', `"${text}" is not an interval; it goes from 30 seconds to 12 hours (43200)`);
  }
  return seconds;
}

/** A tracker and the one that takes its place, with a comma between them. */
export function parseTrackerPair(text: string): readonly [old: string, next: string] {
  const comma = text.indexOf(',');
  if (comma < 0) throw cliError('USAGE_VALUE', `"${text}" is not a pair; write it as OLD,NEW`);
  return [text.slice(0, comma).trim(), parseUrl(text.slice(comma + 1), TRACKER_SCHEMES, 'tracker')];
}

/** A folder and the one that stands in its place, neither with a slash at its end. */
export function parseMapping(text: string): readonly [from: string, to: string] {
  const [from = '', to = '', ...rest] = text.split('=').map((folder) => folder.replace(/(?<=.)\/+$/, ''));
  if (from === '' || to === '' || rest.length > 0) {
    throw cliError('USAGE_VALUE', `"${text}" is not a pair of folders; write it as OLD=NEW`);
  }
  return [from, to];
}

/** Files and the priority that they are to have; null: all files. */
export interface PriorityChange {
  readonly files: readonly FileIndex[] | null;
  /** 0 … 7. */
  readonly priority: number;
}

const priorityWords: Readonly<Record<string, number>> = { skip: 0, low: 1, normal: 4, high: 7 };

/** `0,2-5=high`, `all=skip`. */
export function parsePriorities(text: string): PriorityChange {
  const at = text.lastIndexOf('=');
  const level = text
    .slice(at + 1)
    .trim()
    .toLowerCase();
  const priority = priorityWords[level] ?? (/^[0-7]$/.test(level) ? Number(level) : null);
  if (at < 1 || priority === null) {
    throw cliError('USAGE_VALUE', `"${text}" is not a priority of files; write it as 0,2-5=high or all=skip`);
  }
  const files = text.slice(0, at).trim();
  return { files: files.toLowerCase() === 'all' ? null : parseSelection(files), priority };
}

/** A goal of one torrent. */
export function parseGoal(text: string): number | 'none' | 'default' {
  const word = text.trim().toLowerCase();
  if (word === 'none' || word === 'default') return word;
  if (!/^[\d.]+$/.test(word)) throw cliError('USAGE_VALUE', `"${text}" is not a number, none or default`);
  return parseNumber(text);
}

/** A day, or the days from now; as unix seconds. */
export function parseExpiry(text: string, now: UnixSeconds): UnixSeconds {
  const days = /^(\d{1,5})d$/.exec(text.trim())?.[1];
  if (days !== undefined) return now + Number(days) * 86_400;
  const at = /^\d{4}-\d\d-\d\d$/.test(text.trim()) ? Date.parse(`${text.trim()}T00:00:00Z`) / 1000 : Number.NaN;
  if (at > now) return at;
  throw cliError('USAGE_VALUE', `"${text}" is not a day to come; write it as 2030-01-31, or as 90d for 90 days`);
}
