/** The banned addresses of the database as a set that all threads share. */
import { type AddressPrefix, parsePrefix } from '../../../base/address-prefix.ts';
import { AddressRanges } from '../../../base/address-ranges.ts';
import type { UnixSeconds } from '../../../base/units.ts';
import type { TrackerRepository } from '../../../db/index.ts';

export class DurableBans {
  readonly #bans: TrackerRepository['bans'];
  #ranges: AddressRanges = AddressRanges.of([]);
  /** When the next ban ends. */
  #nextEnd: UnixSeconds = Infinity;

  constructor(bans: TrackerRepository['bans']) {
    this.#bans = bans;
  }

  get ranges(): AddressRanges {
    return this.#ranges;
  }

  /** Whether a ban has ended since they were loaded. */
  isStale(now: UnixSeconds): boolean {
    return now >= this.#nextEnd;
  }

  async load(): Promise<void> {
    const prefixes: AddressPrefix[] = [];
    let nextEnd = Infinity;
    for await (const page of this.#bans.load()) {
      for (const { prefix, expiresAt } of page) {
        const parsed = parsePrefix(prefix);
        if (parsed !== null) prefixes.push(parsed);
        if (expiresAt !== null) nextEnd = Math.min(nextEnd, expiresAt);
      }
    }
    this.#ranges = AddressRanges.of(prefixes);
    this.#nextEnd = nextEnd;
  }
}
