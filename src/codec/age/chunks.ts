/**
 * The payload of age (c2sp.org/age, "Payload"): chunks of 64 KiB under ChaCha20-Poly1305, the last one marked by its
 * nonce. It may be full, and is empty only when there is no other.
 */
import { utf8 } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { hkdf } from '../../crypto/hkdf.ts';
import { type Primitives, wipe } from '../../crypto/primitives.ts';

export const CHUNK: ByteCount = 65_536;
export const TAG: ByteCount = 16;
export const SEALED_CHUNK: ByteCount = CHUNK + TAG;
/** Of the payload; it stands before the first chunk. */
export const PAYLOAD_NONCE: ByteCount = 16;

/** The key of one payload. */
export class PayloadKey implements Disposable {
  readonly #primitives: Primitives;
  readonly #key: Uint8Array;
  readonly #nonce = new Uint8Array(12);
  #isForgotten = false;

  /** `nonce`: 16 random bytes. */
  constructor(primitives: Primitives, fileKey: Uint8Array, nonce: Uint8Array) {
    this.#primitives = primitives;
    this.#key = hkdf(primitives, fileKey, nonce, utf8('payload'));
  }

  seal(index: number, isLast: boolean, plaintext: Uint8Array): Uint8Array {
    return this.#primitives.chacha20Poly1305.seal(this.#key, this.#nonceOf(index, isLast), plaintext);
  }

  /** Null when it is not that chunk of this payload. */
  open(index: number, isLast: boolean, sealed: Uint8Array): Uint8Array | null {
    return this.#primitives.chacha20Poly1305.open(this.#key, this.#nonceOf(index, isLast), sealed);
  }

  /** Forgets the key: from then on all but this throws. */
  [Symbol.dispose](): void {
    this.#isForgotten = true;
    wipe(this.#key);
  }

  /** The number of the chunk in eleven bytes, and whether it is the last. */
  #nonceOf(index: number, isLast: boolean): Uint8Array {
    if (this.#isForgotten) throw new Error('the key was forgotten'); // It is one that everybody knows.
    const nonce = this.#nonce.fill(0);
    for (let at = 10, rest = index; rest > 0; at--, rest = Math.floor(rest / 256)) nonce[at] = rest % 256;
    nonce[11] = isLast ? 1 : 0;
    return nonce;
  }
}
