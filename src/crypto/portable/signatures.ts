/** Ed25519 (RFC 8032) over @noble/curves and ML-DSA (FIPS 204) over @noble/post-quantum. */
import { ed25519 as curve } from '@noble/curves/ed25519.js';
import { bytesToNumberLE } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { ml_dsa44, ml_dsa65 } from '@noble/post-quantum/ml-dsa.js';
import { concat, equalBytes } from '../../base/bytes.ts';
import { checkLength } from '../checks.ts';
import { type SignatureScheme, wipe } from '../primitives.ts';

const { Point } = curve;

export const ed25519: SignatureScheme = {
  publicKeyLength: 32,
  signatureLength: 64,
  publicKeyOf(seed) {
    checkLength('a seed', seed, 32);
    return curve.getPublicKey(seed);
  },
  sign(seed, message) {
    checkLength('a seed', seed, 32);
    return curve.sign(message, seed);
  },
  /**
   * RFC 8032 §5.1.7 as OpenSSL does it: no key of small order, and [S]B − [k]A is just the R of the signature. @noble's
   * own `verify` multiplies by the cofactor: there are signatures that the one would take and the other not, a way to
   * tell two people two things.
   */
  verify(publicKey, message, signature) {
    if (signature.length !== 64) return false;
    const ofR = signature.subarray(0, 32);
    const k = Point.Fn.create(bytesToNumberLE(sha512(concat([ofR, publicKey, message]))));
    try {
      const a = Point.fromBytes(publicKey);
      const r = Point.BASE.multiplyUnsafe(bytesToNumberLE(signature.subarray(32))).subtract(a.multiplyUnsafe(k));
      return !a.isSmallOrder() && equalBytes(r.toBytes(), ofR);
    } catch {
      return false; // The key is no point of the curve, in its one encoding, or S is not below the order.
    }
  },
};

const mlDsa = (scheme: typeof ml_dsa65, publicKeyLength: number, signatureLength: number): SignatureScheme => {
  const pairOf = (seed: Uint8Array): ReturnType<typeof scheme.keygen> => {
    checkLength('a seed', seed, 32);
    return scheme.keygen(seed);
  };
  return {
    publicKeyLength,
    signatureLength,
    publicKeyOf(seed) {
      const { publicKey, secretKey } = pairOf(seed);
      wipe(secretKey);
      return publicKey;
    },
    sign(seed, message) {
      const { secretKey } = pairOf(seed);
      const signature = scheme.sign(message, secretKey);
      wipe(secretKey);
      return signature;
    },
    verify: (publicKey, message, signature) =>
      publicKey.length === publicKeyLength && scheme.verify(signature, message, publicKey),
  };
};

export const mlDsa44: SignatureScheme = mlDsa(ml_dsa44, 1312, 2420);
export const mlDsa65: SignatureScheme = mlDsa(ml_dsa65, 1952, 3309);
