/** Ed25519 (RFC 8032) and ML-DSA (FIPS 204) over OpenSSL. */
import { sign, verify } from 'node:crypto';
import type { SignatureScheme } from '../primitives.ts';
import { privateKey, publicKey, publicKeyOf } from './keys.ts';
import { plainBytes } from '../plain-bytes.ts';

const scheme = (
  type: 'ed25519' | 'ml-dsa-44' | 'ml-dsa-65',
  publicKeyLength: number,
  signatureLength: number,
): SignatureScheme => ({
  publicKeyLength,
  signatureLength,
  publicKeyOf: (seed) => publicKeyOf(type, seed),
  sign: (seed, message) => plainBytes(sign(null, message, privateKey(type, seed))),
  verify(raw, message, signature) {
    const key = publicKey(type, raw);
    return key !== null && verify(null, message, key, signature);
  },
});

export const ed25519: SignatureScheme = scheme('ed25519', 32, 64);
export const mlDsa44: SignatureScheme = scheme('ml-dsa-44', 1312, 2420);
export const mlDsa65: SignatureScheme = scheme('ml-dsa-65', 1952, 3309);
