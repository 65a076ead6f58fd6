/** The HTTP port of the tracker: announce and scrape by hand, everything else by a server of Node's own. */
import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { Millis } from '../../base/units.ts';
import { listenError } from '../../net/index.ts';
import type { HttpFront } from '../../tracker/index.ts';
import { HttpConnection, type HttpHost } from './http-connection.ts';
import { forwardedIn, type TrustedProxies } from './trusted-proxies.ts';

export interface HttpListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Several threads listen on this port, and the system spreads the connections over them. */
  readonly isShared: boolean;
}

export interface HttpListenerParts {
  readonly front: HttpFront;
  /** Takes the connections that ask for something else. */
  readonly control: HttpServer;
  readonly clock: Clock;
  readonly proxies: TrustedProxies;
}

/** A request has to be there whole within this time (slowloris), ms. */
const REQUEST_TIME: Millis = 10_000;
/** A connection may stay idle for this long, ms. */
const IDLE_TIME: Millis = 60_000;
const CHECK: Millis = 2_000;
const BACKLOG = 4096;

export class HttpListener implements HttpHost, AsyncDisposable {
  readonly #parts: HttpListenerParts;
  readonly #server: Server;
  readonly #connections = new Set<HttpConnection>();
  #check: Disposable;

  private constructor(server: Server, parts: HttpListenerParts) {
    this.#server = server;
    this.#parts = parts;
    server.on('connection', (socket: Socket) => this.#connections.add(new HttpConnection(socket, this)));
    this.#check = parts.clock.after(CHECK, () => this.#checkTimes());
  }

  /** Rejects NET_PORT_IN_USE or NET_LISTEN_FAILED. */
  static async listen(options: HttpListenerOptions, parts: HttpListenerParts): Promise<HttpListener> {
    const server = createServer({ noDelay: true });
    const listener = new HttpListener(server, parts);
    const isListening = once(server, 'listening');
    server.listen({
      host: options.host,
      port: options.port,
      reusePort: options.isShared,
      backlog: BACKLOG,
      ipv6Only: true,
    });
    try {
      await isListening;
    } catch (cause) {
      listener.#check[Symbol.dispose]();
      throw listenError(options, cause);
    }
    return listener;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  announce(target: string, at: number, client: HttpConnection): void {
    this.#parts.front.announce(target, at, client);
  }

  scrape(target: string, at: number, client: HttpConnection): void {
    this.#parts.front.scrape(target, at, client);
  }

  handOver(socket: Socket, unread: Buffer): void {
    socket.unshift(unread);
    this.#parts.control.emit('connection', socket);
  }

  clientOf(socket: Socket, head: string): string {
    return this.#parts.proxies.clientOf(socket.remoteAddress ?? '', () => forwardedIn(head));
  }

  now(): Millis {
    return this.#parts.clock.now();
  }

  closed(connection: HttpConnection): void {
    this.#connections.delete(connection);
  }

  #checkTimes(): void {
    const now = this.now();
    for (const connection of this.#connections) {
      if (now - connection.since > (connection.isReceiving ? REQUEST_TIME : IDLE_TIME)) connection.close();
    }
    this.#check = this.#parts.clock.after(CHECK, () => this.#checkTimes());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#check[Symbol.dispose]();
    const isClosed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of this.#connections) connection.close();
    await isClosed;
  }
}
