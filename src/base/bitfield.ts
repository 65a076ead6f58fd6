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
  /** Null while all indices are clear, or all are set: so are most bitfields of thousands of torrents that seed. */
  #bytes: Uint8Array | null = null;
  #count = 0;

  constructor(size: number) {
    this.size = size;
  }

  /** A bitfield over a copy of wire bytes, or null when the length or a spare bit is wrong. */
  static fromWire(bytes: Uint8Array, size: number): Bitfield | null {
    if (bytes.length !== Math.ceil(size / 8)) return null;
    const spare = bytes.length * 8 - size;
    if (spare > 0 && ((bytes[bytes.length - 1] as number) & ((1 << spare) - 1)) !== 0) return null;
    const field = new Bitfield(size);
    for (const byte of bytes) field.#count += ones[byte] as number;
    if (!field.isEmpty && !field.isComplete) field.#bytes = bytes.slice();
    return field;
  }

  static full(size: number): Bitfield {
    const field = new Bitfield(size);
    field.fill();
    return field;
  }

  /** In wire layout; to be read only, and asked for again after a change. */
  get bytes(): Uint8Array {
    return this.#bytes ?? this.#uniform();
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
    const bytes = this.#bytes;
    if (bytes === null) return this.#count > 0 && index >= 0 && index < this.size;
    return ((bytes[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0;
  }

  /** Sets an index; returns whether it was clear before. */
  add(index: number): boolean {
    if (index < 0 || index >= this.size || this.has(index)) return false;
    this.#bytes ??= this.#uniform();
    this.#bytes[index >> 3] = (this.#bytes[index >> 3] as number) | (0x80 >> (index & 7));
    this.#count++;
    if (this.isComplete) this.#bytes = null;
    return true;
  }

  /** Clears an index; returns whether it was set before. */
  delete(index: number): boolean {
    if (!this.has(index)) return false;
    this.#bytes ??= this.#uniform();
    this.#bytes[index >> 3] = (this.#bytes[index >> 3] as number) & ~(0x80 >> (index & 7));
    this.#count--;
    if (this.isEmpty) this.#bytes = null;
    return true;
  }

  fill(): void {
    this.#bytes = null;
    this.#count = this.size;
  }

  clear(): void {
    this.#bytes = null;
    this.#count = 0;
  }

  clone(): Bitfield {
    const copy = new Bitfield(this.size);
    copy.#bytes = this.#bytes?.slice() ?? null;
    copy.#count = this.#count;
    return copy;
  }

  /** The set indices, ascending. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let at = 0; at < this.size; at += 8) {
      const isClear = this.#bytes === null ? this.#count === 0 : this.#bytes[at >> 3] === 0;
      if (isClear) continue;
      for (let index = at; index < Math.min(this.size, at + 8); index++) if (this.has(index)) yield index;
    }
  }

  /** Bytes while all indices are in one state. */
  #uniform(): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(this.size / 8));
    if (this.#count === 0) return bytes;
    bytes.fill(0xff);
    const spare = bytes.length * 8 - this.size;
    if (spare > 0) bytes[bytes.length - 1] = (0xff << spare) & 0xff;
    return bytes;
  }
}
