import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, toText, utf8 } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import {
  BencodeDict,
  BencodeList,
  decode,
  decodeDict,
  decodePrefix,
  type BencodeValue,
  type DecodeOptions,
} from './decode.ts';
import { encode, type Encodable } from './encode.ts';
import { bencodeErrors } from './errors.ts';

type Plain = number | bigint | string | Plain[] | { [key: string]: Plain };

/** A decoded value as plain JavaScript, byte strings as text. */
function plain(value: BencodeValue): Plain {
  if (value instanceof Uint8Array) return toText(value);
  if (value instanceof BencodeList) return [...value].map(plain);
  if (value instanceof BencodeDict) {
    return Object.fromEntries([...value.entries()].map(([key, member]) => [toText(key), plain(member)]));
  }
  return value;
}

const dictOf = (text: string, options?: DecodeOptions): BencodeDict => {
  const dict = decodeDict(utf8(text), options);
  assert.ok(dict !== null);
  return dict;
};

function codeOfDecoding(input: string | Uint8Array, options?: DecodeOptions): string | null {
  try {
    decode(typeof input === 'string' ? utf8(input) : input, options);
    return null;
  } catch (error) {
    return codeOf(error);
  }
}

test('the examples of BEP 3 decode', () => {
  assert.equal(plain(decode(utf8('4:spam'))), 'spam');
  assert.equal(decode(utf8('i3e')), 3);
  assert.equal(decode(utf8('i-3e')), -3);
  assert.equal(decode(utf8('i0e')), 0);
  assert.deepEqual(plain(decode(utf8('l4:spam4:eggse'))), ['spam', 'eggs']);
  assert.deepEqual(plain(decode(utf8('d3:cow3:moo4:spam4:eggse'))), { cow: 'moo', spam: 'eggs' });
  assert.deepEqual(plain(decode(utf8('d4:spaml1:a1:bee'))), { spam: ['a', 'b'] });
});

const invalid: readonly [input: string, code: string][] = [
  ['', 'BENCODE_TRUNCATED'],
  ['i-0e', 'BENCODE_BAD_INTEGER'],
  ['i03e', 'BENCODE_BAD_INTEGER'],
  ['i-03e', 'BENCODE_BAD_INTEGER'],
  ['i00e', 'BENCODE_BAD_INTEGER'],
  ['ie', 'BENCODE_BAD_INTEGER'],
  ['i-e', 'BENCODE_BAD_INTEGER'],
  ['i--1e', 'BENCODE_BAD_INTEGER'],
  ['i+1e', 'BENCODE_BAD_INTEGER'],
  ['i1.5e', 'BENCODE_BAD_INTEGER'],
  ['i1e9e', 'BENCODE_TRAILING_BYTES'],
  ['i 1e', 'BENCODE_BAD_INTEGER'],
  [`i${'9'.repeat(999)}e`, 'BENCODE_BAD_INTEGER'],
  ['i12', 'BENCODE_TRUNCATED'],
  ['i', 'BENCODE_TRUNCATED'],
  ['5:spam', 'BENCODE_TRUNCATED'],
  ['99999999999999999999:spam', 'BENCODE_TRUNCATED'],
  ['04:spam', 'BENCODE_SYNTAX'],
  ['4spam', 'BENCODE_SYNTAX'],
  ['-1:a', 'BENCODE_SYNTAX'],
  ['12', 'BENCODE_TRUNCATED'],
  ['l', 'BENCODE_TRUNCATED'],
  ['d1:a', 'BENCODE_TRUNCATED'],
  ['d1:ae', 'BENCODE_SYNTAX'],
  ['di1e1:ae', 'BENCODE_SYNTAX'],
  ['dle1:ae', 'BENCODE_SYNTAX'],
  ['e', 'BENCODE_SYNTAX'],
  ['x', 'BENCODE_SYNTAX'],
  ['lxe', 'BENCODE_SYNTAX'],
  ['<html>', 'BENCODE_SYNTAX'],
  ['i1e ', 'BENCODE_TRAILING_BYTES'],
  ['lee', 'BENCODE_TRAILING_BYTES'],
  ['d1:bi1e1:ai2ee', 'BENCODE_UNSORTED_KEYS'],
  ['d2:aai1e1:ai2ee', 'BENCODE_UNSORTED_KEYS'],
  ['d1:ai1e1:ai2ee', 'BENCODE_DUPLICATE_KEY'],
  ['d0:i1e0:i2ee', 'BENCODE_DUPLICATE_KEY'],
];
for (const [input, code] of invalid) {
  test(`${JSON.stringify(input.slice(0, 20))} is refused with ${code}`, () =>
    assert.equal(codeOfDecoding(input), code));
}

