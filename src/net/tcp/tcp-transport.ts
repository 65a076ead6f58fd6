/** The TCP transport: the Transport port over `node:net`, IPv4 and IPv6. This file dials. */
import { Socket } from 'node:net';
import { addressKey, isIPv6, type PeerAddress } from '../../base/address.ts';
import { systemClock, type Clock } from '../../base/clock.ts';
import { codeOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Millis } from '../../base/units.ts';
import { netError } from '../errors.ts';
import type { Connection, DialOptions, Transport } from '../transport.ts';
import { canonicalHost, ReceiveHook, socketOptions, TcpConnection } from './tcp-connection.ts';
import { listenTcp } from './tcp-listener.ts';

export interface TcpOptions {
  /** How long a dial may take, ms; default 10 s. */
  readonly connectTimeout?: Millis;
  /** Address of this machine from which to dial. Remote addresses of the other family are then not dialled. */
  readonly localAddress?: string;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export function tcpTransport(options: TcpOptions = {}): Transport {
  return {
    dial: (address, dialOptions) => dial(address, options, dialOptions),
    listen: (address, onConnection) => listenTcp(address, onConnection, options),
  };
}

async function dial(address: PeerAddress, options: TcpOptions, dialOptions: DialOptions = {}): Promise<Connection> {
  const { signal, greeting } = dialOptions;
  signal?.throwIfAborted();
  const { connectTimeout = 10_000, localAddress, clock = systemClock } = options;
  const host = canonicalHost(address.host);
  // A name is refused, never resolved: a lookup would tell a name server whom we talk to.
  if (host === null) throw netError('NET_CONNECT_FAILED', `${address.host} is not an IP address`);
  if (localAddress !== undefined && isIPv6(localAddress) !== isIPv6(host)) {
    throw netError('NET_CONNECT_FAILED', `${host} cannot be reached from ${localAddress}`);
  }
  const remote = { host, port: address.port };
  const hook = new ReceiveHook();
  const socket = new Socket({ ...socketOptions, onread: hook.onread });
  socket.setNoDelay(true);
  socket.pause();
  const attempt = Promise.withResolvers<void>();
  const onAbort = (): void => attempt.reject(signal?.reason as Error);
  signal?.addEventListener('abort', onAbort, { once: true });
  socket.once('connect', attempt.resolve);
  socket.once('error', (cause) => attempt.reject(dialError(remote, cause)));
  using _timer = clock.after(connectTimeout, () => {
    attempt.reject(netError('NET_CONNECT_TIMEOUT', `${addressKey(remote)} did not answer within ${connectTimeout} ms`));
  });
  try {
    socket.connect({ host, port: remote.port, ...(localAddress === undefined ? {} : { localAddress }) });
    await attempt.promise;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
  const connection = new TcpConnection(socket, hook, remote, false);
  if (greeting !== undefined) connection.send(greeting);
  return connection;
}

function dialError(remote: PeerAddress, cause: Error): Error {
  const code = codeOf(cause) === 'ETIMEDOUT' ? 'NET_CONNECT_TIMEOUT' : 'NET_CONNECT_FAILED';
  return netError(code, `${addressKey(remote)} could not be reached: ${cause.message}`, { cause });
}
