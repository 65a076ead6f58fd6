/**
 * What requests to the control servers of all threads together may take: connections, and memory for bodies. Each
 * thread writes its own share into memory that all see. Two that take at the same moment may both be refused near the
 * bound, but never go beyond it.
 */
import type { ByteCount } from '../../../base/units.ts';

/** Connections with a request; when another one makes a request it is closed. */
const MOST_CONNECTIONS = 1_000;
/** Memory for the bodies of all requests. */
const MOST_BYTES: ByteCount = 64 * 1024 * 1024;
/** Words of a share. */
const CONNECTIONS = 0;
const BYTES = 1;
const SHARE = 2;

export class ControlBudget {
  readonly #words: Int32Array;
  /** Where the share of this thread begins. */
  readonly #own: number;

  /** `memory` is of `ControlBudget.memory()`. A thread of this number that has ended held what nobody holds now. */
  constructor(memory: SharedArrayBuffer, thread: number) {
    this.#words = new Int32Array(memory);
    this.#own = SHARE * thread;
    Atomics.store(this.#words, this.#own + CONNECTIONS, 0);
    Atomics.store(this.#words, this.#own + BYTES, 0);
  }

  static memory(threads: number): SharedArrayBuffer {
    return new SharedArrayBuffer(SHARE * threads * Int32Array.BYTES_PER_ELEMENT);
  }

  /** False when there are too many. */
  takeConnection(): boolean {
    return this.#take(CONNECTIONS, 1, MOST_CONNECTIONS);
  }

  giveBackConnection(): void {
    this.#giveBack(CONNECTIONS, 1);
  }

  /** Whether so much could be taken now. */
  hasRoomFor(bytes: ByteCount): boolean {
    return this.#sum(BYTES) + bytes <= MOST_BYTES;
  }

  /** False when there is not so much. */
  takeBytes(bytes: ByteCount): boolean {
    return this.#take(BYTES, bytes, MOST_BYTES);
  }

  giveBackBytes(bytes: ByteCount): void {
    this.#giveBack(BYTES, bytes);
  }

  #take(what: number, amount: number, most: number): boolean {
    Atomics.add(this.#words, this.#own + what, amount);
    if (this.#sum(what) <= most) return true;
    this.#giveBack(what, amount);
    return false;
  }

  #giveBack(what: number, amount: number): void {
    Atomics.sub(this.#words, this.#own + what, amount);
  }

  #sum(what: number): number {
    let sum = 0;
    for (let at = what; at < this.#words.length; at += SHARE) sum += Atomics.load(this.#words, at);
    return sum;
  }
}
