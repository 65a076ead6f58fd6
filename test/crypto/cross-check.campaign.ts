/**
 * Both implementations of the primitives on random inputs: where the result is determined they agree, and where chance
 * is in it each opens, decapsulates and verifies what the other made.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { nodePrimitives } from '../../src/crypto/native/node-primitives.ts';
import { nodeRsa } from '../../src/crypto/native/rsa.ts';
import { noblePrimitives } from '../../src/crypto/portable/noble-primitives.ts';
import { webRsa } from '../../src/crypto/portable/rsa.ts';
import type { Primitives } from '../../src/crypto/primitives.ts';
import { hpkeOpen, hpkeSeal, aesSuite, chachaSuite } from '../../src/crypto/hpke.ts';
import { hybridPublicKeyOf, signHybrid, verifyHybrid } from '../../src/crypto/hybrid-signature.ts';
import { xWingPublicKeyOf } from '../../src/crypto/x-wing.ts';
import { campaignSize } from '../campaign.ts';

const ROUNDS = campaignSize(25, 1_000);
const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
const title = (what: string): string => `${what} (${ROUNDS} rounds, seed ${seed})`;
const random = seededRandom(seed);
/** Short, or around the block sizes of ciphers and hashes, or long. */
const anyBytes = (): Uint8Array => random.bytes(random.below(4) === 0 ? random.below(20_000) : random.below(300));
const both = [
  [nodePrimitives, noblePrimitives],
  [noblePrimitives, nodePrimitives],
] as const;

/** What both make of the same input. */
function agree<T>(make: (primitives: Primitives) => T): T {
  const result = make(nodePrimitives);
  assert.deepEqual(make(noblePrimitives), result);
  return result;
}

test(title('hashes and MACs agree'), () => {
  for (let round = 0; round < ROUNDS; round++) {
    const [key, data] = [anyBytes(), anyBytes()];
    for (const name of ['sha1', 'sha256', 'sha512', 'sha3-256'] as const) agree((p) => p.hash(name, key, data));
    for (const name of ['sha256', 'sha512'] as const) agree((p) => p.hmac(name, key, data));
    agree((p) => p.shake256(data, 1 + (round % 400)));
  }
});

test(title('keys of passphrases agree'), async () => {
  for (let round = 0; round < Math.ceil(ROUNDS / 5); round++) {
    const [password, salt] = [anyBytes(), random.bytes(8 + random.below(40))];
    const lanes = 1 + random.below(4);
    const costs = { memory: 8 * lanes + random.below(300), passes: 1 + random.below(3), lanes };
    const [ours, theirs] = await Promise.all(both[0].map((p) => p.argon2id(password, salt, costs)));
    assert.deepEqual(ours, theirs, JSON.stringify(costs));
    const [logN, r, p, length] = [1 + random.below(9), 1 + random.below(9), 1 + random.below(4), 1 + random.below(100)];
    const [one, other] = await Promise.all(both[0].map((i) => i.scrypt(password, salt, { logN, r, p }, length)));
    assert.deepEqual(one, other, `logN ${logN}, r ${r}, p ${p}, ${length} bytes`);
  }
});

test(title('ciphertexts agree, and are opened by either'), () => {
  for (let round = 0; round < ROUNDS; round++) {
    const [key, nonce, plaintext] = [random.bytes(32), random.bytes(12), anyBytes()];
    const associated = random.below(3) === 0 ? undefined : anyBytes();
    for (const name of ['aes256Gcm', 'chacha20Poly1305'] as const) {
      const sealed = agree((p) => p[name].seal(key, nonce, plaintext, associated));
      assert.deepEqual(
        agree((p) => p[name].open(key, nonce, sealed, associated)),
        plaintext,
      );
    }
  }
});

test(title('X25519 agrees, on any bytes for a public key'), () => {
  for (let round = 0; round < ROUNDS; round++) {
    const privateKey = random.bytes(32);
    agree((p) => p.x25519.publicKeyOf(privateKey));
    const anyPoint = random.bytes(32);
    agree((p) => p.x25519.sharedSecret(privateKey, anyPoint));
  }
});

