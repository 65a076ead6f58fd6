/**
 * Chunked encryption of C2SP with AES-256-GCM (c2sp.org/chunked-encryption, Cobblestone-256): 24 bytes of salt, 32 of
 * commitment to the key, then chunks of 16 KiB with a tag each. The last chunk is always shorter, so a file that was
 * cut off is noticed; each chunk can be opened by itself.
 */
import { concat, utf8 } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { checkLength } from '../../crypto/checks.ts';
import { hkdfExpand } from '../../crypto/hkdf.ts';
import { type Primitives, wipe } from '../../crypto/primitives.ts';

export const CHUNK: ByteCount = 16_384;
export const TAG: ByteCount = 16;
export const SEALED_CHUNK: ByteCount = CHUNK + TAG;
const SALT: ByteCount = 24;
const COMMITMENT: ByteCount = 32;
/** What is before the first chunk. */
export const CHUNKS_HEAD: ByteCount = SALT + COMMITMENT;
/** §Message chunking. */
const MOST_CHUNKS = 2 ** 38;
const INFO = utf8('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0');

/** The key of one message. */
export class ChunkKey implements Disposable {
  /** Salt and commitment: what the message begins with. */
  readonly head: Uint8Array;
  readonly #primitives: Primitives;
  readonly #key: Uint8Array;
  readonly #baseNonce: Uint8Array;
  readonly #nonce = new Uint8Array(12);
  #isForgotten = false;

  private constructor(primitives: Primitives, inputKey: Uint8Array, salt: Uint8Array, context: Uint8Array) {
    checkLength('an input key', inputKey, 32);
    const derived = hkdfExpand(primitives, 'sha512', inputKey, concat([INFO, salt, context]), 32 + 12 + COMMITMENT);
    this.#primitives = primitives;
    this.#key = derived.subarray(0, 32);
    this.#baseNonce = derived.subarray(32, 44);
    this.head = concat([salt, derived.subarray(44)]);
  }

  /** `salt`: 24 random bytes, never the same twice for an input key. */
  static forSealing(primitives: Primitives, inputKey: Uint8Array, salt: Uint8Array, context: Uint8Array): ChunkKey {
    checkLength('a salt', salt, SALT);
    return new ChunkKey(primitives, inputKey, salt, context);
  }

  /** `head`: the first bytes of the message; null when they are not of this key and context. */
  static forOpening(
    primitives: Primitives,
    inputKey: Uint8Array,
    head: Uint8Array,
    context: Uint8Array,
  ): ChunkKey | null {
    if (head.length !== CHUNKS_HEAD) return null;
    const key = new ChunkKey(primitives, inputKey, head.slice(0, SALT), context);
    if (primitives.equal(key.head, head)) return key;
    key[Symbol.dispose]();
    return null;
  }

  /** Chunk `index` of a message: 16 KiB, or less when it is the last. */
  seal(index: number, plaintext: Uint8Array): Uint8Array {
    return this.#primitives.aes256Gcm.seal(this.#key, this.#nonceOf(index), plaintext);
  }

  /** The same into memory of 16 bytes more than the plaintext has. */
  sealInto(index: number, plaintext: Uint8Array, into: Uint8Array): void {
    this.#primitives.aes256Gcm.sealInto(into, this.#key, this.#nonceOf(index), plaintext);
  }

  /** As `open`, into memory of 16 bytes less than the sealed chunk has; false, and zeros, when it is not that chunk. */
  openInto(index: number, sealed: Uint8Array, into: Uint8Array): boolean {
    return this.#primitives.aes256Gcm.openInto(into, this.#key, this.#nonceOf(index), sealed);
  }

  /** Null when it is not that chunk of this message. */
  open(index: number, sealed: Uint8Array): Uint8Array | null {
    return this.#primitives.aes256Gcm.open(this.#key, this.#nonceOf(index), sealed);
  }

  /** Forgets the key: from then on all but this throws. */
  [Symbol.dispose](): void {
    this.#isForgotten = true;
    wipe(this.#key, this.#baseNonce, this.#nonce);
  }

  #nonceOf(index: number): Uint8Array {
    if (this.#isForgotten) throw new Error('the key was forgotten'); // It is one that everybody knows.
    if (index >= MOST_CHUNKS) throw new RangeError('a message has 2^38 chunks at the most');
    const nonce = this.#nonce;
    nonce.set(this.#baseNonce);
    let rest = index;
    for (let at = 11; rest > 0; at--, rest = Math.floor(rest / 256)) {
      nonce[at] = (nonce[at] as number) ^ (rest % 256);
    }
    return nonce;
  }
}

/** Length of what is in a message of `length` bytes, head included; null when no message has that length. */
export function plainLength(length: ByteCount): ByteCount | null {
  const last = (length - CHUNKS_HEAD) % SEALED_CHUNK;
  const full = Math.floor((length - CHUNKS_HEAD) / SEALED_CHUNK);
  return length < CHUNKS_HEAD || last < TAG ? null : full * CHUNK + last - TAG;
}
