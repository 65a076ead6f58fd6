/**
 * The offers that a peer got and did not answer yet, with who made them: an answer goes back along its offer. So
 * nobody can send anything to a peer that did not ask for it, and no map of all peer ids is needed.
 */
import { TICK_SECONDS, type Tick } from '../swarm-store.ts';
import type { WebPeerName } from './relay.ts';

/** Offers of one peer; when there are more the oldest is forgotten. */
export const MOST_PENDING = 64;
/** After this time a client has given up on an offer (bittorrent-tracker: 50 s). */
const LIFETIME: Tick = 60 / TICK_SECONDS;

interface PendingOffer {
  readonly id: string;
  readonly from: WebPeerName;
  readonly since: Tick;
}

export class PendingOffers {
  /** The oldest first. */
  readonly #offers: PendingOffer[] = [];

  get count(): number {
    return this.#offers.length;
  }

  add(id: string, from: WebPeerName, now: Tick): void {
    const offers = this.#offers;
    let forgotten = offers.length < MOST_PENDING ? 0 : 1;
    while (forgotten < offers.length && now - (offers[forgotten] as PendingOffer).since > LIFETIME) forgotten++;
    if (forgotten > 0) offers.splice(0, forgotten);
    offers.push({ id, from, since: now });
  }

  /** Takes out who made this offer; null when it is not known, or no more. */
  take(id: string, peerId: string): WebPeerName | null {
    const at = this.#offers.findIndex((offer) => offer.id === id && offer.from.id === peerId);
    return at < 0 ? null : (this.#offers.splice(at, 1)[0] as PendingOffer).from;
  }
}
