/** Whom to keep out, for those who dial and accept. */
import type { Transport } from '../transport.ts';

/** Hosts that are kept out, by their addresses as text. An `IpFilter`, or a plain `Set`. */
export interface HostFilter {
  has(host: string): boolean;
}

/** The filter that counts at the moment: another one may take its place at any time. */
export class FilterInForce implements HostFilter {
  current: HostFilter = new Set();

  has(host: string): boolean {
    return this.current.has(host);
  }
}

/**
 * A transport that takes no connection from hosts that are kept out: they are closed unread, before any handshake. Who
 * dials asks the filter first.
 */
export function filteredTransport(transport: Transport, filter: HostFilter): Transport {
  return {
    dial: (address, options) => transport.dial(address, options),
    listen: (address, onConnection, swarms) =>
      transport.listen(
        address,
        (connection) => {
          if (filter.has(connection.remote.host)) connection.close();
          else onConnection(connection);
        },
        swarms,
      ),
  };
}
