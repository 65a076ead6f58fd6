/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of short inputs that cannot be forged without the key.
 * 64-bit words are pairs of 32-bit halves, because BigInt would make objects.
 */
import type { ByteCount } from './units.ts';

/** Little-endian 32-bit word. */
const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24);

export class SipHash {
  /** The result: low and high word, little-endian as the paper has it. */
  low = 0;
  high = 0;
  readonly #key: Int32Array;
  /** v0 to v3, low and high word each. */
  readonly #v = new Int32Array(8);
  readonly #tail = new Uint8Array(8);

  /** `key`: 16 bytes. */
  constructor(key: Uint8Array) {
    this.#key = Int32Array.from([0, 4, 8, 12], (at) => word(key, at));
  }

  /** Hashes the first `length` bytes; the result is in `low` and `high`. */
  hash(bytes: Uint8Array, length: ByteCount): void {
    const v = this.#v;
    const [k0, k1, k2, k3] = this.#key as unknown as [number, number, number, number];
    v[0] = k0 ^ 0x70736575;
    v[1] = k1 ^ 0x736f6d65;
    v[2] = k2 ^ 0x6e646f6d;
    v[3] = k3 ^ 0x646f7261;
    v[4] = k0 ^ 0x6e657261;
    v[5] = k1 ^ 0x6c796765;
    v[6] = k2 ^ 0x79746573;
    v[7] = k3 ^ 0x74656462;
    const whole = length - (length % 8);
    for (let at = 0; at < whole; at += 8) this.#absorb(word(bytes, at), word(bytes, at + 4));
    this.#tail.fill(0);
    for (let i = whole; i < length; i++) this.#tail[i - whole] = bytes[i] as number;
    this.#tail[7] = length;
    this.#absorb(word(this.#tail, 0), word(this.#tail, 4));
    v[4] ^= 0xff;
    for (let i = 0; i < 4; i++) this.#round();
    this.low = v[0] ^ v[2] ^ v[4] ^ v[6];
    this.high = v[1] ^ v[3] ^ v[5] ^ v[7];
  }

  #absorb(low: number, high: number): void {
    const v = this.#v;
    (v[6] as number) ^= low;
    (v[7] as number) ^= high;
    this.#round();
    this.#round();
    (v[0] as number) ^= low;
    (v[1] as number) ^= high;
  }

  #round(): void {
    const v = this.#v;
    add(v, 0, 2);
    rotate(v, 2, 13);
    mix(v, 2, 0);
    swap(v, 0);
    add(v, 4, 6);
    rotate(v, 6, 16);
    mix(v, 6, 4);
    add(v, 0, 6);
    rotate(v, 6, 21);
    mix(v, 6, 0);
    add(v, 4, 2);
    rotate(v, 2, 17);
    mix(v, 2, 4);
    swap(v, 4);
  }
}

function add(v: Int32Array, a: number, b: number): void {
  const low = ((v[a] as number) >>> 0) + ((v[b] as number) >>> 0);
  v[a] = low;
  v[a + 1] = (v[a + 1] as number) + (v[b + 1] as number) + (low > 0xffffffff ? 1 : 0);
}

/** To the left, by less than 32 bits. */
function rotate(v: Int32Array, a: number, bits: number): void {
  const [low, high] = [v[a] as number, v[a + 1] as number];
  v[a] = (low << bits) | (high >>> (32 - bits));
  v[a + 1] = (high << bits) | (low >>> (32 - bits));
}

function mix(v: Int32Array, a: number, b: number): void {
  (v[a] as number) ^= v[b] as number;
  (v[a + 1] as number) ^= v[b + 1] as number;
}

/** Rotation by 32 bits. */
function swap(v: Int32Array, a: number): void {
  const low = v[a] as number;
  v[a] = v[a + 1] as number;
  v[a + 1] = low;
}
