/** First in, first out, at constant cost for each call: a ring that grows. */
export class Fifo<T> {
  /** A power of two of places. */
  #ring: Array<T | undefined> = [undefined, undefined];
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get first(): T | undefined {
    return this.#ring[this.#head];
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) {
      const rest = this.#ring.slice(0, this.#head);
      this.#ring = [...this.#ring.slice(this.#head), ...rest, ...Array<undefined>(this.#length)];
      this.#head = 0;
    }
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length++;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    return item;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.#length; i++) yield this.#ring[(this.#head + i) & (this.#ring.length - 1)] as T;
  }

  clear(): void {
    this.#ring = [undefined, undefined];
    this.#head = 0;
    this.#length = 0;
  }
}
