/**
 * X-Wing (draft-connolly-cfrg-xwing-kem), MLKEM768-X25519 of HPKE: a key encapsulation that holds as long as one of
 * ML-KEM-768 and X25519 does. A private key is a seed of 32 bytes.
 */
import { concat } from '../base/bytes.ts';
import type { ByteCount } from '../base/units.ts';
import { checkLength } from './checks.ts';
import { type Encapsulation, type Primitives, wipe } from './primitives.ts';

export const X_WING_PUBLIC_KEY: ByteCount = 1216;
export const X_WING_CIPHERTEXT: ByteCount = 1120;
/** §5.3 of the draft. */
const LABEL = Uint8Array.of(0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c);
const KEM_PART = { publicKey: 1184, ciphertext: 1088 };

/** §5.2: the private keys of ML-KEM-768 and X25519 that a seed stands for. */
export function expandXWing(
  primitives: Primitives,
  seed: Uint8Array,
): { kemSeed: Uint8Array; exchangeKey: Uint8Array } {
  checkLength('a private key of X-Wing', seed, 32);
  const expanded = primitives.shake256(seed, 96);
  return { kemSeed: expanded.subarray(0, 64), exchangeKey: expanded.subarray(64) };
}

export function xWingPublicKeyOf(primitives: Primitives, seed: Uint8Array): Uint8Array {
  const { kemSeed, exchangeKey } = expandXWing(primitives, seed);
  const publicKey = concat([primitives.mlKem768.publicKeyOf(kemSeed), primitives.x25519.publicKeyOf(exchangeKey)]);
  wipe(kemSeed, exchangeKey);
  return publicKey;
}

/** `ephemeral`: 32 random bytes, for this call alone. Null when the public key is none. */
export function xWingEncapsulate(
  primitives: Primitives,
  publicKey: Uint8Array,
  ephemeral: Uint8Array,
): Encapsulation | null {
  if (publicKey.length !== X_WING_PUBLIC_KEY) return null;
  const theirs = publicKey.subarray(KEM_PART.publicKey);
  const kem = primitives.mlKem768.encapsulate(publicKey.subarray(0, KEM_PART.publicKey));
  const exchanged = primitives.x25519.sharedSecret(ephemeral, theirs);
  if (kem === null || exchanged === null) return null;
  const share = primitives.x25519.publicKeyOf(ephemeral);
  const secret = combine(primitives, kem.secret, exchanged, share, theirs);
  return { ciphertext: concat([kem.ciphertext, share]), secret };
}

/** 32 bytes; null for a ciphertext of a wrong length or with a share of small order. */
export function xWingDecapsulate(primitives: Primitives, seed: Uint8Array, ciphertext: Uint8Array): Uint8Array | null {
  if (ciphertext.length !== X_WING_CIPHERTEXT) return null;
  const { kemSeed, exchangeKey } = expandXWing(primitives, seed);
  const share = ciphertext.subarray(KEM_PART.ciphertext);
  const kemSecret = primitives.mlKem768.decapsulate(kemSeed, ciphertext.subarray(0, KEM_PART.ciphertext));
  const exchanged = primitives.x25519.sharedSecret(exchangeKey, share);
  const own = primitives.x25519.publicKeyOf(exchangeKey);
  wipe(kemSeed, exchangeKey);
  return exchanged === null ? null : combine(primitives, kemSecret, exchanged, share, own);
}

function combine(
  primitives: Primitives,
  kemSecret: Uint8Array,
  exchanged: Uint8Array,
  share: Uint8Array,
  publicKey: Uint8Array,
): Uint8Array {
  const secret = primitives.hash('sha3-256', kemSecret, exchanged, share, publicKey, LABEL);
  wipe(kemSecret, exchanged);
  return secret;
}
