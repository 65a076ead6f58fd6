import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { decodeDict, encode } from '../bencode/index.ts';
import { fakeIdentity } from './identity-fakes.test.ts';
import { type ClaimPlace, decodePeerClaim, LONGEST_CLAIM, signPeerClaim } from './peer-claim.ts';
import { signIdentity } from './public-identity.ts';

const alice = fakeIdentity(1, 'Alice');
const bob = fakeIdentity(2, 'Bob');
const here: ClaimPlace = { binding: new Uint8Array(32).fill(7), role: 'dialler' };
const claim = signPeerClaim(nodePrimitives, alice.identity, here, alice.signer);
const signatureOf = (bytes: Uint8Array): Uint8Array => decodeDict(bytes)?.bytes('signature') as Uint8Array;

/** Fingerprint of who made a claim, or the code of why nobody did. */
function judged(bytes: Uint8Array, place: ClaimPlace = here): string | null {
  try {
    return decodePeerClaim(nodePrimitives, bytes, place).fingerprint;
  } catch (error) {
    return codeOf(error);
  }
}

/** A claim put together by hand. */
const claimOf = (identity: Uint8Array, signature: Uint8Array, more: Record<string, string> = {}): Uint8Array =>
  encode({ ...more, identity, signature, type: 'dst-torrent.org/v1/peer-claim' });

test('a claim tells who made it, in the connection and on the side for which it was made', () => {
  assert.equal(judged(claim), alice.identity.fingerprint);
});

test('a claim is not valid in another connection, or for the other side of its own', () => {
  const [binding, role] = [here.binding.slice(), 'listener'] as const;
  assert.equal(judged(claim, { ...here, role }), 'IDENTITY_FORGED');
  binding[31] = 8;
  assert.equal(judged(claim, { ...here, binding }), 'IDENTITY_FORGED');
  assert.equal(judged(claim, { binding, role }), 'IDENTITY_FORGED');
});

test('a claim with one half of its signature wrong is not valid, whichever half', () => {
  const [own, other] = [claim, signPeerClaim(nodePrimitives, bob.identity, here, bob.signer)].map(signatureOf);
  const [good, bad] = [own as Uint8Array, other as Uint8Array];
  const mixed = [
    concat([good.subarray(0, 3309), bad.subarray(3309)]),
    concat([bad.subarray(0, 3309), good.subarray(3309)]),
    new Uint8Array(good.length),
  ];
  assert.equal(judged(claimOf(alice.identity.encoded, good)), alice.identity.fingerprint);
  for (const signature of mixed) assert.equal(judged(claimOf(alice.identity.encoded, signature)), 'IDENTITY_FORGED');
});

test('a claim with the identity of another, or with one that its own key has not signed, is not valid', () => {
  const signature = signatureOf(claim);
  assert.equal(judged(claimOf(bob.identity.encoded, signature)), 'IDENTITY_FORGED');
  const fields = decodeDict(alice.identity.encoded);
  const renamed = encode({
    created: fields?.int('created') as number,
    encryption: alice.identity.encryption,
    name: 'Bob',
    signature: fields?.bytes('signature') as Uint8Array,
    signing: alice.identity.signing,
    type: 'dst-torrent.org/v1/identity',
  });
  assert.equal(judged(claimOf(renamed, signature)), 'IDENTITY_FORGED');
});

test('a signature that was made for something else does not make a claim', () => {
  const digest = nodePrimitives.hash('sha512', here.binding);
  for (const purpose of ['dst-torrent.org/v1/identity', 'dst-torrent.org/v1/peer-claim']) {
    assert.equal(judged(claimOf(alice.identity.encoded, alice.signer.sign(purpose, digest))), 'IDENTITY_FORGED');
  }
});

test('a claim with anything more or less in it is none', () => {
  const signature = signatureOf(claim);
  assert.equal(judged(claimOf(alice.identity.encoded, signature, { also: 'this' })), 'IDENTITY_INVALID');
  assert.equal(judged(claimOf(alice.identity.encoded, signature.subarray(1))), 'IDENTITY_INVALID');
  assert.equal(judged(concat([claim, new Uint8Array(1)])), 'IDENTITY_INVALID');
  assert.equal(judged(alice.identity.encoded), 'IDENTITY_INVALID');
  assert.equal(judged(new Uint8Array(0)), 'IDENTITY_INVALID');
});

test('no bit of a claim can be changed', () => {
  for (let at = 0; at < claim.length; at += 23) {
    const changed = claim.slice();
    changed[at] = (changed[at] as number) ^ 1;
    assert.match(judged(changed) ?? '', /^IDENTITY_(INVALID|FORGED|VERSION)$/, `byte ${at}`);
  }
});

test('garbage is no claim, and throws nothing but IDENTITY_*', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => assert.match(judged(bytes) ?? '', /^IDENTITY_/)));
});

test('the claim of an identity with all that it may have is not too long', () => {
  const rsa = { rsa: new Uint8Array(1024), kem: new Uint8Array(1184) };
  const keys = { encryption: alice.identity.encryption, rsa };
  const identity = signIdentity(nodePrimitives, { name: 'x'.repeat(128), created: 2 ** 53 - 1, keys }, alice.signer);
  const longest = signPeerClaim(nodePrimitives, identity, here, alice.signer);
  assert.equal(longest.length, 12_496);
  assert.ok(longest.length <= LONGEST_CLAIM);
});
