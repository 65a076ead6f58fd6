/** Brings accounts and passkeys from the database to where announces look for them, and their traffic back. */
import { messageOf } from '../../../base/errors.ts';
import { fromHex, toHex } from '../../../base/bytes.ts';
import type { UnixSeconds } from '../../../base/units.ts';
import type { Account, AccountTraffic, Passkey, TrackerRepository } from '../../../db/index.ts';
import type { AccountRegistry } from '../../../tracker/index.ts';

type Repository = Pick<TrackerRepository, 'accounts' | 'passkeys'>;
/** Account → hashes of its passkeys, hexadecimal. */
type KnownMembers = Map<number, Set<string>>;
type AccountEnd = Pick<Account, 'id' | 'maxPeers'> & { readonly expiresAt: UnixSeconds };

export class DurableMembers {
  readonly #repository: Repository;
  readonly #registry: AccountRegistry;
  readonly #tick: () => number;
  #known: KnownMembers = new Map();
  /** Accounts that are going to expire. */
  readonly #ends = new Map<number, AccountEnd>();
  /** When the next one does. */
  #nextEnd: UnixSeconds = Infinity;
  readonly #unstored = new Map<number, AccountTraffic>();
  /** One flush at a time: two would store the same traffic. */
  #flushing: Promise<void> = Promise.resolve();
  #problem: string | null = null;

  constructor(repository: Repository, registry: AccountRegistry, tick: () => number) {
    this.#repository = repository;
    this.#registry = registry;
    this.#tick = tick;
  }

  /** Why traffic cannot be stored at present; null while all is well. None is lost meanwhile. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Number of accounts of which some traffic is not stored yet. */
  get unstored(): number {
    return this.#unstored.size;
  }

  /** Reads all of them; those that are gone are worth nothing any more. Resolves with how many there was no room for. */
  async load(now: UnixSeconds): Promise<number> {
    const { accounts, passkeys } = this.#repository;
    const found: KnownMembers = new Map();
    const refused = await this.#take(found, accounts.load(), passkeys.load(), now);
    const before = this.#known;
    this.#known = found;
    for (const [id, hashes] of before) {
      const left = found.get(id);
      for (const hash of hashes) if (left?.has(hash) !== true) this.#dropPasskey(hash);
      if (left === undefined) this.#dropAccount(id);
    }
    return refused;
  }

  /** Reads what has been changed or removed after a revision; as `load` otherwise. */
  async follow(revision: number, now: UnixSeconds): Promise<number> {
    const { accounts, passkeys } = this.#repository;
    const known = this.#known;
    const refused = await this.#take(known, accounts.changedAfter(revision), passkeys.changedAfter(revision), now);
    // Last, because an account may be removed while the others are read.
    for await (const page of accounts.removedAfter(revision)) {
      for (const { id } of page) {
        for (const hash of known.get(id) ?? []) this.#dropPasskey(hash);
        known.delete(id);
        this.#dropAccount(id);
      }
    }
    return refused;
  }

  /** Accounts whose time is over count as disabled from now on. */
  expire(now: UnixSeconds): void {
    if (now < this.#nextEnd) return;
    this.#nextEnd = Infinity;
    for (const { id, maxPeers, expiresAt } of this.#ends.values()) {
      if (expiresAt > now) this.#nextEnd = Math.min(this.#nextEnd, expiresAt);
      else {
        this.#ends.delete(id);
        this.#registry.setAccount(id, { isEnabled: false, maxPeers }, this.#tick());
      }
    }
  }

  async #take(
    known: KnownMembers,
    accounts: AsyncIterable<readonly Account[]>,
    passkeys: AsyncIterable<readonly Passkey[]>,
    now: UnixSeconds,
  ): Promise<number> {
    let refused = 0;
    for await (const page of accounts) {
      for (const account of page) {
        if (!known.has(account.id)) known.set(account.id, new Set());
        if (!this.#setAccount(account, now)) refused++;
      }
    }
    for await (const page of passkeys) {
      for (const { hash, accountId, revokedAt } of page) {
        const key = toHex(hash);
        const hashes = known.get(accountId) ?? new Set();
        known.set(accountId, hashes);
        if (revokedAt !== null) {
          hashes.delete(key);
          this.#dropPasskey(key);
        } else {
          hashes.add(key);
          if (!this.#registry.setPasskey(hash, accountId, this.#tick())) refused++;
        }
      }
    }
    return refused;
  }

  #setAccount({ id, isEnabled, maxPeers, expiresAt }: Account, now: UnixSeconds): boolean {
    const isOver = expiresAt !== null && expiresAt <= now;
    this.#ends.delete(id);
    if (expiresAt !== null && !isOver) {
      this.#ends.set(id, { id, maxPeers, expiresAt });
      this.#nextEnd = Math.min(this.#nextEnd, expiresAt);
    }
    return this.#registry.setAccount(id, { isEnabled: isEnabled && !isOver, maxPeers }, this.#tick());
  }

  #dropAccount(id: number): void {
    this.#ends.delete(id);
    this.#registry.setAccount(id, null, this.#tick());
  }

  #dropPasskey(hash: string): void {
    this.#registry.setPasskey(fromHex(hash) as Uint8Array, null, this.#tick());
  }

  /** Takes what accounts have transferred; it is stored with the next `flush`. */
  addTraffic(traffic: readonly AccountTraffic[]): void {
    for (const { accountId, uploaded, downloaded } of traffic) {
      const sum = this.#unstored.get(accountId);
      this.#unstored.set(accountId, {
        accountId,
        uploaded: addSafely(uploaded, sum?.uploaded ?? 0),
        downloaded: addSafely(downloaded, sum?.downloaded ?? 0),
      });
    }
  }

  /** Stores traffic; resolves also when that fails: then it is tried again next time. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#flush());
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    if (this.#unstored.size === 0) return;
    const traffic = [...this.#unstored.values()];
    try {
      await this.#repository.accounts.addTraffic(traffic);
    } catch (error) {
      this.#problem = messageOf(error);
      return;
    }
    this.#problem = null;
    for (const stored of traffic) {
      const { accountId, uploaded, downloaded } = this.#unstored.get(stored.accountId) ?? stored;
      this.#unstored.delete(accountId);
      const rest = { accountId, uploaded: uploaded - stored.uploaded, downloaded: downloaded - stored.downloaded };
      if (rest.uploaded + rest.downloaded > 0) this.#unstored.set(accountId, rest);
    }
  }
}

/** Clients say what they like; above this a sum would neither be exact nor fit into the database. */
const addSafely = (a: number, b: number): number => Math.min(a + b, Number.MAX_SAFE_INTEGER);
