/** Magnet links (BEP 9; files to select: BEP 53). What is malformed besides the info hash is skipped, not an error. */
import { addressKey, parseAddress, type PeerAddress } from '../../base/address.ts';
import { fromHex, toHex, toText, utf8 } from '../../base/bytes.ts';
import type { ByteCount, FileIndex } from '../../base/units.ts';
import { magnetError } from './errors.ts';
import type { InfoHashes } from './metainfo.ts';
import { seedUrlOf, trackerUrlOf, usableUrls } from './urls.ts';

export interface Magnet {
  readonly infoHashes: InfoHashes;
  /** `dn`: name to show until the metadata is there; not safe as a file name. */
  readonly name: string | null;
  /** `tr`, each once. */
  readonly trackers: readonly string[];
  /** `ws`. */
  readonly webSeeds: readonly string[];
  /** `x.pe`: addresses of peers; host names among them are skipped, because resolving them would tell a third party. */
  readonly peers: readonly PeerAddress[];
  /** `so` (BEP 53): indices of the files to fetch, ascending; null selects all. */
  readonly select: readonly FileIndex[] | null;
  /** `xl`: size of the content in bytes, as the link claims. */
  readonly length: ByteCount | null;
}

/** Largest file index that `so` may name; no torrent has so many files. */
const highestSelected: FileIndex = 999_999;

/** Multihash prefix of SHA-256: code 0x12, 32 bytes. */
const sha256Prefix = '1220';

/** Reads a magnet link. Throws MAGNET_*. */
export function decodeMagnet(link: string): Magnet {
  const match = /^\s*magnet:\?(.*)$/is.exec(link);
  if (match === null) throw magnetError('MAGNET_NOT_A_LINK', 'A magnet link begins with magnet:?');
  const parameters = readParameters(match[1] as string);
  const texts = (name: string): string[] => parameters.get(name) ?? [];
  const [length] = texts('xl')
    .map(Number)
    .filter((value) => Number.isSafeInteger(value) && value >= 0);
  return {
    infoHashes: readHashes(texts('xt')),
    name: texts('dn')[0]?.trim() || null,
    trackers: usableUrls(texts('tr'), trackerUrlOf),
    webSeeds: usableUrls(texts('ws'), seedUrlOf),
    peers: readPeers(texts('x.pe')),
    select: parameters.has('so') ? readSelection(texts('so')) : null,
    length: length ?? null,
  };
}

/** Values by lower-case name; `tr.1` counts as `tr`. Values with a broken escape are left out. */
function readParameters(query: string): Map<string, string[]> {
  const parameters = new Map<string, string[]>();
  for (const part of query.split('&')) {
    const equals = part.indexOf('=');
    if (equals < 0) continue;
    // Links copied from the source of a web page have `&amp;` between their parts.
    const name = part
      .slice(0, equals)
      .toLowerCase()
      .replace(/^amp;/, '')
      .replace(/^(xt|tr|ws|x\.pe)\.\d+$/, '$1');
    // Older links write a space in the name as a plus sign.
    const value = unescape(name === 'dn' ? part.slice(equals + 1).replaceAll('+', '%20') : part.slice(equals + 1));
    if (value === null) continue;
    const values = parameters.get(name);
    if (values === undefined) parameters.set(name, [value]);
    else values.push(value);
  }
  return parameters;
}

/** Undoes percent-encoding; invalid UTF-8 becomes U+FFFD. Null for a percent sign without two digits. */
function unescape(text: string): string | null {
  if (!text.includes('%')) return text;
  if (/%(?![0-9a-f]{2})/i.test(text)) return null;
  const escaped = utf8(text);
  const bytes = new Uint8Array(escaped.length);
  let length = 0;
  for (let at = 0; at < escaped.length; at++) {
    const byte = escaped[at] as number;
    if (byte === 0x25) {
      bytes[length++] = Number.parseInt(toText(escaped.subarray(at + 1, at + 3)), 16);
      at += 2;
    } else bytes[length++] = byte;
  }
  return toText(bytes.subarray(0, length));
}

