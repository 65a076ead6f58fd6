/** Listening for TCP connections. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { PeerAddress } from '../../base/address.ts';
import { messageOf } from '../../base/errors.ts';
import { silentLogger, type Logger } from '../../base/logger.ts';
import { listenError } from '../errors.ts';
import type { Connection, Listener } from '../transport.ts';
import { adoptAccepted } from './accepted-socket.ts';
import { canonicalHost, ReceiveHook, SEND_MARK, socketOptions, TcpConnection } from './tcp-connection.ts';

export interface ListenOptions {
  readonly logger?: Logger;
  /** How accepted sockets are made to read into the shared buffer. */
  readonly adopt?: typeof adoptAccepted;
}

/** Listens on host and port. One address family a listener: `0.0.0.0` and `::` stand side by side on the same port. */
export async function listenTcp(
  address: PeerAddress,
  onConnection: (connection: Connection) => void,
  options: ListenOptions = {},
): Promise<Listener> {
  const { logger = silentLogger, adopt = adoptAccepted } = options;
  // Accepted sockets wait, so that nothing is read before the connection's handlers are there.
  const server = createServer({ pauseOnConnect: true, noDelay: true, highWaterMark: SEND_MARK });
  const started = Promise.withResolvers<void>();
  server.once('listening', started.resolve);
  server.once('error', (cause) => started.reject(listenError(address, cause)));
  server.listen({ host: address.host, port: address.port, ipv6Only: true });
  await started.promise;
  server.on('error', (error) => logger.warn('a connection could not be accepted', { reason: messageOf(error) }));
  server.on('connection', (socket) => {
    const connection = accept(socket, adopt);
    if (connection !== null) onConnection(connection);
  });
  const { port } = server.address() as AddressInfo;
  return { address: { host: address.host, port }, close: () => stop(server) };
}

function accept(socket: Socket, adopt: typeof adoptAccepted): Connection | null {
  const host = canonicalHost(socket.remoteAddress);
  if (host === null || socket.remotePort === undefined) {
    socket.destroy(); // gone before it was accepted
    return null;
  }
  const remote = { host, port: socket.remotePort };
  const hook = new ReceiveHook();
  const adopted = adopt(socket, hook.onread, socketOptions);
  return adopted === null
    ? new TcpConnection(socket, null, remote, true)
    : new TcpConnection(adopted, hook, remote, true);
}

/** The port is free when `close` returns; its callback would wait for the accepted connections. */
async function stop(server: Server): Promise<void> {
  server.close();
}
