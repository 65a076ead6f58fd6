/**
 * What every implementation of the primitives owes its users (the contract in src/crypto/primitives.ts), as one suite.
 * Values are held against published ones elsewhere: rfc-vectors.test.ts and test/vectors.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { concat, fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { HashName, Kem, Primitives, SignatureScheme } from '../../src/crypto/primitives.ts';

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

/** A copy with one bit changed. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

/** Plain bytes of their own: a Buffer has other methods of the same names, a view of a pool shows others' secrets. */
function assertPlain(bytes: Uint8Array | null): Uint8Array {
  assert.ok(bytes !== null);
  assert.equal(bytes.constructor, Uint8Array);
  assert.equal(bytes.buffer.byteLength, bytes.byteLength);
  return bytes;
}

/** The points of X25519 whose order divides 8, on the curve and on its twist, in each encoding (RFC 7748 §7). */
const SMALL_ORDER_X25519: readonly string[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
];

export function primitivesCompliance(name: string, primitives: Primitives): void {
  describe(`${name} primitives`, () => {
    hashing(primitives);
    keyDerivation(primitives);
    authenticatedEncryption(primitives);
    keyExchange(primitives);
    describe('ML-KEM-768', () => encapsulation(primitives.mlKem768, 1184, 1088));
    describe('ML-KEM-1024', () => encapsulation(primitives.mlKem1024, 1568, 1568));
    describe('Ed25519', () => signatures(primitives.ed25519, 32, 64));
    describe('ML-DSA-44', () => signatures(primitives.mlDsa44, 1312, 2420));
    describe('ML-DSA-65', () => signatures(primitives.mlDsa65, 1952, 3309));
    oddEd25519(primitives.ed25519);
    hedgedSignatures(primitives);
  });
}

function hashing({ hash, hasher, hmac, shake256, equal }: Primitives): void {
  const names: readonly HashName[] = ['sha1', 'sha256', 'sha512', 'sha3-256'];
  const message = seededRandom(1).bytes(1000);
  const parts = [message.subarray(0, 1), message.subarray(1, 1), message.subarray(1, 700), message.subarray(700)];

  for (const name of names) {
    test(`${name} of parts is that of the whole, at once and as it comes`, () => {
      const whole = assertPlain(hash(name, message));
      assert.deepEqual(assertPlain(hash(name, ...parts)), whole);
      const state = hasher(name);
      for (const part of parts) state.update(part);
      assert.deepEqual(assertPlain(state.digest()), whole);
      assert.deepEqual(hash(name), hasher(name).digest(), 'of nothing');
    });
  }

  test('HMAC of parts is that of the whole, whatever the length of the key', () => {
    for (const name of ['sha256', 'sha512'] as const) {
      for (const length of [0, 1, 64, 65, 128, 129, 300]) {
        const key = filled(length, 7);
        assert.deepEqual(assertPlain(hmac(name, key, ...parts)), hmac(name, key, message), `${name}, ${length}`);
      }
    }
  });

  test('SHAKE256 gives any length, and the beginning of what a longer one gives', () => {
    const long = assertPlain(shake256(message, 500));
    for (const length of [1, 32, 136, 137, 499]) {
      assert.deepEqual(shake256(message, length), long.slice(0, length));
    }
  });

  test('compares bytes of equal and of different length', () => {
    assert.equal(equal(message, message.slice()), true);
    assert.equal(equal(message, flipped(message, 7999)), false);
    assert.equal(equal(message, message.subarray(1)), false);
    assert.equal(equal(filled(0, 0), filled(0, 0)), true);
  });
}

