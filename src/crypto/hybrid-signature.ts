/**
 * A signature of ML-DSA-65 and of Ed25519 over the same message; valid when both are. A seed is the two seeds behind
 * each other, as are public keys and signatures. Each half signs the purpose and a hash of the message, so a half is no
 * signature of its scheme over anything else.
 */
import { concat, utf8 } from '../base/bytes.ts';
import type { ByteCount } from '../base/units.ts';
import { checkLength } from './checks.ts';
import type { Primitives } from './primitives.ts';

export const HYBRID_SEED: ByteCount = 64;
export const HYBRID_PUBLIC_KEY: ByteCount = 1952 + 32;
export const HYBRID_SIGNATURE: ByteCount = 3309 + 64;

export function hybridPublicKeyOf({ mlDsa65, ed25519 }: Primitives, seed: Uint8Array): Uint8Array {
  checkLength('a seed', seed, HYBRID_SEED);
  return concat([mlDsa65.publicKeyOf(seed.subarray(0, 32)), ed25519.publicKeyOf(seed.subarray(32))]);
}

/** `purpose`: what is signed, `dst/v1/file` for instance; never taken from a message. `digest`: SHA-512 of the message. */
export function signHybrid(primitives: Primitives, seed: Uint8Array, purpose: string, digest: Uint8Array): Uint8Array {
  checkLength('a seed', seed, HYBRID_SEED);
  const message = messageOf(purpose, digest);
  const { mlDsa65, ed25519 } = primitives;
  return concat([mlDsa65.sign(seed.subarray(0, 32), message), ed25519.sign(seed.subarray(32), message)]);
}

export function verifyHybrid(
  { mlDsa65, ed25519 }: Primitives,
  publicKey: Uint8Array,
  purpose: string,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== HYBRID_PUBLIC_KEY || signature.length !== HYBRID_SIGNATURE) return false;
  const message = messageOf(purpose, digest);
  const isFirst = mlDsa65.verify(publicKey.subarray(0, 1952), message, signature.subarray(0, 3309));
  const isSecond = ed25519.verify(publicKey.subarray(1952), message, signature.subarray(3309));
  return isFirst && isSecond;
}

function messageOf(purpose: string, digest: Uint8Array): Uint8Array {
  checkLength('what is signed, a SHA-512,', digest, 64);
  return concat([utf8(`${purpose}\n`), digest]);
}
