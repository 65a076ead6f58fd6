/**
 * The content of a sealed torrent (docs/spec/sealed-torrent.md): files lie in plain on the disk, the piece space is
 * their AES-256-CTR ciphertext. A byte of it is at the same offset as the byte of the files, so any range can be read
 * and written by itself; that it was not altered is what the piece hashes say.
 */
import { type Cipheriv, createCipheriv } from 'node:crypto';
import type { ByteCount } from '../base/units.ts';
import { release } from '../crypto/native/release.ts';
import { wipe } from '../crypto/primitives.ts';
import { storageError } from './errors.ts';

const BLOCK: ByteCount = 16;
/** Bytes that are still in the cache when they are copied back. */
const STEP: ByteCount = 65_536;
const skipped = new Uint8Array(BLOCK);

/** A copy that all threads share: what is done with it is overwritten in one place for all of them. */
export function sharedKey(key: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(key.length));
  shared.set(key);
  return shared;
}

/** When the last job of a torrent is done. */
export function forgetKey({ contentKey }: { readonly contentKey: Uint8Array | null }): void {
  if (contentKey !== null) wipe(contentKey);
}

/**
 * Turns a range of the piece space to ciphertext or back, in place. `offset`: of its first byte in the piece space;
 * `key`: 32 bytes.
 */
export function cipherContent(key: Uint8Array, data: Uint8Array, offset: ByteCount): void {
  const cipher = cipherAt(key, offset);
  for (let at = 0; at < data.length; at += STEP) {
    const part = data.subarray(at, at + STEP);
    const output = cipher.update(part);
    part.set(output);
    release(output);
  }
  cipher.final(); // Gives nothing, and OpenSSL forgets the key at once and not some day.
}

/**
 * `padding`: what of a piece lies in no file, decrypted. Throws STORAGE_SEALED_PADDING unless it is zeros: what a reader
 * encrypts again would be another piece.
 */
export function checkPadding(padding: Uint8Array): void {
  for (let i = 0; i < padding.length; i++) {
    if (padding[i] !== 0)
      throw storageError('STORAGE_SEALED_PADDING', 'the padding of the sealed torrent is not zeros');
  }
}

function cipherAt(key: Uint8Array, offset: ByteCount): Cipheriv {
  const counter = Buffer.alloc(BLOCK);
  counter.writeBigUInt64BE(BigInt(Math.floor(offset / BLOCK)), BLOCK - 8);
  const cipher = createCipheriv('aes-256-ctr', key, counter);
  cipher.update(skipped.subarray(0, offset % BLOCK));
  return cipher;
}
