/** ML-KEM (FIPS 203) over @noble/post-quantum. */
import { ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { checkLength } from '../checks.ts';
import { type Kem, wipe } from '../primitives.ts';

/** A secret in a buffer of its own: @noble gives a view of a longer hash. */
function alone(half: Uint8Array): Uint8Array {
  const secret = half.slice();
  wipe(new Uint8Array(half.buffer));
  return secret;
}

const kem = (scheme: typeof ml_kem768, publicKeyLength: number, ciphertextLength: number): Kem => {
  const pairOf = (seed: Uint8Array): ReturnType<typeof scheme.keygen> => {
    checkLength('a seed', seed, 64);
    return scheme.keygen(seed);
  };
  return {
    publicKeyLength,
    ciphertextLength,
    publicKeyOf(seed) {
      const { publicKey, secretKey } = pairOf(seed);
      wipe(secretKey);
      return publicKey;
    },
    encapsulate(publicKey) {
      // Drawn here, so that a platform without randomness throws: it is not the key that is wrong.
      const message = crypto.getRandomValues(new Uint8Array(32));
      try {
        const { cipherText, sharedSecret } = scheme.encapsulate(publicKey, message);
        return { ciphertext: cipherText, secret: alone(sharedSecret) };
      } catch {
        return null;
      } finally {
        wipe(message);
      }
    },
    decapsulate(seed, ciphertext) {
      checkLength('a ciphertext', ciphertext, ciphertextLength);
      const { secretKey } = pairOf(seed);
      const secret = alone(scheme.decapsulate(ciphertext, secretKey));
      wipe(secretKey);
      return secret;
    },
  };
};

export const mlKem768: Kem = kem(ml_kem768, 1184, 1088);
export const mlKem1024: Kem = kem(ml_kem1024, 1568, 1568);
