import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bitfield } from '../../base/bitfield.ts';
import { Geometry } from '../../codec/metainfo/index.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { addPadPieces } from './pad-pieces.ts';

const PIECE = 32_768;
const file = {
  path: ['a'],
  originalPath: ['a'],
  isExecutable: false,
  isHidden: false,
  symlink: null,
  piecesRoot: null,
};

test('pieces of nothing but pads are had when zeros have their hash', () => {
  // Half a piece of a file, then pads up to the end, which is in the middle of the fifth piece.
  const files = [
    { ...file, offset: 0, length: PIECE / 2, isPad: false },
    { ...file, offset: PIECE / 2, length: 4 * PIECE, isPad: true },
  ];
  const geometry = new Geometry({ pieceLength: PIECE, pieceCount: 5, length: 4.5 * PIECE, files, hasV1: true });
  const have = new Bitfield(5);
  const wrong = new Uint8Array(20);
  const hashes = [PIECE, PIECE, null, PIECE, PIECE / 2].map((size) =>
    size === null ? wrong : nodeDigests.sha1(new Uint8Array(size)),
  );
  addPadPieces({ geometry, have, hashesOf: (piece) => ({ sha1: hashes[piece] ?? null, merkle: null }) }, nodeDigests);
  assert.deepEqual([...have], [1, 3, 4]);
});
