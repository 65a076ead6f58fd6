/** Debian's `age` opens what is sealed here, and the other way round. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { utf8 } from '../../src/base/bytes.ts';
import { systemRandom } from '../../src/base/random.ts';
import {
  ageIdentity,
  agePassphraseIdentity,
  agePassphraseRecipient,
  agePublicKeyOf,
  decodeAgeIdentityFile,
  encodeAgePublicKey,
  encodeArmor,
} from '../../src/codec/age/index.ts';
import { nodePrimitives } from '../../src/crypto/native/node-primitives.ts';
import { EDGES, newKeyPair, newRandom, open, seal } from './age-files.ts';
import { Age } from './clients/age.ts';
import { enterNamespace } from './namespace.ts';

const skip = await enterNamespace(import.meta.filename, ['age'], []);

const PASSPHRASE = 'Käse und Brot 7';
/** Random lengths beside the edges: of files for a key, and of those for a passphrase, which take a second each. */
const RANDOM_SIZES = 200;
const SLOW_SIZES = [0, 1, 65_535, 65_536, 65_537, 131_072];

describe('age', { skip }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'dst-age-'));
  const age = new Age(dir);
  after(() => rmSync(dir, { recursive: true }));

  test('files for an X25519 key go both ways, of each size', async () => {
    const { recipient, identity, publicText, secretText } = newKeyPair('x25519');
    const { seed, random } = newRandom();
    for (const size of [...EDGES, ...Array.from({ length: RANDOM_SIZES }, () => random.below(300_000))]) {
      const content = random.bytes(size);
      const isArmored = random.below(2) === 1;
      const what = `${size} bytes${isArmored ? ', armored' : ''}, seed ${seed}`;
      const ours = await seal(content, recipient);
      const theirs = age.encrypt(content, '-r', publicText, ...(isArmored ? ['-a'] : []));
      assert.deepEqual(age.decrypt(isArmored ? encodeArmor(ours) : ours, secretText), content, what);
      assert.deepEqual(await open(theirs, identity), content, what);
    }
  });

  test('files for several keys go both ways', async () => {
    const pairs = [newKeyPair('x25519'), newKeyPair('x25519'), newKeyPair('x25519')];
    const content = utf8('for three');
    const ours = await seal(content, ...pairs.map(({ recipient }) => recipient));
    const theirs = age.encrypt(content, ...pairs.flatMap(({ publicText }) => ['-r', publicText]));
    for (const { identity, secretText } of pairs) {
      assert.deepEqual(age.decrypt(ours, secretText), content);
      assert.deepEqual(await open(theirs, identity), content);
    }
  });

  test('files for a passphrase go both ways, of each size', async () => {
    const { seed, random } = newRandom();
    const identity = agePassphraseIdentity(nodePrimitives, PASSPHRASE);
    for (const size of [...SLOW_SIZES, random.below(300_000)]) {
      const content = random.bytes(size);
      // One has the work factor that is used unless said.
      const workFactor = size === 0 ? undefined : 10;
      const ours = await seal(content, agePassphraseRecipient(nodePrimitives, systemRandom, PASSPHRASE, workFactor));
      const theirs = age.encryptWithPassphrase(content, PASSPHRASE);
      assert.deepEqual(age.decryptWithPassphrase(ours, PASSPHRASE), content, `${size} bytes, seed ${seed}`);
      assert.deepEqual(await open(theirs, identity), content, `${size} bytes, seed ${seed}`);
    }
  });

  test('an identity file of age-keygen is read, and its public key is the same', async () => {
    const file = age.newIdentityFile() + age.newIdentityFile();
    const keys = decodeAgeIdentityFile(file);
    const publicTexts = keys.map((key) => encodeAgePublicKey(agePublicKeyOf(nodePrimitives, key)));
    assert.equal(age.recipientsOf(file), publicTexts.map((text) => `${text}\n`).join(''));
    const theirs = age.encrypt(utf8('mine'), '-r', publicTexts[1] as string);
    assert.deepEqual(await open(theirs, ...keys.map((key) => ageIdentity(nodePrimitives, key))), utf8('mine'));
  });
});
