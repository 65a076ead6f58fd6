import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalBytes, toHex } from '../../base/bytes.ts';
import { systemRandom } from '../../base/random.ts';
import { keyPair, P, toBytes, toInteger } from '../../../test/net/seeded-keys.ts';
import { KEY_LENGTH, type KeyPair, KeyPool } from './dh.ts';

test('both sides come to one secret, and plain integers to the same', async () => {
  const pool = new KeyPool();
  for (let i = 0; i < 50; i++) {
    const ours = await pool.take();
    const theirs = keyPair(toInteger(systemRandom.bytes(20)));
    const secret = ours.secret(theirs.publicKey) as Uint8Array;
    assert.equal(secret.length, KEY_LENGTH);
    assert.equal(toHex(secret), toHex(theirs.secret(ours.publicKey) as Uint8Array));
  }
});

test('a public key that begins with zeros keeps its 96 bytes', async () => {
  const pool = new KeyPool();
  const two = toBytes(2n);
  // One in 256 begins so; what one has with 2 for a secret is one's own public key.
  for (let tries = 0; tries < 5000; tries++) {
    const pair = await pool.take();
    assert.ok(equalBytes(pair.secret(two) as Uint8Array, pair.publicKey));
    if (pair.publicKey[0] === 0) return;
  }
  assert.fail('none of 5000 keys begins with a zero');
});

test('a secret that begins with zeros keeps its 96 bytes, as does the key of the other side', async () => {
  const pair = await new KeyPool().take();
  // The key of exponent 3 is eight, 95 zeros before it.
  assert.deepEqual(keyPair(3n).publicKey, toBytes(8n));
  for (let x = 3n; x < 5000n; x++) {
    const theirs = keyPair(x);
    const secret = theirs.secret(pair.publicKey) as Uint8Array;
    if (x > 3n && secret[0] !== 0) continue;
    assert.equal(toHex(pair.secret(theirs.publicKey) as Uint8Array), toHex(secret));
    if (secret[0] === 0) return;
  }
  assert.fail('none of 5000 secrets begins with a zero');
});

test('0, 1, P - 1 and whatever is no number below P is no public key', async () => {
  const pair = await new KeyPool().take();
  for (const key of [0n, 1n, P - 1n, P, P + 1n, P + 2n, 2n ** 768n - 1n]) assert.equal(pair.secret(toBytes(key)), null);
  for (const key of [2n, P - 2n]) assert.notEqual(pair.secret(toBytes(key)), null);
});

test('each pair is given out once, to a crowd and to those who come later', async () => {
  const pools = [new KeyPool(), new KeyPool()];
  const pairs: KeyPair[] = [];
  // While one serves a crowd the other makes some ahead.
  for (let round = 0; round < 6; round++) {
    for (const pool of pools) pairs.push(...(await Promise.all(Array.from({ length: 40 }, () => pool.take()))));
  }
  assert.equal(new Set(pairs.map(({ publicKey }) => toHex(publicKey))).size, 480);
  assert.ok(pairs.every(({ publicKey }) => publicKey.length === KEY_LENGTH));
});
