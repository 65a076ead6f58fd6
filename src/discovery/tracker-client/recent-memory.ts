/** Remembers values for a while, so that a thousand torrents of one tracker do not each find out the same. */
import type { Clock } from '../../base/clock.ts';
import type { Millis } from '../../base/units.ts';

/** More entries than this and the oldest go first. */
const MOST_ENTRIES = 1000;

export class RecentMemory<T> {
  readonly #clock: Clock;
  readonly #lifetime: Millis;
  readonly #entries = new Map<string, { readonly value: T; readonly until: Millis }>();

  constructor(clock: Clock, lifetime: Millis) {
    this.#clock = clock;
    this.#lifetime = lifetime;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.until > this.#clock.now()) return entry?.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: T): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: this.#clock.now() + this.#lifetime });
    if (this.#entries.size > MOST_ENTRIES) this.#entries.delete(this.#entries.keys().next().value as string);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }
}
