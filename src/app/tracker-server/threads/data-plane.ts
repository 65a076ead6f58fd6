/** What one thread of the tracker answers: announces and scrapes over UDP, HTTP and WebSockets, on every address. */
import type { IncomingMessage } from 'node:http';
import type { PeerAddress } from '../../../base/address.ts';
import { AddressRanges } from '../../../base/address-ranges.ts';
import { systemClock } from '../../../base/clock.ts';
import { systemRandom } from '../../../base/random.ts';
import type { UnixSeconds } from '../../../base/units.ts';
import { nodeDigests } from '../../../crypto/digests.ts';
import { withAnyPort } from '../../../net/index.ts';
import {
  AccountTable,
  AddressGuard,
  AnnounceRules,
  ConnectionIds,
  HttpFront,
  PrivateSwarms,
  RateLimits,
  type SwarmStore,
  SwarmTable,
  TableMemory,
  UdpFront,
  WebFront,
  type WebRelay,
} from '../../../tracker/index.ts';
import { mostOpenFiles } from '../../runtime/index.ts';
import type { ControlHandler } from '../../tracker-api/index.ts';
import { ControlServer } from '../sockets/control.ts';
import { ControlBudget } from '../sockets/control-budget.ts';
import { HttpListener, type HttpListenerOptions } from '../sockets/http-listener.ts';
import type { RedisSwarms, StoreHealth } from '../redis/redis-swarms.ts';
import { type ThreadBeat, ThreadPulse } from './thread-pulse.ts';
import type { ThreadSettings } from './thread-settings.ts';
import { elapsedReader, tickReader } from '../state/tracker-time.ts';
import { TrustedProxies } from '../sockets/trusted-proxies.ts';
import { UdpSocket } from '../sockets/udp-socket.ts';
import { WebSockets } from '../sockets/web-sockets.ts';

/** All that a thread needs to know; plain values, because they travel between threads. */
export interface DataPlaneConfig {
  readonly table: SharedArrayBuffer;
  /** Of RateLimits. */
  readonly limits: SharedArrayBuffer;
  /** Of ControlBudget. */
  readonly controlBudget: SharedArrayBuffer;
  /** HTTP and UDP. */
  readonly addresses: readonly PeerAddress[];
  /** HTTPS; none without a certificate. */
  readonly tlsAddresses: readonly PeerAddress[];
  /** How many threads listen on these addresses. */
  readonly threads: number;
  readonly udpKey: Uint8Array;
  /** Address of the swarms that several trackers share, or null. */
  readonly swarms: string | null;
  /** Of PeerPresence, for shared swarms. */
  readonly presence: SharedArrayBuffer;
  readonly start: UnixSeconds;
  /** Numbers that the thread counts; see counters.ts of the tracker. */
  readonly counters: SharedArrayBuffer;
  /** Number of the thread, 0 for the first. */
  readonly thread: number;
  /** To begin with. */
  readonly settings: ThreadSettings;
}

/** What a thread needs from the tracker that it belongs to. */
export interface DataPlaneOwner {
  readonly control: ControlHandler;
  /** Brings a message to a WebSocket that another thread has. */
  readonly relay: (relay: WebRelay) => void;
  /** How the shared swarms are, each time that it changes. */
  readonly tellHealth: (thread: number, health: StoreHealth) => void;
  readonly beat: (thread: number, beat: ThreadBeat) => void;
}

/** A thread that answers, here or elsewhere. */
export interface Answering extends AsyncDisposable {
  /** HTTP and UDP. */
  readonly listening: readonly PeerAddress[];
  /** HTTPS. */
  readonly tlsListening: readonly PeerAddress[];
  /** From now on it goes by other settings. */
  apply(settings: ThreadSettings): void;
  /** A message for a WebSocket of this thread. */
  receiveRelay(relay: WebRelay): void;
}

