/**
 * The primitives that the security formats are built of, as ports: crypto/native has them over Node's OpenSSL,
 * crypto/portable over @noble for runtimes without it. Keys, seeds and messages are plain bytes; what a format allows is
 * decided by its code (one format version = one fixed suite), never by a name inside the data.
 *
 * One's own bytes (keys, seeds, nonces) of a wrong length are a bug and throw RangeError. What a stranger sent (public
 * keys, ciphertexts, signatures) and is not valid, be it of a wrong length, gives null or false without a reason: who
 * forges learns nothing from the difference. All implementations give the same answers.
 */
import type { ByteCount } from '../base/units.ts';

export type HashName = 'sha1' | 'sha256' | 'sha512' | 'sha3-256';

/** A hash that is made as the data comes; good for one digest. */
export interface Hasher {
  update(data: Uint8Array): void;
  digest(): Uint8Array;
}

/** Authenticated encryption with 32 bytes of key, 12 of nonce and 16 of tag (behind the ciphertext). */
export interface Aead {
  /** A nonce may be used once with a key. */
  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, associated?: Uint8Array): Uint8Array;
  /** Null when the ciphertext is not authentic. */
  open(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array, associated?: Uint8Array): Uint8Array | null;
  /** As `seal` without associated data, into memory of just the length: 16 bytes more than the plaintext. */
  sealInto(into: Uint8Array, key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): void;
  /** As `open`, into 16 bytes less than the ciphertext has; false, and zeros, when it is not authentic. */
  openInto(into: Uint8Array, key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array): boolean;
}

/** X25519 (RFC 7748): 32 bytes each. */
export interface KeyExchange {
  publicKeyOf(privateKey: Uint8Array): Uint8Array;
  /** Null for a public key of small order, whose secret everybody knows, or of a wrong length. */
  sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array | null;
}

export interface Encapsulation {
  readonly ciphertext: Uint8Array;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** ML-KEM (FIPS 203). A private key is its seed `d || z`, 64 bytes. */
export interface Kem {
  readonly publicKeyLength: ByteCount;
  readonly ciphertextLength: ByteCount;
  publicKeyOf(seed: Uint8Array): Uint8Array;
  /** Null when the public key is none (FIPS 203 §7.2). */
  encapsulate(publicKey: Uint8Array): Encapsulation | null;
  /**
   * A ciphertext that was made for another key, or altered, gives another secret (FIPS 203 §6.3). One of a wrong length
   * throws RangeError: a format says the length, so its reader has checked it.
   */
  decapsulate(seed: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}

/** Ed25519 (RFC 8032) or ML-DSA (FIPS 204, with hedged randomness). A private key is its seed of 32 bytes. */
export interface SignatureScheme {
  readonly publicKeyLength: ByteCount;
  readonly signatureLength: ByteCount;
  publicKeyOf(seed: Uint8Array): Uint8Array;
  sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** Costs of Argon2id (RFC 9106). */
export interface Argon2Costs {
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
}

/** Costs of scrypt (RFC 7914): 2^`logN` blocks of `r` × 128 bytes, `p` times. */
export interface ScryptCosts {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

export interface Primitives {
  hash(name: HashName, ...parts: readonly Uint8Array[]): Uint8Array;
  hasher(name: HashName): Hasher;
  hmac(name: 'sha256' | 'sha512', key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array;
  /** SHAKE256 (FIPS 202). */
  shake256(data: Uint8Array, length: ByteCount): Uint8Array;
  /** RFC 9106, version 0x13, without secret and associated data. 32 bytes. */
  argon2id(password: Uint8Array, salt: Uint8Array, costs: Argon2Costs): Promise<Uint8Array>;
  scrypt(password: Uint8Array, salt: Uint8Array, costs: ScryptCosts, length: ByteCount): Promise<Uint8Array>;
  /** Whether both are the same, in a time that depends on the length alone. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  readonly aes256Gcm: Aead;
  readonly chacha20Poly1305: Aead;
  readonly x25519: KeyExchange;
  readonly ed25519: SignatureScheme;
  readonly mlKem768: Kem;
  readonly mlKem1024: Kem;
  readonly mlDsa44: SignatureScheme;
  readonly mlDsa65: SignatureScheme;
}

/** RSA of 4096 bits: PKCS#8 and SPKI in DER. Asynchronous, as browsers have it. */
export interface Rsa {
  generate(): Promise<{ readonly privateKey: Uint8Array; readonly publicKey: Uint8Array }>;
  /** OAEP with SHA-256 (RFC 8017 §7.1), of 446 bytes at the most. Null when the public key is none of 4096 bits. */
  encrypt(publicKey: Uint8Array, plaintext: Uint8Array, label?: Uint8Array): Promise<Uint8Array | null>;
  /** Null when the ciphertext was not made so. */
  decrypt(privateKey: Uint8Array, ciphertext: Uint8Array, label?: Uint8Array): Promise<Uint8Array | null>;
  /** PSS with SHA-256 and 32 bytes of salt (RFC 8017 §8.1). */
  sign(privateKey: Uint8Array, message: Uint8Array): Promise<Uint8Array>;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/** Overwrites secrets that are not needed any more; copies that the engine made meanwhile stay out of reach. */
export function wipe(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}
