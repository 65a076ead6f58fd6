/** Keys of other programs as PEM: SPKI of public keys (RFC 5280 §4.1), PKCS#8 of private ones (RFC 5958). */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { toText } from '../../base/bytes.ts';
import { plainBytes } from '../../crypto/plain-bytes.ts';
import { keyError } from './errors.ts';

/** Keys that can stand alone in a PEM file. */
export type PemKeyType = 'ed25519' | 'ml-dsa-65' | 'x25519' | 'ml-kem-768' | 'rsa';

export interface PemKey {
  readonly type: PemKeyType;
  /** Raw; of a private key of ML-DSA and ML-KEM the seed; of RSA DER, PKCS#8 or SPKI. */
  readonly bytes: Uint8Array;
}

const rawForms: Readonly<Record<Exclude<PemKeyType, 'rsa'>, 'raw-private' | 'raw-seed'>> = {
  ed25519: 'raw-private',
  x25519: 'raw-private',
  'ml-dsa-65': 'raw-seed',
  'ml-kem-768': 'raw-seed',
};
const isRawType = (type: string | undefined): type is keyof typeof rawForms => Object.hasOwn(rawForms, type ?? '');

/** PKCS#8; of ML-DSA and ML-KEM in the form that has the seed alone (RFC 9881 §6, RFC 9935 §6). */
export const encodeSecretPem = (key: PemKey): string => privateKeyOf(key).export({ type: 'pkcs8', format: 'pem' });

/** SPKI of a public key. Throws KEY_KIND when it is none. */
export function encodePublicPem({ type, bytes }: PemKey): string {
  try {
    const key = Buffer.from(bytes);
    const publicKey =
      type === 'rsa'
        ? createPublicKey({ key, format: 'der', type: 'spki' })
        : createPublicKey({ key, format: 'raw-public', asymmetricKeyType: type });
    return publicKey.export({ type: 'spki', format: 'pem' });
  } catch (cause) {
    throw keyError('KEY_KIND', `the identity has no valid key of ${type}`, { cause });
  }
}

function privateKeyOf({ type, bytes }: PemKey): KeyObject {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return type === 'rsa'
    ? createPrivateKey({ key, format: 'der', type: 'pkcs8' })
    : createPrivateKey({ key, format: rawForms[type], asymmetricKeyType: type });
}

/** The secret keys of a PEM text. `passphrase` is asked for when one is encrypted. Rejects KEY_KIND and KEY_PASSPHRASE. */
export async function decodeSecretPem(
  path: string,
  text: string,
  passphrase: () => Promise<string>,
): Promise<PemKey[]> {
  const secrets: PemKey[] = [];
  for (const [block] of text.matchAll(/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^-]+-----END \1-----/g)) {
    const isEncrypted = /ENCRYPTED/.test(block);
    const key = openKey(path, block, isEncrypted ? await passphrase() : null);
    secrets.push(secretOf(path, key));
  }
  if (secrets.length === 0) throw keyError('KEY_KIND', `${path} has no private key in it`);
  return secrets;
}

function openKey(path: string, pem: string, passphrase: string | null): KeyObject {
  try {
    return createPrivateKey(passphrase === null ? pem : { key: pem, passphrase });
  } catch {
    // What OpenSSL says of it is not for people, and might quote it.
    if (passphrase !== null) throw keyError('KEY_PASSPHRASE', `the passphrase does not open ${path}`);
    throw keyError('KEY_KIND', `${path} has a private key of an unknown kind in it, or is damaged`);
  }
}

function secretOf(path: string, key: KeyObject): PemKey {
  const type = key.asymmetricKeyType;
  if (type === 'rsa' && isRsa4096(key)) {
    return { type, bytes: plainBytes(key.export({ type: 'pkcs8', format: 'der' })) };
  }
  try {
    if (isRawType(type)) return { type, bytes: plainBytes(key.export({ format: rawForms[type] })) };
  } catch {
    throw keyError('KEY_KIND', `the ${type} key in ${path} lacks its seed`);
  }
  const types = 'Ed25519, ML-DSA-65, X25519, ML-KEM-768, RSA of 4096 bits';
  throw keyError('KEY_KIND', `${path} has a key in it that is none of ${types}`);
}

const isRsa4096 = (key: KeyObject): boolean =>
  key.asymmetricKeyType === 'rsa' && key.asymmetricKeyDetails?.modulusLength === 4096;

/** SPKI in DER. Throws KEY_KIND for anything but RSA of 4096 bits. */
export function rsaPublicKeyOfPem(path: string, pem: Uint8Array): Uint8Array {
  try {
    const key = createPublicKey(toText(pem));
    if (isRsa4096(key)) return new Uint8Array(key.export({ type: 'spki', format: 'der' }));
  } catch {
    // Said below.
  }
  throw keyError('KEY_KIND', `${path} is not a public key of RSA with 4096 bits`);
}

/** SPKI in DER of a private key of RSA in PKCS#8. */
export const rsaPublicKeyOf = (pkcs8: Uint8Array): Uint8Array =>
  new Uint8Array(createPublicKey(privateKeyOf({ type: 'rsa', bytes: pkcs8 })).export({ type: 'spki', format: 'der' }));
