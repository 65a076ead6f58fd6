/**
 * The HTTP port of the tracker, with TLS or without: announce and scrape by hand, everything else by a server of
 * Node's own.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type SecureContextOptions, type Server as TlsServer } from 'node:tls';
import type { Clock } from '../../../base/clock.ts';
import type { Millis } from '../../../base/units.ts';
import { listenError } from '../../../net/index.ts';
import type { HttpFront } from '../../../tracker/index.ts';
import type { Certificate } from '../../served-certificate/index.ts';
import type { ControlServer } from './control.ts';
import { HttpConnection, type HttpHost } from './http-connection.ts';
import { type CountedHost, HostCounts } from './host-counts.ts';
import { forwardedIn, type TrustedProxies } from './trusted-proxies.ts';

export interface HttpListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Several threads listen on this port, and the system spreads the connections over them. */
  readonly isShared: boolean;
  /** With one the port speaks TLS and nothing else. */
  readonly certificate?: Certificate | null;
  /** Most connections, 50,000 at most; those that are handed over count no more. */
  readonly most?: number;
}

export interface HttpListenerParts {
  readonly front: HttpFront;
  /** Takes the connections that ask for something else; it ends with the listener. */
  readonly control: ControlServer;
  readonly clock: Clock;
  readonly proxies: TrustedProxies;
}

/** A request has to be there whole within this time (slowloris), and a TLS handshake to be done, ms. */
const REQUEST_TIME: Millis = 10_000;
/** A connection may stay idle for this long, ms. */
const IDLE_TIME: Millis = 60_000;
const CHECK: Millis = 2_000;
/** At the end of the listener, time for requests that are being answered, ms. */
const END_TIME: Millis = 2_000;
const BACKLOG = 4096;
/** Connections of a listener, most of them idle. Each takes some 4 KiB (measured). */
const MOST_CONNECTIONS = 50_000;
/** Connections of one address: enough for a network behind one. */
const MOST_PER_ADDRESS = 1_000;
/** No address has more than this part of all connections. */
const ADDRESS_SHARE = 0.25;
/** Connections in their TLS handshake. Each takes some 30 KiB (measured). */
const MOST_HANDSHAKES = 2_000;

/** A connection in the row in which they make room for others. */
interface Place {
  readonly counted: CountedHost;
  /** `since` of the connection when it was put at the end of the row. */
  since: Millis;
}

export class HttpListener implements HttpHost, AsyncDisposable {
  readonly #parts: HttpListenerParts;
  readonly #server: Server;
  /** The same server when it speaks TLS. */
  readonly #tls: TlsServer | null;
  #certificate: Certificate | null;
  readonly #handshakes: Handshakes;
  readonly #most: number;
  readonly #hosts = new HostCounts();
  readonly #connections = new Map<HttpConnection, Place>();
  #check: Disposable;
  #onEmpty = (): void => {};

