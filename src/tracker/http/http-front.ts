/**
 * Announce and scrape over HTTP (BEP 3, 7, 21, 23, 24, 31, 48): the target of a request in, a whole response out, without
 * objects in between. Who reads requests from a connection and sends responses is not known here.
 */
import { formatHost } from '../../base/address.ts';
import { compareBytes, readU16, toBinary, utf8 } from '../../base/bytes.ts';
import { encodeFailure, type TrackerFailure } from '../../codec/announce/index.ts';
import { tooOften } from '../address-guard.ts';
import type { AnnounceRules } from '../announce-rules.ts';
import { CallPool } from '../call-pool.ts';
import { setHost, setPort } from '../client-address.ts';
import { Count, newCounters } from '../counters.ts';
import { type AnnounceCall, type ByteSink, HostAddress, type SwarmCounts, type SwarmStore } from '../swarm-store.ts';
import { AnnounceQuery, unescapeInto } from './announce-query.ts';
import { writeBytes, writeInteger, writeText } from './body-writer.ts';

/** Who asks. The response goes to it in the order of its requests. */
export interface HttpClient {
  /** Address of the client, behind trusted proxies. */
  readonly host: string;
  /** In the path of the request; empty: none. */
  readonly passkey: string;
  /** Whether the connection stays open for more. */
  readonly isKeptAlive: boolean;
  /** Takes the response that lies in `bytes` from `from` to `to`; it must have used it when it returns. */
  respond(bytes: Uint8Array, from: number, to: number): void;
}

export interface HttpFrontParts {
  readonly store: SwarmStore;
  readonly rules: AnnounceRules;
  /** The present tick. */
  readonly tick: () => number;
  /** Where it counts what it does; see counters.ts. */
  readonly counters?: Float64Array;
}

/** Room in front of a body for the head of its response. */
const HEAD_ROOM = 160;
/** Longest response: 200 peers of each family as dictionaries with ids, or a scrape. */
const LONGEST_RESPONSE = 64 * 1024;
/** Swarms in one scrape. */
const MOST_SCRAPED = 100;
const OK = 'HTTP/1.1 200 OK\r\n';
const TOO_MANY = `HTTP/1.1 429 Too Many Requests\r\nRetry-After: ${60 * Number(tooOften.retryIn)}\r\n`;
const KEPT_ALIVE = 'Content-Type: text/plain\r\nContent-Length: ';
const CLOSED = 'Connection: close\r\nContent-Type: text/plain\r\nContent-Length: ';

const refuse = (reason: string): TrackerFailure => ({ kind: 'failure', reason, retryIn: 'never' });
const noAddress = refuse('the address of the client is not known');

interface ScrapedSwarm extends SwarmCounts {
  readonly infoHash: Uint8Array;
}

export class HttpFront {
  readonly #parts: HttpFrontParts;
  readonly #calls = new CallPool();
  readonly #counters: Float64Array;
  readonly #query = new AnnounceQuery();
  readonly #client = new HostAddress();
  readonly #sink: ByteSink = { bytes: new Uint8Array(LONGEST_RESPONSE), at: 0 };

  constructor(parts: HttpFrontParts) {
    this.#parts = parts;
    this.#counters = parts.counters ?? newCounters();
  }

  /** Answers an announce; its query begins at `at`. */
  announce(target: string, at: number, client: HttpClient): void {
    this.#count(Count.httpAnnounces);
    const call = this.#calls.take();
    if (!this.#announce(target, at, client, call)) this.#calls.give(call);
  }

  /** True when the call is needed for longer. */
  #announce(target: string, at: number, client: HttpClient, call: AnnounceCall): boolean {
    const query = this.#query;
    query.read(target, at, call);
    const failure = this.#admit(client, call);
    if (failure !== null) {
      this.#fail(client, failure);
      return false;
    }
    const { isCompact } = query;
    call.wantsPeerIds = !isCompact && query.wantsPeerIds;
    const pending = this.#parts.store.announce(call);
    if (pending === undefined) {
      this.#tell(client, call, isCompact);
      return false;
    }
    void pending.then(
      () => {
        this.#tell(client, call, isCompact);
        this.#calls.give(call);
      },
      () => {
        this.#fail(client, { kind: 'failure', reason: 'the tracker cannot reach its store', retryIn: 5 });
        this.#calls.give(call);
      },
    );
    return true;
  }

