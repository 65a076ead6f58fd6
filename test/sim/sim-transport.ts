/** The Transport of a simulated host: TCP's handshake, refusal, silence and timeout in virtual time. */
import { addressKey, type PeerAddress } from '../../src/base/address.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { Millis } from '../../src/base/units.ts';
import { netError } from '../../src/net/errors.ts';
import type { Connection, DialOptions, Listener, Transport } from '../../src/net/transport.ts';

/** As in the TCP transport. */
const CONNECT_TIMEOUT: Millis = 10_000;
/** Wait before the first repetition of an unanswered SYN; it doubles each time (RFC 6298). */
const FIRST_RETRY: Millis = 1000;

/** A host, as far as its transport and those who dial it are concerned. */
export interface Station {
  readonly address: string;
  readonly listeners: Map<number, (connection: Connection) => void>;
  readonly isReachable: boolean;
  /** A port that nobody listens on. */
  freePort(): number;
}

/** What a transport needs of its network. */
export interface Network<S extends Station> {
  readonly clock: Clock;
  find(address: string): S | null;
  isBlocked(from: S, to: S): boolean;
  /** Travel time of one segment. */
  travel(from: S, to: S): Millis;
  /** Both ends of a new connection; `accepted` is called when the last part of the handshake has reached `to`. */
  connect(from: S, to: S, address: PeerAddress, accepted: (incoming: Connection) => void): Connection;
}

export function simTransport<S extends Station>(network: Network<S>, host: S): Transport {
  return {
    dial: (address, options) => dial(network, host, address, options),
    listen: (address, onConnection) => listen(host, address, onConnection),
  };
}

async function dial<S extends Station>(
  network: Network<S>,
  from: S,
  address: PeerAddress,
  { signal, greeting }: DialOptions = {},
): Promise<Connection> {
  signal?.throwIfAborted();
  const { clock } = network;
  const attempt = Promise.withResolvers<Connection>();
  let isOver = false;
  const onAbort = (): void => attempt.reject(signal?.reason as Error);
  signal?.addEventListener('abort', onAbort, { once: true });
  using _deadline = clock.after(CONNECT_TIMEOUT, () =>
    attempt.reject(netError('NET_CONNECT_TIMEOUT', `${addressKey(address)} did not answer`)),
  );
  const knock = (retry: Millis): void => {
    if (isOver) return;
    const to = network.find(address.host);
    if (to === null || !to.isReachable || network.isBlocked(from, to)) {
      clock.after(retry, () => knock(2 * retry));
      return;
    }
    clock.after(network.travel(from, to), () => {
      const accept = to.listeners.get(address.port);
      clock.after(network.travel(to, from), () => {
        if (isOver) return;
        if (accept === undefined) attempt.reject(netError('NET_CONNECT_FAILED', `${addressKey(address)} refused`));
        else attempt.resolve(establish(network, from, to, address));
      });
    });
  };
  knock(FIRST_RETRY);
  try {
    const connection = await attempt.promise;
    if (greeting !== undefined) connection.send(greeting);
    return connection;
  } finally {
    isOver = true;
    signal?.removeEventListener('abort', onAbort);
  }
}

/** A listener that has closed during the handshake closes the connection. */
function establish<S extends Station>(network: Network<S>, from: S, to: S, address: PeerAddress): Connection {
  return network.connect(from, to, address, (incoming) => {
    const accept = to.listeners.get(address.port);
    if (accept !== undefined) accept(incoming);
    else incoming.close();
  });
}

async function listen(
  host: Station,
  asked: PeerAddress,
  onConnection: (connection: Connection) => void,
): Promise<Listener> {
  if (asked.host !== host.address && asked.host !== '0.0.0.0' && asked.host !== '::') {
    throw netError('NET_LISTEN_FAILED', `${asked.host} is not an address of ${host.address}`);
  }
  const port = asked.port === 0 ? host.freePort() : asked.port;
  if (host.listeners.has(port)) throw netError('NET_PORT_IN_USE', `port ${port} of ${host.address} is taken`);
  host.listeners.set(port, onConnection);
  return {
    address: { host: asked.host, port },
    close: async () => {
      if (host.listeners.get(port) === onConnection) host.listeners.delete(port);
    },
  };
}
