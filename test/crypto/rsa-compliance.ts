/** What every implementation of RSA-4096 owes its users (the contract `Rsa` in src/crypto/primitives.ts). */
import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, privateEncrypt, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import { utf8 } from '../../src/base/bytes.ts';
import type { Rsa } from '../../src/crypto/primitives.ts';
import { flipped } from './primitives-compliance.ts';

const message = utf8('a message');
const label = utf8('a label');
const der = { publicKeyEncoding: { type: 'spki', format: 'der' } } as const;
const pkcs8 = { privateKeyEncoding: { type: 'pkcs8', format: 'der' } } as const;

export function rsaCompliance(name: string, rsa: Rsa): void {
  describe(`${name} RSA`, async () => {
    const { privateKey, publicKey } = await rsa.generate();
    const short = generateKeyPairSync('rsa', { modulusLength: 2048, ...der, ...pkcs8 });
    const curve = generateKeyPairSync('ed25519', { ...der, ...pkcs8 });
    const notKeys: readonly Uint8Array[] = [
      new Uint8Array(0),
      new Uint8Array(550).fill(1),
      publicKey.subarray(0, -1),
      privateKey,
      new Uint8Array(short.publicKey),
      new Uint8Array(curve.publicKey),
    ];
    const encrypt = async (...args: Parameters<Rsa['encrypt']>): Promise<Uint8Array> => {
      const ciphertext = await rsa.encrypt(...args);
      assert.ok(ciphertext !== null);
      return ciphertext;
    };

    test('decrypts what it encrypted, up to 446 bytes, with and without a label', async () => {
      for (const length of [0, 1, 32, 446]) {
        const plaintext = new Uint8Array(length).fill(5);
        const ciphertext = await encrypt(publicKey, plaintext, label);
        assert.equal(ciphertext.length, 512);
        assert.equal(ciphertext.constructor, Uint8Array);
        assert.deepEqual(await rsa.decrypt(privateKey, ciphertext, label), plaintext);
      }
      const unlabelled = await encrypt(publicKey, message);
      assert.deepEqual(await rsa.decrypt(privateKey, unlabelled), message);
      assert.deepEqual(await rsa.decrypt(privateKey, unlabelled, new Uint8Array(0)), message);
      assert.notDeepEqual(await encrypt(publicKey, message), unlabelled);
    });

    test('refuses a plaintext that is too long', async () => {
      await assert.rejects(rsa.encrypt(publicKey, new Uint8Array(447)), RangeError);
    });

    test('decrypts nothing that is altered, of another label or of a wrong length', async () => {
      const ciphertext = await encrypt(publicKey, message, label);
      for (const bit of [7, 100, 4095]) {
        assert.equal(await rsa.decrypt(privateKey, flipped(ciphertext, bit), label), null, `bit ${bit}`);
      }
      assert.equal(await rsa.decrypt(privateKey, ciphertext), null);
      assert.equal(await rsa.decrypt(privateKey, ciphertext, message), null);
      for (const wrong of [new Uint8Array(0), ciphertext.subarray(1), new Uint8Array(513), new Uint8Array(512)]) {
        assert.equal(await rsa.decrypt(privateKey, wrong, label), null, `${wrong.length} bytes`);
      }
    });

    test('decrypts nothing without its leading zero', async () => {
      let ciphertext = await encrypt(publicKey, message);
      while (ciphertext[0] !== 0) ciphertext = await encrypt(publicKey, message);
      assert.deepEqual(await rsa.decrypt(privateKey, ciphertext), message);
      assert.equal(await rsa.decrypt(privateKey, ciphertext.subarray(1)), null);
    });

    test('verifies what it signed, and nothing that is altered', async () => {
      const signature = await rsa.sign(privateKey, message);
      assert.equal(signature.length, 512);
      assert.equal(signature.constructor, Uint8Array);
      assert.equal(await rsa.verify(publicKey, message, signature), true);
      assert.equal(await rsa.verify(publicKey, label, signature), false);
      for (const bit of [7, 100, 4095]) {
        assert.equal(await rsa.verify(publicKey, message, flipped(signature, bit)), false, `bit ${bit}`);
      }
      for (const wrong of [new Uint8Array(0), signature.subarray(1), new Uint8Array(513)]) {
        assert.equal(await rsa.verify(publicKey, message, wrong), false, `${wrong.length} bytes`);
      }
    });

    test('verifies no signature in another padding, with another salt or another hash', async () => {
      const key = { key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' } as const;
      const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
      const others = [
        sign('sha256', message, key),
        sign('sha256', message, { ...key, ...pss, saltLength: 20 }),
        sign('sha512', message, { ...key, ...pss }),
        privateEncrypt(key, message),
      ];
      assert.equal(await rsa.verify(publicKey, message, sign('sha256', message, { ...key, ...pss })), true);
      for (const [i, other] of others.entries()) {
        assert.equal(await rsa.verify(publicKey, message, other), false, `signature ${i}`);
      }
    });

    test('takes public keys of RSA-4096 only', async () => {
      const signature = await rsa.sign(privateKey, message);
      for (const [i, key] of notKeys.entries()) {
        assert.equal(await rsa.encrypt(key, message), null, `key ${i}`);
        assert.equal(await rsa.verify(key, message, signature), false, `key ${i}`);
      }
    });

    test('takes private keys of RSA-4096 only', async () => {
      for (const key of [short.privateKey, curve.privateKey, publicKey, new Uint8Array(0)].map(
        (k) => new Uint8Array(k),
      )) {
        await assert.rejects(rsa.sign(key, message));
        await assert.rejects(rsa.decrypt(key, new Uint8Array(512)));
      }
    });
  });
}
