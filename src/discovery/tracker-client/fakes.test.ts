/** Test support: a network of scripted trackers on virtual time, and a swarm to announce. */
import type { PeerAddress } from '../../base/address.ts';
import { addressKey } from '../../base/address.ts';
import { silentLogger } from '../../base/logger.ts';
import { type Random, seededRandom } from '../../base/random.ts';
import type { Millis } from '../../base/units.ts';
import { decodeAnnounceQuery, encodeAnnounceReply } from '../../codec/announce/http-announce.ts';
import type { AddressFamily, AnnounceRequest, AnnounceSuccess, TrackerFailure } from '../../codec/announce/index.ts';
import { decodeUdpTrackerRequest, encodeUdpTrackerReply, type UdpTrackerReply } from '../../codec/announce/udp.ts';
import { SimClock } from '../../../test/sim/sim-clock.ts';
import type { DiscoverySession, Swarm, SwarmProgress } from '../discovery.ts';
import { trackerError } from './errors.ts';
import type { HttpRequest, HttpResponse, TrackerNetwork, UdpHandlers } from './ports.ts';
import { trackerClient, type TrackerClientDeps, type TrackerClientOptions } from './tracker-client.ts';

/** An announce as a fake HTTP tracker saw it. */
export interface Seen {
  /** Virtual seconds since the start. */
  readonly at: number;
  readonly host: string;
  readonly address: string;
  readonly request: AnnounceRequest;
}

/** What a tracker does with an announce: answer, fail, or (null) never answer. */
export type Answer = AnnounceSuccess | TrackerFailure | Error | null;

export const success = (changes: Partial<AnnounceSuccess> = {}): AnnounceSuccess => ({
  kind: 'success',
  interval: 1800,
  minInterval: null,
  complete: null,
  incomplete: null,
  downloaded: null,
  peers: [],
  trackerId: null,
  warning: null,
  externalHost: null,
  ...changes,
});
export const unreachable = (): Error => trackerError('TRACKER_UNREACHABLE', 'refused');

export const connectionId: Uint8Array = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** What a well-behaved UDP tracker answers to a request; a swarm has as many seeds as its first byte says. */
export function udpAnswer(
  bytes: Uint8Array,
  family: AddressFamily,
  announced: AnnounceSuccess = success(),
): Uint8Array {
  const request = decodeUdpTrackerRequest(bytes);
  if (request === null) throw new Error('not a request');
  const { action, transactionId } = request;
  const pack = (reply: UdpTrackerReply): Uint8Array => encodeUdpTrackerReply(reply, family);
  if (action === 'connect') return pack({ action, transactionId, connectionId });
  if (action === 'announce') return pack({ action, transactionId, success: announced });
  const entries = request.infoHashes.map(([first = 0]) => ({
    complete: first,
    incomplete: 2,
    downloaded: 3,
    downloaders: null,
  }));
  return pack({ action, transactionId, entries });
}

export interface FakeDatagram {
  readonly at: number;
  readonly family: AddressFamily;
  readonly to: PeerAddress;
  readonly bytes: Uint8Array;
  /** Answers from the tracker's address, or from another one. */
  reply(bytes: Uint8Array, from?: PeerAddress): void;
}

export class FakeNetwork {
  readonly clock: SimClock = new SimClock();
  readonly random: Random = seededRandom(7);
  /** Addresses of each host; a host that is missing does not exist. */
  readonly hosts: Map<string, readonly string[]> = new Map();
  readonly seen: Seen[] = [];
  /** Fields of the lines of the log. */
  readonly logged: unknown[] = [];
  readonly fetched: HttpRequest[] = [];
  readonly datagrams: FakeDatagram[] = [];
  readonly lookups: string[] = [];
  /** TXT records of each name: others have none; null = the name server never answers. */
  readonly txt: Map<string, readonly string[] | Error | null> = new Map();
  readonly txtLookups: string[] = [];
  openSockets = 0;
  /** Of all sockets there ever were. */
  readonly udpHandlers: UdpHandlers[] = [];
  /** Fetches under way, and the most there ever were. */
  underWay = 0;
  mostUnderWay = 0;
  delay: Millis = 50;
  /** How long a request is on its way. */
  delayOf: (request: HttpRequest) => Millis = () => this.delay;
  onAnnounce: (seen: Seen) => Answer = () => success();
  onFetch: ((request: HttpRequest) => HttpResponse) | null = null;
  onDatagram: (datagram: FakeDatagram) => void = () => {};
  /** This machine is found at another address from now on, or can send again. */
  renew: () => void = () => {};

