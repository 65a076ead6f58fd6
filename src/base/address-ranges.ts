/**
 * A set of many address ranges that threads share: hundreds of thousands of them, sorted, so that a look-up is a binary
 * search. It is made once; a change makes another.
 */
import { type AddressPrefix, lastAddress } from './address-prefix.ts';
import { RangeList, wordAt } from './range-list.ts';

/** Words in front: number of IPv4 ranges, number of IPv6 ranges. Then first and last address of each, IPv4 first. */
const HEAD = 2;

export class AddressRanges {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Uint32Array;

  /** Over the buffer of another, in any thread. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Uint32Array(buffer);
  }

  static of(prefixes: readonly AddressPrefix[]): AddressRanges {
    const lists = { v4: new RangeList(1), v6: new RangeList(4) };
    for (const prefix of prefixes) {
      lists[prefix.bytes.length === 4 ? 'v4' : 'v6'].add(prefix.bytes, lastAddress(prefix));
    }
    return AddressRanges.merge(lists.v4, lists.v6);
  }

  /** Of ranges that were collected, IPv4 and IPv6. */
  static merge(v4: RangeList, v6: RangeList): AddressRanges {
    const [ranges4, ranges6] = [v4.merged(), v6.merged()];
    const words = new Uint32Array(new SharedArrayBuffer(4 * (HEAD + ranges4.length + ranges6.length)));
    words[0] = ranges4.length / 2;
    words[1] = ranges6.length / 8;
    words.set(ranges4, HEAD);
    words.set(ranges6, HEAD + ranges4.length);
    return new AddressRanges(words.buffer);
  }

  /** Number of ranges that do not overlap. */
  get size(): number {
    return (this.#words[0] as number) + (this.#words[1] as number);
  }

  /** Whether the address in the first `length` bytes (4 or 16) is in one of the ranges. */
  has(bytes: Uint8Array, length: number): boolean {
    const words = this.#words;
    const width = length / 4;
    const start = width === 1 ? HEAD : HEAD + 2 * (words[0] as number);
    let [low, high] = [0, words[width === 1 ? 0 : 1] as number];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(words, start + 2 * width * middle, bytes, width) <= 0) low = middle + 1;
      else high = middle;
    }
    // The last range that begins at or before the address; none overlaps another.
    return low > 0 && compare(words, start + 2 * width * (low - 1) + width, bytes, width) >= 0;
  }
}

/** Below zero when the words at `at` come before the address. */
function compare(words: Uint32Array, at: number, bytes: Uint8Array, width: number): number {
  for (let i = 0; i < width; i++) {
    const [a, b] = [words[at + i] as number, wordAt(bytes, i)];
    if (a !== b) return a < b ? -1 : 1;
  }
  return 0;
}
