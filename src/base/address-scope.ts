/** How far an address reaches (RFC 6890): what an untrusted URL or peer list may make us contact depends on it. */
import { parseHost } from './address.ts';

/**
 * `private` is a network of one's own (RFC 1918, 6598, 4193, 2544), `unusable` what no host can have: unspecified,
 * multicast, reserved, documentation excepted, because tests and examples use it like a public address. An IPv6 address
 * that leads to an IPv4 address is what that is.
 */
export type AddressScope = 'public' | 'private' | 'link-local' | 'loopback' | 'unusable';

/** Scope of an IPv4 or IPv6 address in text form; `unusable` for anything else. */
export function scopeOf(host: string): AddressScope {
  const bytes = parseHost(host);
  return bytes === null ? 'unusable' : scopeOfBytes(bytes, 0, bytes.length);
}

/** Scope of the address of `length` bytes (4 or 16) at `at`. */
export function scopeOfBytes(bytes: Uint8Array, at: number, length: number): AddressScope {
  if (length === 4) return scopeOfIPv4(bytes, at);
  const word = (index: number): number =>
    ((bytes[at + 2 * index] as number) << 8) | (bytes[at + 2 * index + 1] as number);
  const isZero = (from: number, to: number): boolean => {
    for (let i = from; i < to; i++) if (word(i) !== 0) return false;
    return true;
  };
  if (isZero(0, 7) && word(7) === 1) return 'loopback';
  const embedded = placeOfIPv4(word, isZero);
  if (embedded !== null) return scopeOfIPv4(bytes, at + embedded);
  const first = word(0);
  if (first >= 0xff00 || (first === 0x100 && isZero(1, 4))) return 'unusable'; // multicast; discard-only, RFC 6666
  if ((first & 0xffc0) === 0xfe80) return 'link-local';
  const isPrivate = (first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfec0; // the latter was site-local, RFC 3879
  return isPrivate ? 'private' : 'public';
}

/**
 * Where an IPv6 address holds the IPv4 address to which a router or the system brings what is sent to it, bytes from its
 * start; null: it holds none.
 */
function placeOfIPv4(word: (index: number) => number, isZero: (from: number, to: number) => boolean): number | null {
  const first = word(0);
  if (first === 0x2002) return 2; // 6to4, RFC 3056 §2
  if (first === 0x64 && word(1) === 0xff9b && (isZero(2, 6) || word(2) === 1)) return 12; // NAT64, RFC 6052, RFC 8215
  if (!isZero(0, 4)) return null;
  const isMapped = word(4) === 0 && word(5) === 0xffff; // RFC 4291 §2.5.5.2
  const isTranslated = word(4) === 0xffff && word(5) === 0; // RFC 2765 §2.1
  const isCompatible = word(4) === 0 && word(5) === 0; // RFC 4291 §2.5.5.1, and the unspecified address
  return isMapped || isTranslated || isCompatible ? 12 : null;
}

function scopeOfIPv4(bytes: Uint8Array, at: number): AddressScope {
  const [a, b, c] = [bytes[at] as number, bytes[at + 1] as number, bytes[at + 2] as number];
  if (a === 0 || a >= 224) return 'unusable';
  if (a === 127) return 'loopback';
  if (a === 169 && b === 254) return 'link-local';
  const isPrivate =
    a === 10 ||
    (a === 172 && (b & 0xf0) === 16) ||
    (a === 192 && (b === 168 || (b === 0 && c === 0))) || // RFC 1918; RFC 6890 §2.1
    (a === 100 && (b & 0xc0) === 64) || // RFC 6598
    (a === 198 && (b & 0xfe) === 18); // RFC 2544
  return isPrivate ? 'private' : 'public';
}
