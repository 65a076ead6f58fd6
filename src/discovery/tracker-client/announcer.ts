/**
 * Speaks to trackers for all torrents of a client: finds the ports that the host prefers (BEP 34), resolves and checks
 * addresses, announces over each address family (BEP 7), bounds how much goes on at once, and leaves a server alone that
 * does not answer, so that a thousand torrents do not each wait for a dead one.
 */
import { isIPv6, parseHost } from '../../base/address.ts';
import { type BreakerVerdict, CircuitBreakers } from '../../base/circuit-breaker.ts';
import type { Clock } from '../../base/clock.ts';
import { codeOf, DstError, messageOf } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import type { Millis } from '../../base/units.ts';
import {
  type AddressFamily,
  type AnnounceRequest,
  type AnnounceSuccess,
  MOST_UDP_SCRAPES,
  type ScrapeEntry,
} from '../../codec/announce/index.ts';
import type { TrackerUse } from '../discovery.ts';
import { checkAddress, type MayContact } from './address-rules.ts';
import { ConcurrencyLimit } from '../../base/concurrency-limit.ts';
import { deadline, orAborted } from './deadline.ts';
import { DnsPreferenceLookup } from './dns-preferences.ts';
import { trackerError } from './errors.ts';
import { HttpTracker, MOST_HTTP_SCRAPES } from './http-tracker.ts';
import type { Resolve, TrackerNetwork } from './ports.ts';
import { RecentMemory } from './recent-memory.ts';
import { endpointOf, parseTrackerUrl, type TrackerUrl } from './tracker-url.ts';
import { UdpTracker } from './udp-tracker.ts';

export interface AnnouncerOptions {
  /** Requests under way at a time; the others wait. */
  readonly concurrency: number;
  /** How long an HTTP tracker may take, ms. */
  readonly timeout: Millis;
  /** How long a UDP tracker may take, ms: room for three datagrams (BEP 15). */
  readonly udpTimeout: Millis;
  readonly userAgent: string;
  /** Asked for each address, after its name was resolved, also in redirects; one that is refused is not contacted. */
  readonly mayContact: MayContact;
  /** Ask DNS first at which ports of its host a tracker is (BEP 34). */
  readonly useDnsPreferences: boolean;
}

export const defaultAnnouncerOptions: AnnouncerOptions = {
  concurrency: 50,
  timeout: 30_000,
  udpTimeout: 60_000,
  userAgent: 'DST-Torrent/0.1.0',
  mayContact: () => true,
  useDnsPreferences: false,
};

export interface AnnouncerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: TrackerNetwork;
}

export interface AnnounceCall {
  /** Ends the call; it may abort while the call waits in line. */
  readonly signal: AbortSignal;
  /** Goes ahead of others in line. */
  readonly isUrgent: boolean;
  /** Which of several addresses of a family is used: the number of failures so far. */
  readonly attempt: number;
  /** Called when the turn has come and a tracker is contacted. */
  readonly onContact: () => void;
  /** Called for each family that answered, as it answers. */
  readonly onReply: (reply: AnnounceSuccess) => void;
}

/** How long the addresses of a host are remembered. */
const ADDRESS_MEMORY: Millis = 60_000;
/** Most time for a port of a tracker while there are others to try, ms: the first wait of BEP 15. */
const PATIENCE_WITH_PORT: Millis = 15_000;
/** How long it is remembered that a name was not found, ms. */
const FAILURE_MEMORY: Millis = 10_000;
/**
 * How long a server is left alone that did not answer. At first for less than a torrent waits that was told so, so that
 * no retry is in vain; never for long, because each torrent has a back-off of its own.
 */
const REST = { first: 10_000, longest: 60_000 } as const;
/**
 * So many seeds announce in so many milliseconds. Who wants peers does not wait for them, and a thousand seeds neither
 * flood a tracker at the start nor hold up the loading of torrents.
 */
const SEEDS_A_TURN = 10;
const SEED_TURN: Millis = 100;
/** Failures that say something about the server, not about the torrent. */
const serverFailures: ReadonlySet<string | null> = new Set(['TRACKER_UNREACHABLE', 'TRACKER_TIMEOUT', 'TRACKER_TLS']);

