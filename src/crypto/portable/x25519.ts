/** X25519 (RFC 7748) over @noble/curves. */
import { x25519 as curve } from '@noble/curves/ed25519.js';
import { checkLength } from '../checks.ts';
import type { KeyExchange } from '../primitives.ts';

export const x25519: KeyExchange = {
  publicKeyOf(privateKey) {
    checkLength('a private key', privateKey, 32);
    return curve.getPublicKey(privateKey);
  },
  sharedSecret(privateKey, publicKey) {
    checkLength('a private key', privateKey, 32);
    try {
      return curve.getSharedSecret(privateKey, publicKey);
    } catch {
      return null;
    }
  },
};
