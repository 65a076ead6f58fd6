/**
 * Who may take next of a limit that does not suffice for all: whoever has had the least by weight (fair queueing). Whoever
 * does not want its share leaves it to the others, and saves nothing up.
 */
import type { ByteCount, Millis } from '../../base/units.ts';

/** One who takes part. */
export interface Claim {
  /** What it has had, bytes by weight. */
  had: number;
  /** When it last asked, and when it was last told to wait if it has had nothing since. */
  askedAt: Millis;
  waitsAt: Millis;
}

/** Who has not asked for so long wants nothing, ms: some of the ticks at which limits are looked at. */
const SILENCE: Millis = 300;
/** One may have had so much more by weight than another before it waits for it: a block. */
const LEAD: ByteCount = 16_384;
const NEVER: Millis = Number.NEGATIVE_INFINITY;

export class FairShare {
  readonly #claims = new Set<Claim>();
  /** Whose turn was last, and what it had had then. */
  #last: Claim | null = null;
  #reached = 0;
  /** The least that one who waits has had, as of a moment: asked for at each transfer, it is looked up once. */
  #least: { at: Millis; had: number } = { at: NEVER, had: 0 };

  static claim(): Claim {
    return { had: 0, askedAt: NEVER, waitsAt: NEVER };
  }

  /** Whether it may take now; `hasRoom`: the limit has something left. */
  mayTake(claim: Claim, hasRoom: boolean, now: Millis): boolean {
    this.#claims.add(claim);
    // Who comes, or comes back, begins where the others are; who did not want all of its share has left the rest to them.
    if (now - claim.askedAt > SILENCE) claim.had = this.#last?.had ?? 0;
    else if (now - claim.waitsAt > SILENCE) claim.had = Math.max(claim.had, this.#reached);
    claim.askedAt = now;
    const isTurn = hasRoom && claim.had <= this.#leastHad(now) + LEAD;
    if (isTurn) [this.#last, this.#reached] = [claim, claim.had];
    claim.waitsAt = isTurn ? NEVER : now;
    return isTurn;
  }

  /** It has taken, asked or not; bytes by its weight. */
  took(claim: Claim, amount: number): void {
    claim.had += amount;
  }

  #leastHad(now: Millis): number {
    if (this.#least.at === now) return this.#least.had;
    let had = Number.POSITIVE_INFINITY;
    for (const claim of this.#claims) {
      if (now - claim.askedAt > SILENCE) this.#claims.delete(claim);
      else if (now - claim.waitsAt <= SILENCE) had = Math.min(had, claim.had);
    }
    this.#least = { at: now, had };
    return had;
  }
}