export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #deps: AnnouncerDeps;
  readonly #limit: ConcurrencyLimit;
  readonly #seedTurns = new ConcurrencyLimit(SEEDS_A_TURN);
  readonly #addresses: RecentMemory<Promise<readonly string[]>>;
  readonly #unknownHosts: RecentMemory<DstError>;
  readonly #servers: CircuitBreakers;
  #answered = 0;
  #failed = 0;
  readonly #preferences: DnsPreferenceLookup | null;
  readonly #http: HttpTracker;
  readonly #udp: UdpTracker;

  constructor(options: AnnouncerOptions, deps: AnnouncerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#limit = new ConcurrencyLimit(options.concurrency);
    this.#addresses = new RecentMemory(deps.clock, ADDRESS_MEMORY);
    this.#unknownHosts = new RecentMemory(deps.clock, FAILURE_MEMORY);
    this.#servers = new CircuitBreakers(REST, deps.clock, verdictOn);
    const { network, clock, random } = deps;
    this.#preferences = options.useDnsPreferences
      ? new DnsPreferenceLookup({ clock, resolveTxt: network.resolveTxt })
      : null;
    this.#http = new HttpTracker({
      fetch: network.fetch,
      resolve: (host) => this.#resolve(host),
      userAgent: options.userAgent,
      mayContact: options.mayContact,
    });
    this.#udp = new UdpTracker({ clock, random, openUdp: network.openUdp });
  }

  /** Announces over every family that the host has. Succeeds when one of them does; rejects with TRACKER_*. */
  async announce(text: string, request: AnnounceRequest, call: AnnounceCall): Promise<readonly AnnounceSuccess[]> {
    const once = (): Promise<readonly AnnounceSuccess[]> =>
      this.#askInOrder(parseTrackerUrl(text), call.signal, async (url, addresses, signal) => {
        const outcomes = await Promise.allSettled(
          familiesOf(addresses).map(async (family) => {
            const address = family[call.attempt % family.length] as string;
            call.onContact();
            const reply = await this.#contact(url, address, (tracker) =>
              tracker.announce(url, address, request, signal),
            );
            call.onReply(reply);
            return reply;
          }),
        );
        return successesOf(outcomes);
      });
    if (request.left === 0 && !call.isUrgent) await this.#turnOfSeed(call.signal);
    return this.#limit.run(once, call.signal, call.isUrgent);
  }

  /** Asks for any number of swarms, in batches. Rejects with TRACKER_*. */
  async scrape(text: string, infoHashes: readonly Uint8Array[], signal: AbortSignal): Promise<readonly ScrapeEntry[]> {
    const url = parseTrackerUrl(text);
    const urls = await this.#urlsFor(url, signal);
    const batch = Math.min(...urls.map(({ scheme }) => (scheme === 'udp' ? MOST_UDP_SCRAPES : MOST_HTTP_SCRAPES)));
    const entries: ScrapeEntry[] = [];
    for (let at = 0; at < infoHashes.length; at += batch) {
      const part = infoHashes.slice(at, at + batch);
      entries.push(...(await this.#limit.run(() => this.#scrapeOnce(url, part, signal), signal, false)));
    }
    return entries;
  }

  /** Servers that could not be reached may be reached now, or somebody wants to know. */
  renew(): void {
    this.#unknownHosts.clear();
    this.#servers.forget();
  }

  get use(): TrackerUse {
    return {
      answered: this.#answered,
      failed: this.#failed,
      spared: this.#servers.spared,
      serversDown: this.#servers.open,
    };
  }

  /** Closes what is open between requests. */
  close(): void {
    this.#udp.close();
    this.#preferences?.close();
  }

  /** One family is enough for a scrape: the first that answers. */
  #scrapeOnce(
    announceUrl: TrackerUrl,
    infoHashes: readonly Uint8Array[],
    outer: AbortSignal,
  ): Promise<readonly ScrapeEntry[]> {
    return this.#askInOrder(announceUrl, outer, async (url, addresses, signal) => {
      let failure: unknown = null;
      for (const [address] of familiesOf(addresses)) {
        try {
          return await this.#contact(url, address as string, (tracker) =>
            tracker.scrape(url, address as string, infoHashes, signal),
          );
        } catch (error) {
          failure ??= error;
        }
      }
      throw failure;
    });
  }

  /** Asks at the ports that the host prefers until a tracker answers, each in a time of its own. */
  async #askInOrder<T>(
    url: TrackerUrl,
    outer: AbortSignal,
    ask: (url: TrackerUrl, addresses: readonly string[], signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const [urls, addresses] = await this.#located(url, outer);
    const failures: unknown[] = [];
    for (const [i, candidate] of urls.entries()) {
      using time = this.#deadline(candidate, outer, i === urls.length - 1 ? undefined : PATIENCE_WITH_PORT);
      try {
        const answer = await ask(candidate, addresses, time.signal);
        if (urls.length > 1) this.#preferences?.answered(url, candidate);
        return answer;
      } catch (error) {
        outer.throwIfAborted();
        failures.push(error);
        if (!isFinal(error, url, candidate)) continue;
        if (urls.length > 1) this.#preferences?.answered(url, candidate);
        break;
      }
    }
    throw mostTelling(failures);
  }

  /** The URLs to try and the addresses of their host, both looked up at the same time. */
  async #located(url: TrackerUrl, outer: AbortSignal): Promise<[readonly TrackerUrl[], readonly string[]]> {
    using time = this.#deadline(url, outer);
    return await Promise.all([this.#urlsFor(url, time.signal), orAborted(this.#resolve(url.host), time.signal)]);
  }

  async #urlsFor(url: TrackerUrl, signal: AbortSignal): Promise<readonly TrackerUrl[]> {
    return this.#preferences === null ? [url] : this.#preferences.urlsFor(url, signal);
  }

  /** Resolves when one more seed may announce. */
  #turnOfSeed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = (): Promise<void> => {
        resolve();
        return this.#deps.clock.sleep(SEED_TURN, signal);
      };
      this.#seedTurns.run(turn, signal).catch(reject);
    });
  }

  #deadline(url: TrackerUrl, outer: AbortSignal, most: Millis = Number.POSITIVE_INFINITY): ReturnType<typeof deadline> {
    const { timeout, udpTimeout } = this.#options;
    return deadline(this.#deps.clock, Math.min(most, url.scheme === 'udp' ? udpTimeout : timeout), outer);
  }

  /** Asks one address, unless its server is left alone. */
  async #contact<T>(
    url: TrackerUrl,
    address: string,
    ask: (tracker: HttpTracker | UdpTracker) => Promise<T>,
  ): Promise<T> {
    checkAddress(url, address, null, this.#options.mayContact);
    return this.#servers.run(`${endpointOf(url)} ${address}`, async () => {
      try {
        const answer = await ask(url.scheme === 'udp' ? this.#udp : this.#http);
        this.#answered++;
        return answer;
      } catch (error) {
        if (verdictOn(error) !== 'unknown') this.#failed++;
        throw error;
      }
    });
  }

  /** One query for all who ask for this host within a minute; a failure is forgotten sooner. */
  async #resolve(host: string): Promise<readonly string[]> {
    const failure = this.#unknownHosts.get(host);
    if (failure !== undefined) throw failure;
    const addresses = this.#addresses.get(host) ?? resolveHost(this.#deps.network.resolve, host);
    this.#addresses.set(host, addresses);
    try {
      return await addresses;
    } catch (error) {
      this.#addresses.delete(host);
      this.#unknownHosts.set(host, error as DstError);
      throw error;
    }
  }
}

