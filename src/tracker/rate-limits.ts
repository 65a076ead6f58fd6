/**
 * How often an address may ask, and how often all of its network may (IPv4: 24 bits; IPv6: 48, of which an address is
 * a network of 64 bits). Memory is bounded, whoever asks: each has two counters among many, picked by a keyed hash,
 * and is refused only when both are exhausted. All threads count in the same memory; when two do so at the same moment,
 * a request may go uncounted.
 *
 * A counter is a time (GCRA): when what was admitted will be used up at the allowed rate.
 */
import type { ByteCount, Millis } from '../base/units.ts';
import type { HostAddress } from './swarm-store.ts';
import { hashShorts } from './table/hashing.ts';

export interface RateLimit {
  /** Requests per second of one address, in the long run; 0: no limit. */
  readonly perSecond: number;
  /** Requests that may come at once after silence; 0: no limit. */
  readonly burst: number;
}

/** How many times as often a network may ask as one address. */
const NETWORK_SHARE = 16;
/** Counters in a row; two rows for addresses, two for networks. */
const ROW = 65536;
const ROWS: Readonly<Record<'address' | 'network', number>> = { address: 0, network: 2 * ROW };
const MEMORY: ByteCount = 8 * 4 * ROW;

export class RateLimits {
  #limit: RateLimit;
  readonly #counters: Float64Array;
  readonly #seed: number;

  /** `memory` is of `RateLimits.memory()`, `seed` secret, both the same in all threads. */
  constructor(limit: RateLimit, memory: SharedArrayBuffer, seed: number) {
    this.#limit = limit;
    this.#counters = new Float64Array(memory);
    this.#seed = seed;
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(MEMORY);
  }

  /** May be changed at any time; what was counted by another limit is forgotten. */
  set limit(limit: RateLimit) {
    if (limit.perSecond === this.#limit.perSecond && limit.burst === this.#limit.burst) return;
    this.#limit = limit;
    this.#counters.fill(0);
  }

  /** Counts a request of an address; false when it is one too many. `now`: the same clock in all threads. */
  admits({ address, family }: HostAddress, now: Millis): boolean {
    const { perSecond, burst } = this.#limit;
    if (perSecond === 0 || burst === 0) return true;
    const step = 1000 / perSecond;
    const share = step / NETWORK_SHARE;
    const latest = now + burst * step;
    const host = hashShorts(address, 0, family === 4 ? 2 : 4, this.#seed);
    const network = family === 4 ? hashNetwork4(address, ~this.#seed) : hashShorts(address, 0, 3, ~this.#seed);
    const hostNext = Math.max(now, this.#read(ROWS.address, host)) + step;
    const networkNext = Math.max(now, this.#read(ROWS.network, network)) + share;
    if (hostNext > latest || networkNext > latest) return false;
    this.#raise(ROWS.address, host, hostNext);
    this.#raise(ROWS.network, network, networkNext);
    return true;
  }

  /** What the counter says that is shared with fewer others. */
  #read(rows: number, hash: number): Millis {
    return Math.min(this.#counters[first(rows, hash)] as number, this.#counters[second(rows, hash)] as number);
  }

  #raise(rows: number, hash: number, time: Millis): void {
    for (const at of [first(rows, hash), second(rows, hash)]) {
      if ((this.#counters[at] as number) < time) this.#counters[at] = time;
    }
  }
}

const first = (rows: number, hash: number): number => rows + (hash & (ROW - 1));
const second = (rows: number, hash: number): number => rows + ROW + (hash >>> 16);

/** Leaves of the second half of an IPv4 address its first byte, whichever end of a short this machine puts first. */
const NETWORK_MASK = new Uint16Array(Uint8Array.of(0xff, 0).buffer)[0] as number;
const network4 = new Uint16Array(2);

function hashNetwork4(address: Uint16Array, seed: number): number {
  network4[0] = address[0] as number;
  network4[1] = (address[1] as number) & NETWORK_MASK;
  return hashShorts(network4, 0, 2, seed);
}
