/** Connections for HTTP requests over an egress. */
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { parseHost } from '../../base/address.ts';
import type { Egress } from './egress.ts';

/**
 * A connection to the server of this URL at this address, which its name was resolved to before, and in TLS where the
 * URL says so: what `createConnection` of a request without an agent is to return. Throws as `Egress.connect` does.
 */
export function connectWeb(egress: Egress, { protocol, hostname, port }: URL, address: string): Socket {
  const isTls = protocol === 'https:';
  const socket = egress.connect({ host: address, port: Number(port) || (isTls ? 443 : 80) });
  if (!isTls) return socket;
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  // An IP address is no server name (RFC 6066 §3); the certificate has to have it all the same.
  const servername = parseHost(host) === null ? host : '';
  const tls = connectTls({ socket, host, servername, ALPNProtocols: ['http/1.1'] });
  socket.on('error', (error) => tls.destroy(error));
  return tls;
}
