import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toText, utf8 } from '../../base/bytes.ts';
import { Encoded, encode, type Encodable } from './encode.ts';

const encoded = (value: Encodable): string => toText(encode(value));

test('values of each kind encode as BEP 3 shows', () => {
  assert.equal(encoded('spam'), '4:spam');
  assert.equal(encoded(''), '0:');
  assert.equal(encoded('\u00fc'), '2:\u00fc');
  assert.equal(encoded(3), 'i3e');
  assert.equal(encoded(-3), 'i-3e');
  assert.equal(encoded(0), 'i0e');
  assert.equal(encoded(-0), 'i0e');
  assert.equal(encoded(2n ** 64n), 'i18446744073709551616e');
  assert.equal(encoded(['spam', 'eggs']), 'l4:spam4:eggse');
  assert.equal(encoded({ spam: ['a', 'b'] }), 'd4:spaml1:a1:bee');
  assert.equal(encoded({}), 'de');
});

test('keys are sorted as raw bytes, whatever order and type they come in', () => {
  assert.equal(encoded({ spam: 1, cow: 2 }), 'd3:cowi2e4:spami1ee');
  const keys = new Map<string | Uint8Array, Encodable>([
    [Uint8Array.of(0x62), 1],
    ['aa', 2],
    ['', 3],
    ['a', 4],
  ]);
  assert.equal(encoded(keys), 'd0:i3e1:ai4e2:aai2e1:bi1ee');
  // UTF-16 order would put the surrogate pair first.
  assert.equal(encoded({ '\u{1f600}': 1, '\uffff': 2 }), 'd3:\uffffi2e4:\u{1f600}i1ee');
});

test('members that are undefined are left out', () => assert.equal(encoded({ a: undefined, b: 1 }), 'd1:bi1ee'));

test('encoded bytes pass through untouched', () => {
  assert.equal(encoded({ info: new Encoded(utf8('d1:bi1e1:ai2ee')) }), 'd4:infod1:bi1e1:ai2eee');
});

test('numbers that bencoding cannot hold and duplicate keys are refused', () => {
  for (const value of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
    assert.throws(() => encode(value), RangeError);
  assert.throws(
    () =>
      encode(
        new Map<string | Uint8Array, Encodable>([
          ['a', 1],
          [utf8('a'), 2],
        ]),
      ),
    RangeError,
  );
});

test('output may be larger than any first guess', () => {
  assert.equal(encode([new Uint8Array(100_000), 'x'.repeat(1000)]).length, 2 + 7 + 100_000 + 5 + 1000);
});
