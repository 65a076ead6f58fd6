/** What one thread of the tracker answers: announces and scrapes over UDP, HTTP and WebSockets, on every address. */
import type { IncomingMessage } from 'node:http';
import type { PeerAddress } from '../../base/address.ts';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import type { UnixSeconds } from '../../base/units.ts';
import {
  AnnounceRules,
  ConnectionIds,
  HostQuota,
  HttpFront,
  type RuleOptions,
  type SwarmStore,
  SwarmTable,
  TableMemory,
  UdpFront,
  WebFront,
  type WebRelay,
} from '../../tracker/index.ts';
import type { ControlHandler } from '../tracker-api/index.ts';
import { controlServer } from './control.ts';
import { HttpListener } from './http-listener.ts';
import type { RedisSwarms, StoreHealth } from './redis/redis-swarms.ts';
import { tickReader } from './tracker-time.ts';
import { TrustedProxies } from './trusted-proxies.ts';
import { UdpSocket } from './udp-socket.ts';
import { WebSockets } from './web-sockets.ts';

/** All that a thread needs to know; plain values, because they travel between threads. */
export interface DataPlaneConfig {
  readonly table: SharedArrayBuffer;
  readonly addresses: readonly PeerAddress[];
  /** Several threads listen on these addresses. */
  readonly isShared: boolean;
  readonly rules: RuleOptions;
  readonly peersPerAddress: number;
  readonly udpKey: Uint8Array;
  /** Address of the swarms that several trackers share, or null. */
  readonly swarms: string | null;
  readonly start: UnixSeconds;
  /** Addresses and ranges whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Numbers that the thread counts; see counters.ts of the tracker. */
  readonly counters: SharedArrayBuffer;
  /** Number of the thread, 0 for the first. */
  readonly thread: number;
}

/** What a thread needs from the tracker that it belongs to. */
export interface DataPlaneOwner {
  readonly control: ControlHandler;
  /** Brings a message to a WebSocket that another thread has. */
  readonly relay: (relay: WebRelay) => void;
  /** How the shared swarms are, each time that it changes. */
  readonly tellHealth: (thread: number, health: StoreHealth) => void;
}

export class DataPlane implements AsyncDisposable {
  readonly #open: AsyncDisposable[] = [];
  /** Where it listens, in the order of the configuration. */
  readonly listening: PeerAddress[] = [];
  #webFront: WebFront | null = null;
  #shared: RedisSwarms | null = null;

  /** Opens all sockets; rejects NET_PORT_IN_USE or NET_LISTEN_FAILED, and none is open then. */
  static async open(config: DataPlaneConfig, owner: DataPlaneOwner): Promise<DataPlane> {
    const plane = new DataPlane();
    try {
      await plane.#listen(config, owner);
    } catch (error) {
      await plane[Symbol.asyncDispose]();
      throw error;
    }
    return plane;
  }

  async #listen(config: DataPlaneConfig, owner: DataPlaneOwner): Promise<void> {
    const rules = new AnnounceRules(config.rules);
    const options = {
      requiresRegistration: false,
      lifetime: rules.lifetime,
      peersPerAddress: config.peersPerAddress,
    };
    const memory = TableMemory.attach(config.table);
    const table = new SwarmTable(memory, options, systemRandom);
    const store = await this.#openStore(config, table, owner);
    const ids = new ConnectionIds(config.udpKey);
    const clock = systemClock;
    const counters = new Float64Array(config.counters);
    const tick = tickReader(clock, config.start);
    const front = new HttpFront({ store, rules, tick, counters });
    const { thread, peersPerAddress } = config;
    this.#webFront = new WebFront({ swarms: table, rules, tick, thread, counters, relay: owner.relay });
    const quota = new HostQuota(memory);
    const proxies = new TrustedProxies(config.trustedProxies);
    const clientOf = ({ socket, headers }: IncomingMessage): string =>
      proxies.clientOf(socket.remoteAddress ?? '', () => [headers['x-forwarded-for'] ?? ''].flat().join(','));
    const webSockets = new WebSockets({ front: this.#webFront, quota, perAddress: peersPerAddress, clock, clientOf });
    this.#open.push(webSockets);
    for (const { host, port } of config.addresses) {
      const where = { host, isShared: config.isShared };
      const control = controlServer(owner.control, clientOf);
      webSockets.serve(control);
      const http = await HttpListener.listen({ ...where, port }, { front, control, clock, proxies });
      this.#open.push(http);
      const udp = await UdpSocket.bind({ ...where, port: http.port });
      this.#open.push(udp);
      const udpFront = new UdpFront({ store, rules, ids, sink: udp, clock, tick, counters });
      udp.start((datagram, client) => udpFront.receive(datagram, client));
      this.listening.push({ host, port: http.port });
    }
  }

  /** A message for a WebSocket of this thread. */
  receiveRelay(relay: WebRelay): void {
    this.#webFront?.receiveRelay(relay);
  }

  /** The client of the shared swarms is loaded only where there are some. */
  async #openStore(config: DataPlaneConfig, table: SwarmTable, owner: DataPlaneOwner): Promise<SwarmStore> {
    if (config.swarms === null) return table;
    const { openSharedSwarms } = await import('./redis/shared-swarms.ts');
    const onHealth = (health: StoreHealth): void => owner.tellHealth(config.thread, health);
    this.#shared = await openSharedSwarms(config.swarms, table, onHealth);
    return this.#shared;
  }

  /** What waits for the shared swarms is answered while there are still sockets. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#shared !== null) {
      this.#shared[Symbol.dispose]();
      await systemClock.sleep(0);
    }
    await Promise.all(this.#open.splice(0).map((one) => one[Symbol.asyncDispose]()));
  }
}
