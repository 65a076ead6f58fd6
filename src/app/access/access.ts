/**
 * Who may use the client, and how they prove it. Users and tokens are held in memory (access-store.ts), so a request is
 * checked at once; only a password costs time, and that on another thread, one at a time.
 */
import { toHex } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { ConcurrencyLimit } from '../../base/concurrency-limit.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { UnixSeconds } from '../../base/units.ts';
import type { Primitives } from '../../crypto/primitives.ts';
import { hashOfSecret, newToken, tokenIn } from '../http-api/index.ts';
import {
  type AccessStore,
  foldedName,
  type Role,
  type Scope,
  type StoredToken,
  type StoredUser,
} from './access-store.ts';
import { type Caller, lesserScope, scopeOf } from './caller.ts';
import { accessError } from './errors.ts';
import { LoginDelays } from './login-delays.ts';
import { hashPassword, isPassword, NOBODYS_HASH } from './password.ts';
import { type CookieSession, Sessions } from './sessions.ts';
import { Tickets } from './tickets.ts';
import { VerifiedPasswords } from './verified-passwords.ts';

export interface AccessOptions {
  readonly store: AccessStore;
  readonly clock: Pick<Clock, 'now' | 'wall'>;
  readonly random: Pick<Random, 'bytes'>;
  readonly primitives: Pick<Primitives, 'argon2id' | 'equal' | 'hmac'>;
  /** Told of each wrong password, by the address it came from. */
  readonly logger?: Pick<Logger, 'warn'>;
}

/** The user that was made because there was none. This is the only time that its password is told. */
export interface FirstUser {
  readonly name: string;
  readonly password: string;
}

export interface Login {
  readonly caller: Caller;
  /** Of the session, for the cookie: the secret. */
  readonly id: string;
  readonly session: CookieSession;
}

/** This is the only time that the token itself is told. */
export interface NewApiToken {
  readonly token: string;
  readonly stored: StoredToken;
}

/** Passwords that may wait to be checked. */
const MOST_WAITING = 16;
const MOST_USERS = 1000;
const MOST_TOKENS = 1000;
const FIRST_NAME = 'admin';
/**
 * Of the first password, 5 bits a character: none is taken for another, and none makes a flag of it where it is given to
 * a program as an argument.
 */
const PASSWORD_ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
const FIRST_PASSWORD_LENGTH = 24;
const USER_NAME = /^[^\s:\p{C}]{1,64}$/u;
const neverAborted = new AbortController().signal;

/** Stands for the address of who comes through the socket. */
const SOCKET = 'socket';

export class Access {
  readonly #options: AccessOptions;
  readonly #users: Map<string, StoredUser>;
  /** By the hex of their hash. */
  readonly #tokens: Map<string, StoredToken>;
  readonly #sessions: Sessions;
  readonly #verified: VerifiedPasswords;
  readonly #tickets: Tickets;
  readonly #delays: LoginDelays;
  readonly #hashing = new ConcurrencyLimit(1);
  #waiting = 0;
  /** Settled when nobody changes users or tokens. */
  #changing: Promise<unknown> = Promise.resolve();

  private constructor(options: AccessOptions, users: readonly StoredUser[], tokens: readonly StoredToken[]) {
    const { clock, random, primitives } = options;
    this.#options = options;
    this.#users = new Map(users.map((user) => [foldedName(user.name), user]));
    this.#tokens = new Map(tokens.map((token) => [toHex(token.hash), token]));
    this.#sessions = new Sessions(clock, random);
    this.#verified = new VerifiedPasswords(primitives, clock, random);
    this.#tickets = new Tickets(primitives, clock, random);
    this.#delays = new LoginDelays(clock);
  }