function keyDerivation({ argon2id, scrypt }: Primitives): void {
  const password = utf8('password');
  const salt = filled(16, 2);

  test('Argon2id depends on password, salt and each of its costs', async () => {
    const costs = { memory: 64, passes: 1, lanes: 1 };
    const keys = await Promise.all([
      argon2id(password, salt, costs),
      argon2id(utf8('passwore'), salt, costs),
      argon2id(password, filled(16, 3), costs),
      argon2id(password, salt, { ...costs, memory: 72 }),
      argon2id(password, salt, { ...costs, passes: 2 }),
      argon2id(password, salt, { ...costs, lanes: 2 }),
    ]);
    for (const key of keys) assert.equal(assertPlain(key).length, 32);
    assert.equal(new Set(keys.map(toHex)).size, keys.length);
  });

  test('scrypt depends on password, salt and each of its costs, and gives the length that is asked', async () => {
    const costs = { logN: 4, r: 2, p: 1 };
    const keys = await Promise.all([
      scrypt(password, salt, costs, 40),
      scrypt(utf8('passwore'), salt, costs, 40),
      scrypt(password, filled(16, 3), costs, 40),
      scrypt(password, salt, { ...costs, logN: 5 }, 40),
      scrypt(password, salt, { ...costs, r: 1 }, 40),
      scrypt(password, salt, { ...costs, p: 2 }, 40),
    ]);
    for (const key of keys) assert.equal(assertPlain(key).length, 40);
    assert.equal(new Set(keys.map(toHex)).size, keys.length);
  });

  test('scrypt has the memory that the costs of an age file need', async () => {
    assert.equal((await scrypt(password, salt, { logN: 16, r: 8, p: 1 }, 32)).length, 32);
  });

  test('costs that do not exist reject', async () => {
    await assert.rejects(argon2id(password, salt, { memory: 7, passes: 1, lanes: 1 }));
    await assert.rejects(argon2id(password, salt, { memory: 64, passes: 0, lanes: 1 }));
    await assert.rejects(argon2id(password, salt, { memory: 64, passes: 1, lanes: 0 }));
    for (const wrong of [{ logN: 0 }, { logN: 4.5 }, { logN: 16 }, { r: 0 }, { p: 0 }]) {
      await assert.rejects(scrypt(password, salt, { logN: 4, r: 1, p: 1, ...wrong }, 32), RangeError);
    }
  });
}

function authenticatedEncryption(primitives: Primitives): void {
  const key = filled(32, 1);
  const nonce = filled(12, 2);
  for (const name of ['aes256Gcm', 'chacha20Poly1305'] as const) {
    const aead = primitives[name];

    test(`${name} opens what it sealed, of any length, with and without associated data`, () => {
      // Views at odd offsets: what a decoder cuts out of a message is not aligned.
      const bytes = seededRandom(3).bytes(20_001);
      for (const length of [0, 1, 15, 16, 17, 63, 64, 65, 1000, 16_384]) {
        for (const associated of [undefined, bytes.subarray(5, 5), bytes.subarray(5, 45)]) {
          const plaintext = bytes.subarray(1, 1 + length);
          const copy = plaintext.slice();
          const sealed = assertPlain(aead.seal(key, nonce, plaintext, associated));
          assert.deepEqual(plaintext, copy, 'the plaintext is left as it was');
          assert.equal(sealed.length, length + 16);
          const view = concat([filled(3, 0), sealed]).subarray(3);
          assert.deepEqual(assertPlain(aead.open(key, nonce, view, associated)), copy);
          assert.deepEqual(view, sealed, 'the ciphertext is left as it was');
        }
      }
    });

    test(`${name} opens nothing with a changed bit or cut off anywhere`, () => {
      const sealed = aead.seal(key, nonce, filled(20, 3), filled(5, 4));
      for (let bit = 0; bit < sealed.length * 8; bit++) {
        assert.equal(aead.open(key, nonce, flipped(sealed, bit), filled(5, 4)), null, `bit ${bit}`);
      }
      for (let length = 0; length < sealed.length; length++) {
        assert.equal(aead.open(key, nonce, sealed.subarray(0, length), filled(5, 4)), null, `${length} bytes`);
      }
    });

    test(`${name} opens nothing under another key, nonce or associated data`, () => {
      const sealed = aead.seal(key, nonce, filled(20, 3), filled(5, 4));
      assert.equal(aead.open(filled(32, 9), nonce, sealed, filled(5, 4)), null);
      assert.equal(aead.open(key, filled(12, 9), sealed, filled(5, 4)), null);
      assert.equal(aead.open(key, nonce, sealed, filled(4, 4)), null);
      assert.equal(aead.open(key, nonce, sealed), null);
    });

    test(`${name} takes keys of 32 bytes and nonces of 12 only`, () => {
      for (const length of [0, 16, 24, 31, 33]) {
        assert.throws(() => aead.seal(filled(length, 1), nonce, filled(1, 1)), RangeError);
        assert.throws(() => aead.open(filled(length, 1), nonce, filled(17, 1)), RangeError);
      }
      for (const length of [0, 8, 11, 13, 16]) {
        assert.throws(() => aead.seal(key, filled(length, 1), filled(1, 1)), RangeError);
        assert.throws(() => aead.open(key, filled(length, 1), filled(17, 1)), RangeError);
      }
    });
  }
}

