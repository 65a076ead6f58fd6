/**
 * Diffie-Hellman in the group of Message Stream Encryption: 768 bits, generator 2. A key pair takes a quarter of a
 * millisecond; pairs are made ahead by Node's thread pool, so that no connection waits for one and the main thread only
 * computes shared secrets. The group is too small to keep anything secret from somebody who cares.
 */
import { createPublicKey, diffieHellman, generateKeyPair, type KeyObject } from 'node:crypto';
import { concat, fromHex } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';

/** Length of public keys and shared secrets. */
export const KEY_LENGTH: ByteCount = 96;

/** P of MSE (the first 704 bits are those of RFC 2409's first Oakley group). */
const PRIME = fromHex(
  'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd' +
    'ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563',
) as Uint8Array;
const GENERATOR = 2;

export interface KeyPair {
  /** 96 bytes, big-endian. */
  readonly publicKey: Uint8Array;
  /** The shared secret, 96 bytes; null when `theirs` is no public key of the group (0, 1, P − 1 or more). */
  secret(theirs: Uint8Array): Uint8Array | null;
}

/** Where key pairs come from; each is given out once. */
export interface KeySource {
  take(): Promise<KeyPair>;
}

/** Pairs kept ready: as many handshakes may begin at once before one waits. */
const READY = 16;

/** Pairs of OpenSSL, made one at a time: a crowd of strangers occupies one thread of the pool at the most. */
export class KeyPool implements KeySource {
  readonly #ready: KeyPair[] = [];
  readonly #waiting: PromiseWithResolvers<KeyPair>[] = [];
  #isMaking = false;

  constructor() {
    this.#fill();
  }

  take(): Promise<KeyPair> {
    const taker = Promise.withResolvers<KeyPair>();
    const pair = this.#ready.shift();
    if (pair === undefined) this.#waiting.push(taker);
    else taker.resolve(pair);
    this.#fill();
    return taker.promise;
  }

  #fill(): void {
    if (this.#isMaking || this.#ready.length === READY) return;
    this.#isMaking = true;
    generateKeyPair('dh', { prime: Buffer.from(PRIME), generator: GENERATOR }, (error, publicKey, privateKey) => {
      this.#isMaking = false;
      const taker = this.#waiting.shift();
      if (error !== null) {
        taker?.reject(error);
        if (this.#waiting.length > 0) this.#fill();
        return;
      }
      const pair = new NativePair(publicKey, privateKey);
      if (taker === undefined) this.#ready.push(pair);
      else taker.resolve(pair);
      this.#fill();
    });
  }
}

class NativePair implements KeyPair {
  readonly publicKey: Uint8Array;
  readonly #privateKey: KeyObject;

  constructor(publicKey: KeyObject, privateKey: KeyObject) {
    this.publicKey = keyOf(publicKey.export({ type: 'spki', format: 'der' }));
    this.#privateKey = privateKey;
  }

  secret(theirs: Uint8Array): Uint8Array | null {
    try {
      const publicKey = createPublicKey({ key: Buffer.from(infoOf(theirs)), format: 'der', type: 'spki' });
      return padded(diffieHellman({ privateKey: this.#privateKey, publicKey }));
    } catch {
      return null;
    }
  }
}

// ---- SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) of DH keys (PKCS #3): what Node takes and gives

const [INTEGER, BIT_STRING, SEQUENCE] = [0x02, 0x03, 0x30] as const;
/** dhKeyAgreement, 1.2.840.113549.1.3.1, as a DER object identifier. */
const DH_KEY_AGREEMENT = fromHex('06092a864886f70d010301') as Uint8Array;
const algorithm = der(
  SEQUENCE,
  DH_KEY_AGREEMENT,
  der(SEQUENCE, derInteger(PRIME), derInteger(Uint8Array.of(GENERATOR))),
);

const infoOf = (key: Uint8Array): Uint8Array =>
  der(SEQUENCE, algorithm, der(BIT_STRING, Uint8Array.of(0), derInteger(key)));

/** A DER value of up to 255 bytes. */
function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return concat([length < 128 ? Uint8Array.of(tag, length) : Uint8Array.of(tag, 0x81, length), ...content]);
}

function derInteger(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
  return der(INTEGER, new Uint8Array((digits[0] as number) >> 7), digits);
}

/** The key within a SubjectPublicKeyInfo: its last INTEGER. */
function keyOf(info: Uint8Array): Uint8Array {
  const { content } = value(info, 0);
  const { end } = value(content, 0);
  return padded(value(value(content, end).content, 1).content);
}

/** The content of the DER value that begins at `at`, and the offset behind it. */
function value(bytes: Uint8Array, at: number): { content: Uint8Array; end: number } {
  const isLong = bytes[at + 1] === 0x81;
  const start = at + (isLong ? 3 : 2);
  const end = start + (bytes[start - 1] as number);
  return { content: bytes.subarray(start, end), end };
}

/** A number as 96 bytes. */
function padded(digits: Uint8Array): Uint8Array {
  const key = new Uint8Array(KEY_LENGTH);
  const significant = digits.subarray(Math.max(0, digits.length - KEY_LENGTH));
  key.set(significant, KEY_LENGTH - significant.length);
  return key;
}
