/**
 * Pairs of name and password that have proved right, for protocols that send them with each request (Basic): only the
 * first one costs a password hash. Kept as hashes with a key of this run, for a time; right until the user changes.
 */
import { toHex, utf8 } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Millis } from '../../base/units.ts';
import type { Primitives } from '../../crypto/primitives.ts';
import type { StoredUser } from './access-store.ts';

/** A pair that was not used for so long is verified again. */
const FORGOTTEN_AFTER: Millis = 3_600_000;
const MOST_PAIRS = 100;

export class VerifiedPasswords {
  readonly #hmac: Primitives['hmac'];
  readonly #clock: Pick<Clock, 'now'>;
  readonly #key: Uint8Array;
  /** The one that was not used the longest first. */
  readonly #pairs = new Map<string, { readonly user: StoredUser; readonly lastAt: Millis }>();

  constructor({ hmac }: Pick<Primitives, 'hmac'>, clock: Pick<Clock, 'now'>, random: Pick<Random, 'bytes'>) {
    this.#hmac = hmac;
    this.#clock = clock;
    this.#key = random.bytes(32);
  }

  /** The user for whom this pair has proved right; whoever asks looks whether that user is still the same. */
  find(name: string, password: string): StoredUser | null {
    const key = this.#keyOf(name, password);
    const pair = this.#pairs.get(key);
    if (pair === undefined) return null;
    this.#pairs.delete(key);
    const now = this.#clock.now();
    if (now - pair.lastAt >= FORGOTTEN_AFTER) return null;
    this.#pairs.set(key, { ...pair, lastAt: now });
    return pair.user;
  }

  add(name: string, password: string, user: StoredUser): void {
    if (this.#pairs.size >= MOST_PAIRS) this.#pairs.delete(this.#pairs.keys().next().value as string);
    this.#pairs.set(this.#keyOf(name, password), { user, lastAt: this.#clock.now() });
  }

  #keyOf(name: string, password: string): string {
    return toHex(this.#hmac('sha256', this.#key, utf8(`${name}\0${password}`)));
  }
}
