/** Raw keys as OpenSSL's; a key that is none gives null. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { checkLength } from '../checks.ts';
import { plainBytes } from '../plain-bytes.ts';

export type KeyType = 'x25519' | 'ed25519' | 'ml-kem-768' | 'ml-kem-1024' | 'ml-dsa-44' | 'ml-dsa-65';

/** A private key of its raw bytes; of ML-KEM and ML-DSA the seed. */
export function privateKey(type: KeyType, raw: Uint8Array): KeyObject {
  const format = type.startsWith('ml-') ? 'raw-seed' : 'raw-private';
  checkLength('a private key', raw, type.startsWith('ml-kem') ? 64 : 32);
  return createPrivateKey({
    key: Buffer.from(raw.buffer, raw.byteOffset, raw.length),
    format,
    asymmetricKeyType: type,
  });
}

export function publicKey(type: KeyType, raw: Uint8Array): KeyObject | null {
  try {
    const key = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
    return createPublicKey({ key, format: 'raw-public', asymmetricKeyType: type });
  } catch {
    return null;
  }
}

export function publicKeyOf(type: KeyType, raw: Uint8Array): Uint8Array {
  return plainBytes(createPublicKey(privateKey(type, raw)).export({ format: 'raw-public' }));
}