/** The first v1 and the first v2 hash; topics of other networks are passed over. */
function readHashes(topics: readonly string[]): InfoHashes {
  let v1: Uint8Array | null = null;
  let v2: Uint8Array | null = null;
  for (const topic of topics) {
    const match = /^urn:(btih|btmh):(.*)$/is.exec(topic);
    if (match === null) continue;
    const [, network, text] = match as unknown as [string, string, string];
    if (network.toLowerCase() === 'btih') v1 ??= readV1Hash(text);
    else v2 ??= readV2Hash(text);
  }
  if (v1 === null && v2 === null) throw magnetError('MAGNET_NO_HASH', 'The magnet link names no BitTorrent info hash');
  return { v1, v2 };
}

function readV1Hash(text: string): Uint8Array {
  const bytes = text.length === 40 ? fromHex(text) : fromBase32(text);
  if (bytes?.length === 20) return bytes;
  throw magnetError('MAGNET_BAD_HASH', 'The v1 info hash has neither 40 hexadecimal nor 32 base32 characters');
}

function readV2Hash(text: string): Uint8Array {
  const bytes = text.startsWith(sha256Prefix) ? fromHex(text.slice(sha256Prefix.length)) : null;
  if (bytes?.length === 32) return bytes;
  throw magnetError(
    'MAGNET_BAD_HASH',
    'The v2 info hash is not a SHA-256 multihash of 1220 and 64 hexadecimal characters',
  );
}

/** RFC 4648 base32 without padding, in either case; null when it is not that. */
function fromBase32(text: string): Uint8Array | null {
  if (!/^[a-z2-7]{32}$/i.test(text)) return null;
  const bytes = new Uint8Array(20);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of text.toUpperCase()) {
    held = ((held << 5) | 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(character)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = held >> bits;
  }
  return bytes;
}

function readPeers(texts: readonly string[]): PeerAddress[] {
  const peers = new Map<string, PeerAddress>();
  for (const text of texts) {
    const peer = parseAddress(text);
    if (peer !== null) peers.set(addressKey(peer), peer);
  }
  return [...peers.values()];
}

/** BEP 53: `0,2,4,6-8`. Ranges merge; what is malformed, inverted or absurd is skipped. Null when nothing is left. */
function readSelection(texts: readonly string[]): FileIndex[] | null {
  const ranges: [first: number, last: number][] = [];
  for (const part of texts.flatMap((text) => text.split(','))) {
    const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part);
    if (match === null) continue;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (first <= last && last <= highestSelected) ranges.push([first, last]);
  }
  const indices: FileIndex[] = [];
  let next = 0;
  for (const [first, last] of ranges.sort((a, b) => a[0] - b[0])) {
    for (next = Math.max(next, first); next <= last; next++) indices.push(next);
  }
  return indices.length === 0 ? null : indices;
}

/** What `encodeMagnet` writes; all but the hashes may be left out. */
export type MagnetParts = Pick<Magnet, 'infoHashes'> & Partial<Magnet>;

/** Writes a magnet link, always the same for the same parts. */
export function encodeMagnet(magnet: MagnetParts): string {
  const { v1, v2 } = magnet.infoHashes;
  const parts: string[] = [];
  if (v1 !== null) parts.push(`xt=urn:btih:${toHex(v1)}`);
  if (v2 !== null) parts.push(`xt=urn:btmh:${sha256Prefix}${toHex(v2)}`);
  const add = (name: string, value: string): unknown => parts.push(`${name}=${encodeURIComponent(value)}`);
  if (magnet.name) add('dn', magnet.name);
  if (typeof magnet.length === 'number') add('xl', String(magnet.length));
  for (const tracker of magnet.trackers ?? []) add('tr', tracker);
  for (const seed of magnet.webSeeds ?? []) add('ws', seed);
  for (const peer of magnet.peers ?? []) parts.push(`x.pe=${addressKey(peer)}`);
  if (magnet.select) parts.push(`so=${formatSelection(magnet.select)}`);
  return `magnet:?${parts.join('&')}`;
}

/** Indices as BEP 53 writes them, runs as ranges. */
function formatSelection(indices: readonly FileIndex[]): string {
  const sorted = [...new Set(indices)].sort((a, b) => a - b);
  const runs: [first: number, last: number][] = [];
  for (const index of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === index - 1) run[1] = index;
    else runs.push([index, index]);
  }
  return runs.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}
