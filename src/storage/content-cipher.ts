/**
 * The content of a sealed torrent (docs/spec/sealed-torrent.md): files lie in plain on the disk, the piece space is
 * their AES-256-CTR ciphertext. A byte of it is at the same offset as the byte of the files, so any range can be read
 * and written by itself; that it was not altered is what the piece hashes say.
 */
import { type Cipheriv, createCipheriv } from 'node:crypto';
import type { ByteCount } from '../base/units.ts';
import { release } from '../crypto/native/release.ts';

const BLOCK: ByteCount = 16;
/** Bytes that are still in the cache when they are copied back. */
const STEP: ByteCount = 65_536;
const skipped = new Uint8Array(BLOCK);

/**
 * Turns a range of the piece space to ciphertext or back, in place. `offset`: of its first byte in the piece space;
 * `key`: 32 bytes, or their hexadecimal form.
 */
export function cipherContent(key: Uint8Array | string, data: Uint8Array, offset: ByteCount): void {
  const cipher = cipherAt(key, offset);
  for (let at = 0; at < data.length; at += STEP) {
    const part = data.subarray(at, at + STEP);
    const output = cipher.update(part);
    part.set(output);
    release(output);
  }
}

function cipherAt(key: Uint8Array | string, offset: ByteCount): Cipheriv {
  const counter = Buffer.alloc(BLOCK);
  counter.writeBigUInt64BE(BigInt(Math.floor(offset / BLOCK)), BLOCK - 8);
  const cipher = createCipheriv('aes-256-ctr', typeof key === 'string' ? Buffer.from(key, 'hex') : key, counter);
  cipher.update(skipped.subarray(0, offset % BLOCK));
  return cipher;
}