  private constructor({ certificate = null, most = MOST_CONNECTIONS }: HttpListenerOptions, parts: HttpListenerParts) {
    this.#parts = parts;
    this.#certificate = certificate;
    this.#most = Math.min(most, MOST_CONNECTIONS);
    this.#handshakes = new Handshakes(Math.min(this.#most, MOST_HANDSHAKES));
    // A client may end its side while its answer waits; the limits of time hold all the same.
    const how = { noDelay: true, allowHalfOpen: true };
    if (certificate === null) {
      this.#tls = null;
      this.#server = createServer(how, (socket) => this.#accept(socket));
    } else {
      this.#tls = createTlsServer({ ...contextOf(certificate), ...how, ALPNProtocols: ['http/1.1'] });
      this.#server = this.#tls;
      this.#tls.on('connection', (socket: Socket) => this.#handshakes.add(socket, this.now()));
      this.#tls.on('secureConnection', (socket) => {
        this.#handshakes.done(socket);
        this.#accept(socket);
      });
    }
    this.#check = parts.clock.after(CHECK, () => this.#checkTimes());
  }

  /** Rejects NET_PORT_IN_USE or NET_LISTEN_FAILED. */
  static async listen(options: HttpListenerOptions, parts: HttpListenerParts): Promise<HttpListener> {
    const listener = new HttpListener(options, parts);
    const isListening = once(listener.#server, 'listening');
    listener.#server.listen({
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

  /** From now on new connections get this certificate, if they get one at all; those that are open go on. */
  useCertificate(certificate: Certificate): void {
    const { cert, key } = this.#certificate ?? {};
    if (certificate.cert === cert && certificate.key === key) return; // sessions could not be resumed after it
    this.#certificate = certificate;
    this.#tls?.setSecureContext(contextOf(certificate));
  }

  announce(target: string, at: number, client: HttpConnection): void {
    this.#parts.front.announce(target, at, client);
  }

  scrape(target: string, at: number, client: HttpConnection): void {
    this.#parts.front.scrape(target, at, client);
  }

  handOver(socket: Socket, unread: Buffer): void {
    socket.unshift(unread);
    this.#parts.control.take(socket);
  }

  clientOf(socket: Socket, head: string): string {
    return this.#parts.proxies.clientOf(socket.remoteAddress ?? '', () => forwardedIn(head));
  }

  now(): Millis {
    return this.#parts.clock.now();
  }

  #accept(socket: Socket): void {
    const counted = this.#count(socket.remoteAddress ?? '');
    if (counted === undefined) {
      socket.destroy();
      return;
    }
    if (this.#connections.size >= this.#most) this.#makeRoom();
    const connection = new HttpConnection(socket, this);
    this.#connections.set(connection, { counted, since: connection.since });
  }

  /** Trusted proxies bring the connections of many. */
  #count(remote: string): CountedHost | undefined {
    let isProxy = false;
    const host = this.#parts.proxies.clientOf(remote, () => {
      isProxy = true;
      return '';
    });
    return isProxy ? null : this.#hosts.take(host, Math.min(MOST_PER_ADDRESS, Math.ceil(this.#most * ADDRESS_SHARE)));
  }

  /**
   * Closes the first in the row that did nothing since it came there: of all connections it is about the longest idle.
   * Those before it go to the end, which is cheaper than to move each connection with each of its requests.
   */
  #makeRoom(): void {
    for (const [connection, place] of this.#connections) {
      if (connection.since === place.since) {
        connection.close();
        this.closed(connection);
        return;
      }
      this.#connections.delete(connection);
      place.since = connection.since;
      this.#connections.set(connection, place);
    }
  }

  /** Also when it is closed already. */
  closed(connection: HttpConnection): void {
    this.#hosts.giveBack(this.#connections.get(connection)?.counted ?? null);
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#onEmpty();
  }

  #checkTimes(): void {
    const now = this.now();
    for (const connection of this.#connections.keys()) {
      if (now - connection.since > (connection.isReceiving ? REQUEST_TIME : IDLE_TIME)) connection.close();
    }
    this.#handshakes.closeOlder(now - REQUEST_TIME);
    this.#parts.control.closeLate();
    this.#check = this.#parts.clock.after(CHECK, () => this.#checkTimes());
  }

  /**
   * Takes no more requests, and waits a moment for the answers to those that are there. WebSockets on its connections
   * are not its own any more.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#check[Symbol.dispose]();
    this.#server.close();
    this.#handshakes.closeOlder(Number.POSITIVE_INFINITY);
    const { clock, control } = this.#parts;
    const isEmpty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    if (this.#connections.size === 0) this.#onEmpty();
    for (const connection of this.#connections.keys()) connection.finish();
    const deadline = clock.after(END_TIME, () => {
      for (const connection of this.#connections.keys()) connection.close();
      control.closeAllConnections();
    });
    await Promise.all([isEmpty, control.finish()]);
    deadline[Symbol.dispose]();
  }
}

const contextOf = ({ cert, key }: Certificate): SecureContextOptions => ({ cert, key, minVersion: 'TLSv1.2' });

/** Connections whose TLS handshake is not done: they have cost little work yet, and nobody knows what they want. */
class Handshakes {
  /** By the addresses at both ends: all that the bare socket has in common with the one of TLS over it. */
  readonly #started = new Map<string, { readonly socket: Socket; readonly since: Millis }>();

  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** Beyond the bound the oldest makes room: a handshake that goes on is short. */
  add(socket: Socket, now: Millis): void {
    const name = nameOf(socket);
    if (name === null) {
      socket.destroy();
      return;
    }
    if (this.#started.size >= this.#most) this.#closeOldest();
    this.#started.set(name, { socket, since: now });
    socket.once('close', () => {
      if (this.#started.get(name)?.socket === socket) this.#started.delete(name);
    });
  }

  #closeOldest(): void {
    for (const [name, { socket }] of this.#started) {
      this.#started.delete(name);
      socket.destroy();
      return;
    }
  }

  done(socket: Socket): void {
    const name = nameOf(socket);
    if (name !== null) this.#started.delete(name);
  }

  closeOlder(time: Millis): void {
    for (const { socket, since } of this.#started.values()) {
      if (since >= time) return; // they lie in the order of their start
      socket.destroy();
    }
  }
}

/** Null when the client has gone already. */
function nameOf({ remoteAddress, remotePort, localAddress }: Socket): string | null {
  return remoteAddress === undefined ? null : `${remoteAddress} ${remotePort} ${localAddress}`;
}
