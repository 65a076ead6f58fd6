/**
 * Swarms for members only: in front of any store, it asks for the account of the passkey before an announce goes on.
 * While the tracker is not private, it is not there.
 */
import type { Digests } from '../base/digests.ts';
import { utf8 } from '../base/bytes.ts';
import { type AnnounceCall, type SwarmCounts, type SwarmStore, wordsOf } from './swarm-store.ts';
import type { AccountTable } from './table/account-table.ts';
import type { SwarmTable } from './table/swarm-table.ts';

export interface PrivateSwarmsParts {
  /** Where announces go on. */
  readonly store: SwarmStore;
  /** Says what is registered, and has the peers on WebSockets. */
  readonly table: SwarmTable;
  readonly accounts: AccountTable;
  readonly digests: Pick<Digests, 'sha256'>;
}

export class PrivateSwarms implements SwarmStore {
  /** May be changed at any time. */
  isPrivate: boolean;
  readonly #parts: PrivateSwarmsParts;

  constructor(parts: PrivateSwarmsParts, isPrivate: boolean) {
    this.#parts = parts;
    this.isPrivate = isPrivate;
  }

  announce(call: AnnounceCall): Promise<void> | undefined {
    const { store } = this.#parts;
    if (!this.isPrivate) return store.announce(call);
    if (!this.#enter(call)) return undefined;
    const pending = store.announce(call);
    if (pending !== undefined) return pending.then(() => this.#settle(call));
    this.#settle(call);
    return undefined;
  }

  announceWeb(call: AnnounceCall): void {
    if (this.isPrivate && !this.#enter(call)) return;
    this.#parts.table.announceWeb(call);
    if (this.isPrivate) this.#settle(call);
  }

  scrape(infoHash: Int32Array, counts: SwarmCounts): Promise<void> | undefined {
    return this.#parts.store.scrape(infoHash, counts);
  }

  /** Whether a passkey lets its owner in: any text does where no passkeys are asked for. */
  isMember(passkey: string): boolean {
    return !this.isPrivate || this.#parts.accounts.isKnown(this.#hash(passkey));
  }

  #enter(call: AnnounceCall): boolean {
    const { table, accounts } = this.#parts;
    const passkey = this.#hash(call.member.passkey);
    // Strangers do not learn what is registered.
    call.outcome = accounts.isKnown(passkey) ? table.resolve(call.infoHash) : 'stranger';
    if (call.outcome === 'served') call.outcome = accounts.enter(passkey, table.resolved, call);
    return call.outcome === 'served';
  }

  #settle(call: AnnounceCall): void {
    const { table, accounts } = this.#parts;
    if (call.outcome !== 'served') accounts.leave(this.#hash(call.member.passkey), table.resolved, call);
  }

  #hash(passkey: string): Int32Array {
    return wordsOf(this.#parts.digests.sha256(utf8(passkey)));
  }
}
