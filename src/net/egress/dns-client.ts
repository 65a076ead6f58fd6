/**
 * Looks names up over an egress: one question to one resolver after the other, over UDP, and over TCP where the answer
 * does not fit (RFC 1035 §4.2, RFC 7766). Each question has a socket, and so a port, and a number of its own that cannot
 * be guessed (RFC 5452). Answers are not kept here.
 */
import { addressKey, formatHost, parseAddress, parseHost, type PeerAddress } from '../../base/address.ts';
import { concat, readU16 } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import type { Millis } from '../../base/units.ts';
import {
  decodeDnsAnswer,
  type DnsAnswer,
  type DnsQuestion,
  type DnsType,
  encodeDnsQuery,
} from '../../codec/dns/index.ts';
import { netError } from '../errors.ts';
import { type Egress, familyOf } from './egress.ts';

export interface DnsClientDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly egress: Pick<Egress, 'source' | 'openUdp' | 'connect' | 'problem'>;
  /** `host`, `host:port`, `[v6]:port`. */
  nameServers(): readonly string[];
  /** A resolver that runs on this machine asks on by any way: it is not asked. */
  isOwn(host: string): boolean;
}

export interface NameServers {
  readonly usable: readonly PeerAddress[];
  /** In words. */
  readonly refused: readonly string[];
}

const DNS_PORT = 53;
/** Waits for a name server's answer, ms: each server is asked so often, the first ones first. */
const WAITS: readonly Millis[] = [1000, 2000];
/** A server that has no such name has answered: no other is asked. */
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;

export class DnsClient {
  readonly #deps: DnsClientDeps;

  constructor(deps: DnsClientDeps) {
    this.#deps = deps;
  }

  /** Addresses of the families that can be used, IPv4 first. Rejects NET_LOOKUP_FAILED, NET_INTERFACE_*. */
  async resolve(host: string): Promise<readonly string[]> {
    const types = (['A', 'AAAA'] as const).filter((type) => this.#deps.egress.source(type === 'A' ? 4 : 6) !== null);
    const outcomes = await Promise.allSettled(types.map((type) => this.#ask(host, type)));
    const found = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
    if (found.length > 0) return found;
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    throw failure?.reason ?? this.#deps.egress.problem ?? netError('NET_LOOKUP_FAILED', `${host} has no address`);
  }

  /** Texts, none when there is none. Rejects NET_LOOKUP_FAILED, NET_INTERFACE_*, or with the signal's reason. */
  async resolveTxt(name: string, signal: AbortSignal): Promise<readonly string[]> {
    return await this.#ask(name, 'TXT', signal);
  }

  /** The name servers that may be asked, and why others may not. */
  servers(): NameServers {
    const usable: PeerAddress[] = [];
    const refused: string[] = [];
    for (const text of this.#deps.nameServers()) {
      const server = readServer(text);
      if (server === null) refused.push(`${text} is no address`);
      else if (this.#deps.isOwn(server.host)) refused.push(`${text} is on this machine, and asks on by any way`);
      else if (this.#deps.egress.source(familyOf(server.host)) === null) refused.push(`${text} cannot be reached`);
      else usable.push(server);
    }
    return { usable, refused };
  }

  async #ask(name: string, type: DnsType, signal?: AbortSignal): Promise<readonly string[]> {
    const { egress } = this.#deps;
    if (egress.problem !== null) throw egress.problem;
    const { usable, refused } = this.servers();
    const failures: string[] = [...refused];
    for (const wait of WAITS) {
      for (const server of usable) {
        signal?.throwIfAborted();
        try {
          const answer = await this.#askServer(server, name, type, wait, signal);
          if (answer.code === NO_ERROR || answer.code === NO_SUCH_NAME) return answer.records;
          failures.push(`${addressKey(server)} answered with code ${answer.code}`);
        } catch (error) {
          signal?.throwIfAborted();
          failures.push(`${addressKey(server)}: ${messageOf(error)}`);
        }
      }
    }
    throw netError(
      'NET_LOOKUP_FAILED',
      `${name} could not be looked up: ${failures.join('; ') || 'there is no name server'}`,
    );
  }

  async #askServer(
    server: PeerAddress,
    name: string,
    type: DnsType,
    wait: Millis,
    signal?: AbortSignal,
  ): Promise<DnsAnswer> {
    const question = { id: this.#deps.random.below(0x10000), name, type };
    const query = encodeDnsQuery(question);
    if (query === null) throw netError('NET_LOOKUP_FAILED', 'it is no name');
    const asked = { server, question, query };
    const answer = await this.#within(wait, signal, (done) => this.#overUdp(asked, done));
    return answer.isTruncated ? await this.#within(wait, signal, (done) => this.#overTcp(asked, done)) : answer;
  }

  /** Runs an exchange until it is answered, its time is over or the signal aborts; then its socket is closed. */
  async #within(wait: Millis, signal: AbortSignal | undefined, begin: (done: Done) => () => void): Promise<DnsAnswer> {
    const done = Promise.withResolvers<DnsAnswer>();
    const close = begin(done);
    const onAbort = (): void => done.reject(signal?.reason);
    using _timer = this.#deps.clock.after(wait, () => done.reject(new Error(`no answer within ${wait} ms`)));
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await done.promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      close();
    }
  }

  #overUdp({ server, question, query }: Asked, done: Done): () => void {
    const socket = this.#deps.egress.openUdp(familyOf(server.host));
    socket.on('error', done.reject);
    socket.on('message', (bytes, { address, port }) => {
      const answer = decodeDnsAnswer(bytes, query, question);
      if (answer !== null && canonicalKey(address, port) === addressKey(server)) done.resolve(answer);
    });
    socket.send(query, server.port, server.host, (error) => {
      if (error !== null) done.reject(error);
    });
    return () => void socket.close();
  }

  /** Messages have their length before them (RFC 1035 §4.2.2). */
  #overTcp({ server, question, query }: Asked, done: Done): () => void {
    const socket = this.#deps.egress.connect(server);
    let received: Uint8Array = new Uint8Array(0);
    socket.on('error', done.reject);
    socket.on('end', () => done.reject(new Error('the connection ended within the answer')));
    socket.on('data', (bytes: Uint8Array) => {
      received = concat([received, bytes]);
      const end = received.length < 2 ? Number.POSITIVE_INFINITY : 2 + readU16(received, 0);
      if (received.length < end) return;
      const answer = decodeDnsAnswer(received.subarray(2, end), query, question);
      if (answer === null || answer.isTruncated) done.reject(new Error('what came over TCP is no answer'));
      else done.resolve(answer);
    });
    socket.write(concat([Uint8Array.of(query.length >> 8, query.length & 0xff), query]));
    return () => void socket.destroy();
  }
}

type Done = Pick<PromiseWithResolvers<DnsAnswer>, 'resolve' | 'reject'>;

interface Asked {
  readonly server: PeerAddress;
  readonly question: DnsQuestion;
  readonly query: Uint8Array;
}

/** `host`, `host:port`, `[v6]`, `[v6]:port`. */
function readServer(text: string): PeerAddress | null {
  const host = parseHost(text.replace(/^\[(.*)\]$/, '$1'));
  return host === null ? parseAddress(text) : { host: formatHost(host), port: DNS_PORT };
}

function canonicalKey(host: string, port: number): string {
  const bytes = parseHost(host.replace(/%.*$/, ''));
  return addressKey({ host: bytes === null ? host : formatHost(bytes), port });
}
