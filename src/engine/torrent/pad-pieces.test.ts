import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bitfield } from '../../base/bitfield.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { geometryOf } from '../geometries.test.ts';
import { addPadPieces } from './pad-pieces.ts';

const PIECE = 32_768;

test('pieces of nothing but pads are had when zeros have their hash', () => {
  // Half a piece of a file, then pads up to the end, which is in the middle of the fifth piece.
  const geometry = geometryOf(PIECE, [PIECE / 2, -4 * PIECE]);
  const have = new Bitfield(5);
  const wrong = new Uint8Array(20);
  const hashes = [PIECE, PIECE, null, PIECE, PIECE / 2].map((size) =>
    size === null ? wrong : nodeDigests.sha1(new Uint8Array(size)),
  );
  addPadPieces({ geometry, have, hashesOf: (piece) => ({ sha1: hashes[piece] ?? null, merkle: null }) }, nodeDigests);
  assert.deepEqual([...have], [1, 3, 4]);
});
