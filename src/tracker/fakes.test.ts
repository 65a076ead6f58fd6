/** Test support: tables, announces to them, a store that answers later, and both fronts without sockets. */
import assert from 'node:assert/strict';
import { addressKey, formatHost } from '../base/address.ts';
import { readU16, toBinary, toHex, utf8 } from '../base/bytes.ts';
import { seededRandom } from '../base/random.ts';
import type { ByteCount, UnixSeconds } from '../base/units.ts';
import {
  type AnnounceRequest,
  decodeUdpTrackerReply,
  encodeUdpTrackerRequest,
  type UdpTrackerReply,
} from '../codec/announce/index.ts';
import { AnnounceRules, defaultRules, type RuleOptions } from './announce-rules.ts';
import { setHost, setPort } from './client-address.ts';
import { HttpFront } from './http/http-front.ts';
import { AnnounceCall, type ByteSink, type SwarmCounts, type SwarmStore, type Tick } from './swarm-store.ts';
import { Arena } from './table/arena.ts';
import { SwarmTable } from './table/swarm-table.ts';
import { TableMemory } from './table/table-memory.ts';
import { ConnectionIds } from './udp/connection-ids.ts';
import { type DatagramClient, MOST_UDP_REPLY, UdpFront } from './udp/udp-front.ts';

/** Silence after which a peer of the tables made here is gone, ticks. */
export const LIFETIME: Tick = 450;
export const MIB: ByteCount = 1024 * 1024;

export function newMemory(capacity: number = 16 * MIB, seed = 1): TableMemory {
  const memory = TableMemory.create(capacity, seededRandom(seed));
  Arena.format(memory);
  return memory;
}

export const tableOn = (memory: TableMemory, options: Partial<SwarmTable['options']> = {}, seed = 1): SwarmTable =>
  new SwarmTable(
    memory,
    { requiresRegistration: false, lifetime: LIFETIME, peersPerAddress: 1e9, ...options },
    seededRandom(seed),
  );

export const newTable = (options: Partial<SwarmTable['options']> = {}, seed = 1): SwarmTable =>
  tableOn(newMemory(16 * MIB, seed), options, seed);

/** The info hash of swarm `i`. */
export function hashOf(swarm: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.imul(swarm + 1, 0x9e3779b1) >>> 0);
  view.setUint32(13, swarm);
  return bytes;
}

/** The id of the peer at an address: 20 bytes that only this peer has. */
export const idOf = (host: string, port: number): Uint8Array => utf8(`${port}|${host}`.slice(0, 20).padEnd(20, '.'));

export interface Announcement extends Partial<Pick<AnnounceCall, 'role' | 'event' | 'want' | 'now'>> {
  readonly swarm?: number;
  readonly host?: string;
  readonly port?: number;
  /** 20 bytes. */
  readonly id?: Uint8Array;
  readonly isForBothFamilies?: boolean;
  readonly wantsPeerIds?: boolean;
}

/** An announce, downloading from 192.0.2.1:6881 to swarm 0 unless told otherwise. */
export function callOf(announcement: Announcement): AnnounceCall {
  const { swarm = 0, host = '192.0.2.1', port = 6881, id = idOf(host, port), ...rest } = announcement;
  const call = new AnnounceCall();
  call.infoHashBytes.set(hashOf(swarm));
  call.peerIdBytes.set(id);
  assert.ok(setHost(call, host), host);
  setPort(call, port);
  return Object.assign(call, rest);
}

export function announceTo(table: SwarmTable, announcement: Announcement = {}): AnnounceCall {
  const call = callOf(announcement);
  table.announce(call);
  return call;
}

/** The peers of an answer as `host:port`. */
export function peersIn(call: AnnounceCall): string[] {
  const found: string[] = [];
  for (const [length, { bytes, at: end }] of [
    [4, call.peers4],
    [16, call.peers6],
  ] as const) {
    for (let at = 0; at < end; at += length + 2) {
      const host = formatHost(bytes.subarray(at, at + length));
      found.push(addressKey({ host, port: readU16(bytes, at + length) }));
    }
  }
  return found;
}

export function countsOf(store: SwarmStore, swarm = 0): SwarmCounts {
  const counts: SwarmCounts = { complete: -1, incomplete: -1, downloaders: -1, completed: -1 };
  void store.scrape(new Int32Array(hashOf(swarm).buffer as ArrayBuffer), counts);
  return counts;
}

/** Does what it is asked for only when told to: it reads and writes what it was given as late as it may. */
export class LateStore implements SwarmStore {
  readonly #store: SwarmStore;
  readonly #waiting: (() => void)[] = [];
  isDown = false;

  constructor(store: SwarmStore) {
    this.#store = store;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  announce(call: AnnounceCall): Promise<void> {
    return this.#later(() => void this.#store.announce(call));
  }

  scrape(infoHash: Int32Array, counts: SwarmCounts): Promise<void> {
    return this.#later(() => void this.#store.scrape(infoHash, counts));
  }

  #later(work: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        if (this.isDown) reject(new Error('the store is down'));
        else resolve(work());
      });
    });
  }

  /** Does what waits, in the order given by `pick` (the first, unless told otherwise), and lets answers go out. */
  async answer(pick: (waiting: number) => number = () => 0): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#waiting.splice(pick(this.#waiting.length), 1)[0]?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** Somebody on the public network. */
export const client4: DatagramClient = { address: '192.0.2.1', port: 40_001 };
export const client6: DatagramClient = { address: '2001:db8::1', port: 40_001 };
export const familyOf = (client: DatagramClient): 4 | 6 => (client.address.includes(':') ? 6 : 4);

