/** Base64 without padding, canonical only (RFC 4648 §3.5, §4): one text for each byte string. */
import { toBinary } from '../../base/bytes.ts';

export const toBase64 = (bytes: Uint8Array): string => btoa(toBinary(bytes)).replace(/=+$/, '');

/** Null when it is not canonical. */
export function fromBase64(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/]*$/.test(text) || text.length % 4 === 1) return null;
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return toBase64(bytes) === text ? bytes : null;
}
