/** A range of addresses with the same first bits (CIDR, RFC 4632, RFC 4291 §2.3). */
import { formatHost, parseHost } from './address.ts';

export interface AddressPrefix {
  /** First address of the range: 4 or 16 bytes, all zero after `length` bits. */
  readonly bytes: Uint8Array;
  /** Number of bits that all addresses share: 0 to 32 or 128. */
  readonly length: number;
}

/**
 * Reads `192.0.2.0/24`, `2001:db8::/32` or a single address; null when it is none. Bits after the prefix are cleared.
 * A prefix of IPv4-mapped IPv6 addresses becomes one of IPv4, as such an address does.
 */
export function parsePrefix(text: string): AddressPrefix | null {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  const parsed = match === null ? null : parseHost(match[1] as string);
  if (match === null || parsed === null) return null;
  const written = match[2] === undefined ? parsed.length * 8 : Number(match[2]);
  if (written > parsed.length * 8) return null;
  const isMapped = parsed.length === 16 && written >= 96 && !formatHost(parsed).includes(':');
  const bytes = isMapped ? parsed.slice(12) : parsed;
  const length = isMapped ? written - 96 : written;
  for (let i = 0; i < bytes.length; i++) {
    const kept = Math.min(8, Math.max(0, length - 8 * i));
    bytes[i] = (bytes[i] as number) & (0xff00 >> kept);
  }
  return { bytes, length };
}

/** The one way to write a prefix: `192.0.2.0/24`; a single address has its full length. */
export const formatPrefix = ({ bytes, length }: AddressPrefix): string => `${formatHost(bytes)}/${length}`;

/** Whether an address (4 or 16 bytes) is in the range. */
export function isInPrefix(address: Uint8Array, { bytes, length }: AddressPrefix): boolean {
  if (address.length !== bytes.length) return false;
  for (let i = 0; 8 * i < length; i++) {
    const kept = 0xff00 >> Math.min(8, length - 8 * i);
    if ((((address[i] as number) ^ (bytes[i] as number)) & kept & 0xff) !== 0) return false;
  }
  return true;
}

/** Whether an address in text form is in one of the ranges, given as text. */
export function isHostWithin(host: string, ranges: readonly string[]): boolean {
  const address = parsePrefix(host);
  return address !== null && ranges.some((range) => isWithinPrefix(address.bytes, range));
}

function isWithinPrefix(bytes: Uint8Array, range: string): boolean {
  const prefix = parsePrefix(range);
  return prefix !== null && isInPrefix(bytes, prefix);
}

/** The last address of the range, 4 or 16 bytes. */
export const lastAddress = ({ bytes, length }: AddressPrefix): Uint8Array =>
  bytes.map((byte, i) => byte | (0xff >> Math.min(8, Math.max(0, length - 8 * i))));
