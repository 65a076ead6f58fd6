/** Chance that is no chance: what a published test vector is made with, so that it can be made again. */
import { createHash, createPublicKey } from 'node:crypto';
import { concat, utf8 } from '../../../src/base/bytes.ts';
import type { Random } from '../../../src/base/random.ts';
import { nodePrimitives } from '../../../src/crypto/native/node-primitives.ts';
import { nodeRsa } from '../../../src/crypto/native/rsa.ts';
import { noblePrimitives } from '../../../src/crypto/portable/noble-primitives.ts';
import type { Primitives, Rsa } from '../../../src/crypto/primitives.ts';
import { withRandomness } from '../../crypto/fixed-randomness.ts';

/** The stream of SHAKE-128 of a name. */
export function streamOf(name: string): Random {
  let at = 0;
  return {
    bytes(count) {
      const stream = createHash('shake128', { outputLength: at + count })
        .update(name)
        .digest();
      const bytes = new Uint8Array(stream.subarray(at));
      at += count;
      return bytes;
    },
    below: () => {
      throw new Error('no format draws numbers');
    },
  };
}

/** Only of the portable implementation can the randomness of ML-KEM and ML-DSA be fixed. */
export const fixedPrimitives = (random: Random): Primitives => ({
  ...nodePrimitives,
  mlKem768: {
    ...nodePrimitives.mlKem768,
    encapsulate: (publicKey) => withRandomness(random.bytes(32), () => noblePrimitives.mlKem768.encapsulate(publicKey)),
  },
  mlDsa65: {
    ...nodePrimitives.mlDsa65,
    sign: (seed, message) => withRandomness(random.bytes(32), () => noblePrimitives.mlDsa65.sign(seed, message)),
  },
});

export const fixedRsa = (random: Random): Rsa => ({
  ...nodeRsa,
  encrypt: async (publicKey, plaintext, label = new Uint8Array(0)) =>
    encryptOaep(publicKey, plaintext, label, random.bytes(32)),
});

/** RSAES-OAEP-ENCRYPT (RFC 8017 §7.1.1) with SHA-256 and a given seed. `publicKey`: SPKI of RSA-4096. */
function encryptOaep(publicKey: Uint8Array, plaintext: Uint8Array, label: Uint8Array, seed: Uint8Array): Uint8Array {
  const jwk = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' }).export({ format: 'jwk' });
  const [modulus, exponent] = [jwk.n, jwk.e].map((text) => toBigInt(Buffer.from(text as string, 'base64url'))) as [
    bigint,
    bigint,
  ];
  const zeros = new Uint8Array(512 - 2 * 32 - 2 - plaintext.length);
  const block = concat([nodePrimitives.hash('sha256', label), zeros, Uint8Array.of(1), plaintext]);
  const maskedBlock = xor(block, mask(seed, block.length));
  const encoded = concat([Uint8Array.of(0), xor(seed, mask(maskedBlock, 32)), maskedBlock]);
  return Buffer.from(power(toBigInt(encoded), exponent, modulus).toString(16).padStart(1024, '0'), 'hex');
}

/** MGF1 (RFC 8017 §B.2.1). */
function mask(seed: Uint8Array, length: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    nodePrimitives.hash('sha256', seed, Uint8Array.of(0, 0, 0, i)),
  );
  return concat(blocks).subarray(0, length);
}

const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, i) => byte ^ (b[i] as number));
const toBigInt = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}

/** Content that says where it is from, as long as one wants. */
export const contentOf = (name: string, length: number): Uint8Array =>
  utf8(`${name}; `.repeat(Math.ceil(length / (name.length + 2)))).slice(0, length);
