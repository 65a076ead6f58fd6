/** Beside the test kit of age (cctv-age.test.ts): the text as it comes in pieces, and hostile texts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, toText, utf8 } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import { ArmorDecoder, ArmorEncoder, decodeArmor, encodeArmor, isArmored } from './armor.ts';

const BEGIN = '-----BEGIN AGE ENCRYPTED FILE-----';
const END = '-----END AGE ENCRYPTED FILE-----';

interface Converter {
  push(bytes: Uint8Array): Uint8Array;
  finish(): Uint8Array;
}

/** What a converter gives for bytes that come in pieces of these lengths, again and again. */
function inPieces(converter: Converter, bytes: Uint8Array, lengths: readonly number[]): Uint8Array {
  const out: Uint8Array[] = [];
  for (let at = 0, piece = 0; at < bytes.length; piece++) {
    const length = lengths[piece % lengths.length] as number;
    out.push(converter.push(bytes.subarray(at, at + length)));
    at += length;
  }
  return concat([...out, converter.finish()]);
}

test('a file has the text that PEM gives it', () => {
  const file = Uint8Array.from({ length: 50 }, (_, i) => i);
  const base64 = Buffer.from(file).toString('base64');
  assert.equal(toText(encodeArmor(file)), `${BEGIN}\n${base64.slice(0, 64)}\n${base64.slice(64)}\n${END}\n`);
});

test('in pieces of any length a file has the same text, and the text the same file', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), lengths, (file, pieces) => {
      const text = encodeArmor(file);
      assert.deepEqual(inPieces(new ArmorEncoder(), file, pieces), text);
      assert.deepEqual(inPieces(new ArmorDecoder(), text, pieces), file);
      assert.deepEqual(decodeArmor(text), file);
    }),
  );
});

test('a text is told from a file by its first byte', () => {
  for (const text of [BEGIN, `\n${BEGIN}`, `\r\n${BEGIN}`, `\t ${BEGIN}`]) assert.ok(isArmored(utf8(text)));
  for (const text of ['age-encryption.org/v1', '', 'garbage']) assert.ok(!isArmored(utf8(text)));
});

test('up to 1,024 blanks may stand before a text, and as many behind it', () => {
  const text = `${BEGIN}\nYQ==\n${END}`;
  const blanks = ' '.repeat(1023);
  assert.deepEqual(decodeArmor(utf8(`${blanks}\n${text}\n${blanks}`)), utf8('a'));
  for (const hostile of [`${blanks}\n\n${text}`, `${text}\n${blanks}\n `, '\n'.repeat(1025), `\n${' '.repeat(9999)}`]) {
    assert.throws(() => decodeArmor(utf8(hostile)), { code: 'SEALED_ARMOR' });
  }
});

test('a line without an end is refused before it is kept', () => {
  const decoder = new ArmorDecoder();
  decoder.push(utf8(`${BEGIN}\n`));
  assert.throws(() => decoder.push(utf8('A'.repeat(1025))), { code: 'SEALED_ARMOR', message: /too long/ });
});

test('a text that ends early is refused at each of its lengths', () => {
  const text = encodeArmor(new Uint8Array(200));
  for (let length = 0; length < text.length - 1; length++) {
    assert.throws(() => decodeArmor(text.subarray(0, length)), { code: 'SEALED_ARMOR' }, `of length ${length}`);
  }
});

test('padding has one form only', () => {
  for (const line of ['====', 'Y===', 'YQ=', 'YQ', 'YR==', 'YWI', 'YWJ=', 'YWJj====', 'YQ==YQ==', 'Y=Q=']) {
    assert.throws(() => decodeArmor(utf8(`${BEGIN}\n${line}\n${END}\n`)), { code: 'SEALED_ARMOR' }, line);
  }
});

test('garbage throws nothing but SEALED_ARMOR', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', '\r', BEGIN, END, 'YQ==', 'A'.repeat(64)),
    fc.base64String({ maxLength: 70 }),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      try {
        decodeArmor(utf8(lines.join('\n')));
      } catch (error) {
        assert.equal(codeOf(error), 'SEALED_ARMOR');
      }
    }),
    { numRuns: 300 },
  );
});
