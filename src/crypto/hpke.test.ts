/** RFC 9180 with MLKEM768-X25519, against the test vector of draft-ietf-hpke-pq (test-vectors.json). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withRandomness } from '../../test/crypto/fixed-randomness.ts';
import { implementations } from '../../test/crypto/implementations.ts';
import { fromHex, toHex, utf8 } from '../base/bytes.ts';
import { aesSuite, chachaSuite, hpkeOpen, hpkeSeal, type HpkeSuite } from './hpke.ts';
import { noblePrimitives } from './portable/noble-primitives.ts';
import { xWingPublicKeyOf } from './x-wing.ts';

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;

/** kem_id 0x647a, kdf_id 1, aead_id 3, mode 0; `info` is hexadecimal in hexadecimal there too. */
const vector = {
  info: utf8(toHex(utf8('Ode on a Grecian Urn'))),
  ikmE: '2a1c0a3745fe8a48fb62034d300f54dfe1974a5b2e169e580a8789cb1cf5fd190fc00f3fd899594e01a8b15334b9f3fa03d8de44da86e19f5776850fb689e6c8',
  skRm: '3ec47fa82dd5689d27c6190e724c74ec8f608df3331ce331929e37b829676630',
  key: '131c2ebb469b909a40915914afd7ff5e638888ac7195dcaaaef8f9a84f0e4030',
  baseNonce: '2b7a68f19e6cdbd43dda3c6d',
  plaintext: utf8(toHex(utf8('Beauty is truth, truth beauty'))),
  associated: utf8('Count-0'),
  ciphertext:
    'c5c591f99092d5e38df0a52699af249c66f8275a863423c076de8147a53e65cc584041c963b77a7e59ea93841b1339b5efda8909b71f74bb0073ad62e899de310c1566dea2fd29eba377',
};

for (const [name, primitives] of implementations) {
  describe(`HPKE of ${name} primitives`, () => {
    const seed = new Uint8Array(32).fill(1);
    const publicKey = xWingPublicKeyOf(primitives, seed);
    const [info, plaintext] = [utf8('info'), utf8('plaintext')];

    test('derives the key and nonce of the draft, and opens its first message', () => {
      const { ikmE, skRm, key, baseNonce, associated, ciphertext } = vector;
      // The messages of the draft have associated data, which ours have not: they are handed to the cipher here.
      const seen: string[] = [];
      const { chacha20Poly1305 } = primitives;
      const aead: HpkeSuite['aead'] = {
        seal: () => new Uint8Array(0),
        open(...args) {
          seen.push(toHex(args[0]), toHex(args[1]));
          return chacha20Poly1305.open(args[0], args[1], args[2], associated);
        },
      };
      const made = withRandomness(hex(ikmE).slice(0, 32), () => {
        const theirs = xWingPublicKeyOf(primitives, hex(skRm));
        return hpkeSeal(chachaSuite(noblePrimitives), theirs, vector.info, plaintext, hex(ikmE).slice(32));
      });
      assert.ok(made !== null);
      const suite = { ...chachaSuite(primitives), aead };
      const opened = hpkeOpen(suite, hex(skRm), vector.info, made.encapsulated, hex(ciphertext));
      assert.deepEqual(seen, [key, baseNonce]);
      assert.deepEqual(opened, vector.plaintext);
    });

    for (const [cipher, suiteOf] of Object.entries({ aesSuite, chachaSuite })) {
      test(`opens what it sealed with ${cipher}, and nothing else`, () => {
        const suite = suiteOf(primitives);
        const sealed = hpkeSeal(suite, publicKey, info, plaintext, new Uint8Array(32).fill(2));
        assert.ok(sealed !== null);
        const { encapsulated, ciphertext } = sealed;
        const altered = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] as number) ^ 1);
        assert.deepEqual(hpkeOpen(suite, seed, info, encapsulated, ciphertext), plaintext);
        assert.equal(hpkeOpen(suite, seed.with(0, 2), info, encapsulated, ciphertext), null);
        assert.equal(hpkeOpen(suite, seed, utf8('other'), encapsulated, ciphertext), null);
        assert.equal(hpkeOpen(suite, seed, info, altered(encapsulated, 0), ciphertext), null);
        assert.equal(hpkeOpen(suite, seed, info, altered(encapsulated, 1100), ciphertext), null);
        assert.equal(hpkeOpen(suite, seed, info, encapsulated, altered(ciphertext, 3)), null);
        assert.equal(hpkeOpen(suite, seed, info, encapsulated.subarray(1), ciphertext), null);
        assert.equal(hpkeOpen(suite, seed, info, encapsulated, ciphertext.subarray(0, 15)), null);
        const otherSuite = suiteOf === aesSuite ? chachaSuite(primitives) : aesSuite(primitives);
        assert.equal(hpkeOpen(otherSuite, seed, info, encapsulated, ciphertext), null);
      });
    }

    test('seals for no public key that is none', () => {
      const ephemeral = new Uint8Array(32).fill(2);
      assert.equal(hpkeSeal(aesSuite(primitives), publicKey.subarray(1), info, plaintext, ephemeral), null);
      assert.equal(hpkeSeal(aesSuite(primitives), new Uint8Array(1216).fill(0xff), info, plaintext, ephemeral), null);
    });
  });
}
