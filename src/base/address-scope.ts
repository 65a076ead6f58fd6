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
  if (bytes === null) return 'unusable';
  if (bytes.length === 4) return scopeOfIPv4(bytes);
  const isZero = (from: number, to: number): boolean => bytes.subarray(from, to).every((byte) => byte === 0);
  if (isZero(0, 10) && bytes[10] === 0xff && bytes[11] === 0xff) return scopeOfIPv4(bytes.subarray(12));
  if (isZero(0, 15) && bytes[15] === 1) return 'loopback';
  const [first, second] = bytes as unknown as [number, number];
  if (isZero(0, 16) || first === 0xff) return 'unusable';
  if (first === 0xfe && (second & 0xc0) === 0x80) return 'link-local';
  return (first & 0xfe) === 0xfc ? 'private' : 'public';
}

function scopeOfIPv4(bytes: Uint8Array): AddressScope {
  const [a, b] = bytes as unknown as [number, number];
  if (a === 0 || a >= 224) return 'unusable';
  if (a === 127) return 'loopback';
  if (a === 169 && b === 254) return 'link-local';
  const isPrivate =
    a === 10 || (a === 172 && (b & 0xf0) === 16) || (a === 192 && b === 168) || (a === 100 && (b & 0xc0) === 64);
  return isPrivate ? 'private' : 'public';
}
