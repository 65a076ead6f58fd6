/**
 * Query strings of tracker requests (BEP 3): values are bytes, percent-encoded, not text. An info hash is no UTF-8, so
 * that the platform's URL functions would spoil it.
 */
import { toHex } from '../../base/bytes.ts';

/** Longest query that is read, characters, and most parameters in it. */
const LONGEST_QUERY = 16 * 1024;
const MOST_PARAMETERS = 256;

/** Each byte as it stands in a query: all but the unreserved characters of RFC 3986 §2.3 percent-encoded. */
const escapes: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /[\w.~-]/.test(character) ? character : `%${toHex(Uint8Array.of(byte)).toUpperCase()}`;
});

export function escapeBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += escapes[byte] as string;
  return text;
}

/** The bytes of a percent-encoded value; `+` is a space, an incomplete escape stands for itself. */
export function unescapeBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const digits = text[i] === '%' ? text.slice(i + 1, i + 3) : '';
    if (/^[0-9a-f]{2}$/i.test(digits)) {
      bytes[length++] = Number.parseInt(digits, 16);
      i += 2;
    } else bytes[length++] = text[i] === '+' ? 0x20 : text.charCodeAt(i);
  }
  return bytes.slice(0, length);
}

/** Names and values, still escaped, in order; null when the query is longer than anyone needs. */
export function parseQuery(query: string): [name: string, value: string][] | null {
  if (query.length > LONGEST_QUERY) return null;
  const parameters = query.split('&', MOST_PARAMETERS + 1);
  if (parameters.length > MOST_PARAMETERS) return null;
  return parameters
    .filter((parameter) => parameter !== '')
    .map((parameter) => {
      const at = parameter.indexOf('=');
      return at < 0 ? [parameter, ''] : [parameter.slice(0, at), parameter.slice(at + 1)];
    });
}

/** A tracker's URL, which may have a query of its own (a passkey), with ours added. A fragment is dropped. */
export function addQuery(url: string, query: string): string {
  const base = url.split('#', 1)[0] as string;
  if (!base.includes('?')) return `${base}?${query}`;
  return /[?&]$/.test(base) ? base + query : `${base}&${query}`;
}
