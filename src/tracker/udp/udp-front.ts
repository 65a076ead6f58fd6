/**
 * The UDP tracker (BEP 15, 41): a datagram in, at most one out, without objects in between. Nothing is answered to an
 * address that has not proved itself but a connection id, in a datagram no longer than its request.
 */
import { readU16, readU32, writeU32 } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { TrackerEvent, TrackerFailure } from '../../codec/announce/index.ts';
import { tooOften } from '../address-guard.ts';
import type { AnnounceRules } from '../announce-rules.ts';
import { CallPool } from '../call-pool.ts';
import { urlDataIn, passkeyIn } from '../passkey.ts';
import { setHost, setPort } from '../client-address.ts';
import { Count, newCounters } from '../counters.ts';
import type { AnnounceCall, ByteSink, HostAddress, SwarmCounts, SwarmStore } from '../swarm-store.ts';
import type { ConnectionIds } from './connection-ids.ts';

/** Who sent a datagram, as sockets tell it. */
export interface DatagramClient {
  readonly address: string;
  readonly port: number;
}

/** Where answers go. */
export interface DatagramSink {
  /** Answers are written here; there is room for one of MOST_UDP_REPLY bytes. */
  readonly buffer: ByteSink;
  /** Sends what was written since `from`. */
  send(client: DatagramClient, from: number): void;
}

export interface UdpFrontParts {
  readonly store: SwarmStore;
  readonly rules: AnnounceRules;
  readonly ids: ConnectionIds;
  readonly sink: DatagramSink;
  readonly clock: Pick<Clock, 'wall'>;
  /** The present tick. */
  readonly tick: () => number;
  /** Where it counts what it does; see counters.ts. */
  readonly counters?: Float64Array;
}

/** Longest datagram that is sent, bytes: the smallest packet that IPv6 networks carry whole, less headers. */
export const MOST_UDP_REPLY = 1232;
/** Swarms in one scrape (BEP 15: "about 74"). */
const MOST_SCRAPED = 74;
const HEAD = 16;
const ANNOUNCE = 98;
const MAGIC_HIGH = 0x417;
const MAGIC_LOW = 0x27101980;
const Action = { connect: 0, announce: 1, scrape: 2, error: 3 } as const;
/** By their number; 4 is `paused` in the practice of BEP 21. */
const EVENTS: readonly TrackerEvent[] = ['none', 'completed', 'started', 'stopped', 'paused'];

const unknownEvent: TrackerFailure = { kind: 'failure', reason: 'unknown event', retryIn: 'never' };

/** Beyond safe integers, the largest. */
const readU64 = (bytes: Uint8Array, at: number): number =>
  Math.min(readU32(bytes, at) * 2 ** 32 + readU32(bytes, at + 4), Number.MAX_SAFE_INTEGER);

export class UdpFront {
  readonly #parts: UdpFrontParts;
  readonly #calls = new CallPool();
  readonly #counters: Float64Array;

  constructor(parts: UdpFrontParts) {
    this.#parts = parts;
    this.#counters = parts.counters ?? newCounters();
  }

  /** Handles one datagram. */
  receive(datagram: Uint8Array, client: DatagramClient): void {
    if (datagram.length < HEAD) return;
    const call = this.#calls.take();
    const isKept = setHost(call, client.address) && this.#dispatch(datagram, client, call);
    if (!isKept) this.#calls.give(call);
  }

