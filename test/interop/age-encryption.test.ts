/** npm's age-encryption (typage), by age's author, opens what is sealed here, and the other way round. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  armor,
  Decrypter,
  Encrypter,
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
} from 'age-encryption';
import { toText, utf8 } from '../../src/base/bytes.ts';
import { systemRandom } from '../../src/base/random.ts';
import {
  agePassphraseIdentity,
  agePassphraseRecipient,
  agePublicKeyOf,
  decodeAgeSecretKey,
  encodeAgePublicKey,
  encodeArmor,
} from '../../src/codec/age/index.ts';
import type { Identity, Recipient } from '../../src/codec/sealed/index.ts';
import { nodePrimitives } from '../../src/crypto/native/node-primitives.ts';
import { EDGES, newKeyPair, newRandom, open, seal } from './age-files.ts';

/** A cheap one: theirs is in JavaScript. */
const WORK_FACTOR = 8;
const PASSPHRASE = 'Käse und Brot 7';
const RANDOM_SIZES = 50;

interface Exchange {
  readonly recipient: Recipient;
  readonly identity: Identity;
  readonly encrypter: Encrypter;
  readonly decrypter: Decrypter;
}

function ofKey(kind: 'x25519' | 'hybrid'): Exchange {
  const { recipient, identity, publicText, secretText } = newKeyPair(kind);
  const encrypter = new Encrypter();
  encrypter.addRecipient(publicText);
  const decrypter = new Decrypter();
  decrypter.addIdentity(secretText);
  return { recipient, identity, encrypter, decrypter };
}

function ofPassphrase(): Exchange {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(PASSPHRASE);
  encrypter.setScryptWorkFactor(WORK_FACTOR);
  const decrypter = new Decrypter();
  decrypter.addPassphrase(PASSPHRASE);
  const recipient = agePassphraseRecipient(nodePrimitives, systemRandom, PASSPHRASE, WORK_FACTOR);
  return { recipient, identity: agePassphraseIdentity(nodePrimitives, PASSPHRASE), encrypter, decrypter };
}

describe('age-encryption', () => {
  for (const [title, exchange] of [
    ['an X25519 key', ofKey('x25519')],
    ['a hybrid key', ofKey('hybrid')],
    ['a passphrase', ofPassphrase()],
  ] as const) {
    test(`files for ${title} go both ways, of each size`, async () => {
      const { recipient, identity, encrypter, decrypter } = exchange;
      const { seed, random } = newRandom();
      for (const size of [...EDGES, ...Array.from({ length: RANDOM_SIZES }, () => random.below(150_000))]) {
        const content = random.bytes(size);
        const ours = await seal(content, recipient);
        const theirs = await encrypter.encrypt(content);
        assert.deepEqual(await decrypter.decrypt(ours), content, `${size} bytes, seed ${seed}`);
        assert.deepEqual(await open(theirs, identity), content, `${size} bytes, seed ${seed}`);
      }
    });
  }

  test('the text form is the same', async () => {
    const { recipient, identity, decrypter } = ofKey('hybrid');
    const file = await seal(utf8('content'), recipient);
    assert.equal(toText(encodeArmor(file)), armor.encode(file));
    assert.deepEqual(await open(utf8(armor.encode(file)), identity), utf8('content'));
    assert.deepEqual(await decrypter.decrypt(armor.decode(toText(encodeArmor(file)))), utf8('content'));
  });

  test('keys that it made are read, and their public keys are the same', async () => {
    for (const secretText of [await generateX25519Identity(), await generateHybridIdentity()]) {
      const publicText = encodeAgePublicKey(agePublicKeyOf(nodePrimitives, decodeAgeSecretKey(secretText)));
      assert.equal(publicText, await identityToRecipient(secretText));
    }
  });
});