test(
  title('ML-KEM: seeds give the same keys, either decapsulates for the other, any bytes give the same secret'),
  () => {
    for (let round = 0; round < ROUNDS; round++) {
      const kemSeed = random.bytes(64);
      for (const name of ['mlKem768', 'mlKem1024'] as const) {
        const publicKey = agree((p) => p[name].publicKeyOf(kemSeed));
        for (const [one, other] of both) {
          const made = one[name].encapsulate(publicKey);
          assert.ok(made !== null);
          assert.deepEqual(other[name].decapsulate(kemSeed, made.ciphertext), made.secret);
        }
        const anyCiphertext = random.bytes(nodePrimitives[name].ciphertextLength);
        agree((p) => p[name].decapsulate(kemSeed, anyCiphertext));
        // Two bytes of the key are random: it remains one about as often as not.
        const otherKey = publicKey.slice();
        otherKey.set(random.bytes(2), random.below(publicKey.length - 34));
        agree((p) => p[name].encapsulate(otherKey) === null);
      }
    }
  },
);

test(title('signatures: seeds give the same keys, either verifies what the other signed'), () => {
  for (let round = 0; round < ROUNDS; round++) {
    const [keySeed, message] = [random.bytes(32), anyBytes()];
    agree((p) => p.ed25519.sign(keySeed, message));
    for (const name of ['ed25519', 'mlDsa44', 'mlDsa65'] as const) {
      const publicKey = agree((p) => p[name].publicKeyOf(keySeed));
      for (const [one, other] of both) {
        const signature = one[name].sign(keySeed, message);
        assert.equal(other[name].verify(publicKey, message, signature), true, name);
        const at = random.below(signature.length);
        signature[at] = (signature[at] as number) ^ (1 + random.below(255));
        assert.equal(
          agree((p) => p[name].verify(publicKey, message, signature)),
          false,
          `${name}, byte ${at} changed`,
        );
      }
    }
  }
});

test(title('what is built of them crosses over too: X-Wing, HPKE, hybrid signatures'), () => {
  for (let round = 0; round < ROUNDS; round++) {
    const [kemSeed, info, plaintext] = [random.bytes(32), anyBytes(), anyBytes()];
    const signSeed = random.bytes(64);
    const publicKey = agree((p) => xWingPublicKeyOf(p, kemSeed));
    const verifyKey = agree((p) => hybridPublicKeyOf(p, signSeed));
    for (const [one, other] of both) {
      for (const suite of [aesSuite, chachaSuite]) {
        const sealed = hpkeSeal(suite(one), publicKey, info, plaintext, random.bytes(32));
        assert.ok(sealed !== null);
        const { encapsulated, ciphertext } = sealed;
        assert.deepEqual(hpkeOpen(suite(other), kemSeed, info, encapsulated, ciphertext), plaintext);
      }
      const digest = one.hash('sha512', plaintext);
      const signature = signHybrid(one, signSeed, 'dst/v1/test', digest);
      assert.equal(verifyHybrid(other, verifyKey, 'dst/v1/test', digest, signature), true);
    }
  }
});

const RSA_ROUNDS = Math.ceil(ROUNDS / 10);
test(`RSA: either decrypts and verifies for the other (${RSA_ROUNDS} rounds, seed ${seed})`, async () => {
  for (const generator of [nodeRsa, webRsa]) {
    const { privateKey, publicKey } = await generator.generate();
    for (let round = 0; round < RSA_ROUNDS; round++) {
      const [plaintext, label, message] = [random.bytes(random.below(447)), anyBytes(), anyBytes()];
      for (const [one, other] of [
        [nodeRsa, webRsa],
        [webRsa, nodeRsa],
      ] as const) {
        const ciphertext = await one.encrypt(publicKey, plaintext, label);
        assert.ok(ciphertext !== null);
        assert.deepEqual(await other.decrypt(privateKey, ciphertext, label), plaintext);
        assert.equal(await other.verify(publicKey, message, await one.sign(privateKey, message)), true);
      }
    }
  }
});
