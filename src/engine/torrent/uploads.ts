/**
 * The sending side of one torrent: who is unchoked, and when waiting uploads may go on. What a limit lets pass is shared
 * evenly among the peers that are unchoked and ask for more: else whoever is looked at first has it all.
 */
import type { Random } from '../../base/random.ts';
import type { ByteCount, Millis } from '../../base/units.ts';
import { type ChokeCandidate, Choker } from '../choker/choker.ts';
import type { PeerSession } from '../peer/peer-session.ts';
import type { TransferLimits } from './transfer-limits.ts';

/** Between two rounds of the choker, ms (BEP 3). */
const ROUND: Millis = 10_000;
/** Who has not asked for so long wants nothing, ms: some of the ticks at which limits are looked at. */
const SILENCE: Millis = 300;
/** Of a limit one peer may have had so much more than another that waits: a block. */
const LEAD: ByteCount = 16_384;

/** What a peer has had of a limit, and when it last asked for more. */
interface Share {
  had: ByteCount;
  askedAt: Millis;
}

export class Uploads {
  readonly #choker: Choker;
  readonly #slots: () => number;
  readonly #peers: () => Iterable<PeerSession>;
  readonly #shares = new WeakMap<PeerSession, Share>();
  /** What the peer that was last sent to had had then: who comes, or comes back, begins there. */
  #reached: ByteCount = 0;
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
    const waiting = [...this.#peers()].filter(({ uploads }) => uploads.length > 0);
    const had = (peer: PeerSession): ByteCount => this.#shares.get(peer)?.had ?? 0;
    // Each has its turn until what may pass has passed, or nobody wants more.
    for (let reached = -1; reached !== this.#reached; ) {
      reached = this.#reached;
      for (const peer of waiting.toSorted((a, b) => had(a) - had(b))) peer.pump();
    }
  }

  /** What the limits let pass to the peer now: nothing while others wait that have had less. */
  room(peer: PeerSession, limits: TransferLimits, now: Millis): ByteCount {
    if (!limits.isUploadLimited) return Number.POSITIVE_INFINITY;
    const share = this.#shareOf(peer, now);
    for (const other of this.#peers()) {
      if (other === peer || !other.uploads.isWaiting) continue;
      if (this.#shareOf(other, now).had + LEAD < share.had) return 0;
    }
    return limits.uploadRoom(now);
  }

  sent(peer: PeerSession, bytes: ByteCount): void {
    const share = this.#shares.get(peer);
    if (share === undefined) return;
    share.had += bytes;
    this.#reached = share.had;
  }

  #shareOf(peer: PeerSession, now: Millis): Share {
    const share = this.#shares.get(peer) ?? { had: 0, askedAt: Number.NEGATIVE_INFINITY };
    if (now - share.askedAt > SILENCE) share.had = Math.max(share.had, this.#reached);
    share.askedAt = now;
    this.#shares.set(peer, share);
    return share;
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
