/** The primitives over Node's OpenSSL. */
import { argon2, createHash, createHmac, hash, scrypt, timingSafeEqual } from 'node:crypto';
import { checkScryptCosts } from '../checks.ts';
import type { Primitives } from '../primitives.ts';
import { aes256Gcm, chacha20Poly1305 } from './aead.ts';
import { mlKem1024, mlKem768 } from './kem.ts';
import { plainBytes } from '../plain-bytes.ts';
import { ed25519, mlDsa44, mlDsa65 } from './signatures.ts';
import { x25519 } from './x25519.ts';

export const nodePrimitives: Primitives = {
  hash(name, ...parts) {
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return plainBytes(hash(name, only, 'buffer'));
    const digest = createHash(name);
    for (const part of parts) digest.update(part);
    return plainBytes(digest.digest());
  },
  hasher(name) {
    const state = createHash(name);
    return { update: (data) => void state.update(data), digest: () => plainBytes(state.digest()) };
  },
  hmac(name, key, ...parts) {
    const mac = createHmac(name, key);
    for (const part of parts) mac.update(part);
    return plainBytes(mac.digest());
  },
  shake256: (data, outputLength) => plainBytes(createHash('shake256', { outputLength }).update(data).digest()),
  argon2id: (message, nonce, { memory, passes, lanes: parallelism }) =>
    new Promise((resolve, reject) => {
      const parameters = { message, nonce, memory, passes, parallelism, tagLength: 32 };
      argon2('argon2id', parameters, (error, key) => {
        if (error === null) resolve(plainBytes(key));
        else reject(error);
      });
    }),
  scrypt: (password, salt, costs, length) =>
    new Promise((resolve, reject) => {
      checkScryptCosts(costs);
      const { logN, r, p } = costs;
      const N = 2 ** logN;
      // What OpenSSL reckons that it needs; its own limit is 32 MiB.
      const maxmem = 128 * r * (N + p + 2);
      scrypt(password, salt, length, { N, r, p, maxmem }, (error, key) => {
        if (error === null) resolve(plainBytes(key));
        else reject(error);
      });
    }),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  aes256Gcm,
  chacha20Poly1305,
  x25519,
  ed25519,
  mlKem768,
  mlKem1024,
  mlDsa44,
  mlDsa65,
};
