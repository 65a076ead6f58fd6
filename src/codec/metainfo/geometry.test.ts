import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Geometry } from './geometry.ts';

const file = {
  path: ['a'],
  originalPath: ['a'],
  length: 20_000,
  offset: 0,
  isPad: false,
  isExecutable: false,
  isHidden: false,
  symlink: null,
  piecesRoot: null,
};
const shape = { pieceLength: 65_536, pieceCount: 1, length: 20_000, files: [file] };

test('a request may reach into the gap behind a v2 file', () => {
  const geometry = new Geometry({ ...shape, hasV1: false });
  assert.equal(geometry.isValidRequest(0, 16_384, 16_384), true);
  assert.equal(geometry.isValidRequest(0, 65_536, 1), false);
  assert.equal(geometry.isValidRequest(1, 0, 1), false);
});

test('a request never reaches behind the end of a v1 torrent', () => {
  const geometry = new Geometry({ ...shape, hasV1: true });
  assert.equal(geometry.isValidRequest(0, 16_384, 3_616), true);
  assert.equal(geometry.isValidRequest(0, 16_384, 16_384), false);
  assert.equal(geometry.isValidRequest(0, 0, 0), false);
});
