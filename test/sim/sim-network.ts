/**
 * A simulated network: hosts with addresses and bandwidth, paths with latency, jitter and loss, partitions and resets.
 * It depends on nothing but its clock, its random generator and the calls made, so a seed repeats a run exactly;
 * `fingerprint` tells whether two runs were the same.
 */
import type { PeerAddress } from '../../src/base/address.ts';
import { formatHost, parseHost } from '../../src/base/address.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { Random } from '../../src/base/random.ts';
import type { ByteCount, BytesPerSecond, Millis } from '../../src/base/units.ts';
import type { Connection, Transport } from '../../src/net/transport.ts';
import { AccessLink } from './access-link.ts';
import type { Path } from './flow.ts';
import { SimConnection } from './sim-connection.ts';
import { simTransport } from './sim-transport.ts';

/** What lies between two hosts, in each direction. */
export interface PathOptions {
  /** Time from one host to the other, ms. */
  readonly latency: Millis;
  /** Most that is added to it at random, ms. */
  readonly jitter: Millis;
  /** Chance that a segment is lost and arrives one retransmission later, 0 … 1. */
  readonly loss: number;
}

export interface NetworkOptions extends Partial<PathOptions> {
  readonly clock: Clock;
  readonly random: Random;
}

export interface HostOptions {
  /** Bytes a second; unlimited when left out. */
  readonly up?: BytesPerSecond;
  readonly down?: BytesPerSecond;
  /** False: the host dials, but cannot be dialled (it sits behind a NAT). */
  readonly isReachable?: boolean;
}

/** The ports given out by the system (RFC 6335). */
const FIRST_FREE_PORT = 49_152;
const LAST_PORT = 65_535;

export class SimHost {
  readonly address: string;
  readonly transport: Transport;
  readonly up: AccessLink;
  readonly down: AccessLink;
  readonly listeners: Map<number, (connection: Connection) => void> = new Map();
  isReachable: boolean;
  /** Bytes put on the uplink, and delivered from the downlink. */
  sent: ByteCount = 0;
  received: ByteCount = 0;
  #nextPort = FIRST_FREE_PORT;

  constructor(network: SimNetwork, address: string, options: HostOptions) {
    this.address = address;
    this.up = new AccessLink(network.clock, options.up ?? Number.POSITIVE_INFINITY);
    this.down = new AccessLink(network.clock, options.down ?? Number.POSITIVE_INFINITY);
    this.isReachable = options.isReachable ?? true;
    this.transport = simTransport(network, this);
  }

