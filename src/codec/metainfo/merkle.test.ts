import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { content, leavesOf } from '../../../test/conformance/build-torrent.ts';
import { concat, toHex } from '../../base/bytes.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { blockCountOf, hashesOfLeaves, heightOf, layerAbove, padHash, rootOf } from './merkle.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => nodeDigests.sha256(bytes);
const KiB = 1024;

/** The root as BEP 52 words it: all leaves of the balanced tree, hashed pair by pair. */
function slowRoot(leaves: readonly Uint8Array[], width: number): Uint8Array {
  let layer = [...leaves, ...Array.from({ length: width - leaves.length }, () => new Uint8Array(32))];
  while (layer.length > 1) {
    layer = Array.from({ length: layer.length / 2 }, (_, i) => sha256(concat(layer.slice(2 * i, 2 * i + 2))));
  }
  return layer[0] as Uint8Array;
}

const split = (hashes: Uint8Array): Uint8Array[] =>
  Array.from({ length: hashes.length / 32 }, (_, i) => hashes.subarray(32 * i, 32 * i + 32));

test('heights and block counts', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 512, 513].map(heightOf), [0, 1, 2, 2, 3, 9, 10]);
  assert.equal(heightOf(2 ** 36 + 1), 37);
  assert.deepEqual([1, 16384, 16385].map(blockCountOf), [1, 1, 2]);
});

test('pad hashes are those of trees of zero leaves', () => {
  for (const height of [3, 0, 1, 2]) {
    assert.deepEqual(padHash(height, nodeDigests), slowRoot([], 2 ** height), `height ${height}`);
  }
});

test('an odd layer is completed by the pad of its height', () => {
  const layer = leavesOf(content(48 * KiB, 1));
  const [a, b, c] = split(layer) as [Uint8Array, Uint8Array, Uint8Array];
  const expected = concat([sha256(concat([a, b])), sha256(concat([c, padHash(5, nodeDigests)]))]);
  assert.deepEqual(layerAbove(layer, 5, nodeDigests), expected);
  assert.deepEqual(rootOf(layer, 0, 0, nodeDigests), layer);
});

test('root and piece layer equal those computed leaf by leaf', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 * KiB }),
      fc.constantFrom(16, 32, 64, 128),
      fc.nat(9),
      (length, kib, seed) => {
        const leaves = leavesOf(content(length, seed));
        const perPiece = kib / 16;
        const all = split(leaves);
        const { root, pieceLayer } = hashesOfLeaves(leaves, kib * KiB, nodeDigests);
        assert.deepEqual(root, slowRoot(all, 2 ** heightOf(all.length)));
        const pieces = Math.ceil(all.length / perPiece);
        const expected = Array.from({ length: pieces }, (_, i) =>
          slowRoot(all.slice(i * perPiece, (i + 1) * perPiece), perPiece),
        );
        assert.deepEqual(pieceLayer, pieces === 1 ? new Uint8Array() : concat(expected));
      },
    ),
    { numRuns: 40 },
  );
});

test('a file of one block has its hash as root', () => {
  const leaves = leavesOf(content(100, 1));
  assert.equal(toHex(hashesOfLeaves(leaves, 16 * KiB, nodeDigests).root), toHex(sha256(content(100, 1))));
});
