/**
 * Who has logged in with a browser. A session is known by 256 bits of chance that were made at that login and are worth
 * nothing before it (no fixation); it is kept in memory under their hash, and ends with the program.
 */
import { toHex } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Millis, UnixSeconds } from '../../base/units.ts';
import { hashOfSecret } from '../http-api/index.ts';

/** A session ends when nothing was asked for so long, */
const IDLE_END: Millis = 24 * 3_600_000;
/** and in any case after this. */
const ABSOLUTE_END: Millis = 30 * 24 * 3_600_000;
/** Of one user, and of all; then the oldest one ends. */
const MOST_OF_USER = 20;
const MOST = 1000;
const SECRET_BYTES = 32;

export interface CookieSession {
  readonly user: string;
  /** What a request that changes something shows beside the cookie. */
  readonly csrf: string;
  readonly startedAt: UnixSeconds;
  readonly endsAt: UnixSeconds;
}

interface KeptSession extends CookieSession {
  readonly begun: Millis;
  lastAt: Millis;
}

export class Sessions {
  readonly #clock: Pick<Clock, 'now' | 'wall'>;
  readonly #random: Pick<Random, 'bytes'>;
  /** By the hash of the id, oldest first. */
  readonly #sessions = new Map<string, KeptSession>();

  constructor(clock: Pick<Clock, 'now' | 'wall'>, random: Pick<Random, 'bytes'>) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Begins a session; the id is the secret. */
  start(user: string): { readonly id: string; readonly session: CookieSession } {
    this.#endOldest(user);
    const [id, csrf] = [this.#secret(), this.#secret()];
    const begun = this.#clock.now();
    const startedAt = this.#clock.wall();
    const session = { user, csrf, startedAt, endsAt: startedAt + ABSOLUTE_END / 1000, begun, lastAt: begun };
    this.#sessions.set(keyOf(id), session);
    return { id, session };
  }

  /** The session of an id, which is awake by that; null when it is over or there was none. */
  find(id: string): CookieSession | null {
    const session = this.#look(id);
    if (session !== null) session.lastAt = this.#clock.now();
    return session;
  }

  /** The same without waking it: what runs by itself keeps nobody logged in. */
  peek(id: string): CookieSession | null {
    return this.#look(id);
  }

  end(id: string): void {
    this.#sessions.delete(keyOf(id));
  }

  endAllOf(user: string): void {
    for (const [key, session] of this.#sessions) if (session.user === user) this.#sessions.delete(key);
  }

  #look(id: string): KeptSession | null {
    const key = keyOf(id);
    const session = this.#sessions.get(key);
    if (session === undefined) return null;
    const now = this.#clock.now();
    if (now - session.lastAt < IDLE_END && now - session.begun < ABSOLUTE_END) return session;
    this.#sessions.delete(key);
    return null;
  }

  #endOldest(user: string): void {
    const own = [...this.#sessions].filter(([, session]) => session.user === user);
    if (own.length >= MOST_OF_USER) this.#sessions.delete((own[0] as [string, KeptSession])[0]);
    else if (this.#sessions.size >= MOST) this.#sessions.delete(this.#sessions.keys().next().value as string);
  }

  #secret(): string {
    return Buffer.from(this.#random.bytes(SECRET_BYTES)).toString('base64url');
  }
}

/** Looking a hash up tells nobody how much of the id was right. */
const keyOf = (id: string): string => toHex(hashOfSecret(id));
