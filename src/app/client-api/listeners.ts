/**
 * Where the APIs are served: addresses with one port, over TLS when there is a certificate, and the socket of the own
 * user. Connections are bounded, and who sends slowly is not waited for.
 */
import { once } from 'node:events';
import type { RequestListener, Server, ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { formatHost, type PeerAddress, parseHost } from '../../base/address.ts';
import { scopeOf } from '../../base/address-scope.ts';
import type { Clock } from '../../base/clock.ts';
import type { ByteCount, Millis } from '../../base/units.ts';
import { listenError, withAnyPort } from '../../net/index.ts';
import type { Certificate } from '../served-certificate/index.ts';
import { listenOnSocket } from './unix-socket.ts';

const { createServer } = process.getBuiltinModule('node:http'); // not imported: see discovery/tracker-client/node-network.ts

/** The head of a request has to be there within this time, */
const HEAD_TIME: Millis = 10_000;
/** the whole of it within this: 48 MiB at 400 KiB/s. */
const REQUEST_TIME: Millis = 120_000;
/** A connection on which nothing moves is closed: a player that is paused asks again. */
const IDLE_TIME: Millis = 600_000;
const KEEP_ALIVE_TIME: Millis = 60_000;
const CHECK_INTERVAL: Millis = 2000;
/** Longest head of a request, bytes, and most headers. */
const LONGEST_HEAD: ByteCount = 16 * 1024;
const MOST_HEADERS = 100;
/** Connections of one listener, and of one public address. */
const MOST_CONNECTIONS = 2000;
const MOST_OF_HOST = 100;
/** How often connections that have become idle are closed at the end. */
const CLOSE_INTERVAL: Millis = 50;

/** What a connection may take, as Node's servers have it. */
const usualLimits: ServerOptions = {
  headersTimeout: HEAD_TIME,
  requestTimeout: REQUEST_TIME,
  keepAliveTimeout: KEEP_ALIVE_TIME,
  connectionsCheckingInterval: CHECK_INTERVAL,
  maxHeaderSize: LONGEST_HEAD,
  requireHostHeader: true,
};

export class Listeners {
  readonly #handler: RequestListener;
  readonly #limits: ServerOptions;
  readonly #servers: (Server | TlsServer)[] = [];
  readonly #local = new WeakSet<object>();
  readonly #addresses: PeerAddress[] = [];

  constructor(handler: RequestListener, limits: ServerOptions = usualLimits) {
    this.#handler = handler;
    this.#limits = limits;
  }

  /** TCP addresses, with the ports that they really have. */
  get addresses(): readonly PeerAddress[] {
    return this.#addresses;
  }

  isLocal(socket: object): boolean {
    return this.#local.has(socket);
  }

  /** Port 0: any free one, the same for all addresses. Rejects NET_PORT_IN_USE, NET_LISTEN_FAILED. */
  listen(hosts: readonly string[], port: number, certificate: Certificate | null): Promise<void> {
    return withAnyPort(port, async () => {
      const before = this.#servers.length;
      try {
        await this.#listen(hosts, port, certificate);
      } catch (error) {
        this.#addresses.length = 0;
        const open = this.#servers.splice(before).filter((server) => server.listening);
        await Promise.all(open.map((server) => once(server.close(), 'close')));
        throw error;
      }
    });
  }

  async #listen(hosts: readonly string[], port: number, certificate: Certificate | null): Promise<void> {
    let common = port;
    for (const host of hosts) {
      const server =
        certificate === null
          ? createServer(this.#limits, this.#handler)
          : createTlsServer({ ...this.#limits, ...certificate, minVersion: 'TLSv1.2' }, this.#handler);
      this.#add(server);
      limitHosts(server);
      const listening = once(server, 'listening');
      server.listen({ host, port: common, ipv6Only: true });
      try {
        await listening;
      } catch (cause) {
        throw listenError({ host, port: common }, cause);
      }
      const address = server.address() as AddressInfo;
      common = address.port;
      this.#addresses.push({ host: formatHost(parseHost(address.address) as Uint8Array), port: common });
    }
  }

  /** Rejects SOCKET_IN_USE, SOCKET_FAILED. */
  async listenLocally(path: string): Promise<void> {
    const server = createServer({ ...this.#limits, requireHostHeader: false }, this.#handler);
    server.on('connection', (socket: Socket) => this.#local.add(socket));
    this.#add(server);
    await listenOnSocket(server, path);
  }

  /** New connections get this certificate. */
  setCertificate(certificate: Certificate): void {
    for (const server of this.#servers) if ('setSecureContext' in server) server.setSecureContext({ ...certificate });
  }

  /** Takes no more connections; resolves when all are closed, those with requests under way after `deadline` at the latest. */
  async close(clock: Pick<Clock, 'after'>, deadline: Millis): Promise<void> {
    const servers = this.#servers.splice(0).filter((server) => server.listening);
    const closed = Promise.all(servers.map((server) => once(server.close(), 'close')));
    using _end = clock.after(deadline, () => {
      for (const server of servers) server.closeAllConnections();
    });
    let timer: Disposable | null = null;
    const closeIdle = (): void => {
      for (const server of servers) server.closeIdleConnections();
      timer = clock.after(CLOSE_INTERVAL, closeIdle);
    };
    closeIdle();
    await closed;
    (timer as Disposable | null)?.[Symbol.dispose]();
  }

  #add(server: Server | TlsServer): void {
    server.maxHeadersCount = MOST_HEADERS;
    server.maxConnections = MOST_CONNECTIONS;
    server.setTimeout(IDLE_TIME);
    this.#servers.push(server);
  }
}

/** One public address cannot take all connections; in a network of one's own, and behind a proxy, many share one. */
function limitHosts(server: Server | TlsServer): void {
  const counts = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const host = socket.remoteAddress ?? '';
    if (scopeOf(host) !== 'public') return;
    const count = (counts.get(host) ?? 0) + 1;
    if (count > MOST_OF_HOST) {
      socket.destroy();
      return;
    }
    counts.set(host, count);
    socket.once('close', () => {
      const left = (counts.get(host) ?? 1) - 1;
      if (left > 0) counts.set(host, left);
      else counts.delete(host);
    });
  });
}
