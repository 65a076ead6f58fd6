/** Brings accounts and passkeys from the database to where announces look for them, and their traffic back. */
import { messageOf } from '../../../base/errors.ts';
import { fromHex, toHex } from '../../../base/bytes.ts';
import type { ByteCount, UnixSeconds } from '../../../base/units.ts';
import type { AccountTraffic, TrackerRepository } from '../../../db/index.ts';
import type { AccountRegistry } from '../../../tracker/index.ts';

type Repository = Pick<TrackerRepository, 'accounts' | 'passkeys'>;

export class DurableMembers {
  readonly #repository: Repository;
  readonly #registry: AccountRegistry;
  readonly #tick: () => number;
  #accounts: ReadonlySet<number> = new Set();
  /** Hashes of passkeys, hexadecimal. */
  #passkeys: ReadonlySet<string> = new Set();
  /** When the next account expires. */
  #nextExpiry: UnixSeconds = Infinity;
  #unstored = new Map<number, { accountId: number; uploaded: ByteCount; downloaded: ByteCount }>();
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

  /** Whether an account has expired since it was loaded. */
  isStale(now: UnixSeconds): boolean {
    return now >= this.#nextExpiry;
  }

  /** Reads all of them; those that are gone are worth nothing any more. Resolves with how many there was no room for. */
  async load(now: UnixSeconds): Promise<number> {
    const accounts = new Set<number>();
    const passkeys = new Set<string>();
    let refused = 0;
    let nextExpiry = Infinity;
    for await (const page of this.#repository.accounts.load()) {
      for (const { id, isEnabled, maxPeers, expiresAt } of page) {
        accounts.add(id);
        const isOver = expiresAt !== null && expiresAt <= now;
        if (expiresAt !== null && !isOver) nextExpiry = Math.min(nextExpiry, expiresAt);
        if (!this.#registry.setAccount(id, { isEnabled: isEnabled && !isOver, maxPeers }, this.#tick())) refused++;
      }
    }
    for await (const page of this.#repository.passkeys.load()) {
      for (const { hash, accountId } of page) {
        passkeys.add(toHex(hash));
        if (!this.#registry.setPasskey(hash, accountId, this.#tick())) refused++;
      }
    }
    for (const hash of this.#passkeys) {
      if (!passkeys.has(hash)) this.#registry.setPasskey(fromHex(hash) as Uint8Array, null, this.#tick());
    }
    for (const id of this.#accounts) if (!accounts.has(id)) this.#registry.setAccount(id, null, this.#tick());
    this.#accounts = accounts;
    this.#passkeys = passkeys;
    this.#nextExpiry = nextExpiry;
    return refused;
  }

  /** Takes what accounts have transferred; it is stored with the next `flush`. */
  addTraffic(traffic: readonly AccountTraffic[]): void {
    for (const { accountId, uploaded, downloaded } of traffic) {
      const sum = this.#unstored.get(accountId) ?? { accountId, uploaded: 0, downloaded: 0 };
      sum.uploaded += uploaded;
      sum.downloaded += downloaded;
      this.#unstored.set(accountId, sum);
    }
  }

  /** Stores traffic; resolves also when that fails: then it is tried again next time. */
  async flush(): Promise<void> {
    if (this.#unstored.size === 0) return;
    const traffic = [...this.#unstored.values()];
    this.#unstored.clear();
    try {
      await this.#repository.accounts.addTraffic(traffic);
      this.#problem = null;
    } catch (error) {
      this.#problem = messageOf(error);
      this.addTraffic(traffic);
    }
  }
}
