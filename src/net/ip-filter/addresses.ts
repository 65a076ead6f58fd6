/** Addresses as blocklists write them. */
import { parseHost } from '../../base/address.ts';

const ZERO = 0x30;
const NINE = 0x39;
const DOT = 0x2e;
/** The first bytes of an IPv4 address in the form of an IPv6 one (RFC 4291 §2.5.5.2). */
const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/**
 * Reads a dotted quad into four bytes; false when the text is none. Numbers may have zeros in front, which the lists
 * of eMule have everywhere (`001.002.003.004`): they are decimal all the same.
 */
export function readIPv4(text: string, into: Uint8Array): boolean {
  let [at, value, digits] = [0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= ZERO && code <= NINE && digits < 3) {
      value = 10 * value + code - ZERO;
      digits++;
    } else if (code === DOT && digits > 0 && at < 3 && value < 256) {
      into[at++] = value;
      [value, digits] = [0, 0];
    } else return false;
  }
  if (at !== 3 || digits === 0 || value > 255) return false;
  into[3] = value;
  return true;
}

/** The bytes of an IPv6 address: 16, or 4 when it stands for an IPv4 one; null when the text is none. */
export function parseIPv6Bytes(text: string): Uint8Array | null {
  const bytes = parseHost(text);
  return bytes?.length === 16 && mapped.every((byte, i) => bytes[i] === byte) ? bytes.subarray(12) : bytes;
}

/** The bytes of an address of either family; null when the text is none. */
export function parseListed(text: string): Uint8Array | null {
  if (text.includes(':')) return parseIPv6Bytes(text);
  const bytes = new Uint8Array(4);
  return readIPv4(text, bytes) ? bytes : null;
}
