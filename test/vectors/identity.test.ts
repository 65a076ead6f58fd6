/** The vectors of docs/spec/identity.md, read by both implementations of the primitives, and made again. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import { codeOf } from '../../src/base/errors.ts';
import {
  checkSignedFile,
  decodeIdentity,
  decodePrivateIdentity,
  decodeRotation,
  decodeSignature,
  decodeTextBlocks,
  encodePrivateIdentity,
  encodeTextBlock,
  fingerprintOf,
  followRotations,
} from '../../src/codec/identity/index.ts';
import { implementations } from '../crypto/implementations.ts';
import { makeIdentityVectors, stored } from './identity/identity-vectors.ts';

const { alice, bob } = stored.identities;

function bytesOf(text: string, label: string): Uint8Array {
  const [block, ...more] = decodeTextBlocks(utf8(text));
  assert.ok(block?.label === label && more.length === 0);
  return block.bytes;
}

test('the stored vectors are those that the seeds make', () => {
  assert.deepEqual(makeIdentityVectors(), stored);
});

for (const [name, primitives] of implementations) {
  describe(`vectors of identities over ${name} primitives`, () => {
    for (const [who, vector] of Object.entries({ alice, bob })) {
      test(`the identity of ${who}`, () => {
        const identity = decodeIdentity(primitives, bytesOf(vector.public, 'DST IDENTITY'));
        assert.equal(encodeTextBlock('DST IDENTITY', identity.encoded), vector.public);
        assert.deepEqual(
          [identity.name, identity.created, identity.fingerprint],
          [vector.name, vector.created, vector.fingerprint],
        );
        const hashes = [identity.signing, identity.encryption].map((key) => toHex(primitives.hash('sha256', key)));
        assert.deepEqual(hashes, [vector.signingKeySha256, vector.encryptionKeySha256]);
      });

      test(`the private identity of ${who}`, () => {
        const { identity, secrets } = decodePrivateIdentity(
          primitives,
          bytesOf(vector.private, 'DST PRIVATE IDENTITY'),
        );
        const { signing, encryption, rsa, age } = secrets;
        assert.equal(identity.fingerprint, vector.fingerprint);
        assert.deepEqual(
          [toHex(signing), toHex(encryption), rsa && toHex(rsa.kem), age && toHex(age)],
          [vector.signingSeed, vector.encryptionSeed, vector.kemSeed, vector.ageSecret],
        );
        assert.equal(rsa && Buffer.from(rsa.rsa).toString('base64'), vector.rsa);
        const text = encodeTextBlock('DST PRIVATE IDENTITY', encodePrivateIdentity({ identity, secrets }));
        assert.equal(text, vector.private);
      });
    }

    test('the fingerprints', () => {
      for (const { type, key, fingerprint } of stored.fingerprints) {
        assert.equal(fingerprintOf(primitives, type, fromHex(key) as Uint8Array), fingerprint, type);
      }
    });

    test('the rotation from alice to bob', () => {
      const rotation = decodeRotation(primitives, bytesOf(stored.rotation.text, 'DST ROTATION'));
      assert.equal(rotation.created, stored.rotation.created);
      assert.deepEqual(followRotations(alice.fingerprint, [rotation]), [alice.fingerprint, bob.fingerprint]);
    });

    test('the signature of alice', () => {
      const { content, sha512, created, text, ...rest } = stored.signature;
      const signature = decodeSignature(primitives, bytesOf(text, 'DST SIGNATURE'));
      assert.deepEqual(
        [signature.file.name, signature.created, signature.identity.fingerprint, toHex(signature.file.digest)],
        [rest.name, created, alice.fingerprint, sha512],
      );
      checkSignedFile(signature, { digest: primitives.hash('sha512', utf8(content)), length: content.length });
    });

    for (const { document, what, offset, code } of stored.refused) {
      test(`${document} with a bit changed in ${what} is refused: ${code}`, () => {
        const documents = {
          alice: [alice.public, 'DST IDENTITY', decodeIdentity],
          rotation: [stored.rotation.text, 'DST ROTATION', decodeRotation],
          signature: [stored.signature.text, 'DST SIGNATURE', decodeSignature],
        } as const;
        const [text, label, decode] = documents[document];
        const bytes = bytesOf(text, label);
        bytes[offset] = (bytes[offset] as number) ^ 1;
        assert.throws(
          () => decode(primitives, bytes),
          (error) => codeOf(error) === code,
        );
      });
    }
  });
}
