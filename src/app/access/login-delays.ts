/**
 * Who guesses passwords waits: after some wrong ones of an address the next try is answered only after a time that
 * doubles with each. A try counts as wrong until it has proved right, so that many at the same moment gain nothing; what
 * proves right takes back the tries of that address at that name, and no others: who knows one password does not guess
 * others for free.
 *
 * Names are counted too, against guesses from many addresses, but only for a short delay, and not at addresses from
 * which the name has logged in before: else whoever knows a name could lock its owner out.
 */
import { parseHost } from '../../base/address.ts';
import { scopeOf } from '../../base/address-scope.ts';
import { toHex } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { Millis } from '../../base/units.ts';

/** Wrong passwords that cost nothing: people mistype. */
const FREE = 5;
const FREE_OF_NAME = 20;
const FIRST_DELAY: Millis = 1000;
const LONGEST_DELAY: Millis = 15 * 60_000;
const LONGEST_DELAY_OF_NAME: Millis = 30_000;
/** An address or name that has been quiet for so long begins anew. */
const FORGOTTEN_AFTER: Millis = 60 * 60_000;
/** Addresses and names that are remembered; then the one that was quiet the longest is forgotten. */
const MOST_COUNTED = 10_000;
/** Of a name that is longer no user can be; UTF-16 units. */
const LONGEST_NAME = 256;

export class LoginDelays {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #hosts = new WrongTries(FREE, LONGEST_DELAY);
  readonly #names = new WrongTries(FREE_OF_NAME, LONGEST_DELAY_OF_NAME);
  /** By address and name. */
  readonly #pairs = new WrongTries(Number.POSITIVE_INFINITY, 0);
  /** Addresses and names that have proved right; the one for which that was the longest ago first. */
  readonly #proved = new Set<string>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Milliseconds until this address may try a password of this name (folded); 0: it may, and has begun to. */
  begin(host: string, name: string): Millis {
    const { hostKey, nameKey, pair } = keysOf(host, name);
    const now = this.#clock.now();
    const waitOfName = this.#proved.has(pair) ? 0 : this.#names.wait(nameKey, now);
    const wait = Math.max(this.#hosts.wait(hostKey, now), waitOfName);
    if (wait > 0) return wait;
    this.#hosts.add(hostKey, now);
    this.#names.add(nameKey, now);
    this.#pairs.add(pair, now);
    return 0;
  }

  succeeded(host: string, name: string): void {
    const { hostKey, nameKey, pair } = keysOf(host, name);
    this.#hosts.takeBack(hostKey, this.#pairs.takeBack(pair));
    this.#names.takeBack(nameKey);
    this.#proved.delete(pair);
    this.#proved.add(pair);
    keepNewest(this.#proved);
  }
}

/** Counts tries by a key, and says how long the next one has to wait. */
class WrongTries {
  readonly #free: number;
  readonly #longest: Millis;
  /** The one that was quiet the longest first. */
  readonly #tries = new Map<string, { readonly count: number; readonly lastAt: Millis }>();

  /** `free`: tries that cost nothing; `longest`: longest delay. */
  constructor(free: number, longest: Millis) {
    this.#free = free;
    this.#longest = longest;
  }

  wait(key: string, now: Millis): Millis {
    const { count, lastAt } = this.#of(key, now);
    return count < this.#free ? 0 : lastAt + Math.min(this.#longest, FIRST_DELAY * 2 ** (count - this.#free)) - now;
  }

  add(key: string, now: Millis): void {
    const { count } = this.#of(key, now);
    this.#tries.delete(key);
    this.#tries.set(key, { count: count + 1, lastAt: now });
    keepNewest(this.#tries);
  }

  /** Takes back so many (default: all); how many they were. */
  takeBack(key: string, most: number = Number.POSITIVE_INFINITY): number {
    const known = this.#tries.get(key);
    if (known === undefined) return 0;
    if (known.count <= most) this.#tries.delete(key);
    else this.#tries.set(key, { ...known, count: known.count - most });
    return Math.min(known.count, most);
  }

  #of(key: string, now: Millis): { readonly count: number; readonly lastAt: Millis } {
    const known = this.#tries.get(key);
    return known === undefined || now - known.lastAt > FORGOTTEN_AFTER ? { count: 0, lastAt: now } : known;
  }
}

function keepNewest(kept: Map<string, unknown> | Set<string>): void {
  if (kept.size > MOST_COUNTED) kept.delete(kept.keys().next().value as string);
}

/** What comes before an IPv4 address that is written as one of IPv6, as some proxies do (RFC 4291, 2.5.5.2). */
const MAPPED = `${'00'.repeat(10)}ffff`;

/** Of IPv6 whoever has an address has the whole /64, and on this machine all of its addresses. */
function keysOf(host: string, name: string): { hostKey: string; nameKey: string; pair: string } {
  const bytes = parseHost(host);
  const address = bytes === null ? host : toHex(bytes);
  const isMapped = address.length === 32 && address.startsWith(MAPPED);
  const network = isMapped ? address.slice(MAPPED.length) : address.slice(0, bytes === null ? undefined : 16);
  const hostKey = scopeOf(host) === 'loopback' ? 'loopback' : network;
  const nameKey = name.slice(0, LONGEST_NAME);
  return { hostKey, nameKey, pair: `${hostKey} ${nameKey}` };
}
