import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseHost } from './address.ts';
import { type AddressPrefix, isInPrefix, parsePrefix } from './address-prefix.ts';
import { AddressRanges } from './address-ranges.ts';

const rangesOf = (...prefixes: string[]): AddressRanges =>
  AddressRanges.of(prefixes.map((prefix) => parsePrefix(prefix) as AddressPrefix));

function has(ranges: AddressRanges, host: string): boolean {
  const bytes = parseHost(host) as Uint8Array;
  return ranges.has(bytes, bytes.length);
}

/** Few different bits, so that addresses fall into prefixes and prefixes into each other. */
const bytesOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc
    .array(fc.constantFrom(0, 1, 127, 128, 255), { minLength: length, maxLength: length })
    .map((b) => Uint8Array.from(b));
const prefixOf = (length: number): fc.Arbitrary<AddressPrefix> =>
  fc.tuple(bytesOf(length), fc.integer({ min: 0, max: 8 * length })).map(([bytes, bits]) => {
    const text = Array.from(bytes).join('.');
    if (length === 4) return parsePrefix(`${text}/${bits}`) as AddressPrefix;
    const groups = Array.from({ length: 8 }, (_, i) =>
      ((bytes[2 * i] ?? 0) * 256 + (bytes[2 * i + 1] ?? 0)).toString(16),
    );
    return parsePrefix(`${groups.join(':')}/${bits}`) as AddressPrefix;
  });

describe('a set of address ranges', () => {
  test('has the first and the last address of each range and not those beside it', () => {
    const ranges = rangesOf('192.0.2.0/24', '198.51.100.7', '2001:db8::/33', '::1');
    for (const host of ['192.0.2.0', '192.0.2.255', '198.51.100.7', '2001:db8::', '2001:db8:7fff:ffff::1', '::1']) {
      assert.ok(has(ranges, host), host);
    }
    for (const host of ['192.0.1.255', '192.0.3.0', '198.51.100.6', '198.51.100.8', '2001:db8:8000::', '::2', '::']) {
      assert.ok(!has(ranges, host), host);
    }
  });

  test('is empty without prefixes', () => {
    const ranges = rangesOf();
    assert.equal(ranges.size, 0);
    assert.ok(!has(ranges, '0.0.0.0') && !has(ranges, '255.255.255.255') && !has(ranges, '::'));
  });

  test('can have all addresses of a family and none of the other', () => {
    const ranges = rangesOf('0.0.0.0/0', '10.0.0.0/8');
    assert.equal(ranges.size, 1);
    assert.ok(has(ranges, '255.255.255.255') && has(ranges, '0.0.0.0') && !has(ranges, '::'));
  });

  test('has what one of its prefixes has, for any prefixes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(4, 16).chain((n) => fc.tuple(fc.array(prefixOf(n), { maxLength: 12 }), bytesOf(n))),
        ([prefixes, address]) => {
          const ranges = AddressRanges.of(prefixes);
          assert.equal(
            ranges.has(address, address.length),
            prefixes.some((prefix) => isInPrefix(address, prefix)),
          );
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('is the same over its buffer in another thread', () => {
    const ranges = new AddressRanges(rangesOf('192.0.2.0/24').buffer);
    assert.ok(has(ranges, '192.0.2.77') && !has(ranges, '192.0.3.77'));
  });
});