/** Parts of what the process may have open, for HTTP and for WebSockets; the rest is for all else. */
const HTTP_SHARE = 3 / 16;
const WEB_SHARE = 3 / 4;

/** What the fronts answer from, and what of it may change. */
interface Answers {
  readonly table: SwarmTable;
  readonly swarms: PrivateSwarms;
  readonly accounts: AccountTable;
  readonly rules: AnnounceRules;
  readonly guard: AddressGuard;
  readonly proxies: TrustedProxies;
}

export class DataPlane implements Answering {
  readonly #config: DataPlaneConfig;
  readonly #owner: DataPlaneOwner;
  readonly #open: AsyncDisposable[] = [];
  readonly #secure: HttpListener[] = [];
  readonly listening: PeerAddress[] = [];
  readonly tlsListening: PeerAddress[] = [];
  #answers: Answers | null = null;
  #webFront: WebFront | null = null;
  #webSockets: WebSockets | null = null;
  #shared: RedisSwarms | null = null;
  #pulse: Disposable | null = null;

  private constructor(config: DataPlaneConfig, owner: DataPlaneOwner) {
    this.#config = config;
    this.#owner = owner;
  }

  /** Opens all sockets; rejects NET_PORT_IN_USE or NET_LISTEN_FAILED, and none is open then. */
  static async open(config: DataPlaneConfig, owner: DataPlaneOwner): Promise<DataPlane> {
    const plane = new DataPlane(config, owner);
    try {
      await plane.#listen(await plane.#prepare());
    } catch (error) {
      await plane[Symbol.asyncDispose]();
      throw error;
    }
    plane.#pulse = new ThreadPulse(systemClock, (beat) => plane.#beat(beat));
    return plane;
  }

