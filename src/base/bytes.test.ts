import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  compareBytes,
  concat,
  equalBytes,
  fromHex,
  readU16,
  readU32,
  toBinary,
  toHex,
  toText,
  utf8,
  writeU16,
  writeU32,
} from './bytes.ts';

const bytes = fc.uint8Array({ maxLength: 64 });

test('hexadecimal text and back gives the same bytes', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      assert.deepEqual(fromHex(toHex(value)), value);
      assert.equal(toHex(value), Buffer.from(value).toString('hex'));
    }),
  );
});

test('upper-case hexadecimal is read', () => {
  assert.deepEqual(fromHex('00FFaB'), Uint8Array.of(0, 255, 171));
});

test('text that is not hexadecimal of even length is refused', () => {
  for (const text of ['0', '0g', ' 00', '00 ', '0x00', '00\n', '-1']) assert.equal(fromHex(text), null, text);
});

test('text survives UTF-8, a byte order mark included', () => {
  for (const text of ['', 'a', 'ü€😀', '\ufeffmark']) assert.equal(toText(utf8(text)), text);
});

test('invalid UTF-8 becomes the replacement character', () => {
  assert.equal(toText(Uint8Array.of(0x61, 0xff, 0x62)), 'a\ufffdb');
});

test('toBinary tells different bytes apart and takes large input', () => {
  const large = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
  assert.equal(toBinary(large), Buffer.from(large).toString('latin1'));
  fc.assert(fc.property(bytes, bytes, (a, b) => (toBinary(a) === toBinary(b)) === equalBytes(a, b)));
});

test('concat joins parts in order', () => {
  assert.deepEqual(concat([Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)]), Uint8Array.of(1, 2, 3));
});

test('bytes are equal exactly when length and content agree', () => {
  assert.equal(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)), true);
  assert.equal(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false);
  assert.equal(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0)), false);
});

test('compareBytes orders as memcmp, a prefix before what it begins', () => {
  fc.assert(fc.property(bytes, bytes, (a, b) => Math.sign(compareBytes(a, b)) === Buffer.compare(a, b)));
});

test('integers are big-endian and unsigned', () => {
  const view = new Uint8Array(8);
  writeU16(view, 1, 0xfedc);
  assert.deepEqual([...view], [0, 0xfe, 0xdc, 0, 0, 0, 0, 0]);
  assert.equal(readU16(view, 1), 0xfedc);
  writeU32(view, 3, 0xfedcba98);
  assert.deepEqual([...view], [0, 0xfe, 0xdc, 0xfe, 0xdc, 0xba, 0x98, 0]);
  assert.equal(readU32(view, 3), 0xfedcba98);
});