test('keys are ordered as raw bytes, shorter before longer', () => {
  const bytes = concat([utf8('d0:i0e1:Ai0e1:ai0e2:aai0e2:a'), Uint8Array.of(0xff), utf8('i0ee')]);
  assert.equal(codeOfDecoding(bytes), null);
});

test('without strictness keys may be out of order but never double', () => {
  const dict = dictOf('d1:bi1e1:ad1:zle1:yleee', { strict: false });
  assert.equal(dict.isSorted, false);
  assert.equal(dict.int('b'), 1);
  assert.deepEqual(plain(dict), { b: 1, a: { z: [], y: [] } });
  assert.equal(codeOfDecoding('d1:bli1ee1:ad1:bi1ee1:bi2ee', { strict: false }), 'BENCODE_DUPLICATE_KEY');
  assert.equal(dictOf('d1:ai1e1:bi1ee', { strict: false }).isSorted, true);
});

test('integers are exact up to 20 digits: numbers where safe, bigints beyond', () => {
  assert.equal(decode(utf8('i9007199254740991e')), 9007199254740991);
  assert.equal(decode(utf8('i9007199254740992e')), 9007199254740992n);
  assert.equal(decode(utf8('i-18446744073709551615e')), -18446744073709551615n);
  assert.equal(codeOfDecoding('i184467440737095516150e'), 'BENCODE_BAD_INTEGER');
});

test('a dictionary reads fields by type, and a wrong type as null', () => {
  const dict = dictOf('d1:di1e4:dictd1:x1:ye4:listli1ei2ee3:numi-7e4:text4:\u00fc\u00fce');
  assert.equal(dict.int('num'), -7);
  assert.equal(dict.text('text'), '\u00fc\u00fc');
  assert.deepEqual(dict.bytes('text'), utf8('\u00fc\u00fc'));
  assert.deepEqual([...(dict.list('list') ?? [])], [1, 2]);
  assert.equal(dict.dict('dict')?.text('x'), 'y');
  assert.equal(dict.int('text'), null);
  assert.equal(dict.text('num'), null);
  assert.equal(dict.list('dict'), null);
  assert.equal(dict.dict('list'), null);
  assert.equal(dict.int('di'), null);
  assert.equal(dict.get('missing'), undefined);
  assert.equal(dict.has('dict'), true);
  assert.equal(dict.has('dic'), false);
});

test('a key of zero length is found', () => assert.equal(dictOf('d0:i5e1:ai6ee').int(''), 5));

test('containers and members know their byte range', () => {
  const dict = dictOf('d1:ald1:xi1eee1:bi22ee');
  assert.equal(toText(dict.raw), 'd1:ald1:xi1eee1:bi22ee');
  assert.equal(toText(dict.list('a')?.raw ?? new Uint8Array()), 'ld1:xi1eee');
  const raw = Array.from(dict.rawEntries(), ([key, value]) => [toText(key), toText(value)]);
  assert.deepEqual(raw, [
    ['a', 'ld1:xi1eee'],
    ['b', 'i22e'],
  ]);
});

test('a prefix ends where its value ends, as in ut_metadata messages', () => {
  const { value, end } = decodePrefix(utf8('d8:msg_typei1e5:piecei0eexxxx'));
  assert.equal(end, 25);
  assert.deepEqual(plain(value), { msg_type: 1, piece: 0 });
});

test('a dictionary is wanted: other values decode to null', () => {
  assert.equal(decodeDict(utf8('le')), null);
  assert.equal(decodeDict(utf8('i1e')), null);
});