  async #prepare(): Promise<Answers> {
    const { table: buffer, limits: counts, start, settings } = this.#config;
    const memory = TableMemory.attach(buffer);
    const table = new SwarmTable(memory, settings, systemRandom);
    const accounts = new AccountTable(memory);
    const store = await this.#openStore(table);
    const swarms = new PrivateSwarms({ store, table, accounts, digests: nodeDigests }, settings.isPrivate);
    const limits = new RateLimits(settings.announceLimit, counts, memory.seed);
    const guard = new AddressGuard(new AddressRanges(settings.bans), limits, elapsedReader(systemClock, start));
    const isMember = (passkey: string): boolean => swarms.isMember(passkey);
    const rules = new AnnounceRules(settings.rules, { guard, isMember });
    const proxies = new TrustedProxies(settings.trustedProxies);
    this.#answers = { table, swarms, accounts, rules, guard, proxies };
    return this.#answers;
  }

  async #listen({ swarms, rules, proxies }: Answers): Promise<void> {
    const { addresses, tlsAddresses, counters: numbers, start, thread, udpKey, threads } = this.#config;
    const isShared = threads > 1;
    const most = Math.floor((mostOpenFiles() * HTTP_SHARE) / threads / (addresses.length + tlsAddresses.length));
    const counters = new Float64Array(numbers);
    const tick = tickReader(systemClock, start);
    const clock = systemClock;
    const front = new HttpFront({ store: swarms, rules, tick, counters });
    const relay = this.#owner.relay;
    this.#webFront = new WebFront({ swarms, rules, tick, thread, counters, relay });
    const webSockets = this.#openWebSockets(this.#webFront, proxies);
    const budget = new ControlBudget(this.#config.controlBudget, thread);
    const http = async (where: HttpListenerOptions): Promise<HttpListener> => {
      const control = new ControlServer(this.#owner.control, (request) => clientOf(proxies, request), clock, budget);
      webSockets.serve(control);
      const listener = await HttpListener.listen(where, { front, control, clock, proxies });
      this.#open.push(listener);
      return listener;
    };
    const ids = new ConnectionIds(udpKey);
    for (const { host, port: wanted } of addresses) {
      const { port, udp } = await withAnyPort(wanted, async () => {
        const listener = await http({ host, port: wanted, isShared, most });
        const bound = UdpSocket.bind({ host, port: listener.port, isShared });
        return { port: listener.port, udp: await bound.catch((error: unknown) => this.#giveUp(listener, error)) };
      });
      this.#open.push(udp);
      const udpFront = new UdpFront({ store: swarms, rules, ids, sink: udp, clock, tick, counters });
      udp.start((datagram, client) => udpFront.receive(datagram, client));
      this.listening.push({ host, port });
    }
    const { certificate } = this.#config.settings;
    for (const { host, port: wanted } of certificate === null ? [] : tlsAddresses) {
      const listener = await http({ host, port: wanted, isShared, most, certificate });
      this.#secure.push(listener);
      this.tlsListening.push({ host, port: listener.port });
    }
  }

  /** Ends a listener of HTTP whose port is not to be had for UDP. */
  async #giveUp(listener: HttpListener, error: unknown): Promise<never> {
    this.#open.splice(this.#open.indexOf(listener), 1);
    await listener[Symbol.asyncDispose]();
    throw error;
  }

  #openWebSockets(front: WebFront, proxies: TrustedProxies): WebSockets {
    const { settings, threads } = this.#config;
    const webSockets = new WebSockets({
      front,
      perAddress: settings.peersPerAddress,
      most: Math.floor((mostOpenFiles() * WEB_SHARE) / threads),
      clock: systemClock,
      clientOf: (request) => clientOf(proxies, request),
    });
    this.#webSockets = webSockets;
    this.#open.push(webSockets);
    return webSockets;
  }

  apply(settings: ThreadSettings): void {
    if (this.#answers === null) return;
    const { table, swarms, rules, guard, proxies } = this.#answers;
    table.options = settings;
    swarms.isPrivate = settings.isPrivate;
    rules.options = settings.rules;
    guard.bans = new AddressRanges(settings.bans);
    guard.limits.limit = settings.announceLimit;
    proxies.trust(settings.trustedProxies);
    if (this.#webSockets !== null) this.#webSockets.perAddress = settings.peersPerAddress;
    if (settings.certificate === null) return;
    for (const listener of this.#secure) listener.useCertificate(settings.certificate);
  }

  receiveRelay(relay: WebRelay): void {
    this.#webFront?.receiveRelay(relay);
  }

  #beat(beat: Pick<ThreadBeat, 'busy' | 'lag'>): void {
    this.#owner.beat(this.#config.thread, {
      ...beat,
      webSockets: this.#webSockets?.count ?? 0,
      traffic: this.#answers?.accounts.takeTraffic() ?? [],
    });
  }

  /** The client of the shared swarms is loaded only where there are some. */
  async #openStore(table: SwarmTable): Promise<SwarmStore> {
    const { swarms, thread, presence } = this.#config;
    if (swarms === null) return table;
    const { openSharedSwarms } = await import('../redis/shared-swarms.ts');
    const onHealth = (health: StoreHealth): void => this.#owner.tellHealth(thread, health);
    this.#shared = await openSharedSwarms(swarms, table, onHealth, presence);
    return this.#shared;
  }

  /** What waits for the shared swarms is answered while there are still sockets. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#pulse?.[Symbol.dispose]();
    if (this.#shared !== null) {
      this.#shared[Symbol.dispose]();
      await systemClock.sleep(0);
    }
    await Promise.all(this.#open.splice(0).map((one) => one[Symbol.asyncDispose]()));
    if (this.#pulse !== null) this.#beat({ busy: 0, lag: 0 }); // what was transferred since the last one
  }
}

/** Address of the client of a request, behind trusted proxies. */
const clientOf = (proxies: TrustedProxies, { socket, headers }: IncomingMessage): string =>
  proxies.clientOf(socket.remoteAddress ?? '', () => [headers['x-forwarded-for'] ?? ''].flat().join(','));
