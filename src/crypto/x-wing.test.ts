/** draft-connolly-cfrg-xwing-kem, with its test vectors (appendix C, spec/test-vectors.json). */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { withRandomness } from '../../test/crypto/fixed-randomness.ts';
import { implementations } from '../../test/crypto/implementations.ts';
import { concat, toHex } from '../base/bytes.ts';
import { noblePrimitives } from './portable/noble-primitives.ts';
import {
  X_WING_CIPHERTEXT,
  X_WING_PUBLIC_KEY,
  xWingDecapsulate,
  xWingEncapsulate,
  xWingPublicKeyOf,
} from './x-wing.ts';

/**
 * Seeds and ephemeral seeds of the vectors are the stream of SHAKE-128 of nothing, 32 and 64 bytes in turn; beside
 * them the shared secret of each and the beginnings of public key and ciphertext.
 */
const stream = new Uint8Array(createHash('shake128', { outputLength: 3 * 96 }).digest());
const vectors = [
  ['d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384', 'e2236b35a8c24b39', 'b83aa828d4d62b9a'],
  ['f2e86241c64d60f6649fbc6c5b7d17180b780a3f34355e64a85749949c45f150', '0333285fa2536615', 'c93beb2232670569'],
  ['953f7f4e8c5b5049bdc771d1dffada0dd961477d1a2ae0988baa7ea6898d893f', '36244278824f77c6', '0d2e38cbf17a2e2e'],
].map(([secret, publicKey, ciphertext], i) => ({
  seed: stream.slice(96 * i, 96 * i + 32),
  ephemeral: stream.slice(96 * i + 32, 96 * (i + 1)),
  secret,
  publicKey,
  ciphertext,
}));

for (const [name, primitives] of implementations) {
  describe(`X-Wing of ${name} primitives`, () => {
    const seed = new Uint8Array(32).fill(1);
    const publicKey = xWingPublicKeyOf(primitives, seed);

    test('makes the keys, ciphertexts and secrets of the draft', () => {
      for (const vector of vectors) {
        const theirKey = xWingPublicKeyOf(primitives, vector.seed);
        assert.equal(toHex(theirKey.subarray(0, 8)), vector.publicKey);
        // The randomness of ML-KEM can be fixed in the portable implementation only.
        const made = withRandomness(vector.ephemeral.slice(0, 32), () =>
          xWingEncapsulate(noblePrimitives, theirKey, vector.ephemeral.slice(32)),
        );
        assert.ok(made !== null);
        assert.equal(toHex(made.ciphertext.subarray(0, 8)), vector.ciphertext);
        assert.equal(toHex(made.secret), vector.secret);
        assert.equal(toHex(xWingDecapsulate(primitives, vector.seed, made.ciphertext) as Uint8Array), vector.secret);
      }
    });

    test('decapsulates what it encapsulated', () => {
      const made = xWingEncapsulate(primitives, publicKey, new Uint8Array(32).fill(2));
      assert.ok(made !== null);
      assert.deepEqual([publicKey.length, made.ciphertext.length], [X_WING_PUBLIC_KEY, X_WING_CIPHERTEXT]);
      assert.deepEqual(xWingDecapsulate(primitives, seed, made.ciphertext), made.secret);
    });

    test('an altered ciphertext, be it in the half of ML-KEM or of X25519, gives another secret', () => {
      const made = xWingEncapsulate(primitives, publicKey, new Uint8Array(32).fill(2));
      assert.ok(made !== null);
      for (const at of [0, 1087, 1088, 1118]) {
        const altered = made.ciphertext.slice();
        altered[at] = (altered[at] as number) ^ 1;
        assert.notDeepEqual(xWingDecapsulate(primitives, seed, altered), made.secret, `byte ${at}`);
      }
    });

    test('keys and ciphertexts that are none give null', () => {
      const ephemeral = new Uint8Array(32).fill(2);
      const made = xWingEncapsulate(primitives, publicKey, ephemeral);
      assert.ok(made !== null);
      const smallOrder = new Uint8Array(32);
      const wrongKeys = {
        short: publicKey.subarray(1),
        long: concat([publicKey, seed]),
        'of small order': concat([publicKey.subarray(0, 1184), smallOrder]),
        'not reduced': concat([new Uint8Array(1184).fill(0xff), publicKey.subarray(1184)]),
      };
      for (const [what, key] of Object.entries(wrongKeys)) {
        assert.equal(xWingEncapsulate(primitives, key, ephemeral), null, what);
      }
      for (const wrong of [
        made.ciphertext.subarray(1),
        concat([made.ciphertext, seed]),
        concat([made.ciphertext.subarray(0, 1088), smallOrder]),
      ]) {
        assert.equal(xWingDecapsulate(primitives, seed, wrong), null);
      }
    });

    test('takes seeds of 32 bytes only', () => {
      assert.throws(() => xWingPublicKeyOf(primitives, new Uint8Array(31)), RangeError);
      assert.throws(() => xWingDecapsulate(primitives, new Uint8Array(33), new Uint8Array(1120)), RangeError);
    });
  });
}
