/** The TCP connections of this network, as Linux lists them: also those that were closed less than a minute ago. */
import { readFileSync } from 'node:fs';

export interface ConnectionCounts {
  readonly ipv4: number;
  readonly ipv6: number;
}

/** State of a socket that waits for connections and is none (the kernel's TCP_LISTEN). */
const LISTEN = '0A';
/** How the list of IPv6 sockets shows the first 96 bits of an IPv4 address. */
const MAPPED = /^0000000000000000FFFF0000/;

/** Counts the connections of which one end has a port from `first` to `last`; each end of one counts. */
export function countConnections(first: number, last: number): ConnectionCounts {
  const isWithin = (end: string): boolean => {
    const port = Number.parseInt(end.split(':')[1] as string, 16);
    return port >= first && port <= last;
  };
  const counts = { ipv4: 0, ipv6: 0 };
  for (const family of ['tcp', 'tcp6']) {
    for (const line of readFileSync(`/proc/net/${family}`, 'latin1').trim().split('\n').slice(1)) {
      const [, local, remote, state] = line.trim().split(/\s+/) as [string, string, string, string];
      if (state === LISTEN || !(isWithin(local) || isWithin(remote))) continue;
      counts[family === 'tcp' || MAPPED.test(remote) ? 'ipv4' : 'ipv6']++;
    }
  }
  return counts;
}
