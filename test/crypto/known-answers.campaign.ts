/**
 * Published answers that take long. The accumulated ones stand for vectors that nobody would check in: inputs come out
 * of a SHAKE-128 of nothing, outputs go into another, and the digest of that is what is published
 * (https://words.filippo.io/accumulated/).
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { noblePrimitives } from '../../src/crypto/portable/noble-primitives.ts';
import { campaignSize } from '../campaign.ts';
import { withRandomness } from './fixed-randomness.ts';
import { implementations } from './implementations.ts';

const ROUNDS = campaignSize(100, 10_000) as 100 | 10_000;

/** Pieces of the stream of SHAKE-128 of nothing: `lengths` for each round, in their order. */
function* drawn(rounds: number, lengths: readonly number[]): Generator<readonly Uint8Array[]> {
  const outputLength = rounds * lengths.reduce((sum, length) => sum + length, 0);
  const stream = new Uint8Array(createHash('shake128', { outputLength }).digest());
  for (let at = 0; at < stream.length; ) {
    yield lengths.map((length) => stream.slice(at, (at += length)));
  }
}

/** Of Go's crypto/mlkem, TestAccumulated. Those of C2SP/CCTV for ML-KEM are of the draft of FIPS 203. */
const mlKem768 = {
  100: '1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d346696ce564415',
  10_000: '8a518cc63da366322a8e7a818c7a0d63483cb3528d34a4cf42f35d5ad73f22fc',
};

/** Of C2SP/CCTV, ML-DSA/accumulated. */
const mlDsa = {
  mlDsa44: {
    100: 'd51148e1f9f4fa1a723a6cf42e25f2a99eb5c1b378b3d2dbbd561b1203beeae4',
    10_000: 'e7fd21f6a59bcba60d65adc44404bb29a7c00e5d8d3ec06a732c00a306a7d143',
  },
  mlDsa65: {
    100: '8358a1843220194417cadbc2651295cd8fc65125b5a5c1a239a16dc8b57ca199',
    10_000: '5ff5e196f0b830c3b10a9eb5358e7c98a3a20136cb677f3ae3b90175c3ace329',
  },
};

for (const [name, primitives] of implementations) {
  // Only of the portable implementation can the randomness be fixed: it encapsulates for both.
  test(`${name} ML-KEM-768 has the accumulated answer of ${ROUNDS} keys and ciphertexts`, () => {
    const kem = primitives.mlKem768;
    const answers = createHash('shake128', { outputLength: 32 });
    for (const [seed, message, noise] of drawn(ROUNDS, [64, 32, 1088]) as Iterable<
      [Uint8Array, Uint8Array, Uint8Array]
    >) {
      const publicKey = kem.publicKeyOf(seed);
      const made = withRandomness(message, () => noblePrimitives.mlKem768.encapsulate(publicKey));
      assert.ok(made !== null && kem.encapsulate(publicKey) !== null);
      assert.deepEqual(kem.decapsulate(seed, made.ciphertext), made.secret);
      for (const part of [publicKey, made.ciphertext, made.secret, kem.decapsulate(seed, noise)]) answers.update(part);
    }
    assert.equal(answers.digest('hex'), mlKem768[ROUNDS]);
  });

  for (const scheme of ['mlDsa44', 'mlDsa65'] as const) {
    test(`${name} ${scheme} has the accumulated answer of ${ROUNDS} keys and signatures`, () => {
      const { publicKeyOf, verify } = primitives[scheme];
      const nothing = new Uint8Array(0);
      const answers = createHash('shake128', { outputLength: 32 });
      for (const [seed] of drawn(ROUNDS, [32]) as Iterable<[Uint8Array]>) {
        const publicKey = publicKeyOf(seed);
        // FIPS 204 §3.4: the deterministic variant is the one with zeros for randomness.
        const signature = withRandomness(new Uint8Array(32), () => noblePrimitives[scheme].sign(seed, nothing));
        assert.equal(verify(publicKey, nothing, signature), true);
        answers.update(publicKey).update(signature);
      }
      assert.equal(answers.digest('hex'), mlDsa[scheme][ROUNDS]);
    });
  }

  if (ROUNDS === 100) continue;
  test(`${name} scrypt derives the key of RFC 7914 that takes 1 GiB`, async () => {
    const costs = { logN: 20, r: 8, p: 1 };
    assert.equal(
      toHex(await primitives.scrypt(utf8('pleaseletmein'), utf8('SodiumChloride'), costs, 64)),
      '2101cb9b6a511aaeaddbbe09cf70f881ec568d574a2ffd4dabe5ee9820adaa478e56fd8f4ba5d09ffa1c6d927c40f4c337304049e8a952fbcbf45c6fa77a41a4',
    );
  });
}
