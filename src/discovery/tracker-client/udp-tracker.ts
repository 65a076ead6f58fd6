/**
 * Requests to UDP trackers (BEP 15, 41): all torrents share one socket for each address family and one connection id
 * for each tracker. A reply counts only when its transaction, its action and its source address are those awaited.
 */
import { addressKey, formatHost, isIPv6, parseHost, type PeerAddress } from '../../base/address.ts';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import type { Millis } from '../../base/units.ts';
import {
  type AddressFamily,
  type AnnounceRequest,
  type AnnounceSuccess,
  decodeUdpTrackerReply,
  encodeUdpTrackerRequest,
  type ScrapeEntry,
  type UdpTrackerReply,
  type UdpTrackerRequest,
} from '../../codec/announce/index.ts';
import { orAborted } from './deadline.ts';
import { trackerError } from './errors.ts';
import type { OpenUdp, UdpSocket } from './ports.ts';
import { RecentMemory } from './recent-memory.ts';
import { refusal } from './refusal.ts';
import type { TrackerUrl } from './tracker-url.ts';

/** First wait for an answer; each following one is twice as long, up to the 8th (BEP 15). */
const FIRST_WAIT: Millis = 15_000;
const LAST_DOUBLING = 8;
/** How long we may use a connection id (BEP 15). */
const CONNECTION_LIFETIME: Millis = 60_000;

export interface UdpTrackerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly openUdp: OpenUdp;
}

type ReplyTo<A extends UdpTrackerReply['action']> = Extract<UdpTrackerReply, { action: A }>;

/** A request that awaits its reply. */
interface Transaction {
  readonly from: string;
  readonly action: UdpTrackerRequest['action'];
  readonly family: AddressFamily;
  settle(outcome: UdpTrackerReply | Error | null): void;
}

/** A connect request under way, for all who wait for its answer. */
interface Connecting {
  readonly answer: Promise<Uint8Array | null>;
  readonly controller: AbortController;
  waiting: number;
}

export class UdpTracker {
  readonly #deps: UdpTrackerDeps;
  readonly #connectionIds: RecentMemory<Uint8Array>;
  readonly #connecting = new Map<string, Connecting>();
  readonly #transactions = new Map<number, Transaction>();
  readonly #sockets = new Map<AddressFamily, UdpSocket>();

  constructor(deps: UdpTrackerDeps) {
    this.#deps = deps;
    this.#connectionIds = new RecentMemory(deps.clock, CONNECTION_LIFETIME);
  }

