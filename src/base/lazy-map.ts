/**
 * A map that takes no memory while it is empty, for objects of which there are thousands and whose map hardly ever has
 * anything in it: an empty `Map` takes 190 bytes.
 */
export class LazyMap<K, V> implements Iterable<[K, V]> {
  #entries: Map<K, V> | null = null;

  get size(): number {
    return this.#entries?.size ?? 0;
  }

  get(key: K): V | undefined {
    return this.#entries?.get(key);
  }

  set(key: K, value: V): void {
    this.#entries ??= new Map();
    this.#entries.set(key, value);
  }

  /** Returns whether it was there. */
  delete(key: K): boolean {
    const isDeleted = this.#entries?.delete(key) === true;
    if (this.#entries?.size === 0) this.#entries = null;
    return isDeleted;
  }

  *keys(): IterableIterator<K> {
    yield* this.#entries?.keys() ?? [];
  }

  *[Symbol.iterator](): IterableIterator<[K, V]> {
    yield* this.#entries ?? [];
  }
}
