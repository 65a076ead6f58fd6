/** Keys and transcript of a Noise handshake (Noise Protocol Framework, revision 34, §5.1 and §5.2). */
import { concat, concatSecret, utf8 } from '../../base/bytes.ts';
import { hkdfExpand, hkdfExtract } from '../hkdf.ts';
import { type Aead, type Primitives, wipe } from '../primitives.ts';

const EMPTY = new Uint8Array(0);

/** How a cipher makes its nonce of a counter (§12.3, §12.4). */
export type NonceOrder = 'big-endian' | 'little-endian';

export interface NoiseCipher {
  readonly aead: Aead;
  readonly order: NonceOrder;
}

/** One direction of a connection: a key, and the number of messages so far. */
export class CipherState {
  readonly #cipher: NoiseCipher;
  readonly #key: Uint8Array;
  readonly #nonce = new Uint8Array(12);
  readonly #view: DataView = new DataView(this.#nonce.buffer);
  #count = 0;
  #isForgotten = false;

  constructor(cipher: NoiseCipher, key: Uint8Array) {
    this.#cipher = cipher;
    this.#key = key;
  }

  seal(plaintext: Uint8Array, associated: Uint8Array = EMPTY): Uint8Array {
    return this.#cipher.aead.seal(this.#key, this.#nextNonce(), plaintext, associated);
  }

  /** Null when it is not the next message of the other side; the connection is then of no use any more. */
  open(ciphertext: Uint8Array, associated: Uint8Array = EMPTY): Uint8Array | null {
    return this.#cipher.aead.open(this.#key, this.#nextNonce(), ciphertext, associated);
  }

  /** As `seal`, into memory of just the length: 16 bytes more than the plaintext. */
  sealInto(into: Uint8Array, plaintext: Uint8Array): void {
    this.#cipher.aead.sealInto(into, this.#key, this.#nextNonce(), plaintext);
  }

  /** As `open`, into 16 bytes less than the ciphertext has, which may be its own; false when it is not authentic. */
  openInto(into: Uint8Array, ciphertext: Uint8Array): boolean {
    return this.#cipher.aead.openInto(into, this.#key, this.#nextNonce(), ciphertext);
  }

  #nextNonce(): Uint8Array {
    if (this.#isForgotten) throw new Error('the key was forgotten'); // It is one that everybody knows.
    const count = this.#count++;
    if (count >= Number.MAX_SAFE_INTEGER) throw new RangeError('a key is worn out');
    const isLittle = this.#cipher.order === 'little-endian';
    this.#view.setUint32(isLittle ? 4 : 8, count % 2 ** 32, isLittle);
    this.#view.setUint32(isLittle ? 8 : 4, Math.floor(count / 2 ** 32), isLittle);
    return this.#nonce;
  }

  /** Forgets the key: from then on all but this throws. */
  [Symbol.dispose](): void {
    this.#isForgotten = true;
    wipe(this.#key);
  }
}

export class SymmetricState {
  readonly #primitives: Primitives;
  readonly #cipher: NoiseCipher;
  #chainingKey: Uint8Array;
  #key: CipherState | null = null;
  /** SHA-256 of all that was said: the name of this handshake, 32 bytes. */
  transcript: Uint8Array;

  constructor(primitives: Primitives, cipher: NoiseCipher, protocol: string) {
    this.#primitives = primitives;
    this.#cipher = cipher;
    const name = utf8(protocol);
    this.transcript =
      name.length <= 32 ? concat([name, new Uint8Array(32 - name.length)]) : primitives.hash('sha256', name);
    this.#chainingKey = this.transcript.slice();
  }

  mixHash(data: Uint8Array): void {
    this.transcript = this.#primitives.hash('sha256', this.transcript, data);
  }

  mixKey(secret: Uint8Array): void {
    const [chainingKey, key] = this.#derive(secret, 2) as [Uint8Array, Uint8Array];
    this.#replaceKeys(chainingKey, key);
  }

  mixKeyAndHash(secret: Uint8Array): void {
    const [chainingKey, hash, key] = this.#derive(secret, 3) as [Uint8Array, Uint8Array, Uint8Array];
    this.mixHash(hash);
    wipe(hash);
    this.#replaceKeys(chainingKey, key);
  }

  /** Bytes that a sealed part is longer than its plaintext. */
  get overhead(): number {
    return this.#key === null ? 0 : 16;
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const sealed = this.#key?.seal(plaintext, this.transcript) ?? plaintext;
    this.mixHash(sealed);
    return sealed;
  }

  /** Null when it is not authentic. */
  decryptAndHash(sealed: Uint8Array): Uint8Array | null {
    const plaintext = this.#key === null ? sealed : this.#key.open(sealed, this.transcript);
    this.mixHash(sealed);
    return plaintext;
  }

  /** The keys of both directions, that of the initiator first (§5.2, Split). */
  split(): readonly [CipherState, CipherState] {
    const [first, second] = this.#derive(EMPTY, 2) as [Uint8Array, Uint8Array];
    this[Symbol.dispose]();
    return [new CipherState(this.#cipher, first), new CipherState(this.#cipher, second)];
  }

  /** §4.3, HKDF. */
  #derive(secret: Uint8Array, count: 2 | 3): Uint8Array[] {
    const temporary = hkdfExtract(this.#primitives, 'sha256', this.#chainingKey, secret);
    const all = hkdfExpand(this.#primitives, 'sha256', temporary, EMPTY, 32 * count);
    const keys = Array.from({ length: count }, (_, i) => concatSecret([all.subarray(32 * i, 32 * i + 32)]));
    wipe(temporary, all);
    return keys;
  }

  #replaceKeys(chainingKey: Uint8Array, key: Uint8Array): void {
    this[Symbol.dispose]();
    this.#chainingKey = chainingKey;
    this.#key = new CipherState(this.#cipher, key);
  }

  /** Forgets the keys. */
  [Symbol.dispose](): void {
    wipe(this.#chainingKey);
    this.#key?.[Symbol.dispose]();
  }
}
