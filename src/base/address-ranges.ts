/**
 * A set of many address ranges that threads share: hundreds of thousands of prefixes, sorted, so that a look-up is a
 * binary search. It is made once; a change makes another.
 */
import type { AddressPrefix } from './address-prefix.ts';

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
    const ranges4 = outermost(prefixes.filter(({ bytes }) => bytes.length === 4));
    const ranges6 = outermost(prefixes.filter(({ bytes }) => bytes.length === 16));
    const length = HEAD + ranges4.length * 2 + ranges6.length * 8;
    const words = new Uint32Array(new SharedArrayBuffer(4 * length));
    words[0] = ranges4.length;
    words[1] = ranges6.length;
    let at = HEAD;
    for (const [first, last] of [...ranges4, ...ranges6]) {
      words.set(first, at);
      words.set(last, at + first.length);
      at += 2 * first.length;
    }
    return new AddressRanges(words.buffer);
  }

  /** Number of ranges that are not within another. */
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
    // The last range that begins at or before the address; none lies within another.
    return low > 0 && compare(words, start + 2 * width * (low - 1) + width, bytes, width) >= 0;
  }
}

type Range = readonly [first: Uint32Array, last: Uint32Array];

/** Ranges in their order, without those that lie within others: prefixes never overlap in another way. */
function outermost(prefixes: readonly AddressPrefix[]): Range[] {
  const sorted = prefixes.map(rangeOf).toSorted(([a, aLast], [b, bLast]) => order(a, b) || order(bLast, aLast));
  const kept: Range[] = [];
  for (const range of sorted) {
    const before = kept.at(-1);
    if (before === undefined || order(range[0], before[1]) > 0) kept.push(range);
  }
  return kept;
}

function rangeOf({ bytes, length }: AddressPrefix): Range {
  const first = new Uint32Array(bytes.length / 4);
  for (let i = 0; i < first.length; i++) first[i] = wordAt(bytes, i);
  const last = first.map((word, i) => {
    const kept = Math.min(32, Math.max(0, length - 32 * i));
    return kept === 32 ? word : word | (0xffffffff >>> kept);
  });
  return [first, last];
}

function order(a: Uint32Array, b: Uint32Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return (a[i] as number) < (b[i] as number) ? -1 : 1;
  return 0;
}

/** Below zero when the words at `at` come before the address. */
function compare(words: Uint32Array, at: number, bytes: Uint8Array, width: number): number {
  for (let i = 0; i < width; i++) {
    const [a, b] = [words[at + i] as number, wordAt(bytes, i)];
    if (a !== b) return a < b ? -1 : 1;
  }
  return 0;
}

const wordAt = (bytes: Uint8Array, i: number): number =>
  (((bytes[4 * i] as number) << 24) |
    ((bytes[4 * i + 1] as number) << 16) |
    ((bytes[4 * i + 2] as number) << 8) |
    (bytes[4 * i + 3] as number)) >>>
  0;
