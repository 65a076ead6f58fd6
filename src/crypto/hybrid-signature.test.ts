import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { implementations } from '../../test/crypto/implementations.ts';
import { concat, utf8 } from '../base/bytes.ts';
import {
  HYBRID_PUBLIC_KEY,
  HYBRID_SIGNATURE,
  hybridPublicKeyOf,
  signHybrid,
  verifyHybrid,
} from './hybrid-signature.ts';

const seed = Uint8Array.from({ length: 64 }, (_, i) => i);
const otherSeed = new Uint8Array(64).fill(9);
const PURPOSE = 'dst/v1/test';

for (const [name, primitives] of implementations) {
  describe(`a hybrid signature of ${name} primitives`, () => {
    const publicKey = hybridPublicKeyOf(primitives, seed);
    const digest = primitives.hash('sha512', utf8('a message'));
    const signature = signHybrid(primitives, seed, PURPOSE, digest);
    const verify = (key: Uint8Array, signed: Uint8Array): boolean =>
      verifyHybrid(primitives, key, PURPOSE, digest, signed);

    test('is valid for its key, purpose and message, and for no other', () => {
      assert.deepEqual([publicKey.length, signature.length], [HYBRID_PUBLIC_KEY, HYBRID_SIGNATURE]);
      assert.equal(verify(publicKey, signature), true);
      assert.equal(verify(hybridPublicKeyOf(primitives, otherSeed), signature), false);
      assert.equal(verifyHybrid(primitives, publicKey, 'dst/v1/tests', digest, signature), false);
      assert.equal(verifyHybrid(primitives, publicKey, PURPOSE, digest.with(0, 1), signature), false);
    });

    test('is not valid with only one half', () => {
      const other = signHybrid(primitives, otherSeed, PURPOSE, digest);
      const halves = {
        'another Ed25519': concat([signature.subarray(0, 3309), other.subarray(3309)]),
        'another ML-DSA': concat([other.subarray(0, 3309), signature.subarray(3309)]),
        'no Ed25519': concat([signature.subarray(0, 3309), new Uint8Array(64)]),
        'no ML-DSA': concat([new Uint8Array(3309), signature.subarray(3309)]),
        'Ed25519 alone': signature.subarray(3309),
        'ML-DSA alone': signature.subarray(0, 3309),
      };
      for (const [what, half] of Object.entries(halves)) assert.equal(verify(publicKey, half), false, what);
    });

    test('is not valid under a key of which one half is of another', () => {
      const other = hybridPublicKeyOf(primitives, otherSeed);
      assert.equal(verify(concat([publicKey.subarray(0, 1952), other.subarray(1952)]), signature), false);
      assert.equal(verify(concat([other.subarray(0, 1952), publicKey.subarray(1952)]), signature), false);
      assert.equal(verify(publicKey.subarray(1), signature), false);
    });

    test('no half is a signature over the digest itself', () => {
      assert.equal(primitives.ed25519.verify(publicKey.subarray(1952), digest, signature.subarray(3309)), false);
      assert.equal(primitives.mlDsa65.verify(publicKey.subarray(0, 1952), digest, signature.subarray(0, 3309)), false);
    });

    test('seeds of another length and messages that are no SHA-512 are refused', () => {
      assert.throws(() => hybridPublicKeyOf(primitives, seed.subarray(1)), RangeError);
      assert.throws(() => signHybrid(primitives, seed.subarray(1), PURPOSE, digest), RangeError);
      assert.throws(() => signHybrid(primitives, seed, PURPOSE, digest.subarray(1)), RangeError);
    });
  });
}
