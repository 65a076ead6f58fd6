/** The TCP transport: the Transport port over `node:net`, IPv4 and IPv6. This file dials. */
import { addressKey, type PeerAddress } from '../../base/address.ts';
import { systemClock, type Clock } from '../../base/clock.ts';
import { codeOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Millis } from '../../base/units.ts';
import { addressEgress, type Egress } from '../egress/index.ts';
import { netError } from '../errors.ts';
import type { Connection, DialOptions, Transport } from '../transport.ts';
import { canonicalHost, ReceiveHook, socketOptions, TcpConnection } from './tcp-connection.ts';
import { listenTcp } from './tcp-listener.ts';

export interface TcpOptions {
  /** How long a dial may take, ms; default 10 s. */
  readonly connectTimeout?: Millis;
  /** From where to dial, and where to listen; default anywhere. While it lets nothing out, dials wait. */
  readonly egress?: Egress;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export function tcpTransport({ egress = addressEgress(), clock = systemClock, ...rest }: TcpOptions = {}): Transport {
  const options = { egress, clock, ...rest };
  return {
    dial: (address, dialOptions) => dial(address, options, dialOptions),
    listen: (address, onConnection) => listenTcp(address, onConnection, options),
  };
}

async function dial(
  address: PeerAddress,
  { connectTimeout = 10_000, egress, clock }: TcpOptions & { readonly egress: Egress; readonly clock: Clock },
  { signal, greeting }: DialOptions = {},
): Promise<Connection> {
  signal?.throwIfAborted();
  const host = canonicalHost(address.host);
  // A name is refused, never resolved: a lookup would tell a name server whom we talk to.
  if (host === null) throw netError('NET_CONNECT_FAILED', `${address.host} is not an IP address`);
  if (egress.problem !== null) await untilOpen(egress, signal);
  const remote = { host, port: address.port };
  const hook = new ReceiveHook();
  const socket = egress.connect(remote, { ...socketOptions, onread: hook.onread });
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

/** What is no fault of the remote must not count as one: a dial waits for as long as nothing may leave. */
function untilOpen(egress: Egress, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(signal?.reason);
  const subscription = egress.onChange(() => {
    if (egress.problem === null) resolve();
  });
  signal?.addEventListener('abort', onAbort, { once: true });
  return promise.finally(() => {
    subscription[Symbol.dispose]();
    signal?.removeEventListener('abort', onAbort);
  });
}

function dialError(remote: PeerAddress, cause: Error): Error {
  const code = codeOf(cause) === 'ETIMEDOUT' ? 'NET_CONNECT_TIMEOUT' : 'NET_CONNECT_FAILED';
  return netError(code, `${addressKey(remote)} could not be reached: ${cause.message}`, { cause });
}
