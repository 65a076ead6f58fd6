/** X25519 (RFC 7748) over OpenSSL. */
import { diffieHellman } from 'node:crypto';
import type { KeyExchange } from '../primitives.ts';
import { privateKey, publicKey, publicKeyOf } from './keys.ts';
import { plainBytes } from '../plain-bytes.ts';

export const x25519: KeyExchange = {
  publicKeyOf: (raw) => publicKeyOf('x25519', raw),
  sharedSecret(own, theirs) {
    const ours = privateKey('x25519', own);
    const key = publicKey('x25519', theirs);
    if (key === null) return null;
    try {
      return plainBytes(diffieHellman({ privateKey: ours, publicKey: key }));
    } catch {
      return null; // OpenSSL refuses a secret of zeros (RFC 7748 §6.1).
    }
  },
};
