/**
 * Addresses that are kept out: not dialled, not accepted. Hundreds of thousands of ranges, as in published blocklists;
 * a look-up is a binary search and takes less than a microsecond.
 */
import { isIPv6 } from '../../base/address.ts';
import { AddressRanges } from '../../base/address-ranges.ts';
import { parseIPv6Bytes, readIPv4 } from './addresses.ts';

export class IpFilter {
  /** Keeps nobody out. */
  static readonly none: IpFilter = new IpFilter(AddressRanges.of([]));

  readonly #ranges: AddressRanges;
  readonly #bytes = new Uint8Array(4);

  constructor(ranges: AddressRanges) {
    this.#ranges = ranges;
  }

  /** Number of ranges that do not overlap. */
  get size(): number {
    return this.#ranges.size;
  }

  /** Whether an address, as text, is kept out. What is no address is not. */
  has(host: string): boolean {
    if (!isIPv6(host)) return readIPv4(host, this.#bytes) && this.#ranges.has(this.#bytes, 4);
    const bytes = parseIPv6Bytes(host);
    return bytes !== null && this.#ranges.has(bytes, bytes.length);
  }
}
