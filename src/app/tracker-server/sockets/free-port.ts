/**
 * Whether a port is free. Threads share a port by a right that any program of the same user has (SO_REUSEPORT), so that
 * a second tracker would get half of the clients of the first without a word; whoever asks without it is told.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { isIPv6, type PeerAddress } from '../../../base/address.ts';
import { listenError } from '../../../net/index.ts';

/** Rejects NET_PORT_IN_USE or NET_LISTEN_FAILED when another program has the port, TCP or UDP. Port 0 is always free. */
export async function assertPortIsFree(address: PeerAddress): Promise<void> {
  if (address.port === 0) return;
  try {
    const server = createServer().listen({ ...address, ipv6Only: true });
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    const isV6 = isIPv6(address.host);
    const socket = createSocket({ type: isV6 ? 'udp6' : 'udp4', ipv6Only: isV6 });
    socket.bind(address.port, address.host);
    await once(socket, 'listening');
    socket.close();
    await once(socket, 'close');
  } catch (cause) {
    throw listenError(address, cause);
  }
}
