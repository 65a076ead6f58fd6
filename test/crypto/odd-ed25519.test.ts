/**
 * Signatures of Ed25519 that a signer can make on purpose and of which implementations say different things ("Taming
 * the many EdDSAs", 2020): the public key, or R, has a part of small order. RFC 8032 §5.1.7 leaves it open whether the
 * equation is multiplied by the cofactor; ours is not, in every implementation.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ed25519, ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js';
import { bytesToNumberLE } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, utf8 } from '../../src/base/bytes.ts';
import { implementations } from './implementations.ts';

const { Point } = ed25519;
type CurvePoint = typeof Point.BASE;
const { Fn } = Point;

interface Odd {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  /** [S]B = R + [k]A, and not only eight times that. */
  readonly holds: boolean;
}

/** A signature whose key has the part `ofKey` and whose R has the part `ofR`. */
function make(message: string, ofKey: CurvePoint, ofR: CurvePoint): Odd {
  const [a, r] = [Fn.create(123_456_789n), Fn.create(987_654_321n)];
  const publicKey = Point.BASE.multiply(a).add(ofKey).toBytes();
  const bytesOfR = Point.BASE.multiply(r).add(ofR).toBytes();
  const k = Fn.create(bytesToNumberLE(sha512(concat([bytesOfR, publicKey, utf8(message)]))));
  const signature = concat([bytesOfR, Fn.toBytes(Fn.add(r, Fn.mul(k, a)))]);
  const holds = ofR.add(ofKey.multiplyUnsafe(k)).is0();
  return { publicKey, message: utf8(message), signature, holds };
}

const parts = ED25519_TORSION_SUBGROUP.map((point) => Point.fromHex(point));
const odd = parts.flatMap((ofKey) =>
  parts.flatMap((ofR) => Array.from({ length: 8 }, (_, i) => make(`message ${i}`, ofKey, ofR))),
);

test('the samples are what they should be: all hold with the cofactor, some without it', () => {
  for (const { signature, message, publicKey } of odd) {
    assert.equal(ed25519.verify(signature, message, publicKey, { zip215: true }), true);
  }
  const holding = odd.filter(({ holds }) => holds).length;
  assert.ok(holding > 20 && holding < odd.length / 2, `${holding} of ${odd.length}`);
});

/** R of small order and an S of zero: under a key of small order many of them hold, whatever the message. */
const hollow = parts.flatMap((key) =>
  parts.flatMap((r) => {
    const signature = concat([r.toBytes(), new Uint8Array(32)]);
    return Array.from({ length: 8 }, (_, i) => ({
      publicKey: key.toBytes(),
      message: utf8(`message ${i}`),
      signature,
    }));
  }),
);

for (const [name, primitives] of implementations) {
  describe(`Ed25519 of ${name} primitives`, () => {
    test('verifies just what holds without the cofactor', () => {
      for (const [i, { publicKey, message, signature, holds }] of odd.entries()) {
        assert.equal(primitives.ed25519.verify(publicKey, message, signature), holds, `sample ${i}`);
      }
    });

    test('verifies nothing under a key of small order', () => {
      for (const [i, { publicKey, message, signature }] of hollow.entries()) {
        assert.equal(primitives.ed25519.verify(publicKey, message, signature), false, `sample ${i}`);
      }
    });
  });
}