function keyExchange({ x25519 }: Primitives): void {
  const ours = seededRandom(5).bytes(32);
  const theirs = seededRandom(6).bytes(32);

  test('X25519 gives both sides one secret', () => {
    const publicKey = assertPlain(x25519.publicKeyOf(ours));
    const secret = assertPlain(x25519.sharedSecret(theirs, publicKey));
    assert.equal(secret.length, 32);
    assert.deepEqual(x25519.sharedSecret(ours, x25519.publicKeyOf(theirs)), secret);
  });

  test('X25519 has no secret with a point of small order, however it is encoded', () => {
    for (const point of SMALL_ORDER_X25519) {
      assert.equal(x25519.sharedSecret(ours, hex(point)), null, point);
      assert.equal(x25519.sharedSecret(ours, flipped(hex(point), 255)), null, `${point} with its highest bit set`);
    }
  });

  test('X25519 reduces a coordinate above the prime and ignores its highest bit (RFC 7748 §5)', () => {
    const canonical = hex(`09${'00'.repeat(31)}`);
    const secret = x25519.sharedSecret(ours, canonical);
    assert.notEqual(secret, null);
    assert.deepEqual(x25519.sharedSecret(ours, hex(`f6${'ff'.repeat(30)}7f`)), secret);
    assert.deepEqual(x25519.sharedSecret(ours, flipped(canonical, 255)), secret);
  });

  test('X25519 has no secret with a public key of a wrong length', () => {
    for (const length of [0, 31, 33, 64]) assert.equal(x25519.sharedSecret(ours, filled(length, 9)), null);
  });

  test('X25519 takes private keys of 32 bytes only', () => {
    for (const length of [0, 31, 33]) {
      assert.throws(() => x25519.publicKeyOf(filled(length, 1)), RangeError);
      assert.throws(() => x25519.sharedSecret(filled(length, 1), hex(`09${'00'.repeat(31)}`)), RangeError);
    }
  });
}

function encapsulation(kem: Kem, publicKeyLength: number, ciphertextLength: number): void {
  const seed = seededRandom(7).bytes(64);
  const publicKey = kem.publicKeyOf(seed);

  test('has the lengths of FIPS 203 §8', () => {
    assert.deepEqual([kem.publicKeyLength, kem.ciphertextLength], [publicKeyLength, ciphertextLength]);
    assert.equal(assertPlain(publicKey).length, publicKeyLength);
  });

  test('decapsulates what was encapsulated, each time another secret', () => {
    const made = [kem.encapsulate(publicKey), kem.encapsulate(publicKey)];
    for (const one of made) {
      assert.ok(one !== null);
      assert.equal(assertPlain(one.ciphertext).length, ciphertextLength);
      assert.equal(assertPlain(one.secret).length, 32);
      assert.deepEqual(assertPlain(kem.decapsulate(seed, one.ciphertext)), one.secret);
    }
    assert.notDeepEqual(made[0]?.secret, made[1]?.secret);
  });

  test('an altered ciphertext gives another secret, always the same', () => {
    const made = kem.encapsulate(publicKey);
    assert.ok(made !== null);
    const secrets = [0, 1, ciphertextLength * 4, ciphertextLength * 8 - 1].map((bit) => {
      const altered = flipped(made.ciphertext, bit);
      const secret = kem.decapsulate(seed, altered);
      assert.deepEqual(kem.decapsulate(seed, altered), secret);
      return toHex(secret);
    });
    assert.equal(new Set([...secrets, toHex(made.secret)]).size, 5);
  });

  test('encapsulates for no public key of a wrong length', () => {
    for (const length of [0, 32, publicKeyLength - 1, publicKeyLength + 1]) {
      assert.equal(kem.encapsulate(filled(length, 1)), null, `${length} bytes`);
    }
  });

  test('encapsulates for no public key with a coefficient that is not reduced (FIPS 203 §7.2)', () => {
    const coefficients = ((publicKeyLength - 32) / 3) * 2;
    for (let at = 0; at < coefficients; at += 97) {
      for (const value of [3329, 4095]) {
        const wrong = publicKey.slice();
        const byte = (at >> 1) * 3;
        if (at % 2 === 0) wrong.set([value & 0xff, ((wrong[byte + 1] as number) & 0xf0) | (value >> 8)], byte);
        else wrong.set([((wrong[byte + 1] as number) & 0x0f) | ((value & 0x0f) << 4), value >> 4], byte + 1);
        assert.equal(kem.encapsulate(wrong), null, `coefficient ${at} is ${value}`);
      }
    }
  });

  test('takes seeds and ciphertexts of their length only', () => {
    for (const length of [0, 32, 63, 65]) {
      assert.throws(() => kem.publicKeyOf(filled(length, 1)), RangeError);
      assert.throws(() => kem.decapsulate(filled(length, 1), filled(ciphertextLength, 1)), RangeError);
    }
    assert.throws(() => kem.decapsulate(seed, filled(ciphertextLength - 1, 1)), RangeError);
  });
}