test('views of a subclass or of the middle of a buffer decode alike', () => {
  const whole = Buffer.from('xxd1:a3:abcexx');
  const value = decode(whole.subarray(2, 12));
  assert.ok(value instanceof BencodeDict);
  const bytes = value.bytes('a');
  assert.deepEqual(bytes, utf8('abc'));
  assert.equal(bytes?.constructor, Uint8Array);
});

test('size, depth and tokens are limited', () => {
  assert.equal(codeOfDecoding('4:spam', { size: 5 }), 'BENCODE_TOO_LARGE');
  assert.equal(codeOfDecoding('llleee', { depth: 3 }), null);
  assert.equal(codeOfDecoding('lllleeee', { depth: 3 }), 'BENCODE_TOO_DEEP');
  assert.equal(codeOfDecoding('lli1eeli2eee', { depth: 2 }), null);
  assert.equal(codeOfDecoding('li1ei2ee', { tokens: 5 }), null);
  assert.equal(codeOfDecoding('li1ei2ei3ee', { tokens: 5 }), 'BENCODE_TOO_MANY_TOKENS');
});

test('a hundred thousand levels are refused without exhausting the stack', () => {
  assert.equal(codeOfDecoding(new Uint8Array(1e5).fill(0x6c)), 'BENCODE_TOO_DEEP');
  assert.equal(codeOfDecoding(utf8('d1:a'.repeat(1e5))), 'BENCODE_TOO_DEEP');
});

test('ten million tokens are refused', () => {
  const bytes = new Uint8Array(2e7).fill(0x65);
  for (let i = 0; i < bytes.length; i += 2) bytes[i] = 0x6c;
  assert.equal(codeOfDecoding(concat([utf8('l'), bytes, utf8('e')])), 'BENCODE_TOO_MANY_TOKENS');
});

const key = fc.string({ maxLength: 6 });
const { tree } = fc.letrec<{ tree: Encodable; leaf: Encodable }>((tie) => ({
  leaf: fc.oneof(
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 40 }),
  ),
  tree: fc.oneof(
    { maxDepth: 4 },
    tie('leaf'),
    fc.array(tie('tree'), { maxLength: 5 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
  ),
}));

/** The decoded value in the form that `encode` takes. */
function reencodable(value: BencodeValue): Encodable {
  if (value instanceof BencodeList) return [...value].map(reencodable);
  if (value instanceof BencodeDict) {
    return new Map([...value.entries()].map(([name, member]) => [name, reencodable(member)]));
  }
  return value;
}

test('what was encoded decodes and encodes to the same bytes', () => {
  fc.assert(
    fc.property(tree, (value) => {
      const bytes = encode(value);
      assert.deepEqual(encode(reencodable(decode(bytes))), bytes);
    }),
  );
});

test('whatever decodes strictly is canonical: it encodes to itself', () => {
  const alphabet = fc.constantFrom(...'ilde0123456789:-ab');
  fc.assert(
    fc.property(fc.string({ unit: alphabet, maxLength: 12 }), (text) => {
      const bytes = utf8(text);
      let value: BencodeValue;
      try {
        value = decode(bytes);
      } catch {
        return;
      }
      assert.deepEqual(encode(reencodable(value)), bytes);
    }),
    { numRuns: 3000 },
  );
});

test('garbage raises only documented errors', () => {
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc
      .array(fc.constantFrom('d', 'l', 'i', 'e', '1:a', '0:', 'i1e', ':', '-', '9'))
      .map((parts) => utf8(parts.join(''))),
  );
  fc.assert(
    fc.property(garbage, fc.boolean(), (bytes, strict) => {
      try {
        plain(decode(bytes, { strict }));
      } catch (error) {
        assert.ok((codeOf(error) ?? '') in bencodeErrors, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test('every proper prefix of a value is refused as truncated', () => {
  const bytes = encode({ list: [1, -2, 'three', { four: new Uint8Array(4) }], n: 5 });
  for (let end = 0; end < bytes.length; end++) {
    assert.equal(codeOfDecoding(bytes.subarray(0, end)), 'BENCODE_TRUNCATED', `cut at ${end}`);
  }
});