  /** Announces to the tracker at this address; asks again until it answers or the signal aborts. Rejects with TRACKER_*. */
  async announce(
    url: TrackerUrl,
    address: string,
    request: AnnounceRequest,
    signal: AbortSignal,
  ): Promise<AnnounceSuccess> {
    const urlData = url.path === '' ? null : url.path;
    const reply = await this.#request(
      { host: address, port: url.port },
      signal,
      'announce',
      (connectionId, transactionId) => ({
        action: 'announce',
        connectionId,
        transactionId,
        request,
        urlData,
      }),
    );
    return reply.success;
  }

  /** Asks for at most `MOST_UDP_SCRAPES` swarms. Rejects with TRACKER_*. */
  async scrape(
    url: TrackerUrl,
    address: string,
    infoHashes: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<readonly ScrapeEntry[]> {
    const reply = await this.#request(
      { host: address, port: url.port },
      signal,
      'scrape',
      (connectionId, transactionId) => ({
        action: 'scrape',
        connectionId,
        transactionId,
        infoHashes,
      }),
    );
    const entries: ScrapeEntry[] = [];
    for (const [i, infoHash] of infoHashes.entries()) {
      const entry = reply.entries[i];
      if (entry !== undefined) entries.push({ infoHash, ...entry });
    }
    return entries;
  }

  /** Closes the sockets and fails what is under way. New requests open new ones. */
  close(): void {
    for (const family of [4, 6] as const)
      this.#fail(family, trackerError('TRACKER_STOPPED', 'the tracker client was closed'));
  }

  /** Connects if need be and repeats the request, each time waiting twice as long. */
  async #request<A extends 'announce' | 'scrape'>(
    to: PeerAddress,
    signal: AbortSignal,
    action: A,
    message: (connectionId: Uint8Array, transactionId: number) => UdpTrackerRequest,
  ): Promise<ReplyTo<A>> {
    const key = addressKey(to);
    let isSecondTry = false;
    for (let n = 0; ; n++) {
      const wait = FIRST_WAIT * 2 ** Math.min(n, LAST_DOUBLING);
      const known = this.#connectionIds.get(key);
      const connectionId = known ?? (await this.#connect(to, wait, signal));
      if (connectionId === null) continue;
      const reply = await this.#exchange(
        to,
        action,
        (transactionId) => message(connectionId, transactionId),
        wait,
        signal,
      );
      if (reply?.action === action) return reply as ReplyTo<A>;
      if (reply?.action !== 'error') continue;
      // A tracker that was restarted no longer knows the connection id.
      this.#connectionIds.delete(key);
      if (known === undefined || isSecondTry) throw refusal({ kind: 'failure', reason: reply.message, retryIn: null });
      isSecondTry = true;
    }
  }

  /** One connect request for all who ask at the same time; null when it was not answered. */
  async #connect(to: PeerAddress, wait: Millis, signal: AbortSignal): Promise<Uint8Array | null> {
    const key = addressKey(to);
    const connecting = this.#connecting.get(key) ?? this.#startConnecting(to, wait);
    connecting.waiting++;
    try {
      return await orAborted(connecting.answer, signal);
    } finally {
      connecting.waiting--;
      if (connecting.waiting === 0) {
        if (this.#connecting.get(key) === connecting) this.#connecting.delete(key);
        connecting.controller.abort(trackerError('TRACKER_STOPPED', 'nobody waits for the answer'));
      }
    }
  }

  #startConnecting(to: PeerAddress, wait: Millis): Connecting {
    const key = addressKey(to);
    const controller = new AbortController();
    const connect = async (): Promise<Uint8Array | null> => {
      const request = (transactionId: number) => ({ action: 'connect', transactionId }) as const;
      const reply = await this.#exchange(to, 'connect', request, wait, controller.signal);
      if (reply?.action === 'error') throw refusal({ kind: 'failure', reason: reply.message, retryIn: null });
      if (reply?.action !== 'connect') return null;
      this.#connectionIds.set(key, reply.connectionId);
      return reply.connectionId;
    };
    const connecting = { answer: connect(), controller, waiting: 0 };
    this.#connecting.set(key, connecting);
    return connecting;
  }

  /** One datagram and the wait for its reply; null when none came. */
  #exchange(
    to: PeerAddress,
    action: UdpTrackerRequest['action'],
    message: (transactionId: number) => UdpTrackerRequest,
    wait: Millis,
    signal: AbortSignal,
  ): Promise<UdpTrackerReply | null> {
    const { clock, random } = this.#deps;
    const family = isIPv6(to.host) ? 6 : 4;
    let transactionId = random.below(2 ** 32);
    while (this.#transactions.has(transactionId)) transactionId = random.below(2 ** 32);
    const socket = this.#socket(family);
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const onAbort = (): void => settle(signal.reason as Error);
      const settle = (outcome: UdpTrackerReply | Error | null): void => {
        this.#transactions.delete(transactionId);
        timer[Symbol.dispose]();
        signal.removeEventListener('abort', onAbort);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const timer = clock.after(wait, () => settle(null));
      signal.addEventListener('abort', onAbort, { once: true });
      this.#transactions.set(transactionId, { from: addressKey(to), action, family, settle });
      socket.send(encodeUdpTrackerRequest(message(transactionId)), to, (error) => settle(unreachable(error)));
    });
  }

  #socket(family: AddressFamily): UdpSocket {
    const socket =
      this.#sockets.get(family) ??
      this.#deps.openUdp(family, {
        message: (bytes, from) => this.#receive(bytes, from, family),
        error: (error) => this.#fail(family, unreachable(error)),
      });
    this.#sockets.set(family, socket);
    return socket;
  }

  #receive(bytes: Uint8Array, from: PeerAddress, family: AddressFamily): void {
    const reply = decodeUdpTrackerReply(bytes, family);
    const transaction = reply === null ? undefined : this.#transactions.get(reply.transactionId);
    if (reply === null || transaction === undefined || transaction.from !== canonicalKey(from)) return;
    if (reply.action === transaction.action || reply.action === 'error') transaction.settle(reply);
  }

  #fail(family: AddressFamily, error: Error): void {
    this.#sockets.get(family)?.close();
    this.#sockets.delete(family);
    this.#connectionIds.clear(); // they are good for the address from which they were asked for
    for (const transaction of this.#transactions.values()) if (transaction.family === family) transaction.settle(error);
  }
}

const unreachable = (error: Error): Error => trackerError('TRACKER_UNREACHABLE', messageOf(error), { cause: error });

function canonicalKey(from: PeerAddress): string {
  const host = parseHost(from.host);
  return addressKey({ host: host === null ? from.host : formatHost(host), port: from.port });
}