function signatures(scheme: SignatureScheme, publicKeyLength: number, signatureLength: number): void {
  const seed = seededRandom(8).bytes(32);
  const publicKey = scheme.publicKeyOf(seed);
  const message = utf8('what is signed');
  const signature = scheme.sign(seed, message);

  test('has the lengths of its standard', () => {
    assert.deepEqual([scheme.publicKeyLength, scheme.signatureLength], [publicKeyLength, signatureLength]);
    assert.equal(assertPlain(publicKey).length, publicKeyLength);
    assert.equal(assertPlain(signature).length, signatureLength);
  });

  test('verifies what it signed, an empty message and a long one too', () => {
    assert.equal(scheme.verify(publicKey, message, signature), true);
    for (const other of [filled(0, 0), filled(100_000, 1)]) {
      assert.equal(scheme.verify(publicKey, other, scheme.sign(seed, other)), true);
    }
  });

  test('verifies nothing with a changed bit in message, signature or key', () => {
    for (const bit of [0, 13, 111]) {
      assert.equal(scheme.verify(publicKey, flipped(message, bit), signature), false, `bit ${bit} of the message`);
    }
    for (let bit = 0; bit < signatureLength * 8; bit += signatureLength > 64 ? 397 : 1) {
      assert.equal(scheme.verify(publicKey, message, flipped(signature, bit)), false, `bit ${bit} of the signature`);
    }
    for (let bit = 0; bit < publicKeyLength * 8; bit += publicKeyLength > 32 ? 397 : 1) {
      assert.equal(scheme.verify(flipped(publicKey, bit), message, signature), false, `bit ${bit} of the key`);
    }
  });

  test('verifies no signature and no key of a wrong length, and no garbage', () => {
    for (const wrong of [
      filled(0, 0),
      signature.subarray(1),
      signature.subarray(0, -1),
      concat([signature, filled(1, 0)]),
    ]) {
      assert.equal(scheme.verify(publicKey, message, wrong), false, `a signature of ${wrong.length} bytes`);
    }
    for (const wrong of [
      filled(0, 0),
      publicKey.subarray(1),
      publicKey.subarray(0, -1),
      concat([publicKey, filled(1, 0)]),
    ]) {
      assert.equal(scheme.verify(wrong, message, signature), false, `a key of ${wrong.length} bytes`);
    }
    for (const byte of [0, 1, 0x7f, 0xff]) {
      assert.equal(scheme.verify(publicKey, message, filled(signatureLength, byte)), false, `a signature of ${byte}s`);
      assert.equal(scheme.verify(filled(publicKeyLength, byte), message, signature), false, `a key of ${byte}s`);
    }
  });

  test('takes seeds of 32 bytes only', () => {
    for (const length of [0, 31, 33, 64]) {
      assert.throws(() => scheme.publicKeyOf(filled(length, 1)), RangeError);
      assert.throws(() => scheme.sign(filled(length, 1), message), RangeError);
    }
  });
}

/** Where implementations of Ed25519 are known to differ ("Taming the many EdDSAs", 2020); ours may not. */
function oddEd25519({ verify, sign, publicKeyOf }: SignatureScheme): void {
  const identity = hex(`01${'00'.repeat(31)}`);

  test('Ed25519 verifies nothing under a key of small order, for which one signature fits every message', () => {
    assert.equal(verify(identity, utf8('any'), concat([identity, filled(32, 0)])), false);
  });

  test('Ed25519 verifies nothing under a second encoding of a key', () => {
    // y = 1 + p, and y = 1 with the sign of x = 0 set.
    for (const text of [`ee${'ff'.repeat(30)}7f`, `01${'00'.repeat(30)}80`]) {
      assert.equal(verify(hex(text), utf8('any'), concat([identity, filled(32, 0)])), false, text);
    }
  });

  test('Ed25519 verifies no signature whose S is not below the order', () => {
    const seed = seededRandom(9).bytes(32);
    const signature = sign(seed, utf8('any'));
    const order = hex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
    let carry = 0;
    const raised = signature.slice();
    for (let i = 0; i < 32; i++) {
      const sum = (signature[32 + i] as number) + (order[i] as number) + carry;
      raised[32 + i] = sum;
      carry = sum >> 8;
    }
    assert.equal(carry, 0);
    assert.equal(verify(publicKeyOf(seed), utf8('any'), raised), false);
  });
}

function hedgedSignatures(primitives: Primitives): void {
  const seed = seededRandom(10).bytes(32);
  const message = utf8('twice');

  test('Ed25519 signs a message always the same way', () => {
    assert.deepEqual(primitives.ed25519.sign(seed, message), primitives.ed25519.sign(seed, message));
  });

  test('ML-DSA signs a message each time with new randomness (FIPS 204 §3.4)', () => {
    for (const scheme of [primitives.mlDsa44, primitives.mlDsa65]) {
      assert.notDeepEqual(scheme.sign(seed, message), scheme.sign(seed, message));
    }
  });
}