  /** The addresses of all hosts named in the URLs, 198.51.100.x, unless given before. */
  constructor(...hosts: string[]) {
    for (const [i, host] of hosts.entries()) this.hosts.set(host, [`198.51.100.${i + 1}`]);
  }

  get deps(): TrackerClientDeps & { readonly network: TrackerNetwork } {
    const network: TrackerNetwork = {
      resolve: async (host) => {
        this.lookups.push(host);
        const addresses = this.hosts.get(host);
        if (addresses === undefined) throw new Error('ENOTFOUND');
        return addresses;
      },
      resolveTxt: async (name, signal) => {
        this.txtLookups.push(name);
        const records = this.txt.get(name) ?? [];
        if (this.txt.get(name) === null) await this.clock.sleep(1e9, signal);
        if (records instanceof Error) throw records;
        return records;
      },
      fetch: (request) => this.#fetch(request),
      openUdp: (family, handlers) => this.#openUdp(family, handlers),
      onRenewal: (listener) => {
        this.renew = listener;
        return { [Symbol.dispose]: () => {} };
      },
    };
    const logger = {
      ...silentLogger,
      debug: (_message: string, fields: unknown): void => void this.logged.push(fields),
    };
    return { clock: this.clock, random: this.random, logger, network };
  }

  seconds(): number {
    return Math.round(this.clock.now() / 1000);
  }

  async #fetch(request: HttpRequest): Promise<HttpResponse> {
    this.fetched.push(request);
    this.underWay++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      await this.clock.sleep(this.delayOf(request), request.signal);
      if (this.onFetch !== null) return this.onFetch(request);
      const url = new URL(request.url);
      const announced = decodeAnnounceQuery(url.search.slice(1)) as AnnounceRequest;
      const seen = { at: this.seconds(), host: url.host, address: request.address, request: announced };
      this.seen.push(seen);
      const answer = this.onAnnounce(seen);
      if (answer instanceof Error) throw answer;
      if (answer === null) await this.clock.sleep(1e9, request.signal);
      return { status: 200, location: null, body: encodeAnnounceReply(answer as AnnounceSuccess, true) };
    } finally {
      this.underWay--;
    }
  }

  #openUdp(family: AddressFamily, handlers: UdpHandlers): ReturnType<TrackerNetwork['openUdp']> {
    this.openSockets++;
    this.udpHandlers.push(handlers);
    let isOpen = true;
    return {
      send: (bytes, to) => {
        const reply = (answer: Uint8Array, from: PeerAddress = to): void => {
          this.clock.after(this.delay, () => {
            if (isOpen) handlers.message(answer, from);
          });
        };
        const datagram = { at: this.seconds(), family, to, bytes, reply };
        this.datagrams.push(datagram);
        this.onDatagram(datagram);
      },
      close: () => {
        isOpen = false;
        this.openSockets--;
      },
    };
  }
}

export interface FakeSwarm {
  readonly swarm: Swarm;
  progress: SwarmProgress;
}

export function fakeSwarm(trackers: readonly (readonly string[])[], changes: Partial<SwarmProgress> = {}): FakeSwarm {
  const fake = {
    progress: { uploaded: 1, downloaded: 2, left: 3, isPartialSeed: false, wanted: 40, ...changes },
    swarm: {
      infoHash: new Uint8Array(20).fill(0xff),
      peerId: new Uint8Array(20).fill(0x80),
      port: 6881,
      isPrivate: false,
      trackers,
      progress: () => fake.progress,
    },
  };
  return fake;
}

/** A client with one session, its peers written down as `host:port`. */
export function startOn(
  network: FakeNetwork,
  fake: FakeSwarm,
  options: TrackerClientOptions = {},
): { readonly session: DiscoverySession; readonly peers: string[] } {
  const peers: string[] = [];
  const session = trackerClient(options, network.deps).start(fake.swarm, (list) => peers.push(...list.map(addressKey)));
  return { session, peers };
}
