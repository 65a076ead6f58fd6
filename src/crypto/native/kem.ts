/** ML-KEM (FIPS 203) over OpenSSL. */
import { decapsulate, encapsulate } from 'node:crypto';
import { checkLength } from '../checks.ts';
import type { Kem } from '../primitives.ts';
import { privateKey, publicKey, publicKeyOf } from './keys.ts';
import { plainBytes } from '../plain-bytes.ts';

const kem = (type: 'ml-kem-768' | 'ml-kem-1024', publicKeyLength: number, ciphertextLength: number): Kem => ({
  publicKeyLength,
  ciphertextLength,
  publicKeyOf: (seed) => publicKeyOf(type, seed),
  encapsulate(raw) {
    const key = publicKey(type, raw);
    if (key === null) return null;
    const { ciphertext, sharedKey } = encapsulate(key);
    return { ciphertext: plainBytes(ciphertext), secret: plainBytes(sharedKey) };
  },
  decapsulate(seed, ciphertext) {
    checkLength('a ciphertext', ciphertext, ciphertextLength);
    return plainBytes(decapsulate(privateKey(type, seed), ciphertext));
  },
});

export const mlKem768: Kem = kem('ml-kem-768', 1184, 1088);
export const mlKem1024: Kem = kem('ml-kem-1024', 1568, 1568);
