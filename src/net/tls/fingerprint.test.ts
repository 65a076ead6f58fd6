import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { parsePin, spkiFingerprint } from './fingerprint.ts';

/** RFC 8410 §10.1; the digest is of `openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64`. */
const publicKey = createPublicKey(
  '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n',
);
const base64 = 'oekVYFTgT6yJmunydRMs3Ael28TqLCrTof/G4NJTaB8=';
const hex = Buffer.from(base64, 'base64').toString('hex');

test('the fingerprint of a key is what openssl and curl say', () => {
  assert.equal(spkiFingerprint(publicKey), `sha256//${base64}`);
});

test('a fingerprint may be written in four ways', () => {
  const colons = (hex.match(/../g) as string[]).join(':').toUpperCase();
  for (const text of [`sha256//${base64}`, ` ${base64}\n`, hex, colons]) {
    assert.equal(parsePin(text), `sha256//${base64}`, text);
  }
});

test('what is not a whole fingerprint is none', () => {
  for (const text of [
    '',
    'sha256//',
    base64.slice(1),
    base64.slice(0, -1),
    `${base64}${base64}`,
    hex.slice(2),
    `md5//${base64}`,
  ]) {
    assert.equal(parsePin(text), null, text);
  }
});
