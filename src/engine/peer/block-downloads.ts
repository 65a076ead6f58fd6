/**
 * The blocks that we asked of one peer: what is pending, how many to ask ahead, and the rate at which they come.
 *
 * The depth of the queue starts small and grows by one with each block (so it doubles each round trip) until the rate
 * stops growing; from then on it covers three seconds of the measured rate. It never fills what the peer lets us
 * queue (`reqq`, BEP 10), nor is it much more than a second of what our own limits let pass: a peer sends at once what it is
 * asked for, and what lies unread between it and us cannot be taken back, so that what is needed first waits behind it.
 */
import { RateMeter } from '../../base/rate.ts';
import type { ByteCount, BytesPerSecond, Millis } from '../../base/units.ts';
import { BLOCK_LENGTH } from '../../codec/metainfo/index.ts';

/** Blocks asked ahead before anything is known of the peer. */
const FIRST_DEPTH = 16;
/** Seconds of the present rate that are asked ahead. */
const QUEUE_SECONDS = 3;
/** Seconds of our own limit that are asked ahead, … */
const LIMITED_SECONDS = 1;
/** … and the fewest blocks. */
const LIMITED_DEPTH = 4;
/** Most blocks asked ahead: 8 MiB keep a link of 1 Gbit/s and 60 ms busy, and bound what a peer can hold back. */
const DEEPEST = 512;
/** What a peer lets us queue when it does not say, blocks (the customary value of `reqq`). */
const DEFAULT_REQQ = 250;

/** Late blocks that are no offence, at most: more than are ever asked ahead. */
const MOST_EXCUSED = 2 * DEEPEST;

export class BlockDownloads {
  readonly meter: RateMeter;
  /** What our own limits let pass. */
  maxRate: BytesPerSecond = Number.POSITIVE_INFINITY;
  /** Block key → when it was asked for, in order of asking. */
  readonly #pending = new Map<number, Millis>();
  #depth = FIRST_DEPTH;
  #limit = DEFAULT_REQQ;
  #isSlowStart = true;
  #isSnubbed = false;
  #lastRate: BytesPerSecond = 0;
  /** Requests we took back or gave up: their blocks may still come and are no offence. */
  #excused = 0;
  /** Keys of the newest of them that are not answered: a reject is for these, not for the same block asked for anew. */
  readonly #unanswered = new Set<number>();
  #lastBlockAt: Millis;

  constructor(now: Millis) {
    this.meter = new RateMeter(now);
    this.#lastBlockAt = now;
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** It stalled, and no block has come since. */
  get isSnubbed(): boolean {
    return this.#isSnubbed;
  }

  get depth(): number {
    const passing = Math.ceil((this.maxRate * LIMITED_SECONDS) / BLOCK_LENGTH);
    return Math.min(this.#depth, this.#limit, Math.max(LIMITED_DEPTH, passing));
  }

  /** How many blocks to ask for now: nothing until half of the queue has come. */
  get wanted(): number {
    const depth = this.depth;
    return this.#pending.size * 2 > depth ? 0 : depth - this.#pending.size;
  }

  /**
   * The peer's `reqq` (BEP 10). Fewer by one are asked: Transmission rejects the request that would fill its queue, and
   * says so ten seconds later.
   */
  setLimit(reqq: number): void {
    this.#limit = Math.max(1, Math.min(reqq - 1, DEEPEST));
  }

  asked(key: number, now: Millis): void {
    this.#pending.set(key, now);
  }

  isPending(key: number): boolean {
    return this.#pending.has(key);
  }

  /** A pending block has come whole. */
  arrived(key: number, now: Millis): void {
    this.#pending.delete(key);
    this.#unanswered.delete(key);
    this.#lastBlockAt = now;
    this.#isSnubbed = false;
    if (this.#isSlowStart && this.#depth < DEEPEST) this.#depth++;
  }

  /**
   * The peer refused a block. Returns false when it was not pending, or was taken back and asked for anew: answers come
   * in the order of the requests (BEP 6: each has one), so that the newer one may still be served.
   */
  rejected(key: number): boolean {
    return !this.#unanswered.delete(key) && this.#pending.delete(key);
  }

  /** We no longer wait for a block, but it may still come. Returns false when it was not pending. */
  excuse(key: number): boolean {
    if (!this.#pending.delete(key)) return false;
    this.#excuseMore([key]);
    return true;
  }

  /** A block that is pending has come, but is of no use. */
  unused(key: number): void {
    this.#pending.delete(key);
    this.#unanswered.delete(key);
  }

  /** A block came, or a reject, that is not pending. Returns false when none was excused: it was never asked for. */
  isExcused(key: number): boolean {
    this.#unanswered.delete(key);
    if (this.#excused === 0) return false;
    this.#excused--;
    return true;
  }

  /** Takes the keys that are meant out of the queue and returns them; with `mayStillCome` their blocks are excused. */
  drain(mayStillCome: boolean, isMeant: (key: number) => boolean = () => true): number[] {
    const keys = [...this.#pending.keys()].filter(isMeant);
    for (const key of keys) this.#pending.delete(key);
    if (mayStillCome) this.#excuseMore(keys);
    return keys;
  }

  #excuseMore(keys: readonly number[]): void {
    this.#excused = Math.min(MOST_EXCUSED, this.#excused + keys.length);
    for (const key of keys) this.#unanswered.add(key);
    for (const key of this.#unanswered) {
      if (this.#unanswered.size <= MOST_EXCUSED) break;
      this.#unanswered.delete(key);
    }
  }

  /** Up to now no block could come. */
  wasNotRead(now: Millis): void {
    this.#lastBlockAt = now;
  }

  /** True when blocks are pending and none has come for `timeout`. */
  isStalled(now: Millis, timeout: Millis): boolean {
    const oldest = this.#pending.values().next();
    if (oldest.done === true) return false;
    return now - Math.max(oldest.value, this.#lastBlockAt) > timeout;
  }

  /** The peer stalled: ask it for single blocks until it delivers again. */
  snub(): void {
    this.#depth = 1;
    this.#isSlowStart = true;
    this.#isSnubbed = true;
  }

  received(bytes: ByteCount): void {
    this.meter.add(bytes);
  }

  /** About once a second: adapts the depth to the rate. */
  tick(now: Millis): void {
    this.meter.tick(now);
    const rate = this.meter.rate;
    if (this.#isSlowStart) {
      // A rate that no longer grows by a tenth has found the link's capacity.
      if (rate > 0 && rate < this.#lastRate * 1.1 && this.#depth > FIRST_DEPTH) this.#isSlowStart = false;
    } else {
      const covering = Math.ceil((rate * QUEUE_SECONDS) / BLOCK_LENGTH);
      this.#depth = Math.max(2, Math.min(DEEPEST, covering));
      if (rate > this.#lastRate * 1.5) this.#isSlowStart = true;
    }
    this.#lastRate = rate;
  }
}
