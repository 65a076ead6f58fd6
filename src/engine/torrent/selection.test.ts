import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bitfield } from '../../base/bitfield.ts';
import { seededRandom } from '../../base/random.ts';
import type { Geometry } from '../../codec/metainfo/index.ts';
import { PiecePicker } from '../picker/piece-picker.ts';
import { geometryOf } from '../geometries.test.ts';
import { Selection } from './selection.ts';

const PIECE = 32_768;

const haveOf = (geometry: Geometry, pieces: readonly number[]): Bitfield => {
  const have = new Bitfield(geometry.pieceCount);
  for (const piece of pieces) have.add(piece);
  return have;
};

test('without options all files are wanted, pads aside', () => {
  const selection = new Selection(geometryOf(PIECE, [PIECE, 100, -500, PIECE]));
  assert.equal(selection.files, 'all');
  assert.deepEqual(
    [0, 1, 2, 3].map((file) => selection.priorityOf(file)),
    [4, 4, 0, 4],
  );
});

test('a selection names the wanted files', () => {
  const selection = new Selection(geometryOf(PIECE, [PIECE, 100, PIECE]), { select: [2, 99] });
  assert.deepEqual(selection.files, new Set([2]));
});

test('priorities override the selection and stay between 0 and 7', () => {
  const priorities = new Map([
    [0, 0],
    [1, 99],
    [2, -1],
  ]);
  const selection = new Selection(geometryOf(PIECE, [PIECE, 100, PIECE, PIECE]), { select: [0, 3], priorities });
  assert.deepEqual(
    [0, 1, 2, 3].map((file) => selection.priorityOf(file)),
    [0, 7, 0, 4],
  );
});

test('a piece is as important as its most important file', () => {
  // Piece 0: file 0; piece 1: files 0, 1 and 2; piece 2: file 2.
  const geometry = geometryOf(PIECE, [PIECE + 100, 100, 2 * PIECE - 200]);
  const have = new Bitfield(geometry.pieceCount);
  const picker = new PiecePicker({ geometry, have, random: seededRandom(1), canOpen: () => true });
  const priorities = new Map([
    [0, 1],
    [1, 6],
    [2, 0],
  ]);
  new Selection(geometry, { priorities }).applyTo(picker);
  assert.deepEqual(
    [0, 1, 2].map((piece) => picker.priorityOf(piece)),
    [1, 6, 0],
  );
});

test('the first and last piece of each wanted file come first when that is asked for', () => {
  const geometry = geometryOf(PIECE, [4 * PIECE, 100, 3 * PIECE - 100, PIECE]);
  const picker = new PiecePicker({
    geometry,
    have: haveOf(geometry, []),
    random: seededRandom(1),
    canOpen: () => true,
  });
  const selection = new Selection(geometry, { select: [0, 2] });
  selection.isFirstLast = true;
  selection.applyTo(picker);
  const priorities = (): number[] => Array.from({ length: 8 }, (_, piece) => picker.priorityOf(piece));
  assert.deepEqual(priorities(), [7, 4, 4, 7, 7, 4, 7, 0]);
  selection.isFirstLast = false;
  selection.applyTo(picker);
  assert.deepEqual(priorities(), [4, 4, 4, 4, 4, 4, 4, 0]);
});

test('progress counts the verified bytes of wanted files, and of all', () => {
  const geometry = geometryOf(PIECE, [PIECE + 100, 100, 2 * PIECE - 200]);
  const selection = new Selection(geometry, { select: [0, 1] });
  const [wanted, total] = [{ wantedSize: PIECE + 200 }, 3 * PIECE];
  assert.deepEqual(selection.progress(haveOf(geometry, [])), { ...wanted, wantedDone: 0, done: 0 });
  assert.deepEqual(selection.progress(haveOf(geometry, [0])), { ...wanted, wantedDone: PIECE, done: PIECE });
  assert.deepEqual(selection.progress(haveOf(geometry, [1])), { ...wanted, wantedDone: 200, done: PIECE });
  assert.deepEqual(selection.progress(haveOf(geometry, [0, 1, 2])), {
    ...wanted,
    wantedDone: PIECE + 200,
    done: total,
  });
});

test('what is missing counts all pieces, wanted or not, without their pads', () => {
  const geometry = geometryOf(PIECE, [PIECE, PIECE, 100]);
  const selection = new Selection(geometry, { select: [0] });
  assert.equal(selection.missing(haveOf(geometry, [0])), PIECE + 100);
  assert.equal(selection.missing(haveOf(geometry, [2])), 2 * PIECE);
  assert.equal(selection.missing(haveOf(geometry, [0, 1, 2])), 0);
  const padded = geometryOf(PIECE, [100, 100 - PIECE, PIECE]);
  assert.equal(new Selection(padded).missing(haveOf(padded, [])), PIECE + 100);
});
