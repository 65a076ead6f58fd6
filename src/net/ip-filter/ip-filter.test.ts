import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatHost } from '../../base/address.ts';
import { IpFilter, readBlocklist } from './index.ts';

/** Few different bytes, so that ranges overlap and addresses fall into them. */
const addressOf = (length: 4 | 16): fc.Arbitrary<Uint8Array> =>
  fc
    .array(fc.constantFrom(0, 1, 2, 127, 128, 254, 255), { minLength: length, maxLength: length })
    // An IPv6 address that is none of IPv4.
    .map((bytes) => Uint8Array.from(length === 16 ? [0x20, ...bytes.slice(1)] : bytes));

const rangeOf = (length: 4 | 16): fc.Arbitrary<readonly [Uint8Array, Uint8Array]> =>
  fc
    .tuple(addressOf(length), addressOf(length))
    .map((pair) => pair.toSorted(Buffer.compare) as [Uint8Array, Uint8Array]);

describe('an address filter', () => {
  it('has what one of its ranges has, for any ranges in any order', () => {
    fc.assert(
      fc.property(
        fc
          .constantFrom(4 as const, 16 as const)
          .chain((n) => fc.tuple(fc.array(rangeOf(n), { maxLength: 40 }), fc.array(addressOf(n), { minLength: 1 }))),
        ([ranges, addresses]) => {
          const lines = ranges.map(([first, last]) => `r:${formatHost(first)}-${formatHost(last)}`);
          const { filter, bad } = readBlocklist(lines.join('\n'));
          assert.equal(bad.count, 0);
          for (const address of [...addresses, ...ranges.flat()]) {
            const isIn = ranges.some(([a, b]) => Buffer.compare(a, address) <= 0 && Buffer.compare(address, b) <= 0);
            assert.equal(filter.has(formatHost(address)), isIn, formatHost(address));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('counts ranges that overlap as one', () => {
    assert.equal(readBlocklist('10.0.0.0-10.0.0.9\n10.0.0.5-10.0.0.20\n10.0.0.7\n10.0.0.20/31').filter.size, 1);
    assert.equal(readBlocklist('10.0.0.9\n10.0.0.1\n::1').filter.size, 3);
  });

  it('keeps nobody out when it is empty, nor what is no address', () => {
    for (const host of ['1.2.3.4', '::1', '', 'tracker.example', '1.2.3', '1.2.3.4.5', '1.2.3.4x', '999.1.1.1']) {
      assert.equal(IpFilter.none.has(host), false);
      assert.equal(readBlocklist('0.0.0.0/0\n::/0').filter.has(host), ['1.2.3.4', '::1'].includes(host), host);
    }
  });
});