  /** A port that nobody listens on. */
  freePort(): number {
    do this.#nextPort = this.#nextPort < LAST_PORT ? this.#nextPort + 1 : FIRST_FREE_PORT;
    while (this.listeners.has(this.#nextPort));
    return this.#nextPort;
  }
}

/** A connection as the network sees it. */
interface Link {
  readonly a: SimHost;
  readonly b: SimHost;
  readonly ends: readonly [SimConnection, SimConnection];
}

export class SimNetwork {
  readonly clock: Clock;
  readonly #random: Random;
  readonly #defaults: PathOptions;
  readonly #hosts = new Map<string, SimHost>();
  readonly #paths = new Map<string, PathOptions>();
  readonly #partitions = new Set<string>();
  readonly #unplugged = new Set<SimHost>();
  readonly #links = new Set<Link>();
  #fingerprint = 0x811c9dc5;

  constructor(options: NetworkOptions) {
    this.clock = options.clock;
    this.#random = options.random;
    this.#defaults = { latency: options.latency ?? 10, jitter: options.jitter ?? 0, loss: options.loss ?? 0 };
  }

  /** Adds a host; `address` is its IP address. */
  host(address: string, options: HostOptions = {}): SimHost {
    const bytes = parseHost(address);
    const canonical = bytes === null ? '' : formatHost(bytes);
    if (canonical === '' || this.#hosts.has(canonical)) throw new Error(`${address} is no address, or taken`);
    const host = new SimHost(this, canonical, options);
    this.#hosts.set(canonical, host);
    return host;
  }

  find(address: string): SimHost | null {
    return this.#hosts.get(address) ?? null;
  }

  /** Sets what lies between two hosts, both ways. */
  path(a: SimHost, b: SimHost, options: Partial<PathOptions>): void {
    this.#paths.set(pairKey(a, b), { ...this.#defaults, ...options });
  }

  pathBetween(a: SimHost, b: SimHost): PathOptions {
    return this.#paths.size === 0 ? this.#defaults : (this.#paths.get(pairKey(a, b)) ?? this.#defaults);
  }

  /** Nothing passes between the hosts of one side and those of the other; connections stand still. */
  partition(a: Hosts, b: Hosts): void {
    for (const [one, other] of pairs(a, b)) this.#partitions.add(pairKey(one, other));
  }

  /** Ends a partition: what was held up arrives. */
  heal(a: Hosts, b: Hosts): void {
    for (const [one, other] of pairs(a, b)) this.#partitions.delete(pairKey(one, other));
    this.#resume();
  }

  /** Takes a host off the network: to the others it falls silent. */
  unplug(host: SimHost): void {
    this.#unplugged.add(host);
  }

  plugIn(host: SimHost): void {
    this.#unplugged.delete(host);
    this.#resume();
  }

  isBlocked(a: SimHost, b: SimHost): boolean {
    if (this.#partitions.size === 0 && this.#unplugged.size === 0) return false;
    return this.#partitions.has(pairKey(a, b)) || this.#unplugged.has(a) || this.#unplugged.has(b);
  }

  /** Breaks the connections of a host (to one other host, when given) at both ends; returns how many. */
  reset(host: SimHost, other?: SimHost): number {
    let count = 0;
    for (const { a, b, ends } of this.#links) {
      const isMeant = (a === host && (other ?? b) === b) || (b === host && (other ?? a) === a);
      if (!isMeant) continue;
      count++;
      for (const end of ends) end.abort(resetError());
    }
    return count;
  }

  /** Connections with at least one open end. */
  get connectionCount(): number {
    return this.#links.size;
  }

  /** A hash over every departure and arrival so far: equal for equal runs. */
  get fingerprint(): string {
    return (this.#fingerprint >>> 0).toString(16).padStart(8, '0');
  }

  /** The dialling end of a new connection; the other is handed over when the handshake's last part has arrived. */
  connect(from: SimHost, to: SimHost, address: PeerAddress, accepted: (incoming: Connection) => void): Connection {
    let open = 2;
    const onClosed = (): void => {
      if (--open === 0) this.#links.delete(link);
    };
    const outgoing = new SimConnection(address, false, onClosed);
    const incoming = new SimConnection({ host: from.address, port: from.freePort() }, true, onClosed);
    const link: Link = { a: from, b: to, ends: [outgoing, incoming] };
    this.#links.add(link);
    SimConnection.join(outgoing, incoming, this.#flowPath(from, to), this.#flowPath(to, from));
    this.clock.after(this.pathBetween(from, to).latency, () => accepted(incoming));
    return outgoing;
  }

  /** Travel time of one segment: latency, jitter, and a growing retransmission timeout each time it is lost. */
  travel(a: SimHost, b: SimHost): Millis {
    const { latency, jitter, loss } = this.pathBetween(a, b);
    let time = latency;
    if (jitter > 0) time += jitter * this.#chance();
    if (loss > 0) {
      for (let timeout = Math.max(200, 3 * latency); this.#chance() < loss; timeout *= 2) time += timeout;
    }
    return time;
  }

  #chance(): number {
    return this.#random.below(2 ** 32) / 2 ** 32;
  }

  #flowPath(from: SimHost, to: SimHost): Path {
    return {
      clock: this.clock,
      up: from.up,
      down: to.down,
      latency: () => this.pathBetween(from, to).latency,
      travel: () => this.travel(from, to),
      isBlocked: () => this.isBlocked(from, to),
      departed: (bytes) => {
        from.sent += bytes.length;
        this.#note(bytes);
      },
      arrived: (bytes) => {
        to.received += bytes.length;
        this.#note(bytes);
      },
    };
  }

  #resume(): void {
    for (const { a, b, ends } of this.#links) if (!this.isBlocked(a, b)) for (const end of ends) end.heal();
  }

  /** FNV-1a over the time, the size and the ends of a segment. */
  #note(bytes: Uint8Array): void {
    let hash = this.#fingerprint;
    for (const word of [Math.round(this.clock.now() * 1000), bytes.length, bytes[0] ?? 0, bytes.at(-1) ?? 0]) {
      hash = Math.imul(hash ^ word, 0x01000193);
    }
    this.#fingerprint = hash;
  }
}

const resetError = (): Error => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

const pairKey = (a: SimHost, b: SimHost): string =>
  a.address < b.address ? `${a.address} ${b.address}` : `${b.address} ${a.address}`;

type Hosts = SimHost | readonly SimHost[];

function* pairs(a: Hosts, b: Hosts): Generator<[SimHost, SimHost]> {
  for (const one of a instanceof SimHost ? [a] : a)
    for (const other of b instanceof SimHost ? [b] : b) yield [one, other];
}
