/**
 * Keys of certificates. The library wants Web Crypto to sign with; it is given the little of it that it uses, done by
 * node:crypto, because the ML-DSA of Node's Web Crypto warns on standard error that it is experimental.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';

/** The first goes with every client; the others are for those who know theirs: browsers take neither. */
export const keyTypes = ['ecdsa-p256', 'ed25519', 'ml-dsa-65'] as const;
export type KeyType = (typeof keyTypes)[number];

export function generateKey(type: KeyType): KeyObject {
  switch (type) {
    case 'ecdsa-p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey;
    case 'ml-dsa-65':
      return generateKeyPairSync('ml-dsa-65').privateKey;
  }
}

const curves: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };
const hashes: Readonly<Record<string, string>> = { 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };
const LEAST_RSA_BITS = 2048;
/** With which we sign, where a key wants one. */
const signingHash = { name: 'SHA-256' };

/** What the library calls an algorithm. */
export interface Algorithm {
  readonly name: string;
  readonly namedCurve?: string;
  readonly hash?: { readonly name: string };
}

/** Algorithm of a public or private key; null for one that is too weak or not known. */
export function algorithmOf(key: KeyObject): Algorithm | null {
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  const type = key.asymmetricKeyType ?? '';
  const curve = curves[namedCurve];
  if (type === 'ec') return curve === undefined ? null : { name: 'ECDSA', namedCurve: curve, hash: signingHash };
  if (type === 'rsa') return modulusLength < LEAST_RSA_BITS ? null : { name: 'RSASSA-PKCS1-v1_5', hash: signingHash };
  if (type === 'ed25519') return { name: 'Ed25519' };
  return /^ml-dsa-\d+$/.test(type) ? { name: type.toUpperCase() } : null;
}

/** For people: `ECDSA P-256`. */
export function describeKey(key: KeyObject): string {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  const type = key.asymmetricKeyType ?? 'unknown';
  if (type === 'ec') return `ECDSA ${curves[namedCurve ?? ''] ?? namedCurve ?? ''}`;
  return type === 'rsa'
    ? `RSA-${modulusLength}`
    : type.replace('ed', 'Ed').replace(/^ml-.*/, (name) => name.toUpperCase());
}

/** Whether a signature with this algorithm counts: with a hash of the SHA-2 family, or none of its own. */
export function isStrongSignature({ name, hash }: Algorithm): boolean {
  if (name === 'Ed25519' || /^ML-DSA-\d+$/.test(name)) return true;
  return /^(?:ECDSA|RSASSA-PKCS1-v1_5|RSA-PSS)$/.test(name) && hashes[hash?.name ?? ''] !== undefined;
}

/** What the library is given for a CryptoKey. */
interface LibraryKey {
  readonly algorithm: Algorithm;
  readonly keyObject: KeyObject;
}

/** A key for the library; null for one that is too weak or not known. */
export function libraryKey(keyObject: KeyObject): CryptoKey | null {
  const algorithm = algorithmOf(keyObject);
  const key: LibraryKey | null = algorithm === null ? null : { algorithm, keyObject };
  return key as unknown as CryptoKey | null;
}

/** Null for keys that want the whole text. */
const hashOf = ({ name, hash }: Algorithm): string | null =>
  /^(?:ECDSA|RSA)/.test(name) ? (hashes[hash?.name ?? ''] ?? null) : null;

const inLibraryForm = (key: KeyObject): { key: KeyObject; dsaEncoding: 'ieee-p1363' } => ({
  key,
  dsaEncoding: 'ieee-p1363',
});

const subtle = {
  sign: async (algorithm: Algorithm, { keyObject }: LibraryKey, bytes: ArrayBuffer): Promise<Uint8Array> =>
    sign(hashOf(algorithm), new Uint8Array(bytes), inLibraryForm(keyObject)),
  verify: async (algorithm: Algorithm, key: LibraryKey, signature: ArrayBuffer, bytes: ArrayBuffer): Promise<boolean> =>
    algorithm.name === key.algorithm.name &&
    isStrongSignature(algorithm) &&
    verify(hashOf(algorithm), new Uint8Array(bytes), inLibraryForm(key.keyObject), new Uint8Array(signature)),
};

/** What the library uses of Web Crypto. */
export const webCrypto: Crypto = { subtle } as unknown as Crypto;

export const spkiOf = (key: KeyObject): Uint8Array<ArrayBuffer> =>
  new Uint8Array((key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' }));
