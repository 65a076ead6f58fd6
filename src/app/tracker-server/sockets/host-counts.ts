/**
 * How many connections each client address has (each IPv6 network of 64 bits, which one host may have to itself), so
 * that none takes them all. Those of private addresses are not counted: they come from one's own network, or through a
 * proxy that ends TLS for everybody.
 *
 * Each thread counts its own. The system spreads the connections of an address over the threads, so that it may have
 * as many times the limit as there are threads: enough against one that takes all. A count in shared memory would be
 * exact, until a thread ends by an error and gives nothing back.
 */
import { scopeOfBytes } from '../../../base/address-scope.ts';
import { HostAddress, setHost } from '../../../tracker/index.ts';

/** What `take` gave, to give back; null for an address that is not counted. */
export type CountedHost = string | null;

export class HostCounts {
  readonly #counts = new Map<string, number>();
  readonly #address = new HostAddress();

  /** Counts one connection more; undefined when its address has `limit` already, or is none. */
  take(host: string, limit: number): CountedHost | undefined {
    const address = this.#address;
    if (!setHost(address, host)) return undefined;
    const bytes = address.addressBytes;
    if (scopeOfBytes(bytes, 0, address.family === 4 ? 4 : 16) !== 'public') return null;
    const name = String.fromCharCode(...bytes.subarray(0, address.family === 4 ? 4 : 8));
    const count = this.#counts.get(name) ?? 0;
    if (count >= limit) return undefined;
    this.#counts.set(name, count + 1);
    return name;
  }

  giveBack(counted: CountedHost): void {
    if (counted === null) return;
    const count = this.#counts.get(counted) ?? 0;
    if (count > 1) this.#counts.set(counted, count - 1);
    else this.#counts.delete(counted);
  }
}
