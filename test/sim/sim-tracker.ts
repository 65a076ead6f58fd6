/**
 * How simulated sessions find each other: one tracker for all swarms of a simulation, behind the Discovery port. It
 * answers after a round trip with random other members, as many as are asked for, and forgets who falls silent.
 */
import { addressKey, type PeerAddress } from '../../src/base/address.ts';
import { toHex } from '../../src/base/bytes.ts';
import type { Clock } from '../../src/base/clock.ts';
import { type Random, shuffle } from '../../src/base/random.ts';
import type { Millis } from '../../src/base/units.ts';
import type { AnnounceEvent, Discovery, DiscoverySession, PeerSink, Swarm } from '../../src/discovery/discovery.ts';

const ROUND_TRIP: Millis = 100;
/** Time between two announces of a member; after twice that without one it is forgotten. */
const INTERVAL: Millis = 120_000;
/** An announce that would come sooner after the last one waits. */
const SHORTEST_INTERVAL: Millis = 10_000;
const NAME = 'simulated tracker';

interface Member {
  readonly address: PeerAddress;
  readonly expires: Millis;
}

export class SimTracker {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #swarms = new Map<string, Map<string, Member>>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** The tracker as the session on `host` (an IP address) sees it. */
  discovery(host: string): Discovery {
    return {
      name: NAME,
      isAllowedForPrivate: true,
      start: (swarm, sink) => new Announces(this.#clock, (event) => this.#announce(host, swarm, event, sink)),
    };
  }

  async #announce(host: string, swarm: Swarm, event: AnnounceEvent, sink: PeerSink): Promise<void> {
    await this.#clock.sleep(ROUND_TRIP / 2);
    const name = toHex(swarm.infoHash);
    const members = this.#swarms.get(name) ?? new Map<string, Member>();
    this.#swarms.set(name, members);
    const now = this.#clock.now();
    for (const [key, { expires }] of members) if (expires <= now) members.delete(key);
    const address = { host, port: swarm.port };
    const own = addressKey(address);
    if (event === 'stopped') members.delete(own);
    else if (swarm.port > 0) members.set(own, { address, expires: now + 2 * INTERVAL });
    const others = [...members.values()].map((member) => member.address).filter((other) => addressKey(other) !== own);
    const chosen = shuffle(others, this.#random).slice(0, swarm.progress().wanted);
    await this.#clock.sleep(ROUND_TRIP / 2);
    if (event !== 'stopped' && chosen.length > 0) sink(chosen, NAME);
  }
}

/** When one member announces. */
class Announces implements DiscoverySession {
  readonly #clock: Clock;
  readonly #announce: (event: AnnounceEvent) => Promise<void>;
  #timer: Disposable | null = null;
  #last: Millis = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  constructor(clock: Clock, announce: (event: AnnounceEvent) => Promise<void>) {
    this.#clock = clock;
    this.#announce = announce;
    this.#send('started');
  }

  announce(event: AnnounceEvent): void {
    if (this.#isStopped) return;
    this.#schedule(event, Math.max(0, this.#last + SHORTEST_INTERVAL - this.#clock.now()));
  }

  reannounce(): void {
    this.announce('update');
  }

  setTrackers(): void {}

  status(): [] {
    return [];
  }

  async settle(): Promise<void> {}

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.[Symbol.dispose]();
    await this.#announce('stopped');
  }

  #send(event: AnnounceEvent): void {
    this.#last = this.#clock.now();
    void this.#announce(event);
    this.#schedule('update', INTERVAL);
  }

  #schedule(event: AnnounceEvent, delay: Millis): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#clock.after(delay, () => this.#send(event));
  }
}
