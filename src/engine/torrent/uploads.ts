/** The sending side of one torrent: who is unchoked, and when waiting uploads may go on. */
import type { Random } from '../../base/random.ts';
import type { Millis } from '../../base/units.ts';
import { type ChokeCandidate, Choker } from '../choker/choker.ts';
import type { PeerSession } from '../peer/peer-session.ts';

/** Between two rounds of the choker, ms (BEP 3). */
const ROUND: Millis = 10_000;

export class Uploads {
  readonly #choker: Choker;
  readonly #slots: () => number;
  readonly #peers: () => Iterable<PeerSession>;
  #nextRound: Millis = 0;

  /** `slots`: peers unchoked at the same time; asked for whenever `slotsChanged`. */
  constructor(options: { slots: () => number; random: Random; peers: () => Iterable<PeerSession> }) {
    this.#slots = options.slots;
    this.#choker = new Choker({ slots: options.slots(), random: options.random });
    this.#peers = options.peers;
  }

  /** A peer has become interested, or ceased to be: fill a free slot at once instead of waiting for the round. */
  interestChanged(peer: PeerSession, now: Millis): void {
    if (!peer.peerInterested) return;
    if (peer.amChoking && this.#choker.freeSlot(this.#candidates(now))) peer.setChoking(false);
  }

  /** There are more slots than before, or less: a round is due. */
  slotsChanged(): void {
    this.#choker.setSlots(this.#slots());
    this.#nextRound = 0;
  }

  tick(now: Millis, isSeeding: boolean): void {
    if (now < this.#nextRound) return;
    this.#nextRound = now + ROUND;
    const candidates = this.#candidates(now);
    if (candidates.length === 0) return;
    const unchoked = this.#choker.round(candidates, { isSeeding, now });
    for (const peer of this.#peers()) {
      peer.setChoking(!unchoked.has(peer.id));
      if (peer.unchoked !== null) peer.unchoked.isOptimistic = this.#choker.optimistic.has(peer.id);
    }
  }

  /** Rate limits or memory have room again. */
  pump(): void {
    for (const peer of this.#peers()) if (peer.uploads.length > 0) peer.pump();
  }

  #candidates(now: Millis): ChokeCandidate[] {
    const candidates: ChokeCandidate[] = [];
    for (const peer of this.#peers()) {
      candidates.push({
        id: peer.id,
        isInterested: peer.peerInterested,
        isUnchoked: !peer.amChoking,
        downloadRate: peer.downloads.meter.rate,
        uploadRate: peer.uploads.meter.rate,
        unchokedAt: peer.unchoked?.since ?? null,
        sentSinceUnchoke: peer.unchoked === null ? 0 : peer.uploads.meter.total - peer.unchoked.sentBefore,
        isSnubbed: peer.amInterested && peer.downloads.isStalled(now, ROUND * 6),
      });
    }
    return candidates;
  }
}