  #admit(client: HttpClient, call: AnnounceCall): TrackerFailure | null {
    const { problem, port } = this.#query;
    if (problem !== null) return refuse(problem);
    if (!setHost(call, client.host)) return noAddress;
    setPort(call, port);
    call.member.passkey = client.passkey;
    call.isForBothFamilies = true;
    call.now = this.#parts.tick();
    return this.#parts.rules.check(call, port);
  }

  #tell(client: HttpClient, call: AnnounceCall, isCompact: boolean): void {
    const { rules } = this.#parts;
    const failure = rules.refusalOf(call.outcome);
    if (failure !== null) {
      this.#fail(client, failure);
      return;
    }
    const sink = this.#begin();
    writeText(sink, 'd');
    writeInteger(sink, '8:complete', call.complete);
    writeInteger(sink, '10:downloaded', call.completed);
    writeText(sink, '11:external ip');
    writeBytes(sink, call.addressBytes, 0, call.family === 4 ? 4 : 16);
    writeInteger(sink, '10:incomplete', call.incomplete);
    writeInteger(sink, '8:interval', rules.options.interval);
    writeInteger(sink, '12:min interval', rules.options.minInterval);
    writeText(sink, '5:peers');
    if (isCompact) writeBytes(sink, call.peers4.bytes, 0, call.peers4.at);
    else writePeerDicts(sink, call);
    if (isCompact && call.peers6.at > 0) {
      writeText(sink, '6:peers6');
      writeBytes(sink, call.peers6.bytes, 0, call.peers6.at);
    }
    if (rules.options.warning !== '') {
      const warning = toBinary(utf8(rules.options.warning));
      writeText(sink, `15:warning message${warning.length}:${warning}`);
    }
    writeText(sink, 'e');
    this.#finish(client);
  }

  /** Answers a scrape; its query begins at `at`. */
  scrape(target: string, at: number, client: HttpClient): void {
    this.#count(Count.httpScrapes);
    const failure = this.#admitScrape(client);
    if (failure !== null) {
      this.#fail(client, failure);
      return;
    }
    const swarms = scrapedSwarms(target, at);
    if (typeof swarms === 'string') {
      this.#fail(client, refuse(swarms));
      return;
    }
    const pending: Promise<void>[] = [];
    for (const swarm of swarms) {
      const later = this.#parts.store.scrape(new Int32Array(swarm.infoHash.buffer as ArrayBuffer), swarm);
      if (later !== undefined) pending.push(later);
    }
    const tell = (): void => {
      const sink = this.#begin();
      writeText(sink, 'd5:filesd');
      for (const swarm of swarms) {
        writeBytes(sink, swarm.infoHash, 0, 20);
        writeText(sink, 'd');
        writeInteger(sink, '8:complete', swarm.complete);
        writeInteger(sink, '10:downloaded', swarm.completed);
        writeInteger(sink, '11:downloaders', swarm.downloaders);
        writeInteger(sink, '10:incomplete', swarm.incomplete);
        writeText(sink, 'e');
      }
      writeText(sink, 'e5:flagsd');
      writeInteger(sink, '20:min_request_interval', this.#parts.rules.options.minInterval);
      writeText(sink, 'ee');
      this.#finish(client);
    };
    if (pending.length === 0) tell();
    else {
      void Promise.all(pending).then(tell, () => {
        this.#fail(client, { kind: 'failure', reason: 'the tracker cannot reach its store', retryIn: 5 });
      });
    }
  }

  #admitScrape(client: HttpClient): TrackerFailure | null {
    if (!setHost(this.#client, client.host)) return noAddress;
    return this.#parts.rules.checkScrape(this.#client, client.passkey);
  }

  #count(counter: number): void {
    (this.#counters[counter] as number) += 1;
  }

  #fail(client: HttpClient, failure: TrackerFailure): void {
    this.#count(Count.httpFailures);
    if (failure === tooOften) this.#count(Count.limited);
    const sink = this.#begin();
    const body = encodeFailure(failure);
    sink.bytes.set(body, sink.at);
    sink.at += body.length;
    this.#finish(client, failure === tooOften ? TOO_MANY : OK);
  }

  #begin(): ByteSink {
    this.#sink.at = HEAD_ROOM;
    return this.#sink;
  }

  /** Puts the head in front of the body: only now is its length known. */
  #finish(client: HttpClient, status: string = OK): void {
    const sink = this.#sink;
    const end = sink.at;
    const head = client.isKeptAlive ? KEPT_ALIVE : CLOSED;
    const length = String(end - HEAD_ROOM);
    const from = HEAD_ROOM - status.length - head.length - length.length - 4;
    sink.at = from;
    writeText(sink, status);
    writeText(sink, head);
    writeText(sink, length);
    writeText(sink, '\r\n\r\n');
    client.respond(sink.bytes, from, end);
  }
}

/** BEP 3's own form: a list of dictionaries. */
function writePeerDicts(sink: ByteSink, call: AnnounceCall): void {
  const isFirst4 = call.family === 4;
  writeText(sink, 'l');
  writePeers(sink, call, call.peers4, 4, isFirst4 ? 0 : call.peers6.at / 18);
  writePeers(sink, call, call.peers6, 16, isFirst4 ? call.peers4.at / 6 : 0);
  writeText(sink, 'e');
}

/** `firstId`: where the ids of these peers begin. */
function writePeers(sink: ByteSink, call: AnnounceCall, peers: ByteSink, length: number, firstId: number): void {
  const { bytes } = peers;
  for (let at = 0, id = 20 * firstId; at < peers.at; at += length + 2, id += 20) {
    const host = formatHost(bytes.subarray(at, at + length));
    writeText(sink, `d2:ip${host.length}:${host}`);
    if (call.wantsPeerIds) {
      writeText(sink, '7:peer id');
      writeBytes(sink, call.peerIds.bytes, id, id + 20);
    }
    writeInteger(sink, '4:port', readU16(bytes, at + length));
    writeText(sink, 'e');
  }
}

/** The swarms that a scrape asks for, once each and in the order of their hashes; or what is wrong with it. */
function scrapedSwarms(target: string, at: number): ScrapedSwarm[] | string {
  const swarms: ScrapedSwarm[] = [];
  for (const parameter of target.slice(at).split('&', 2 * MOST_SCRAPED)) {
    if (!parameter.startsWith('info_hash=')) continue;
    if (swarms.length === MOST_SCRAPED) return `more than ${MOST_SCRAPED} torrents in one scrape`;
    const infoHash = new Uint8Array(20);
    if (unescapeInto(parameter, 10, parameter.length, infoHash) !== 20) return 'an info_hash has not 20 bytes';
    swarms.push({ infoHash, complete: 0, incomplete: 0, downloaders: 0, completed: 0 });
  }
  if (swarms.length === 0) return 'a scrape names its torrents by info_hash';
  swarms.sort((a, b) => compareBytes(a.infoHash, b.infoHash));
  return swarms.filter(
    (swarm, i) => i === 0 || compareBytes(swarm.infoHash, swarms[i - 1]?.infoHash as Uint8Array) !== 0,
  );
}
