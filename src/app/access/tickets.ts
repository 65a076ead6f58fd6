/**
 * Tickets: what lets a media player, which has no cookie and no header to show, read one path for some time. They stand
 * in the address, are made for whoever may read, prove themselves (a MAC with a key of this run), and allow nothing else.
 */
import { utf8 } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Primitives } from '../../crypto/primitives.ts';

/** Seconds that a ticket is good for: a film with a night between its halves. */
const LIFETIME = 24 * 3600;

export class Tickets {
  readonly #primitives: Pick<Primitives, 'hmac' | 'equal'>;
  readonly #clock: Pick<Clock, 'wall'>;
  readonly #key: Uint8Array;

  constructor(
    primitives: Pick<Primitives, 'hmac' | 'equal'>,
    clock: Pick<Clock, 'wall'>,
    random: Pick<Random, 'bytes'>,
  ) {
    this.#primitives = primitives;
    this.#clock = clock;
    this.#key = random.bytes(32);
  }

  /** `path` without query, as it will be asked for. */
  make(path: string): string {
    const until = this.#clock.wall() + LIFETIME;
    return `${until}.${Buffer.from(this.#mac(path, until)).toString('base64url')}`;
  }

  isValid(ticket: string, path: string): boolean {
    const match = /^(\d{1,15})\.([\w-]{43})$/.exec(ticket);
    if (match === null) return false;
    const until = Number(match[1]);
    const shown = new Uint8Array(Buffer.from(match[2] as string, 'base64url'));
    return this.#primitives.equal(shown, this.#mac(path, until)) && this.#clock.wall() < until;
  }

  #mac(path: string, until: number): Uint8Array {
    return this.#primitives.hmac('sha256', this.#key, utf8(`${until} ${path}`));
  }
}
