/**
 * Address ranges of one family on their way into `AddressRanges`: collected in any order, in memory that holds nothing
 * else (a list of 200,000 ranges takes 1.6 MB), then sorted, and merged where they overlap.
 */

/** Room for so many ranges at the beginning. */
const FIRST_ROOM = 16;
/** Numbers of so many ranges fit behind a word in a double. */
const MOST_PACKED = 2 ** 21;

/** The `i`th word of an address in network order. */
export const wordAt = (bytes: Uint8Array, i: number): number =>
  (((bytes[4 * i] as number) << 24) |
    ((bytes[4 * i + 1] as number) << 16) |
    ((bytes[4 * i + 2] as number) << 8) |
    (bytes[4 * i + 3] as number)) >>>
  0;

export class RangeList {
  /** Words of an address: 1 (IPv4) or 4 (IPv6). */
  readonly #width: number;
  /** First and last address of each range, one after the other. */
  #words: Uint32Array;
  #count = 0;
  #isSorted = true;

  constructor(width: 1 | 4) {
    this.#width = width;
    this.#words = new Uint32Array(2 * width * FIRST_ROOM);
  }

  /** Adds the addresses from `first` to `last`, both included, as bytes; false when they are in the wrong order. */
  add(first: Uint8Array, last: Uint8Array): boolean {
    const at = 2 * this.#width * this.#count;
    if (at === this.#words.length) this.#grow();
    for (let i = 0; i < this.#width; i++) {
      this.#words[at + i] = wordAt(first, i);
      this.#words[at + this.#width + i] = wordAt(last, i);
    }
    if (this.#compare(at, at + this.#width) > 0) return false;
    if (this.#count > 0 && this.#compare(at - 2 * this.#width, at) > 0) this.#isSorted = false;
    this.#count++;
    return true;
  }

  /** The ranges in order, first and last address of each; none overlaps another. */
  merged(): Uint32Array {
    const [words, width] = [this.#words, this.#width];
    const merged = new Uint32Array(2 * width * this.#count);
    let end = 0;
    for (const at of this.#order()) {
      const last = end - width;
      if (end > 0 && compareWords(words, at, merged, last, width) <= 0) {
        // It begins within the range before; one of the two ends later.
        if (compareWords(words, at + width, merged, last, width) > 0) merged.set(this.#address(at + width), last);
      } else {
        merged.set(words.subarray(at, at + 2 * width), end);
        end += 2 * width;
      }
    }
    return merged.subarray(0, end);
  }

  /** Where the ranges lie, by their first addresses. Lists that people publish are mostly in order already. */
  #order(): Uint32Array {
    const places = new Uint32Array(this.#count);
    for (let i = 0; i < places.length; i++) places[i] = 2 * this.#width * i;
    if (this.#isSorted) return places;
    if (this.#width === 1 && this.#count <= MOST_PACKED) return this.#packedOrder();
    return places.sort((a, b) => this.#compare(a, b));
  }

  /** Of IPv4: addresses with the numbers of their ranges behind them are sorted ten times as fast as by a function. */
  #packedOrder(): Uint32Array {
    const packed = new Float64Array(this.#count);
    for (let i = 0; i < packed.length; i++) packed[i] = (this.#words[2 * i] as number) * MOST_PACKED + i;
    packed.sort();
    const places = new Uint32Array(this.#count);
    for (let i = 0; i < places.length; i++) places[i] = 2 * ((packed[i] as number) % MOST_PACKED);
    return places;
  }

  #address(at: number): Uint32Array {
    return this.#words.subarray(at, at + this.#width);
  }

  #compare(a: number, b: number): number {
    return compareWords(this.#words, a, this.#words, b, this.#width);
  }

  #grow(): void {
    const larger = new Uint32Array(2 * this.#words.length);
    larger.set(this.#words);
    this.#words = larger;
  }
}

function compareWords(a: Uint32Array, at: number, b: Uint32Array, bt: number, width: number): number {
  for (let i = 0; i < width; i++) {
    const difference = (a[at + i] as number) - (b[bt + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