  /** Reads users and tokens; makes an admin when there is no user. Rejects DB_*. */
  static async open(
    options: AccessOptions,
  ): Promise<{ readonly access: Access; readonly firstUser: FirstUser | null }> {
    const { store, random } = options;
    const access = new Access(options, await store.users.list(), await store.tokens.list());
    if (access.#users.size > 0) return { access, firstUser: null };
    const drawn = Array.from(random.bytes(FIRST_PASSWORD_LENGTH), (byte) => PASSWORD_ALPHABET[byte % 32]);
    const password = drawn.join('');
    await access.addUser({ name: FIRST_NAME, role: 'admin', password });
    return { access, firstUser: { name: FIRST_NAME, password } };
  }

  /** Whoever reaches the socket has this machine's user already. */
  bySocket(): Caller {
    return { kind: 'socket', name: 'socket', user: null, scope: 'admin', csrf: null, isValid: () => true };
  }

  /** By the header `Authorization: Bearer dst_…`, or null. */
  byBearer(header: string): Caller | null {
    const token = tokenIn(header);
    return token === null ? null : this.#byTokenHash(toHex(hashOfSecret(token)));
  }

  /** By the id of a session, or null when it is over. */
  bySession(id: string): Caller | null {
    const session = this.#sessions.find(id);
    const user = session === null ? undefined : this.#users.get(foldedName(session.user));
    if (session === null || user === undefined) return null;
    const isValid = (): boolean => {
      const now = this.#sessions.peek(id);
      return now !== null && this.#users.get(foldedName(now.user))?.role === user.role;
    };
    return {
      kind: 'session',
      name: user.name,
      user: user.name,
      scope: scopeOf(user.role),
      csrf: session.csrf,
      isValid,
    };
  }

  /** By a ticket for this path, or null. */
  byTicket(ticket: string, path: string): Caller | null {
    const isValid = (): boolean => this.#tickets.isValid(ticket, path);
    if (!isValid()) return null;
    return { kind: 'ticket', name: 'ticket', user: null, scope: 'read', csrf: null, isValid };
  }

  /** Lets whoever shows it read this path (without query) for a day. */
  ticketFor(path: string): string {
    return this.#tickets.make(path);
  }

  /**
   * By name and password, as Basic sends them with each request; `host` is the address that they came from. Rejects
   * ACCESS_DENIED, ACCESS_DELAYED (`details.retryAfter`, seconds), ACCESS_BUSY.
   */
  async byPassword(name: string, password: string, host: string): Promise<Caller> {
    const known = this.#verified.find(name, password);
    const isKnown = known !== null && this.#isStill(known);
    const user = isKnown ? known : await this.#verify(name, password, host);
    if (!isKnown) this.#verified.add(name, password, user);
    const isValid = (): boolean => this.#isStill(user);
    return { kind: 'password', name: user.name, user: user.name, scope: scopeOf(user.role), csrf: null, isValid };
  }

  /** Begins a session. Without a host it comes through the socket. Rejects as `byPassword` does. */
  async login(name: string, password: string, host: string | undefined): Promise<Login> {
    const user = await this.#verify(name, password, host);
    const { id, session } = this.#sessions.start(user.name);
    return { caller: this.bySession(id) as Caller, id, session };
  }

  /** The session as its user may see it. */
  sessionOf(id: string): CookieSession | null {
    return this.#sessions.find(id);
  }

  logout(id: string): void {
    this.#sessions.end(id);
  }

  users(): StoredUser[] {
    return [...this.#users.values()];
  }

  /** Rejects ACCESS_BAD_NAME, ACCESS_WEAK_PASSWORD, ACCESS_NAME_TAKEN, ACCESS_TOO_MANY, DB_*. */
  async addUser({ name, role, password }: { name: string; role: Role; password: string }): Promise<StoredUser> {
    if (!USER_NAME.test(name)) throw accessError('ACCESS_BAD_NAME', 'this is no name for a user');
    const passwordHash = await this.#hash(password);
    return this.#change(async () => {
      if (this.#users.has(foldedName(name))) throw accessError('ACCESS_NAME_TAKEN', `there is a user ${name} already`);
      if (this.#users.size >= MOST_USERS) throw accessError('ACCESS_TOO_MANY', `there are ${MOST_USERS} users already`);
      const user = { name, role, passwordHash, createdAt: this.#options.clock.wall() };
      await this.#options.store.users.put(user);
      this.#users.set(foldedName(name), user);
      return user;
    });
  }

  /** A new password ends all sessions of the user. Rejects ACCESS_NOT_FOUND, ACCESS_WEAK_PASSWORD, ACCESS_LAST_ADMIN, DB_*. */
  async changeUser(
    name: string,
    change: { role?: Role | undefined; password?: string | undefined },
  ): Promise<StoredUser> {
    const passwordHash = change.password === undefined ? undefined : await this.#hash(change.password);
    return this.#change(async () => {
      const old = this.#userOf(name);
      const role = change.role ?? old.role;
      if (role !== 'admin') this.#keepAnAdmin(old);
      const user = { ...old, role, passwordHash: passwordHash ?? old.passwordHash };
      await this.#options.store.users.put(user);
      this.#users.set(foldedName(name), user);
      if (passwordHash !== undefined) this.#sessions.endAllOf(user.name);
      return user;
    });
  }

  /** With its sessions and tokens. Rejects ACCESS_NOT_FOUND, ACCESS_LAST_ADMIN, DB_*. */
  removeUser(name: string): Promise<void> {
    return this.#change(async () => {
      const user = this.#userOf(name);
      this.#keepAnAdmin(user);
      const key = foldedName(name);
      const isOwn = ({ owner }: StoredToken): boolean => owner !== null && foldedName(owner) === key;
      for (const { hash } of this.tokens().filter(isOwn)) await this.#removeToken(hash);
      await this.#options.store.users.remove(user.name);
      this.#users.delete(key);
      this.#sessions.endAllOf(user.name);
    });
  }

  /** Oldest first, expired ones too. */
  tokens(): StoredToken[] {
    return [...this.#tokens.values()];
  }

  /** Rejects ACCESS_NOT_FOUND when its owner is gone, ACCESS_TOO_MANY, DB_*. */
  addToken(settings: Pick<StoredToken, 'name' | 'scope' | 'owner' | 'expiresAt'>): Promise<NewApiToken> {
    return this.#change(async () => {
      if (settings.owner !== null) this.#userOf(settings.owner);
      if (this.#tokens.size >= MOST_TOKENS) throw accessError('ACCESS_TOO_MANY', `there are ${MOST_TOKENS} tokens`);
      const token = newToken(this.#options.random);
      const stored = { ...settings, hash: hashOfSecret(token), createdAt: this.#options.clock.wall() };
      await this.#options.store.tokens.add(stored);
      this.#tokens.set(toHex(stored.hash), stored);
      return { token, stored };
    });
  }

  /** Rejects ACCESS_NOT_FOUND, DB_*. */
  revokeToken(hash: Uint8Array): Promise<StoredToken> {
    return this.#change(async () => {
      const token = this.#tokens.get(toHex(hash));
      if (token === undefined) throw accessError('ACCESS_NOT_FOUND', 'there is no such token');
      await this.#removeToken(hash);
      return token;
    });
  }

  async #removeToken(hash: Uint8Array): Promise<void> {
    await this.#options.store.tokens.remove(hash);
    this.#tokens.delete(toHex(hash));
  }

  #byTokenHash(key: string): Caller | null {
    const token = this.#tokens.get(key);
    if (token === undefined || isPast(token.expiresAt, this.#options.clock.wall())) return null;
    const { name, owner } = token;
    const user = owner === null ? undefined : this.#users.get(foldedName(owner));
    if (owner !== null && user === undefined) return null;
    const scope: Scope = user === undefined ? token.scope : lesserScope(token.scope, scopeOf(user.role));
    return {
      kind: 'token',
      name,
      user: owner,
      scope,
      csrf: null,
      isValid: () => this.#byTokenHash(key)?.scope === scope,
    };
  }

  async #verify(name: string, password: string, host = SOCKET): Promise<StoredUser> {
    if (this.#waiting >= MOST_WAITING) throw accessError('ACCESS_BUSY', 'too many passwords are being checked');
    const key = foldedName(name);
    const wait = this.#delays.begin(host, key);
    if (wait > 0) {
      const retryAfter = Math.ceil(wait / 1000);
      const details = { retryAfter };
      throw accessError('ACCESS_DELAYED', `too many wrong passwords: try again in ${retryAfter} s`, { details });
    }
    const user = this.#users.get(key);
    const isRight = await this.#isPassword(user?.passwordHash ?? NOBODYS_HASH, password);
    // Meanwhile the user may have gone, or have got another password.
    if (!isRight || user === undefined || this.#users.get(key)?.passwordHash !== user.passwordHash) {
      // What is no user may be a password in the wrong field.
      this.#options.logger?.warn('a password was refused', { from: host, user: user?.name ?? null });
      throw denied();
    }
    this.#delays.succeeded(host, key);
    return this.#userOf(name);
  }

  async #isPassword(hash: string, password: string): Promise<boolean> {
    this.#waiting++;
    try {
      const check = (): Promise<boolean> => isPassword(this.#options.primitives, hash, password);
      return await this.#hashing.run(check, neverAborted);
    } finally {
      this.#waiting--;
    }
  }

  #hash(password: string): Promise<string> {
    const { primitives, random } = this.#options;
    return this.#hashing.run(() => hashPassword(primitives, random, password), neverAborted);
  }

  #userOf(name: string): StoredUser {
    const user = this.#users.get(foldedName(name));
    if (user === undefined) throw accessError('ACCESS_NOT_FOUND', 'there is no such user');
    return user;
  }

  /** Neither gone nor changed since. */
  #isStill(user: StoredUser): boolean {
    return this.#users.get(foldedName(user.name)) === user;
  }

  #keepAnAdmin(leaving: StoredUser): void {
    if (leaving.role !== 'admin') return;
    const isOther = (user: StoredUser): boolean => user !== leaving && user.role === 'admin';
    if (!this.users().some(isOther)) throw accessError('ACCESS_LAST_ADMIN', `${leaving.name} is the last admin`);
  }

  /** One change at a time: each sees what the one before has stored. */
  #change<T>(task: () => Promise<T>): Promise<T> {
    const changing = this.#changing.then(task);
    this.#changing = changing.catch(() => {});
    return changing;
  }
}

const denied = (): Error => accessError('ACCESS_DENIED', 'there is no such user, or the password is another one');

const isPast = (end: UnixSeconds | null, now: UnixSeconds): boolean => end !== null && end <= now;
