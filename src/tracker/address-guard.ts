/** Whom the tracker answers at all: not those that the operator has banned, nor those that ask too often. */
import type { AddressRanges } from '../base/address-ranges.ts';
import type { Millis } from '../base/units.ts';
import type { TrackerFailure } from '../codec/announce/index.ts';
import type { HostAddress } from './swarm-store.ts';
import type { RateLimits } from './rate-limits.ts';

/** What one is told that asks too often (HTTP: with status 429). */
export const tooOften: TrackerFailure = { kind: 'failure', reason: 'you announce too often', retryIn: 1 };
const banned: TrackerFailure = {
  kind: 'failure',
  reason: 'your address is banned from this tracker',
  retryIn: 60,
};

export class AddressGuard {
  /** May be changed at any time. */
  bans: AddressRanges;
  readonly limits: RateLimits;
  readonly #now: () => Millis;

  /** `now`: the same clock in all threads. */
  constructor(bans: AddressRanges, limits: RateLimits, now: () => Millis) {
    this.bans = bans;
    this.limits = limits;
    this.#now = now;
  }

  /** Why a request of this address is refused, or null. Counts it. */
  check(client: HostAddress): TrackerFailure | null {
    if (!this.limits.admits(client, this.#now())) return tooOften;
    return this.bans.has(client.addressBytes, client.family === 4 ? 4 : 16) ? banned : null;
  }
}
