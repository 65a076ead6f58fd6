/**
 * Listening for TCP connections, where the egress says. When that is another address than before, or comes back after
 * it was gone, the listener follows; its port stays.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { PeerAddress } from '../../base/address.ts';
import { systemClock, type Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { silentLogger, type Logger } from '../../base/logger.ts';
import type { Millis } from '../../base/units.ts';
import { addressEgress, type Egress, familyOf } from '../egress/index.ts';
import { listenError } from '../errors.ts';
import type { Connection, Listener } from '../transport.ts';
import { adoptAccepted } from './accepted-socket.ts';
import { canonicalHost, ReceiveHook, SEND_MARK, socketOptions, TcpConnection } from './tcp-connection.ts';

export interface ListenOptions {
  /** Where to listen; default where it is asked for. */
  readonly egress?: Egress;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** How accepted sockets are made to read into the shared buffer. */
  readonly adopt?: typeof adoptAccepted;
}

/** How soon an address that could not be listened on is tried again, ms: a new IPv6 address takes about a second. */
const RETRY: Millis = 1000;

/** Listens on host and port. One address family a listener: `0.0.0.0` and `::` stand side by side on the same port. */
export async function listenTcp(
  address: PeerAddress,
  onConnection: (connection: Connection) => void,
  options: ListenOptions = {},
): Promise<Listener> {
  const { egress = addressEgress(), clock = systemClock, logger = silentLogger, adopt = adoptAccepted } = options;
  const listener = new TcpListener(address, onConnection, { egress, clock, logger, adopt });
  await listener.start();
  return listener;
}

class TcpListener implements Listener {
  readonly #asked: PeerAddress;
  readonly #onConnection: (connection: Connection) => void;
  readonly #options: Required<ListenOptions>;
  #bound: { readonly server: Server; readonly address: PeerAddress } | null = null;
  #subscription: Disposable | null = null;
  #retry: Disposable | null = null;
  /** Another one whenever what is being opened is not wanted any more. */
  #turn = 0;
  #port: number;

  constructor(address: PeerAddress, onConnection: (connection: Connection) => void, options: Required<ListenOptions>) {
    this.#asked = address;
    this.#onConnection = onConnection;
    this.#options = options;
    this.#port = address.port;
  }

  /** As it was asked for while it cannot be listened on. */
  get address(): PeerAddress {
    return this.#bound?.address ?? { host: this.#asked.host, port: this.#port };
  }

  /** Rejects NET_PORT_IN_USE and NET_LISTEN_FAILED. Where nothing may be opened yet, it waits in silence. */
  async start(): Promise<void> {
    const { egress } = this.#options;
    if (this.#mayListen) await this.#open();
    this.#subscription = egress.onChange(() => void this.#follow());
  }

  /** The port is free when `close` returns; a server's callback would wait for the accepted connections. */
  async close(): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = null;
    this.#retry?.[Symbol.dispose]();
    this.#shut();
  }

  get #mayListen(): boolean {
    return this.#options.egress.source(familyOf(this.#asked.host)) !== null;
  }

  #shut(): void {
    this.#turn++;
    this.#bound?.server.close();
    this.#bound = null;
  }

  /** From where we may be reached has changed: what is open is of no use any more. */
  async #follow(): Promise<void> {
    this.#retry?.[Symbol.dispose]();
    this.#shut();
    if (!this.#mayListen) return;
    try {
      await this.#open();
    } catch (error) {
      this.#options.logger.warn('an address cannot be listened on', {
        host: this.#asked.host,
        reason: messageOf(error),
      });
      this.#retry = this.#options.clock.after(RETRY, () => void this.#follow());
    }
  }

  async #open(): Promise<void> {
    const { adopt, egress } = this.#options;
    const turn = this.#turn;
    const wanted = { host: this.#asked.host, port: this.#port };
    // Accepted sockets wait, so that nothing is read before the connection's handlers are there.
    const server = createServer({ pauseOnConnect: true, noDelay: true, highWaterMark: SEND_MARK });
    const started = Promise.withResolvers<void>();
    server.once('listening', started.resolve);
    server.once('error', (cause) => started.reject(listenError(wanted, cause)));
    server.listen(egress.listenOptions(wanted));
    await started.promise;
    if (turn !== this.#turn) {
      server.close();
      return;
    }
    server.on('error', (error) => {
      this.#options.logger.warn('a connection could not be accepted', { reason: messageOf(error) });
    });
    server.on('connection', (socket) => {
      const connection = accept(socket, adopt, egress);
      if (connection !== null) this.#onConnection(connection);
    });
    const { address, port } = server.address() as AddressInfo;
    this.#port = port;
    this.#bound = { server, address: { host: canonicalHost(address) ?? wanted.host, port } };
  }
}

function accept(socket: Socket, adopt: typeof adoptAccepted, egress: Egress): Connection | null {
  const host = canonicalHost(socket.remoteAddress);
  if (host === null || socket.remotePort === undefined) {
    socket.destroy(); // gone before it was accepted
    return null;
  }
  const remote = { host, port: socket.remotePort };
  const hook = new ReceiveHook();
  const adopted = adopt(socket, hook.onread, socketOptions);
  egress.accepted(adopted ?? socket);
  return adopted === null
    ? new TcpConnection(socket, null, remote, true)
    : new TcpConnection(adopted, hook, remote, true);
}
