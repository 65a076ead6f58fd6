/**
 * Swarms for members only: in front of any store, it asks for the account of the passkey before an announce goes on.
 * While the tracker is not private, it is not there.
 */
import type { Digests } from '../base/digests.ts';
import { utf8 } from '../base/bytes.ts';
import { type AnnounceCall, type Outcome, type SwarmCounts, type SwarmStore, wordsOf } from './swarm-store.ts';
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
    const { store, table } = this.#parts;
    if (!this.isPrivate) return store.announce(call);
    const admission = this.#enter(call);
    if (!mayGoOn(call, admission)) return undefined;
    const swarm = table.resolved.slice();
    const pending = store.announce(call);
    if (pending !== undefined) return pending.then(() => this.#settle(call, admission, swarm));
    this.#settle(call, admission, swarm);
    return undefined;
  }

  announceWeb(call: AnnounceCall): void {
    const { table } = this.#parts;
    if (!this.isPrivate) {
      table.announceWeb(call);
      return;
    }
    const admission = this.#enter(call);
    if (!mayGoOn(call, admission)) return;
    const swarm = table.resolved.slice();
    table.announceWeb(call);
    this.#settle(call, admission, swarm);
  }

  scrape(infoHash: Int32Array, counts: SwarmCounts): Promise<void> | undefined {
    return this.#parts.store.scrape(infoHash, counts);
  }

  /** Whether a passkey lets its owner in: any text does where no passkeys are asked for. */
  isMember(passkey: string): boolean {
    return !this.isPrivate || this.#parts.accounts.isKnown(this.#hash(passkey));
  }

  #enter(call: AnnounceCall): Outcome {
    const { table, accounts } = this.#parts;
    const passkey = this.#hash(call.member.passkey);
    if (!accounts.isKnown(passkey)) return 'stranger'; // who does not learn what is registered
    const outcome = table.resolve(call.infoHash);
    return outcome === 'served' ? accounts.enter(passkey, table.resolved, call) : outcome;
  }

  #settle(call: AnnounceCall, admission: Outcome, swarm: Int32Array): void {
    if (admission !== 'served') call.outcome = admission;
    else if (call.outcome !== 'served') this.#parts.accounts.leave(this.#hash(call.member.passkey), swarm, call);
  }

  #hash(passkey: string): Int32Array {
    return wordsOf(this.#parts.digests.sha256(utf8(passkey)));
  }
}

/** Whoever leaves may leave, also who may not come back. */
function mayGoOn(call: AnnounceCall, admission: Outcome): boolean {
  call.outcome = admission;
  return admission === 'served' || call.event === 'stopped';
}
