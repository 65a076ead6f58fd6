/** Transfer rates: a meter that measures them and a bucket that bounds them. Both are told the time, neither asks. */
import type { ByteCount, BytesPerSecond, Millis } from './units.ts';

/** Weight of the newest second against the past. */
const WEIGHT = 0.35;

/** After so long without a byte the rate is zero, ms. */
const SILENCE: Millis = 10_000;

/** Exponentially weighted rate. Feed it with `add`, close a sample with `tick` about once a second. */
export class RateMeter {
  #total: ByteCount = 0;
  #sample: ByteCount = 0;
  #rate: BytesPerSecond = 0;
  #since: Millis;
  /** End of the last sample with bytes. */
  #last: Millis;

  constructor(now: Millis) {
    this.#since = now;
    this.#last = now;
  }

  get total(): ByteCount {
    return this.#total;
  }

  /** Whole bytes; at least 1 while it is not zero. */
  get rate(): BytesPerSecond {
    return Math.round(this.#rate);
  }

  add(bytes: ByteCount): void {
    this.#total += bytes;
    this.#sample += bytes;
  }

  tick(now: Millis): void {
    const seconds = (now - this.#since) / 1000;
    if (seconds < 0.05) return;
    const measured = this.#sample / seconds;
    const keep = (1 - WEIGHT) ** seconds;
    this.#rate = this.#rate === 0 ? measured : this.#rate * keep + measured * (1 - keep);
    if (this.#sample > 0) this.#last = now;
    if (this.#rate < 1 || now - this.#last >= SILENCE) this.#rate = 0;
    this.#sample = 0;
    this.#since = now;
  }

  /** What is measured has ended: the rate is zero. */
  rest(now: Millis): void {
    this.#rate = 0;
    this.#sample = 0;
    this.#since = now;
  }
}

/** Token bucket: `take` grants bytes up to the limit. A limit of 0 means unlimited. */
export class TokenBucket {
  #limit: BytesPerSecond;
  #tokens: ByteCount;
  #since: Millis;

  constructor(limit: BytesPerSecond, now: Millis) {
    this.#limit = limit;
    this.#tokens = this.#burst();
    this.#since = now;
  }

  get limit(): BytesPerSecond {
    return this.#limit;
  }

  setLimit(limit: BytesPerSecond, now: Millis): void {
    this.#refill(now);
    this.#limit = limit;
    this.#tokens = Math.min(this.#tokens, this.#burst());
  }

  /** Bytes that may pass now, at most `want`; they are taken from the bucket. */
  take(want: ByteCount, now: Millis): ByteCount {
    if (this.#limit === 0) return want;
    this.#refill(now);
    const granted = Math.max(0, Math.min(want, Math.floor(this.#tokens)));
    this.#tokens -= granted;
    return granted;
  }

  /** Charges bytes that have already passed; the bucket may go into debt. */
  charge(bytes: ByteCount, now: Millis): void {
    if (this.#limit === 0) return;
    this.#refill(now);
    this.#tokens -= bytes;
  }

  /** Bytes that `take` would grant at most (Infinity when unlimited). */
  available(now: Millis): ByteCount {
    if (this.#limit === 0) return Number.POSITIVE_INFINITY;
    this.#refill(now);
    return Math.max(0, Math.floor(this.#tokens));
  }

  /** A quarter second of the limit, but room for one block and its header. */
  #burst(): ByteCount {
    return Math.max(this.#limit / 4, 32 * 1024);
  }

  #refill(now: Millis): void {
    this.#tokens = Math.min(this.#burst(), this.#tokens + (this.#limit * (now - this.#since)) / 1000);
    this.#since = now;
  }
}
