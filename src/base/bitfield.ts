/**
 * A fixed-size set of indices in the wire layout of BEP 3: bit 7 of byte 0 is index 0, spare bits are zero.
 * The count of set bits is kept, so `isComplete` and `count` cost nothing.
 */
const ones = Uint8Array.from({ length: 256 }, (_, byte) => {
  let n = 0;
  for (let b = byte; b > 0; b >>= 1) n += b & 1;
  return n;
});

export class Bitfield {
  readonly size: number;
  readonly bytes: Uint8Array;
  #count = 0;

  constructor(size: number) {
    this.size = size;
    this.bytes = new Uint8Array(Math.ceil(size / 8));
  }

  /** A bitfield over a copy of wire bytes, or null when the length or a spare bit is wrong. */
  static fromWire(bytes: Uint8Array, size: number): Bitfield | null {
    if (bytes.length !== Math.ceil(size / 8)) return null;
    const spare = bytes.length * 8 - size;
    if (spare > 0 && ((bytes[bytes.length - 1] as number) & ((1 << spare) - 1)) !== 0) return null;
    const field = new Bitfield(size);
    field.bytes.set(bytes);
    for (const byte of bytes) field.#count += ones[byte] as number;
    return field;
  }

  static full(size: number): Bitfield {
    const field = new Bitfield(size);
    field.fill();
    return field;
  }

  /** How many indices are set. */
  get count(): number {
    return this.#count;
  }

  get isComplete(): boolean {
    return this.#count === this.size;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  has(index: number): boolean {
    return ((this.bytes[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0;
  }

  /** Sets an index; returns whether it was clear before. */
  add(index: number): boolean {
    if (index < 0 || index >= this.size || this.has(index)) return false;
    this.bytes[index >> 3] = (this.bytes[index >> 3] as number) | (0x80 >> (index & 7));
    this.#count++;
    return true;
  }

  /** Clears an index; returns whether it was set before. */
  delete(index: number): boolean {
    if (!this.has(index)) return false;
    this.bytes[index >> 3] = (this.bytes[index >> 3] as number) & ~(0x80 >> (index & 7));
    this.#count--;
    return true;
  }

  fill(): void {
    this.bytes.fill(0xff);
    const spare = this.bytes.length * 8 - this.size;
    if (spare > 0) this.bytes[this.bytes.length - 1] = (0xff << spare) & 0xff;
    this.#count = this.size;
  }

  clear(): void {
    this.bytes.fill(0);
    this.#count = 0;
  }

  clone(): Bitfield {
    const copy = new Bitfield(this.size);
    copy.bytes.set(this.bytes);
    copy.#count = this.#count;
    return copy;
  }

  /** The set indices, ascending. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let i = 0; i < this.bytes.length; i++) {
      if (this.bytes[i] === 0) continue;
      for (let index = i * 8; index < Math.min(this.size, i * 8 + 8); index++) if (this.has(index)) yield index;
    }
  }
}
