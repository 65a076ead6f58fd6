import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, fromHex, toHex } from '../../base/bytes.ts';
import { Rc4 } from './rc4.ts';

/** RFC 6229 §2: key → offset in the key stream → 16 bytes of it. What lies before 1024 is dropped. */
const vectors: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  '0102030405': {
    1024: '30abbcc7c20b01609f23ee2d5f6bb7df',
    1520: '3294f744d8f9790507e70f62e5bbceea',
    4080: '068326a2118416d21f9d04b2cd1ca050',
  },
  '0102030405060708090a0b0c0d0e0f10': {
    1024: 'bdf0324e6083dcc6d3cedd3ca8c53c16',
    2048: '8a44126411eaa78bd51e8d87a8879bf5',
    4080: 'ff38265c1642c1abe8d3c2fe5e572bf8',
  },
  ebb46227c6cc8b37641910833222772a: {
    1024: 'b515a8c5011754f59003058bdb81514e',
    3072: '84a9218fc36e8a5f2ccfbeae53a27d25',
  },
};

const bytesOf = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;

for (const [key, stream] of Object.entries(vectors)) {
  test(`the key stream of ${key} is that of RFC 6229 from byte 1024 on`, () => {
    const out = new Uint8Array(4096 - 1024);
    new Rc4(bytesOf(key)).apply(out);
    for (const [offset, expected] of Object.entries(stream)) {
      const at = Number(offset) - 1024;
      assert.equal(toHex(out.subarray(at, at + 16)), expected, offset);
    }
  });
}

test('it goes on where it ended, whatever the portions, the alignment and the memory', () => {
  const key = bytesOf('0102030405');
  const portions = fc.array(fc.record({ length: fc.nat(70), from: fc.nat(7), to: fc.nat(7) }), { minLength: 1 });
  fc.assert(
    fc.property(portions, fc.boolean(), (pieces, isShared) => {
      const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0)).map((_, i) => i);
      const [cipher, parts] = [new Rc4(key), [] as Uint8Array[]];
      let at = 0;
      for (const { length, from, to } of pieces) {
        const memory = isShared ? new SharedArrayBuffer(from + length) : new ArrayBuffer(from + length);
        const source = new Uint8Array(memory, from, length);
        source.set(whole.subarray(at, at + length));
        const target = new Uint8Array(to + length + 3).subarray(to);
        cipher.apply(source, target);
        assert.deepEqual([...source], [...whole.subarray(at, at + length)], 'the source has changed');
        assert.deepEqual([...target.subarray(length)], [0, 0, 0], 'more was written than read');
        parts.push(target.subarray(0, length));
        at += length;
      }
      new Rc4(key).apply(whole);
      assert.deepEqual(concat(parts), whole);
    }),
  );
});

test('in place, twice is nothing', () => {
  const bytes = new Uint8Array(1001).map((_, i) => i * 7);
  const before = bytes.slice();
  new Rc4(bytesOf('00ff')).apply(bytes.subarray(1));
  assert.notDeepEqual(bytes, before);
  new Rc4(bytesOf('00ff')).apply(bytes.subarray(1));
  assert.deepEqual(bytes, before);
});
