/** Byte strings as plain `Uint8Array`: the runtime-neutral core knows no `Buffer`. Integers are big-endian (BEP 3). */
import type { ByteCount } from './units.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
/** Of a call: they lie on the stack. */
const MOST_ARGUMENTS = 8192;
const hexDigits = encoder.encode('0123456789abcdef');

/** UTF-8 bytes of a string. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** Text of UTF-8 bytes; invalid sequences become U+FFFD. */
export const toText = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Each byte as one character (latin-1): a cheap, exact map key. */
export function toBinary(bytes: Uint8Array): string {
  // Not spread: that would ask an iterator for each byte.
  const textOf = (part: Uint8Array): string => Reflect.apply(String.fromCharCode, null, part);
  if (bytes.length <= MOST_ARGUMENTS) return textOf(bytes);
  let text = '';
  for (let i = 0; i < bytes.length; i += MOST_ARGUMENTS) text += textOf(bytes.subarray(i, i + MOST_ARGUMENTS));
  return text;
}

/** Lower-case hexadecimal; made at once, because a text that grows by two digits takes ten times the memory while it is kept. */
export function toHex(bytes: Uint8Array): string {
  const digits = new Uint8Array(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    digits[2 * i] = hexDigits[byte >> 4] as number;
    digits[2 * i + 1] = hexDigits[byte & 15] as number;
  }
  return toBinary(digits);
}

/** Bytes of a hexadecimal string of even length, or null when it is not one. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return null;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

export const concat = (parts: readonly Uint8Array[]): Uint8Array => joined(new Uint8Array(lengthOf(parts)), parts);

/** As `concat`, into memory for a secret. */
export const concatSecret = (parts: readonly Uint8Array[]): Uint8Array => joined(secretMemory(lengthOf(parts)), parts);

/**
 * Memory that can be overwritten: V8 keeps other arrays of 64 bytes and less in its heap and moves them about, and what
 * was where they were before stays there.
 */
export const secretMemory = (length: ByteCount): Uint8Array<ArrayBuffer> => new Uint8Array(new ArrayBuffer(length));

const lengthOf = (parts: readonly Uint8Array[]): ByteCount => parts.reduce((sum, part) => sum + part.length, 0);

function joined(into: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  let at = 0;
  for (const part of parts) {
    into.set(part, at);
    at += part.length;
  }
  return into;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Order of raw byte strings (memcmp), as bencoding sorts keys. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export const readU16 = (b: Uint8Array, at: number): number => ((b[at] as number) << 8) | (b[at + 1] as number);

export const readU32 = (b: Uint8Array, at: number): number =>
  (((b[at] as number) << 24) | ((b[at + 1] as number) << 16) | ((b[at + 2] as number) << 8) | (b[at + 3] as number)) >>>
  0;

export function writeU16(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 8;
  b[at + 1] = value;
}

export function writeU32(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 24;
  b[at + 1] = value >>> 16;
  b[at + 2] = value >>> 8;
  b[at + 3] = value;
}
