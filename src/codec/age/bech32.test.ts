import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBech32, encodeBech32 } from './bech32.ts';

/** BIP 173, "Test vectors"; and one that is longer than the 90 letters of Bitcoin. */
const valid = [
  'A12UEL5L',
  'a12uel5l',
  'an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs',
  '11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j',
  'split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w',
  'an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx',
];
const invalid: readonly [text: string, what: RegExp][] = [
  ['pzry9x0s0muk', /form/],
  ['1pzry9x0s0muk', /form/],
  ['x1b4n0q5v', /letter/],
  ['li1dgmt3', /form/],
  ['de1lg7wt\u00ff', /form/],
  ['A1G7SGD8', /checksum/],
  ['10a06t8', /form/],
  ['1qzzfhee', /form/],
  [' 1nwldj5', /form/],
  ['', /form/],
  ['A12uel5l', /mixed/],
  ['split1checkupstagehandshakeupstreamerranterredcaperred2y9e2w', /checksum/],
];

for (const text of valid) {
  test(`${text} decodes, and encodes to the same`, () => {
    const { prefix, bytes } = decodeBech32(text);
    assert.equal(encodeBech32(prefix, bytes), text);
  });
}

for (const [text, message] of invalid) {
  test(`${JSON.stringify(text)} is refused`, () => {
    assert.throws(() => decodeBech32(text), { code: 'SEALED_KEY_TEXT', message });
  });
}

test('bits that are left over are refused', () => {
  assert.deepEqual(decodeBech32('a1qqqd87cq').bytes, Uint8Array.of(0));
  // A one among the two bits of padding, five bits too many, no byte at all.
  for (const text of ['a1qpamnt9j', 'a1qqqd87cpp', 'a1q3g6mn3']) {
    assert.throws(() => decodeBech32(text), { code: 'SEALED_KEY_TEXT', message: /left over/ });
  }
});

const prefixes = fc.constantFrom('age', 'age1pq', 'AGE-SECRET-KEY-', 'AGE-SECRET-KEY-PQ-');

test('what is encoded decodes to the same', () => {
  fc.assert(
    fc.property(prefixes, fc.uint8Array({ maxLength: 1300 }), (prefix, bytes) => {
      assert.deepEqual(decodeBech32(encodeBech32(prefix, bytes)), { prefix, bytes });
    }),
  );
});

test('a letter that is another one is noticed', () => {
  const letters = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.nat({ max: 57 }),
      fc.integer({ min: 1, max: 31 }),
      (bytes, at, by) => {
        const text = encodeBech32('age', bytes);
        const place = 4 + at;
        const other = letters[(letters.indexOf(text[place] as string) + by) % 32] as string;
        const changed = text.slice(0, place) + other + text.slice(place + 1);
        assert.throws(() => decodeBech32(changed), { code: 'SEALED_KEY_TEXT', message: /checksum/ });
      },
    ),
  );
});

test('garbage throws nothing but SEALED_KEY_TEXT', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'1qpzAB-') }),
    fc.string().map((text) => `age1${text}`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        decodeBech32(text);
      } catch (error) {
        assert.equal((error as { code?: unknown }).code, 'SEALED_KEY_TEXT');
      }
    }),
    { numRuns: 300 },
  );
});
