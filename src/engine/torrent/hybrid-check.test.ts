import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat } from '../../base/bytes.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import type { PieceHashes } from '../../storage/index.ts';
import { contradicts } from './hybrid-check.ts';

const BLOCK = 16_384;
/** Three blocks and a bit of a file, padded to a piece of four blocks… of which the pad is a part of the last. */
const length = 3 * BLOCK + 100;
const piece = new Uint8Array(4 * BLOCK);
for (let i = 0; i < length; i++) piece[i] = i % 251;

function hashesOf(bytes: Uint8Array): PieceHashes {
  const { sha1, sha256 } = nodeDigests;
  const leaves = [0, 1, 2, 3].map((i) => sha256(bytes.slice(i * BLOCK, Math.min(length, (i + 1) * BLOCK))));
  const [a, b, c, d] = leaves as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const root = sha256(concat([sha256(concat([a, b])), sha256(concat([c, d]))]));
  return { sha1: sha1(bytes), merkle: { root, leaves: 4, length } };
}

const changed = (at: number): Uint8Array => {
  const bytes = piece.slice();
  bytes[at] = (bytes[at] as number) ^ 1;
  return bytes;
};
const right = hashesOf(piece);
const other = hashesOf(changed(5));

test('a piece that only its SHA-1 fits contradicts the torrent', () => {
  assert.equal(contradicts({ sha1: right.sha1, merkle: other.merkle }, piece, nodeDigests), true);
});

test('a piece that only its merkle tree fits contradicts the torrent', () => {
  assert.equal(contradicts({ sha1: other.sha1, merkle: right.merkle }, piece, nodeDigests), true);
});

test('a piece that neither fits is just bad', () => {
  assert.equal(contradicts(right, changed(70), nodeDigests), false);
});

test('a spoiled pad, which no merkle tree covers, is just bad', () => {
  assert.equal(contradicts(right, changed(length + 3), nodeDigests), false);
});

test('with one kind of hash nothing can contradict', () => {
  assert.equal(contradicts({ sha1: other.sha1, merkle: null }, piece, nodeDigests), false);
  assert.equal(contradicts({ sha1: null, merkle: other.merkle }, piece, nodeDigests), false);
});

test('a piece of one short leaf has its leaf for a root', () => {
  const bytes = piece.slice(0, 77);
  const merkle = { root: nodeDigests.sha256(bytes), leaves: 1, length: 77 };
  assert.equal(contradicts({ sha1: new Uint8Array(20), merkle }, bytes, nodeDigests), true);
});
