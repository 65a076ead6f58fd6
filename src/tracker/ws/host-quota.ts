/**
 * WebSockets of one address count like its peers, in the same counters. Those of private addresses are not counted:
 * they come from one's own network, or through a proxy that ends TLS for everybody.
 */
import { scopeOfBytes } from '../../base/address-scope.ts';
import { setHost } from '../client-address.ts';
import { AnnounceCall } from '../swarm-store.ts';
import { AddressQuota } from '../table/address-quota.ts';
import { hashShorts } from '../table/hashing.ts';
import { Control, type TableMemory } from '../table/table-memory.ts';

/** What `take` gave, to give back; null for an address that is not counted. */
export type CountedHost = number | null;

export class HostQuota {
  readonly #quota: AddressQuota;
  readonly #seed: number;
  readonly #call = new AnnounceCall();

  constructor(memory: TableMemory) {
    this.#quota = new AddressQuota(memory);
    this.#seed = memory.words[Control.seed] as number;
  }

  /** Counts one connection more; undefined when its address has `limit` already, or is none. */
  take(host: string, limit: number): CountedHost | undefined {
    const call = this.#call;
    if (!setHost(call, host)) return undefined;
    if (scopeOfBytes(call.addressBytes, 0, call.family === 4 ? 4 : 16) !== 'public') return null;
    const hash = hashShorts(call.address, 0, call.family === 4 ? 2 : 4, this.#seed);
    return this.#quota.take(hash, limit) ? hash : undefined;
  }

  giveBack(counted: CountedHost): void {
    if (counted !== null) this.#quota.giveBack(counted);
  }
}
