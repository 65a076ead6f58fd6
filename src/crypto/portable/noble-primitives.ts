/** The primitives over @noble, for runtimes without node:crypto. Slower than OpenSSL, and not in constant time. */
import { equalBytes } from '@noble/ciphers/utils.js';
import { argon2idAsync } from '@noble/hashes/argon2.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { sha3_256, shake256 } from '@noble/hashes/sha3.js';
import { checkScryptCosts } from '../checks.ts';
import type { HashName, Primitives } from '../primitives.ts';
import { aes256Gcm, chacha20Poly1305 } from './aead.ts';
import { mlKem1024, mlKem768 } from './kem.ts';
import { ed25519, mlDsa44, mlDsa65 } from './signatures.ts';
import { x25519 } from './x25519.ts';

const hashes = { sha1, sha256, sha512, 'sha3-256': sha3_256 } satisfies Record<HashName, unknown>;

/** Feeds the parts to a hash or MAC and finishes it. */
function digestOf(
  state: { update(data: Uint8Array): unknown; digest(): Uint8Array },
  parts: readonly Uint8Array[],
): Uint8Array {
  for (const part of parts) state.update(part);
  return state.digest();
}

export const noblePrimitives: Primitives = {
  hash: (name, ...parts) => digestOf(hashes[name].create(), parts),
  hasher(name) {
    const state = hashes[name].create();
    return { update: (data) => void state.update(data), digest: () => state.digest() };
  },
  hmac: (name, key, ...parts) => digestOf(hmac.create(hashes[name], key), parts),
  shake256: (data, length) => shake256(data, { dkLen: length }),
  argon2id: async (password, salt, { memory: m, passes: t, lanes: p }) =>
    argon2idAsync(password, salt, { m, t, p, dkLen: 32, maxmem: m * 1024 }),
  scrypt: async (password, salt, costs, length) => {
    checkScryptCosts(costs);
    const { logN, r, p } = costs;
    const N = 2 ** logN;
    return scryptAsync(password, salt, { N, r, p, dkLen: length, maxmem: 128 * r * (N + p + 1) });
  },
  equal: (a, b) => equalBytes(a, b),
  aes256Gcm,
  chacha20Poly1305,
  x25519,
  ed25519,
  mlKem768,
  mlKem1024,
  mlDsa44,
  mlDsa65,
};