  /** True when the call is needed for longer. */
  #dispatch(datagram: Uint8Array, client: DatagramClient, call: AnnounceCall): boolean {
    const { ids, clock } = this.#parts;
    const action = readU32(datagram, 8);
    if (action === Action.connect) {
      this.#connect(datagram, client, call);
      return false;
    }
    if (!ids.isValid(call.addressBytes, call.family === 4 ? 4 : 16, clock.wall(), datagram, 0)) {
      this.#count(Count.udpUnproved);
      return false;
    }
    if (action === Action.announce) return this.#announce(datagram, client, call);
    if (action === Action.scrape) this.#scrape(datagram, client, call);
    return false;
  }

  #connect(datagram: Uint8Array, client: DatagramClient, call: AnnounceCall): void {
    if (readU32(datagram, 0) !== MAGIC_HIGH || readU32(datagram, 4) !== MAGIC_LOW) return;
    const { ids, clock, sink } = this.#parts;
    const { buffer } = sink;
    this.#count(Count.udpConnects);
    const from = this.#begin(Action.connect, readU32(datagram, 12));
    ids.issue(call.addressBytes, call.family === 4 ? 4 : 16, clock.wall(), buffer.bytes, buffer.at);
    buffer.at += 8;
    sink.send(client, from);
  }

  #announce(datagram: Uint8Array, client: DatagramClient, call: AnnounceCall): boolean {
    if (datagram.length < ANNOUNCE) return false;
    this.#count(Count.udpAnnounces);
    const transaction = readU32(datagram, 12);
    const event = EVENTS[readU32(datagram, 80)];
    if (event === undefined) {
      this.#fail(client, transaction, unknownEvent);
      return false;
    }
    const port = readU16(datagram, 96);
    setPort(call, port);
    for (let i = 0; i < 20; i++) {
      call.infoHashBytes[i] = datagram[16 + i] as number;
      call.peerIdBytes[i] = datagram[36 + i] as number;
    }
    const isComplete = readU32(datagram, 64) === 0 && readU32(datagram, 68) === 0;
    call.event = event;
    call.role = isComplete ? 'seeding' : event === 'paused' ? 'paused' : 'downloading';
    call.want = readU32(datagram, 92) | 0;
    call.member.downloaded = readU64(datagram, 56);
    call.member.uploaded = readU64(datagram, 72);
    call.member.passkey = datagram.length > ANNOUNCE ? passkeyIn(urlDataIn(datagram, ANNOUNCE)) : '';
    call.isForBothFamilies = false;
    call.now = this.#parts.tick();
    const failure = this.#parts.rules.check(call, port);
    if (failure !== null) {
      this.#fail(client, transaction, failure);
      return false;
    }
    const pending = this.#parts.store.announce(call);
    if (pending === undefined) {
      this.#told(client, transaction, call);
      return false;
    }
    void pending.then(
      () => {
        this.#told(client, transaction, call);
        this.#calls.give(call);
      },
      () => this.#calls.give(call),
    );
    return true;
  }

  #told(client: DatagramClient, transaction: number, call: AnnounceCall): void {
    const { sink, rules } = this.#parts;
    const failure: TrackerFailure | null = rules.refusalOf(call.outcome);
    if (failure !== null) {
      this.#fail(client, transaction, failure);
      return;
    }
    const { buffer } = sink;
    const from = this.#begin(Action.announce, transaction);
    writeU32(buffer.bytes, buffer.at, rules.options.interval);
    writeU32(buffer.bytes, buffer.at + 4, call.incomplete);
    writeU32(buffer.bytes, buffer.at + 8, call.complete);
    buffer.at += 12;
    const peers = call.family === 4 ? call.peers4 : call.peers6;
    const size = call.family === 4 ? 6 : 18;
    const length = Math.min(peers.at, MOST_UDP_REPLY - 20 - ((MOST_UDP_REPLY - 20) % size));
    for (let i = 0; i < length; i++) buffer.bytes[buffer.at + i] = peers.bytes[i] as number;
    buffer.at += length;
    sink.send(client, from);
  }

  /** Counts of swarms come one after the other, because a store may have to ask for each. No passkey comes with them. */
  #scrape(datagram: Uint8Array, client: DatagramClient, address: HostAddress): void {
    const { sink, store, rules } = this.#parts;
    this.#count(Count.udpScrapes);
    const transaction = readU32(datagram, 12);
    const failure = rules.checkScrape(address, '');
    if (failure !== null) {
      this.#fail(client, transaction, failure);
      return;
    }
    const count = Math.min(MOST_SCRAPED, Math.floor((datagram.length - HEAD) / 20));
    const counts: SwarmCounts[] = [];
    const pending: Promise<void>[] = [];
    for (let i = 0; i < count; i++) {
      const one: SwarmCounts = { complete: 0, incomplete: 0, downloaders: 0, completed: 0 };
      const infoHash = new Uint8Array(20);
      for (let j = 0; j < 20; j++) infoHash[j] = datagram[HEAD + 20 * i + j] as number;
      const later = store.scrape(new Int32Array(infoHash.buffer), one);
      if (later !== undefined) pending.push(later);
      counts.push(one);
    }
    const tell = (): void => {
      const from = this.#begin(Action.scrape, transaction);
      for (const one of counts) {
        writeU32(sink.buffer.bytes, sink.buffer.at, one.complete);
        writeU32(sink.buffer.bytes, sink.buffer.at + 4, one.completed);
        writeU32(sink.buffer.bytes, sink.buffer.at + 8, one.incomplete);
        sink.buffer.at += 12;
      }
      sink.send(client, from);
    };
    if (pending.length === 0) tell();
    else void Promise.all(pending).then(tell, () => {});
  }

  #count(counter: number): void {
    (this.#counters[counter] as number) += 1;
  }

  #fail(client: DatagramClient, transaction: number, failure: TrackerFailure): void {
    const { reason } = failure;
    this.#count(Count.udpFailures);
    if (failure === tooOften) this.#count(Count.limited);
    const { buffer } = this.#parts.sink;
    const from = this.#begin(Action.error, transaction);
    for (let i = 0; i < reason.length; i++) buffer.bytes[buffer.at++] = reason.charCodeAt(i);
    this.#parts.sink.send(client, from);
  }

  /** Begins an answer; returns where. */
  #begin(action: number, transaction: number): number {
    const { buffer } = this.#parts.sink;
    const from = buffer.at;
    writeU32(buffer.bytes, from, action);
    writeU32(buffer.bytes, from + 4, transaction);
    buffer.at = from + 8;
    return from;
  }
}
