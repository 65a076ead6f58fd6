/**
 * Piece buffers in memory that workers can see. Reuse is last in, first out, so that a buffer taken is one that still
 * lies in the processor's caches. The budget bounds what is in use plus what lies idle; running out of it is how the
 * storage tells the engine to stop reading.
 */
import type { ByteCount } from '../base/units.ts';
import type { PoolBuffer } from './storage.ts';

export interface BufferPoolOptions {
  /** Most memory to hold, bytes. A single larger buffer is granted when nothing else is in use. */
  readonly budget: ByteCount;
}

interface Memory {
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** Smallest size class, bytes: one block. */
const SMALLEST = 16384;

/** Ids are unique over all pools: disk workers may serve several. */
let nextId = 0;

/** Sizes are rounded up in eighths of a power of two: at most an eighth is wasted, and few classes are in use. */
function sizeClass(size: ByteCount): ByteCount {
  if (size <= SMALLEST) return SMALLEST;
  const step = 2 ** (Math.floor(Math.log2(size)) - 3);
  return Math.ceil(size / step) * step;
}

export class BufferPool {
  readonly budget: ByteCount;
  readonly #idle = new Map<ByteCount, Memory[]>();
  readonly #onFree = new Set<() => void>();
  readonly #onDrop = new Set<(id: number) => void>();
  #used: ByteCount = 0;
  #idleSize: ByteCount = 0;

  constructor(options: BufferPoolOptions) {
    this.budget = options.budget;
  }

  /** Bytes of buffers in use, rounded up to size classes. */
  get used(): ByteCount {
    return this.#used;
  }

  /** True when `take(size)` would succeed now. */
  hasRoom(size: ByteCount): boolean {
    return this.#used === 0 || this.#used + sizeClass(size) <= this.budget;
  }

  /** A buffer of exactly `size` bytes with arbitrary content, or null when the budget is spent. */
  take(size: ByteCount): PoolBuffer | null {
    if (!this.hasRoom(size)) return null;
    const rounded = sizeClass(size);
    const memory = this.#reuse(rounded) ?? this.#allocate(rounded);
    this.#used += rounded;
    let isTaken = true;
    return {
      id: memory.id,
      bytes: memory.bytes.subarray(0, size),
      release: () => {
        if (isTaken) this.#release(rounded, memory);
        isTaken = false;
      },
    };
  }

  /** Calls `fn` whenever a buffer comes back. */
  onFree(fn: () => void): Disposable {
    this.#onFree.add(fn);
    return { [Symbol.dispose]: () => this.#onFree.delete(fn) };
  }

  /** Calls `fn` with the id of memory that the pool has let go of: nobody needs to know it any longer. */
  onDrop(fn: (id: number) => void): Disposable {
    this.#onDrop.add(fn);
    return { [Symbol.dispose]: () => this.#onDrop.delete(fn) };
  }

  #reuse(rounded: ByteCount): Memory | undefined {
    const memory = this.#idle.get(rounded)?.pop();
    if (memory !== undefined) this.#idleSize -= rounded;
    return memory;
  }

  #allocate(rounded: ByteCount): Memory {
    this.#dropIdle(this.budget - this.#used - rounded);
    return { id: nextId++, bytes: new Uint8Array(new SharedArrayBuffer(rounded)) };
  }

  #release(rounded: ByteCount, memory: Memory): void {
    this.#used -= rounded;
    const stack = this.#idle.get(rounded) ?? [];
    this.#idle.set(rounded, stack);
    stack.push(memory);
    this.#idleSize += rounded;
    this.#dropIdle(this.budget - this.#used);
    for (const fn of [...this.#onFree]) fn();
  }

  /** Lets go of idle memory, the largest first, until at most `limit` bytes of it remain. */
  #dropIdle(limit: ByteCount): void {
    if (this.#idleSize <= limit) return;
    for (const rounded of [...this.#idle.keys()].sort((a, b) => b - a)) {
      const stack = this.#idle.get(rounded) as Memory[];
      while (stack.length > 0 && this.#idleSize > limit) {
        const memory = stack.shift() as Memory;
        this.#idleSize -= rounded;
        for (const fn of [...this.#onDrop]) fn(memory.id);
      }
      if (stack.length === 0) this.#idle.delete(rounded);
    }
  }
}
