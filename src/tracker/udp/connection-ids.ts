/**
 * Connection ids of the UDP tracker protocol (BEP 15). They prove that a client receives what is sent to its address,
 * so that nobody can make the tracker flood a third party. An id is a keyed hash of the address and the minute: there
 * is no table to fill, and every tracker with the same key accepts it.
 */
import { SipHash } from '../../base/siphash.ts';
import type { UnixSeconds } from '../../base/units.ts';

/** Seconds of an epoch. A client may use an id for a minute; it is accepted for one to two. */
const EPOCH = 60;

export class ConnectionIds {
  readonly #hash: SipHash;
  readonly #input = new Uint8Array(20);

  /** `key`: 16 secret bytes, shared by the trackers of one address. */
  constructor(key: Uint8Array) {
    this.#hash = new SipHash(key);
  }

  /** Writes the id of a host (the first `length` bytes, 4 or 16) to `out` at `at`. */
  issue(host: Uint8Array, length: number, now: UnixSeconds, out: Uint8Array, at: number): void {
    this.#compute(host, length, Math.floor(now / EPOCH));
    writeWord(out, at, this.#hash.low);
    writeWord(out, at + 4, this.#hash.high);
  }

  /** Whether the id at `at` was given to this host lately, here or by a tracker whose clock is a little ahead. */
  isValid(host: Uint8Array, length: number, now: UnixSeconds, bytes: Uint8Array, at: number): boolean {
    const epoch = Math.floor(now / EPOCH);
    return (
      this.#isOf(host, length, epoch, bytes, at) ||
      this.#isOf(host, length, epoch - 1, bytes, at) ||
      this.#isOf(host, length, epoch + 1, bytes, at)
    );
  }

  #isOf(host: Uint8Array, length: number, epoch: number, bytes: Uint8Array, at: number): boolean {
    this.#compute(host, length, epoch);
    const difference = (this.#hash.low ^ readWord(bytes, at)) | (this.#hash.high ^ readWord(bytes, at + 4));
    return difference === 0;
  }

  #compute(host: Uint8Array, length: number, epoch: number): void {
    writeWord(this.#input, 0, epoch);
    for (let i = 0; i < length; i++) this.#input[4 + i] = host[i] as number;
    this.#hash.hash(this.#input, 4 + length);
  }
}

function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word;
  bytes[at + 1] = word >>> 8;
  bytes[at + 2] = word >>> 16;
  bytes[at + 3] = word >>> 24;
}

const readWord = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24);