export const requestOf = (changes: Partial<AnnounceRequest> = {}): AnnounceRequest => ({
  infoHash: hashOf(0),
  peerId: new Uint8Array(20).fill(0x70),
  port: 6881,
  uploaded: 0,
  downloaded: 0,
  left: 1,
  event: 'none',
  numWant: null,
  key: null,
  trackerId: null,
  isCompact: true,
  claimedHosts: [],
  ...changes,
});

/** A UDP front without a socket. The sink has room for just one answer, as it is promised. */
export class FakeUdp {
  readonly sent: { readonly client: DatagramClient; readonly bytes: Uint8Array }[] = [];
  readonly rules: AnnounceRules;
  readonly front: UdpFront;
  wall: UnixSeconds = 1_800_000_000;
  tick: Tick = 1000;

  constructor(store: SwarmStore, rules: Partial<RuleOptions> = {}, key = 7, given?: AnnounceRules) {
    const buffer: ByteSink = { bytes: new Uint8Array(MOST_UDP_REPLY), at: 0 };
    this.rules = given ?? new AnnounceRules({ ...defaultRules, ...rules });
    this.front = new UdpFront({
      store,
      rules: this.rules,
      ids: new ConnectionIds(new Uint8Array(16).fill(key)),
      sink: {
        buffer,
        send: (client, from) => {
          assert.ok(buffer.at <= MOST_UDP_REPLY, 'an answer has its place');
          this.sent.push({ client, bytes: buffer.bytes.slice(from, buffer.at) });
          buffer.at = 0;
        },
      },
      clock: { wall: () => this.wall },
      tick: () => this.tick,
    });
  }

  /** What comes back at once: a datagram, or null. */
  exchange(datagram: Uint8Array, client: DatagramClient = client4): Uint8Array | null {
    this.front.receive(datagram, client);
    assert.ok(this.sent.length <= 1, 'at most one datagram for a datagram');
    const answer = this.sent.pop();
    assert.deepEqual(answer?.client ?? client, client, 'who asked is answered');
    return answer?.bytes ?? null;
  }

  connect(client: DatagramClient = client4): Uint8Array {
    const datagram = encodeUdpTrackerRequest({ action: 'connect', transactionId: 1 });
    const reply = decodeUdpTrackerReply(this.exchange(datagram, client) as Uint8Array, familyOf(client));
    assert.equal(reply?.action, 'connect');
    return reply.connectionId;
  }

  /** The datagram of an announce by a client that is connected. */
  announceOf(
    changes: Partial<AnnounceRequest> = {},
    client: DatagramClient = client4,
    transactionId = 2,
    urlData: string | null = null,
  ): Uint8Array {
    const connectionId = this.connect(client);
    const request = requestOf(changes);
    return encodeUdpTrackerRequest({ action: 'announce', connectionId, transactionId, request, urlData });
  }

  /** Connects and announces. */
  announce(
    changes: Partial<AnnounceRequest> = {},
    client: DatagramClient = client4,
    urlData: string | null = null,
  ): UdpTrackerReply | null {
    const answer = this.exchange(this.announceOf(changes, client, 2, urlData), client);
    return answer === null ? null : decodeUdpTrackerReply(answer, familyOf(client));
  }

  scrape(infoHashes: readonly Uint8Array[], client: DatagramClient = client4): UdpTrackerReply | null {
    const connectionId = this.connect(client);
    const datagram = encodeUdpTrackerRequest({ action: 'scrape', connectionId, transactionId: 3, infoHashes });
    const answer = this.exchange(datagram, client);
    return answer === null ? null : decodeUdpTrackerReply(answer, familyOf(client));
  }
}

export interface FakeResponse {
  readonly head: string;
  readonly body: Uint8Array;
}

/** Takes a response apart; it must be whole, and as long as it says. */
function readResponse(bytes: Uint8Array): FakeResponse {
  const text = toBinary(bytes);
  const end = text.indexOf('\r\n\r\n');
  assert.ok(/^HTTP\/1\.1 (200 OK|429 Too Many Requests)\r\n/.test(text) && end > 0, text.slice(0, 200));
  const head = text.slice(0, end);
  const body = bytes.slice(end + 4);
  assert.equal(/\r\nContent-Length: (\d+)$/m.exec(head)?.[1], String(body.length), 'Content-Length');
  return { head, body };
}

/** An HTTP front without connections. */
export class FakeHttp {
  readonly responses: FakeResponse[] = [];
  readonly rules: AnnounceRules;
  readonly front: HttpFront;
  tick: Tick = 1000;

  constructor(store: SwarmStore, rules: Partial<RuleOptions> = {}, given?: AnnounceRules) {
    this.rules = given ?? new AnnounceRules({ ...defaultRules, ...rules });
    this.front = new HttpFront({ store, rules: this.rules, tick: () => this.tick });
  }

  /** Asks; the answer goes to `responses`. The query stands behind a path, as in a request. */
  send(what: 'announce' | 'scrape', query: string, host = '192.0.2.1', isKeptAlive = true, passkey = ''): void {
    const path = `/${what}?`;
    const respond = (bytes: Uint8Array, from: number, to: number): void => {
      this.responses.push(readResponse(bytes.slice(from, to)));
    };
    this.front[what](path + query, path.length, { host, passkey, isKeptAlive, respond });
  }

  /** Asks a front that answers at once. */
  ask(
    what: 'announce' | 'scrape',
    query: string,
    host?: string,
    isKeptAlive?: boolean,
    passkey?: string,
  ): FakeResponse {
    this.send(what, query, host, isKeptAlive, passkey);
    assert.equal(this.responses.length, 1, 'one response for a request');
    return this.responses.pop() as FakeResponse;
  }
}

/** Percent-encodes every byte. */
export const escapeAll = (bytes: Uint8Array): string => toHex(bytes).replaceAll(/../g, '%$&');
