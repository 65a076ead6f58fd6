/**
 * Egress by one network interface, by name: what torrents send leaves by it or not at all.
 *
 * 1. Every socket is bound to the interface in the kernel (device-socket.ts) and to its first address of the family. So
 *    there is no moment at which something leaves by another way: not when the interface goes down, not when routes
 *    change, not to hosts of the local network.
 * 2. Names are looked up by ourselves over such sockets (dns-client.ts): the system's resolver asks by any way.
 * 3. What the kernel answers by itself where no socket is (RST to a closed port, ICMP) follows the routes alone. They are
 *    asked by which interface it would leave; while that is another one, nothing is opened (NET_INTERFACE_ROUTE).
 * 4. The interface is looked at each second, and when a socket could not be opened. When it is gone, or the address or
 *    the interface under the same name is another one, what was open is closed at once.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { Socket, type SocketConstructorOpts } from 'node:net';
import { formatHost, parseHost, type PeerAddress } from '../../base/address.ts';
import type { Clock } from '../../base/clock.ts';
import { DstError, messageOf } from '../../base/errors.ts';
import { Events } from '../../base/events.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Millis } from '../../base/units.ts';
import { netError } from '../errors.ts';
import { DnsClient, type NameServers } from './dns-client.ts';
import type { SocketKind } from './device-socket.ts';
import { type Egress, familyOf, type IpFamily } from './egress.ts';
import { type InterfaceState, type InterfaceSystem, nodeInterfaceSystem } from './interface-system.ts';

export interface InterfaceEgressOptions {
  /** Name of the interface, such as `wg0`. */
  readonly name: string;
  /** Asked in place of the system's, if any: `host`, `host:port`, `[v6]:port`. The interface must lead to them. */
  readonly nameServers?: readonly string[];
}

export interface InterfaceEgressDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly system?: InterfaceSystem;
}

/** Between two looks at the interface, ms. */
const LOOK_INTERVAL: Millis = 1000;

/** Public addresses for which the way is asked: one in each half of IPv4, because tunnels route the halves apart. */
const SAMPLES: Readonly<Record<IpFamily, readonly string[]>> = {
  4: ['1.1.1.1', '198.41.0.4'],
  6: ['2606:4700:4700::1111', '2001:503:ba3e::2:30'],
};

/** Throws NET_INTERFACE_UNSUPPORTED where sockets cannot be bound; an interface that is not there yet is a `problem`. */
export function interfaceEgress(options: InterfaceEgressOptions, deps: InterfaceEgressDeps): InterfaceEgress {
  return new BoundEgress(options, deps);
}

/** The way of what no socket sends, as the kernel tells it. */
export interface KernelRoute {
  readonly from: string;
  readonly to: string;
  /** An interface; null: nothing is sent there. */
  readonly leavesBy: string | null;
}

/** An egress that can be looked into, for those who want to see that it holds. */
export interface InterfaceEgress extends Egress {
  /**
   * Opens a socket as for traffic of this kind, asks the kernel to what it is bound, and closes it; nothing is sent.
   * Throws as `connect` does.
   */
  probe(kind: SocketKind, family: IpFamily): { readonly device: string; readonly source: string };
  nameServers(): NameServers;
  /** For each address of the interface. */
  kernelRoutes(): readonly KernelRoute[];
}

class BoundEgress implements InterfaceEgress {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #system: InterfaceSystem;
  readonly #dns: DnsClient;
  readonly #events: Events<{ change: void }>;
  /** Open sockets → how they are closed, and the address from which they send. */
  readonly #open = new Map<object, { readonly source: string; readonly end: (reason: DstError) => void }>();
  readonly #sources = new Map<IpFamily, string>();
  #index = 0;
  /** Why an address that is there cannot be used. */
  #unusable: string | null = null;
  #problem: DstError | null = null;
  #timer: Disposable | null = null;