const verdictOn = (error: unknown): BreakerVerdict => {
  if (!(error instanceof DstError) || !error.code.startsWith('TRACKER_')) return 'unknown';
  return serverFailures.has(error.code) ? 'failed' : 'answered';
};

async function resolveHost(resolve: Resolve, host: string): Promise<readonly string[]> {
  if (parseHost(host) !== null) return [host];
  try {
    return await resolve(host);
  } catch (error) {
    if (codeOf(error) === 'TRACKER_UNREACHABLE') throw error;
    throw trackerError('TRACKER_UNKNOWN_HOST', `the host ${host} was not found: ${messageOf(error)}`, { cause: error });
  }
}

/** The addresses of each family, IPv4 first; families without any are left out. */
function familiesOf(addresses: readonly string[]): (readonly string[])[] {
  const of = (family: AddressFamily): readonly string[] =>
    addresses.filter((address) => isIPv6(address) === (family === 6));
  return [of(4), of(6)].filter((list) => list.length > 0);
}

/** The successes; without any, throws the failure that tells most: what the tracker said itself comes first. */
function successesOf(outcomes: readonly PromiseSettledResult<AnnounceSuccess>[]): readonly AnnounceSuccess[] {
  const successes = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (successes.length > 0) return successes;
  throw mostTelling(outcomes.flatMap((outcome): unknown[] => (outcome.status === 'rejected' ? [outcome.reason] : [])));
}

const mostTelling = (failures: readonly unknown[]): unknown =>
  failures.find((error) => codeOf(error) === 'TRACKER_REFUSED') ?? failures[0];

/**
 * A tracker that refuses is found, and no other port of its host is tried. But a UDP tracker may not have read the path
 * of what was an HTTP URL (BEP 41 is optional), in which a passkey may stand.
 */
const isFinal = (error: unknown, url: TrackerUrl, asked: TrackerUrl): boolean =>
  codeOf(error) === 'TRACKER_REFUSED' && !(asked.scheme === 'udp' && url.scheme === 'http' && url.path !== '/announce');
