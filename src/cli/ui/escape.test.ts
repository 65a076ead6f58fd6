import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeText, toSafeJson } from './escape.ts';

test('control characters and terminal sequences become visible escapes', () => {
  assert.equal(escapeText('a\u001b[31mred\u0007'), 'a\\x1b[31mred\\x07');
  assert.equal(escapeText('one\r\ntwo\tthree'), 'one\\r\\ntwo\\tthree');
  assert.equal(escapeText('\u009b2J\u007f'), '\\x9b2J\\x7f');
});

test('bidirectional overrides and invisible formats become visible escapes', () => {
  assert.equal(escapeText('invoice\u202efdp.exe'), 'invoice\\u202efdp.exe');
  assert.equal(escapeText('\u2066a\u2069\ufeff\u2028\u{e0041}'), '\\u2066a\\u2069\\ufeff\\u2028\\u{e0041}');
  assert.equal(escapeText('\ud800'), '\\ud800');
});

test('ordinary text of any script is left alone', () => {
  for (const text of ['naïve café', '日本語', 'فارسی\u200cها', '👩\u200d👧', 'C:\\dir'])
    assert.equal(escapeText(text), text);
});

test('escaped text has no unsafe character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(escapeText(text), /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/);
    }),
  );
});

test('safe JSON has no unsafe character and still says the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = toSafeJson({ text });
      assert.doesNotMatch(json, /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/);
      assert.deepEqual(JSON.parse(json), { text });
    }),
  );
});
