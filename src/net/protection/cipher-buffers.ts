/**
 * Memory for what has been encrypted and not yet sent. What callers send must not change, it may be a piece that others
 * read as well; so ciphers write elsewhere. Fresh memory would cost more than the cipher: the system has to clear it.
 */
import type { ByteCount } from '../../base/units.ts';

/** Size of a buffer, bytes: eight blocks with headers and tags; it and its source fit into a core's cache. */
export const CIPHER_BUFFER: ByteCount = 132 * 1024;
/** Below this a buffer of one's own is cheaper. */
const SMALL: ByteCount = 4096;
/** Buffers kept for the next sends: 4 MiB for all connections of the thread. */
const MOST_SPARE = 32;

const spare: Uint8Array[] = [];

/** A buffer of `length` bytes, or of as many as fit, `start` bytes (0 … 3) behind where words are aligned. */
export function takeBuffer(length: ByteCount, start = 0): Uint8Array {
  if (length <= SMALL) return new Uint8Array(length);
  return (spare.pop() ?? new Uint8Array(CIPHER_BUFFER)).subarray(start, start + length);
}

export function returnBuffer({ buffer }: Uint8Array): void {
  if (buffer.byteLength === CIPHER_BUFFER && spare.length < MOST_SPARE) spare.push(new Uint8Array(buffer));
}
