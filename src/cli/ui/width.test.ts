import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { displayWidth, padEnd, padStart, truncateEnd, truncateMiddle } from './width.ts';

test('wide characters take two cells and combining marks none', () => {
  assert.equal(displayWidth('abc'), 3);
  assert.equal(displayWidth('日本'), 4);
  assert.equal(displayWidth('e\u0301'), 1);
  assert.equal(displayWidth('👩\u200d👧'), 2);
});

test('padding counts cells', () => {
  assert.equal(padEnd('日', 4), '日  ');
  assert.equal(padStart('7', 3), '  7');
  assert.equal(padEnd('long', 2), 'long');
});

test('text is cut at its end or in its middle', () => {
  assert.equal(truncateEnd('abcdef', 4), 'abc…');
  assert.equal(truncateEnd('日本語', 4), '日…');
  assert.equal(truncateMiddle('folder/name.ext', 9), 'fold….ext');
  assert.equal(truncateMiddle('short', 9), 'short');
});

test('cut text never takes more cells than allowed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(30), (text, width) => {
      assert.ok(displayWidth(truncateEnd(text, width)) <= width);
      assert.ok(displayWidth(truncateMiddle(text, width)) <= width);
    }),
  );
});
