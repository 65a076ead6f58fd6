/** How far an address reaches (RFC 6890): what an untrusted URL or peer list may make us contact depends on it. */
import { parseHost } from './address.ts';

/**
 * `private` is a network of one's own (RFC 1918, 6598, 4193), `unusable` what no host can have: unspecified,
 * multicast, reserved, documentation excepted, because tests and examples use it like a public address.
 */
export type AddressScope = 'public' | 'private' | 'link-local' | 'loopback' | 'unusable';

/** Scope of an IPv4 or IPv6 address in text form; `unusable` for anything else. */
export function scopeOf(host: string): AddressScope {
  const bytes = parseHost(host);
  return bytes === null ? 'unusable' : scopeOfBytes(bytes, 0, bytes.length);
}

/** Scope of the address of `length` bytes (4 or 16) at `at`. */
export function scopeOfBytes(bytes: Uint8Array, at: number, length: number): AddressScope {
  if (length === 4) return scopeOfIPv4(bytes[at] as number, bytes[at + 1] as number);
  const isZero = (from: number, to: number): boolean => {
    for (let i = at + from; i < at + to; i++) if (bytes[i] !== 0) return false;
    return true;
  };
  if (isZero(0, 10) && bytes[at + 10] === 0xff && bytes[at + 11] === 0xff) {
    return scopeOfIPv4(bytes[at + 12] as number, bytes[at + 13] as number);
  }
  if (isZero(0, 15) && bytes[at + 15] === 1) return 'loopback';
  const first = bytes[at] as number;
  if (isZero(0, 16) || first === 0xff) return 'unusable';
  if (first === 0xfe && ((bytes[at + 1] as number) & 0xc0) === 0x80) return 'link-local';
  return (first & 0xfe) === 0xfc ? 'private' : 'public';
}

/** By the first two bytes. */
function scopeOfIPv4(a: number, b: number): AddressScope {
  if (a === 0 || a >= 224) return 'unusable';
  if (a === 127) return 'loopback';
  if (a === 169 && b === 254) return 'link-local';
  const isPrivate =
    a === 10 || (a === 172 && (b & 0xf0) === 16) || (a === 192 && b === 168) || (a === 100 && (b & 0xc0) === 64);
  return isPrivate ? 'private' : 'public';
}
