/** RFC 5869, appendix A, and the limits of §2.3. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex, utf8 } from '../base/bytes.ts';
import { hkdf, hkdfExpand, hkdfExtract } from './hkdf.ts';
import { nodePrimitives } from './native/node-primitives.ts';

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;
const range = (from: number, to: number): Uint8Array => Uint8Array.from({ length: to - from + 1 }, (_, i) => from + i);
const ikm = new Uint8Array(22).fill(0x0b);

/** A.1 to A.3: those with SHA-256. */
const examples = [
  {
    ikm,
    salt: range(0, 12),
    info: range(0xf0, 0xf9),
    prk: '077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5',
    okm: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  },
  {
    ikm: range(0, 0x4f),
    salt: range(0x60, 0xaf),
    info: range(0xb0, 0xff),
    prk: '06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244',
    okm: 'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
  },
  {
    ikm,
    salt: new Uint8Array(0),
    info: new Uint8Array(0),
    prk: '19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04',
    okm: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  },
];

test('extracts and expands as in the examples of RFC 5869', () => {
  for (const example of examples) {
    const prk = hkdfExtract(nodePrimitives, 'sha256', example.salt, example.ikm);
    assert.equal(toHex(prk), example.prk);
    const length = example.okm.length / 2;
    assert.equal(toHex(hkdfExpand(nodePrimitives, 'sha256', prk, example.info, length)), example.okm);
    assert.equal(toHex(hkdf(nodePrimitives, example.ikm, example.salt, example.info, length)), example.okm);
    assert.equal(toHex(hkdf(nodePrimitives, example.ikm, example.salt, example.info)), example.okm.slice(0, 64));
  }
});

test('gives 255 hashes at the most, and any length below', () => {
  for (const [name, size] of [
    ['sha256', 32],
    ['sha512', 64],
  ] as const) {
    const long = hkdfExpand(nodePrimitives, name, ikm, utf8('info'), 255 * size);
    for (const length of [0, 1, size - 1, size, size + 1, 255 * size]) {
      assert.deepEqual(hkdfExpand(nodePrimitives, name, ikm, utf8('info'), length), long.subarray(0, length));
    }
    assert.throws(() => hkdfExpand(nodePrimitives, name, ikm, utf8('info'), 255 * size + 1), RangeError);
  }
});

test('an empty salt is one of zeros', () => {
  for (const [name, size] of [
    ['sha256', 32],
    ['sha512', 64],
  ] as const) {
    const ofNothing = hkdfExtract(nodePrimitives, name, hex(''), ikm);
    assert.deepEqual(hkdfExtract(nodePrimitives, name, new Uint8Array(size), ikm), ofNothing);
  }
});

test('nothing stays of what a key was made of', () => {
  const blocks: Uint8Array[] = [];
  const hmac: typeof nodePrimitives.hmac = (...args) => {
    const block = nodePrimitives.hmac(...args);
    blocks.push(block);
    return block;
  };
  const key = hkdf({ hmac }, ikm, new Uint8Array(0), utf8('x'), 40);
  assert.equal(blocks.length, 3);
  for (const block of blocks) assert.ok(!block.some((byte) => byte !== 0));
  assert.deepEqual(new Uint8Array(key.buffer).subarray(40), new Uint8Array(24));
});
