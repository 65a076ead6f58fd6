/**
 * One direction of a host's access to the network. It carries one segment at a time, and its users take turns
 * segment by segment: every user with something to send gets an equal share, and what some do not use the others get.
 */
import type { Clock } from '../../src/base/clock.ts';
import type { ByteCount, BytesPerSecond, Millis } from '../../src/base/units.ts';
import { Fifo } from './fifo.ts';

export interface LinkUser {
  /** Puts the user's next segment on the link; returns its size, 0 when there is none after all. */
  takeTurn(): ByteCount;
  /** That segment has passed. */
  passed(): void;
}

export class AccessLink {
  /** Infinity means unlimited: everything passes at once. A change holds from the next segment on. */
  rate: BytesPerSecond;
  readonly #clock: Clock;
  readonly #waiting = new Fifo<LinkUser>();
  readonly #isWaiting = new Set<LinkUser>();
  #current: LinkUser | null = null;

  constructor(clock: Clock, rate: BytesPerSecond) {
    this.#clock = clock;
    this.rate = rate;
  }

  /** How long `bytes` occupy the link, ms. */
  duration(bytes: ByteCount): Millis {
    return (bytes / this.rate) * 1000;
  }

  /** Asks for a turn. A user waits for one turn at a time; asking again meanwhile changes nothing. */
  request(user: LinkUser): void {
    if (this.#isWaiting.has(user)) return;
    this.#isWaiting.add(user);
    this.#waiting.push(user);
    if (this.#current === null) this.#serve();
  }

  #serve(): void {
    for (;;) {
      const user = this.#waiting.shift();
      if (user === undefined) return;
      this.#isWaiting.delete(user);
      this.#current = user;
      const bytes = user.takeTurn();
      if (bytes > 0 && this.rate !== Number.POSITIVE_INFINITY) {
        this.#clock.after(this.duration(bytes), this.#finish);
        return;
      }
      this.#current = null;
      if (bytes > 0) user.passed();
    }
  }

  readonly #finish = (): void => {
    const user = this.#current as LinkUser;
    this.#current = null;
    user.passed();
    if (this.#current === null) this.#serve();
  };
}