  constructor(options: InterfaceEgressOptions, { clock, random, logger, system }: InterfaceEgressDeps) {
    const { name, nameServers = [] } = options;
    this.#name = name;
    this.#clock = clock;
    this.#logger = logger;
    this.#system = system ?? nodeInterfaceSystem;
    this.#events = new Events((error, event) => logger.error('a listener failed', { event, error: messageOf(error) }));
    this.#dns = new DnsClient({
      clock,
      random,
      egress: this,
      nameServers: () => (nameServers.length > 0 ? nameServers : this.#system.nameServers()),
      isOwn: (host) => this.#system.isOwn(host),
    });
    this.#look();
    this.#watch();
  }

  get problem(): DstError | null {
    return this.#problem;
  }

  source(family: IpFamily): string | null {
    return this.#problem === null ? (this.#sources.get(family) ?? null) : null;
  }

  connect(to: PeerAddress, options: SocketConstructorOpts = {}): Socket {
    const { fd, source } = this.#socket('stream', familyOf(to.host), 0);
    // Not documented: an open socket would be read from at once, before it is connected.
    const manual: object = { manualStart: true };
    const socket = new Socket({ ...options, ...manual, fd, readable: true, writable: true });
    this.#track(socket, source);
    socket.connect({ host: to.host, port: to.port });
    return socket;
  }

  listenOptions({ host, port }: PeerAddress): { readonly fd: number } {
    return { fd: this.#socket('stream', familyOf(host), port).fd };
  }

  openUdp(family: IpFamily): UdpSocket {
    const { fd, source } = this.#socket('datagram', family, 0);
    const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6' });
    this.#open.set(socket, { source, end: (reason) => void socket.emit('error', reason) });
    socket.once('close', () => this.#open.delete(socket));
    socket.bind({ fd });
    return socket;
  }

  accepted(socket: Socket): void {
    const bytes = parseHost(socket.localAddress ?? '');
    this.#track(socket, bytes === null ? '' : formatHost(bytes));
  }

  resolve(host: string): Promise<readonly string[]> {
    return this.#dns.resolve(host);
  }

  resolveTxt(name: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.#dns.resolveTxt(name, signal);
  }

  probe(kind: SocketKind, family: IpFamily): { readonly device: string; readonly source: string } {
    const { fd } = this.#socket(kind, family, 0);
    try {
      return this.#system.boundTo(fd);
    } finally {
      this.#system.close(fd);
    }
  }

  nameServers(): NameServers {
    return this.#dns.servers();
  }

  kernelRoutes(): readonly KernelRoute[] {
    return Array.from(this.#sources).flatMap(([family, from]) =>
      SAMPLES[family].map((to) => ({ from, to, leavesBy: this.#system.routeOf(from, to) })),
    );
  }

  onChange(listener: () => void): Disposable {
    return this.#events.on('change', listener);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  /** A socket of the system that is bound to the interface. What cannot be opened may be the first sign that it is gone. */
  #socket(kind: SocketKind, family: IpFamily, port: number): { readonly fd: number; readonly source: string } {
    if (this.#problem !== null) throw this.#problem;
    const source = this.#sources.get(family);
    if (source === undefined) throw netError('NET_CONNECT_FAILED', `${this.#name} has no IPv${family} address`);
    try {
      return { fd: this.#system.open(kind, this.#name, { host: source, port }), source };
    } catch (error) {
      this.#look();
      throw this.#problem ?? error;
    }
  }

  #track(socket: Socket, source: string): void {
    this.#open.set(socket, { source, end: (reason) => void socket.destroy(reason) });
    socket.once('close', () => this.#open.delete(socket));
  }

  #watch(): void {
    this.#timer = this.#clock.after(LOOK_INTERVAL, () => {
      this.#look();
      this.#watch();
    });
  }

  /** Looks at the interface and its routes; when something is another way than before, what depends on it ends. */
  #look(): void {
    const state = this.#system.look(this.#name);
    const was = { index: this.#index, problem: this.#problem, sources: [...this.#sources.values()].join() };
    this.#take(state);
    this.#problem = this.#judge(state);
    const isSame = was.index === this.#index && was.sources === [...this.#sources.values()].join();
    if (isSame && was.problem?.message === this.#problem?.message) return;
    if (this.#problem !== null) this.#logger.info(this.#problem.message, { code: this.#problem.code });
    else if (was.problem !== null) this.#logger.info('the interface can be used again', { interface: this.#name });
    const usable = new Set(this.#problem === null && was.index === this.#index ? this.#sources.values() : []);
    const reason = this.#problem ?? netError('NET_INTERFACE_DOWN', `${this.#name} has another address`);
    for (const { source, end } of [...this.#open.values()]) if (!usable.has(source)) end(reason);
    this.#events.emit('change', undefined);
  }

  /** Of several addresses of a family the one that is used already stays, else it is the first that can be used. */
  #take(state: InterfaceState | null): void {
    const isSame = state?.index === this.#index;
    this.#index = state?.index ?? 0;
    this.#unusable = null;
    for (const family of [4, 6] as const) {
      const addresses = (state?.addresses ?? []).filter((address) => familyOf(address) === family);
      const used = this.#sources.get(family);
      if (isSame && used !== undefined && addresses.includes(used)) continue;
      const first = addresses.find((address) => this.#canBind(address));
      if (first === undefined) this.#sources.delete(family);
      else this.#sources.set(family, first);
    }
  }

  /** Not so with an IPv6 address of which the system still asks whether somebody else has it. */
  #canBind(host: string): boolean {
    try {
      this.#system.close(this.#system.open('datagram', this.#name, { host, port: 0 }));
      return true;
    } catch (error) {
      this.#unusable = messageOf(error);
      return false;
    }
  }

  #judge(state: InterfaceState | null): DstError | null {
    if (state === null) return netError('NET_INTERFACE_DOWN', `${this.#name} is not there, or is down`);
    if (this.#sources.size === 0) {
      return netError('NET_INTERFACE_DOWN', this.#unusable ?? `${this.#name} has no address`);
    }
    try {
      const stray = this.kernelRoutes().find(({ leavesBy }) => leavesBy !== null && leavesBy !== this.#name);
      return stray === undefined ? null : escape(this.#name, stray);
    } catch (error) {
      // What cannot be asked counts as a problem: nothing may leave on a guess.
      return error instanceof DstError ? error : netError('NET_INTERFACE_UNSUPPORTED', messageOf(error));
    }
  }
}

/** Number of the routing table in the advice. */
const TABLE = 8471;

function escape(name: string, { from, to, leavesBy }: KernelRoute): DstError {
  const ip = familyOf(from) === 6 ? 'ip -6' : 'ip';
  return netError(
    'NET_INTERFACE_ROUTE',
    `what the system itself answers from ${from} to ${to} would leave by ${leavesBy}, not by ${name}; ` +
      `send it there with: ${ip} rule add from ${from} table ${TABLE} && ${ip} route add default dev ${name} table ${TABLE}`,
    { details: { interface: name, from, to, leavesBy } },
  );
}
