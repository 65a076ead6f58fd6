/** Beside the test kit of age (codec/age/cctv-age.test.ts): the limits, and hostile headers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, utf8 } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { encodeStanzas, finishHeader, LONGEST_HEADER, MOST_STANZAS, parseHeader, type Stanza } from './header.ts';

const VERSION = { family: 'example.org', version: 'v1' };
const MAC = new Uint8Array(32).fill(5);

const headerOf = (stanzas: readonly Stanza[]): Uint8Array => finishHeader(encodeStanzas(VERSION, stanzas), MAC);
const codeOfParsing = (file: string | Uint8Array): string | null => {
  try {
    parseHeader(typeof file === 'string' ? utf8(file) : file, VERSION);
    return null;
  } catch (error) {
    return codeOf(error);
  }
};

const word = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) });
const argument = word.filter((text) => text !== '');
const stanza = fc.record(
  { type: argument, args: fc.array(argument, { maxLength: 4 }), body: fc.uint8Array({ maxLength: 200 }) },
  { noNullPrototype: true },
);

test('what was encoded is read again, and where the payload begins', () => {
  fc.assert(
    fc.property(fc.array(stanza, { minLength: 1, maxLength: 5 }), fc.uint8Array(), (stanzas, payload) => {
      const covered = encodeStanzas(VERSION, stanzas);
      const header = headerOf(stanzas);
      const expected = { stanzas, covered, mac: MAC, length: header.length };
      assert.deepEqual(parseHeader(concat([header, payload]), VERSION), expected);
    }),
  );
});

const mac = toBase64(MAC);
const cases: readonly [title: string, header: string, code: string | null][] = [
  ['the least header', `example.org/v1\n-> a\n\n--- ${mac}\n`, null],
  ['nothing', '', 'SEALED_FORMAT'],
  ['another family', `example.com/v1\n-> a\n\n--- ${mac}\n`, 'SEALED_FORMAT'],
  ['another version', `example.org/v2\n-> a\n\n--- ${mac}\n`, 'SEALED_VERSION'],
  ['no version', `example.org/\n-> a\n\n--- ${mac}\n`, 'SEALED_HEADER'],
  ['lines that end with CRLF', `example.org/v1\r\n-> a\r\n\r\n--- ${mac}\r\n`, 'SEALED_HEADER'],
  ['no recipient', `example.org/v1\n--- ${mac}\n`, 'SEALED_HEADER'],
  ['a code of a wrong length', `example.org/v1\n-> a\n\n--- ${mac.slice(1)}\n`, 'SEALED_HEADER'],
  ['an end within a line', `example.org/v1\n-> a\n\n--- ${mac}`, 'SEALED_TRUNCATED'],
];
for (const [title, header, code] of cases) {
  test(`${title}: ${code ?? 'is read'}`, () => {
    assert.equal(codeOfParsing(header), code);
  });
}

test('a header has as many recipients as it may, and no more', () => {
  const headerOfMany = (length: number): Uint8Array =>
    headerOf(Array.from({ length }, () => ({ type: 'a', args: [], body: new Uint8Array(0) })));
  assert.equal(codeOfParsing(headerOfMany(MOST_STANZAS)), null);
  assert.equal(codeOfParsing(headerOfMany(100_000)), 'SEALED_TOO_LARGE');
});

test('a header that is too long is refused, in a stanza or in a line', () => {
  const body = new Uint8Array(LONGEST_HEADER);
  assert.equal(codeOfParsing(headerOf([{ type: 'a', args: [], body }])), 'SEALED_TOO_LARGE');
  assert.equal(codeOfParsing(utf8(`example.org/${'v'.repeat(LONGEST_HEADER)}`)), 'SEALED_TOO_LARGE');
});

test('base64 has one text for each byte string', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = toBase64(bytes);
      assert.equal(text, Buffer.from(bytes).toString('base64').replaceAll('=', ''));
      assert.deepEqual(fromBase64(text), bytes);
    }),
  );
  for (const text of ['=', 'YQ==', 'YR', 'Y', 'YWJ', 'YQ\n', ' YQ', 'Y-', 'Ÿ']) assert.equal(fromBase64(text), null);
});

test('garbage throws nothing but SEALED_*', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('-> a', '-> ', '---', `--- ${mac}`, 'YQ', '', 'A'.repeat(64)),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const code = codeOfParsing(`example.org/v1\n${lines.join('\n')}`);
      assert.ok(code === null || code.startsWith('SEALED_'));
    }),
    { numRuns: 300 },
  );
});
