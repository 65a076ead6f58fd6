/** Randomness comes in through this port: cryptographic in the product, seeded in the simulation. */
import { secretMemory } from './bytes.ts';
import type { ByteCount } from './units.ts';

export interface Random {
  /** `count` random bytes. */
  bytes(count: number): Uint8Array;
  /** An integer in [0, bound); `bound` is 1 … 2^32. */
  below(bound: number): number;
}

/** Most bytes that one call of the platform's generator fills (Web Crypto). */
const LARGEST_FILL: ByteCount = 65536;

/** The platform's cryptographic generator. */
export const systemRandom: Random = {
  bytes(count) {
    const bytes = secretMemory(count);
    for (let at = 0; at < count; at += LARGEST_FILL) crypto.getRandomValues(bytes.subarray(at, at + LARGEST_FILL));
    return bytes;
  },
  below(bound) {
    // Rejection keeps the draw unbiased: words past the last whole multiple of `bound` are drawn again.
    const excess = ((0xffffffff % bound) + 1) % bound;
    let word = drawWord();
    while (word > 0xffffffff - excess) word = drawWord();
    return word % bound;
  },
};

/** Random words drawn ahead: a call into the platform costs a thousand times as much as a word of it. */
const words = new Uint32Array(256);
let wordsUsed = words.length;

function drawWord(): number {
  if (wordsUsed === words.length) {
    crypto.getRandomValues(words);
    wordsUsed = 0;
  }
  const word = words[wordsUsed] as number;
  words[wordsUsed++] = 0;
  return word;
}

/** A seeded generator (xoshiro128**, seeded by splitmix32): the same seed gives the same run. Not for secrets. */
export function seededRandom(seed: number): Random {
  const state = new Uint32Array(4);
  let mix = seed >>> 0;
  for (let i = 0; i < 4; i++) {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    state[i] = z ^ (z >>> 15);
  }
  const rotl = (x: number, k: number): number => (x << k) | (x >>> (32 - k));
  const next = (): number => {
    const [s0, s1, s2, s3] = state as unknown as [number, number, number, number];
    const result = Math.imul(rotl(Math.imul(s1, 5), 7), 9) >>> 0;
    const t = s1 << 9;
    const a = s2 ^ s0;
    const b = s3 ^ s1;
    state[1] = s1 ^ a;
    state[0] = s0 ^ b;
    state[2] = a ^ t;
    state[3] = rotl(b, 11);
    return result;
  };
  return {
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 0xff),
    below: (bound) => Math.floor((next() / 2 ** 32) * bound),
  };
}

/** Shuffles in place (Fisher–Yates) and returns the same array. */
export function shuffle<T>(items: T[], random: Random): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}
