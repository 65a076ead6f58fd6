/**
 * Decides whom to unchoke (BEP 3). Pure: told every ten seconds what the peers did, it answers with the ids that have a
 * slot until the next round; its only memory is the order in which peers wait.
 *
 * While leeching, slots go to those who give most (reciprocation), but a fifth of them, at least one, is optimistic:
 * held for 30 s by whoever has waited longest, so that newcomers can show what they give and nobody starves. Slots for
 * which nobody has earned the right are optimistic too. A snubbed peer (it keeps us waiting) can only be optimistic.
 *
 * While seeding nobody gives, so all slots rotate: a peer keeps its slot until it has had its share, then yields to
 * those who wait. Among peers in the middle of their turn the fastest stays first when slots become fewer.
 *
 * A peer that wants nothing has no slot and takes none; it is unchoked when it becomes interested and one is free.
 */
import type { Random } from '../../base/random.ts';
import type { ByteCount, BytesPerSecond, Millis } from '../../base/units.ts';

/** How long an optimistic unchoke lasts (BEP 3). */
const OPTIMISTIC_TURN: Millis = 30_000;
/** One optimistic slot for so many slots. */
const SLOTS_PER_OPTIMISTIC = 5;
/** A new connection is so many times as likely to be the next optimistic unchoke as to take any other place (BEP 3). */
const NEWCOMER_WEIGHT = 3;
/** While seeding: a turn lasts at least so long, … */
const SHORTEST_TURN: Millis = 60_000;
/** … then until the peer got its share (or takes nothing), … */
const SHARE: ByteCount = 20 * 1024 * 1024;
/** … and at most so long. */
const LONGEST_TURN: Millis = 5 * 60_000;

/** A connected peer, as far as the choker needs to know it. */
export interface ChokeCandidate {
  readonly id: number;
  /** It wants something of us. */
  readonly isInterested: boolean;
  /** We do not choke it. */
  readonly isUnchoked: boolean;
  /** What it gives us. */
  readonly downloadRate: BytesPerSecond;
  /** What we give it. */
  readonly uploadRate: BytesPerSecond;
  /** When the present unchoke began; null while we choke it. */
  readonly unchokedAt: Millis | null;
  /** What we gave it in the present unchoke. */
  readonly sentSinceUnchoke: ByteCount;
  /** It has kept us waiting for a block for a minute (BEP 3 practice). */
  readonly isSnubbed: boolean;
}

export interface ChokerOptions {
  /** Interested peers unchoked at the same time; Infinity unchokes all of them. */
  readonly slots: number;
  readonly random: Random;
}

export class Choker {
  readonly #random: Random;
  #slots: number;
  #optimistic: ReadonlySet<number> = new Set();
  /** Ids of connected peers, the longest without a slot first. */
  #queue: number[] = [];

  constructor({ slots, random }: ChokerOptions) {
    this.#slots = slots;
    this.#random = random;
  }

  /** Of those that the last round unchoked the ids of those who had not earned it; while seeding none is named. */
  get optimistic(): ReadonlySet<number> {
    return this.#optimistic;
  }

  setSlots(slots: number): void {
    this.#slots = slots;
  }

  /** One round over all connected peers. Returns the ids to be unchoked; every other peer is to be choked. */
  round(
    candidates: readonly ChokeCandidate[],
    { isSeeding, now }: { readonly isSeeding: boolean; readonly now: Millis },
  ): ReadonlySet<number> {
    this.#enqueue(candidates, isSeeding);
    const places = new Map(this.#queue.map((id, place) => [id, place]));
    const interested = candidates.filter((peer) => peer.isInterested);
    const earned = new Set(isSeeding ? [] : this.#reciprocated(interested));
    const rest = interested.filter((peer) => !earned.has(peer));
    const waiting = rest.filter((peer) => !peer.isUnchoked);
    waiting.sort((a, b) => (places.get(a.id) as number) - (places.get(b.id) as number));
    const unchoked = rest.filter((peer) => peer.isUnchoked).sort((a, b) => b.uploadRate - a.uploadRate);
    const isOver = (peer: ChokeCandidate): boolean => isTurnOver(peer, isSeeding, now);
    const ranked = [...earned, ...unchoked.filter((peer) => !isOver(peer)), ...waiting, ...unchoked.filter(isOver)];
    const served = new Set(ranked.slice(0, this.#slots).map((peer) => peer.id));
    this.#queue = [...this.#queue.filter((id) => !served.has(id)), ...served];
    const deserving = new Set([...earned].map((peer) => peer.id));
    this.#optimistic = new Set(isSeeding ? [] : [...served].filter((id) => !deserving.has(id)));
    return served;
  }

  /** True when one more interested peer may be unchoked at once, without waiting for the round. */
  freeSlot(candidates: readonly ChokeCandidate[]): boolean {
    let taken = 0;
    for (const { isInterested, isUnchoked } of candidates) if (isInterested && isUnchoked) taken++;
    return taken < this.#slots;
  }

  /** Those who have earned a slot by what they give, best first; of equals those who have one already. */
  #reciprocated(interested: readonly ChokeCandidate[]): ChokeCandidate[] {
    const optimistic = Math.max(1, Math.floor(this.#slots / SLOTS_PER_OPTIMISTIC));
    const giving = interested.filter((peer) => peer.downloadRate > 0 && !peer.isSnubbed);
    giving.sort((a, b) => b.downloadRate - a.downloadRate || Number(b.isUnchoked) - Number(a.isUnchoked));
    return this.#slots === Number.POSITIVE_INFINITY ? giving : giving.slice(0, Math.max(0, this.#slots - optimistic));
  }

  /** Peers that have gone leave the queue; new ones get a place, while seeding the last. */
  #enqueue(candidates: readonly ChokeCandidate[], isSeeding: boolean): void {
    const connected = new Set(candidates.map((peer) => peer.id));
    this.#queue = this.#queue.filter((id) => connected.has(id));
    for (const id of this.#queue) connected.delete(id);
    for (const id of connected) {
      const draw = isSeeding ? this.#queue.length : this.#random.below(this.#queue.length + NEWCOMER_WEIGHT);
      const place = isSeeding ? draw : Math.max(0, draw - (NEWCOMER_WEIGHT - 1));
      this.#queue.splice(place, 0, id);
    }
  }
}

/** An unchoked peer that has not earned its slot has had its turn. */
function isTurnOver(peer: ChokeCandidate, isSeeding: boolean, now: Millis): boolean {
  const turn = now - (peer.unchokedAt ?? now);
  if (!isSeeding) return turn >= OPTIMISTIC_TURN;
  if (turn < SHORTEST_TURN) return false;
  return turn >= LONGEST_TURN || peer.sentSinceUnchoke >= SHARE || peer.uploadRate === 0;
}
