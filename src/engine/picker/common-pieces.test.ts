import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bitfield } from '../../base/bitfield.ts';
import { firstCommon } from './common-pieces.ts';

const fieldOf = (size: number, pieces: readonly number[]): Bitfield => {
  const field = new Bitfield(size);
  for (const piece of pieces) field.add(piece);
  return field;
};

test('finds the first piece that both have at or after any piece', () => {
  const size = 100;
  const pieces = fc.array(fc.nat(size - 1), { maxLength: 12 });
  fc.assert(
    fc.property(pieces, pieces, fc.nat(size + 20), (a, b, from) => {
      const expected = a.filter((piece) => b.includes(piece) && piece >= from).sort((x, y) => x - y)[0] ?? -1;
      assert.equal(firstCommon(fieldOf(size, a), fieldOf(size, b), from), expected);
    }),
  );
});

test('finds nothing in a peer whose number of pieces is not known yet', () => {
  assert.equal(firstCommon(Bitfield.full(20), new Bitfield(0), 0), -1);
});
