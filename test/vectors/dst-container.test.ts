/** The vectors of docs/spec/dst.md, opened by both implementations of the primitives, and made again. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { concat, toHex } from '../../src/base/bytes.ts';
import { codeOf } from '../../src/base/errors.ts';
import { DstOpener, openDst, passphraseIdentity } from '../../src/codec/dst/index.ts';
import { CHUNKS_HEAD } from '../../src/codec/dst/chunks.ts';
import { type Identity, LONGEST_HEADER, sealedErrors } from '../../src/codec/sealed/index.ts';
import { unwrapFileKey } from '../../src/codec/sealed/file-key.ts';
import { parseHeader } from '../../src/codec/sealed/header.ts';
import { DST_VERSION } from '../../src/codec/dst/seal.ts';
import { hybridPublicKeyOf } from '../../src/crypto/hybrid-signature.ts';
import type { Primitives, Rsa } from '../../src/crypto/primitives.ts';
import { xWingPublicKeyOf } from '../../src/crypto/x-wing.ts';
import { implementations } from '../crypto/implementations.ts';
import { type ContainerVector, containerVectors } from './dst/container-vectors.ts';
import { authorKey, base64, hex, identitiesOf, keys } from './dst/people.ts';
import { fileOf, vectorsOf } from './dst/stored.ts';

const vectors = vectorsOf('container');
/** Codes that no file can bring about: those of who seals, of age, and of what is in a file. */
const elsewhere = ['SEALED_RECIPIENT', 'SEALED_ARMOR', 'SEALED_KEY_TEXT', 'SEALED_CONTENT'];

const readersOf = ({ readers, passphrases }: ContainerVector, primitives: Primitives, rsa: Rsa): Identity[] => [
  ...readers.flatMap((reader) => identitiesOf(reader, primitives, rsa)),
  ...passphrases.map((passphrase) => passphraseIdentity(primitives, passphrase)),
];

/** Opens the file in steps of some bytes; what was given out until its end, or until it was refused. */
async function read(primitives: Primitives, file: Uint8Array, identities: readonly Identity[], step: number) {
  const released: Uint8Array[] = [];
  try {
    const opener = await DstOpener.begin(primitives, file.subarray(0, LONGEST_HEADER + CHUNKS_HEAD), identities);
    for (let at = opener.payloadAt; at < file.length; at += step) {
      released.push(opener.push(file.subarray(at, Math.min(at + step, file.length))));
    }
    const { content, signer } = opener.finish();
    return { result: 'opened', content: concat([...released, content]), head: opener.head, signer };
  } catch (error) {
    return { result: codeOf(error), content: concat(released), head: null, signer: null };
  }
}

for (const [name, primitives, rsa] of implementations) {
  describe(`vectors of .dst over ${name} primitives`, () => {
    test('the public keys are those of the private ones', () => {
      const { alice, bob, carol, author } = keys;
      for (const key of [alice, bob]) {
        assert.deepEqual(xWingPublicKeyOf(primitives, hex(key.privateKey)), base64(key.publicKey));
      }
      assert.deepEqual(primitives.mlKem768.publicKeyOf(hex(carol.privateKey.kem)), base64(carol.publicKey.kem));
      assert.deepEqual(hybridPublicKeyOf(primitives, hex(author.privateKey)), base64(author.publicKey));
    });

    for (const vector of vectors) {
      test(`${vector.name}: ${vector.result}`, async () => {
        const file = fileOf(vector, vectors);
        const identities = readersOf(vector, primitives, rsa);
        const { result, content, head, signer } = await read(primitives, file, identities, 5000);
        assert.equal(result, vector.result);
        assert.equal(content.length, vector.released);
        assert.equal(toHex(primitives.hash('sha256', content)), vector.sha256);
        assert.deepEqual(head, vector.head);
        assert.deepEqual(signer, vector.head?.isSigned === true ? authorKey : null);
      });
    }

    test('the file keys are those of the vectors', async () => {
      for (const vector of vectors) {
        if (vector.fileKey === null) continue;
        const header = parseHeader(fileOf(vector, vectors), DST_VERSION);
        const fileKey = await unwrapFileKey(primitives, header, readersOf(vector, primitives, rsa), 'argon2id');
        assert.equal(toHex(fileKey), vector.fileKey, vector.name);
      }
    });
  });
}

test('there is a vector for each error that a file can bring about', () => {
  const found = new Set(vectors.map(({ result }) => result));
  for (const code of Object.keys(sealedErrors)) assert.equal(found.has(code), !elsewhere.includes(code), code);
});

test('files that are made as the vectors were are the same bytes (else: test/vectors/dst/README.md)', async () => {
  assert.deepEqual(await containerVectors(), vectors);
});

test('a whole file in memory is opened in one call', async () => {
  const [, primitives, rsa] = implementations[0] as (typeof implementations)[number];
  const vector = vectors.find(({ name }) => name === 'signed') as ContainerVector;
  const { content, signer } = await openDst(primitives, fileOf(vector, vectors), readersOf(vector, primitives, rsa));
  assert.deepEqual([toHex(primitives.hash('sha256', content)), signer], [vector.sha256, authorKey]);
});
