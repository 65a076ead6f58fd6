/** Requests to an HTTP tracker (BEP 3, 48): redirects are followed by us, each hop checked like the first. */
import { isIPv6 } from '../../base/address.ts';
import { scopeOf } from '../../base/address-scope.ts';
import type { ByteCount } from '../../base/units.ts';
import {
  addQuery,
  type AnnounceRequest,
  type AnnounceSuccess,
  decodeAnnounceReply,
  decodeScrapeReply,
  encodeAnnounceQuery,
  encodeScrapeQuery,
  type ScrapeEntry,
  scrapeUrl,
  type TrackerFailure,
} from '../../codec/announce/index.ts';
import { checkAddress, type MayContact } from './address-rules.ts';
import { orAborted } from './deadline.ts';
import { trackerError } from './errors.ts';
import type { HttpFetch, HttpResponse, Resolve } from './ports.ts';
import { refusal } from './refusal.ts';
import { parseTrackerUrl, type TrackerUrl } from './tracker-url.ts';

const MOST_REDIRECTS = 5;
/** Most bytes of a reply, compressed or not; 2,000 peers take 36 KB. */
const LARGEST_BODY: ByteCount = 1024 * 1024;
/** Swarms asked for in one scrape request: keeps its URL below 4 KB. */
export const MOST_HTTP_SCRAPES = 50;

export interface HttpTrackerDeps {
  readonly fetch: HttpFetch;
  readonly resolve: Resolve;
  readonly userAgent: string;
  /** Asked for the addresses that redirects lead to. */
  readonly mayContact: MayContact;
}

export class HttpTracker {
  readonly #deps: HttpTrackerDeps;

  constructor(deps: HttpTrackerDeps) {
    this.#deps = deps;
  }

  /** Announces over one address of the tracker. Rejects with TRACKER_*. */
  async announce(
    url: TrackerUrl,
    address: string,
    request: AnnounceRequest,
    signal: AbortSignal,
  ): Promise<AnnounceSuccess> {
    const response = await this.#get(addQuery(url.href, encodeAnnounceQuery(request)), address, signal);
    return accept(response, decodeAnnounceReply(response.body));
  }

  /** Asks for at most `MOST_HTTP_SCRAPES` swarms. Rejects with TRACKER_*. */
  async scrape(
    url: TrackerUrl,
    address: string,
    infoHashes: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<readonly ScrapeEntry[]> {
    const base = scrapeUrl(url.href);
    if (base === null)
      throw trackerError('TRACKER_BAD_URL', 'this tracker has no scrape: its path does not name "announce"');
    const response = await this.#get(addQuery(base, encodeScrapeQuery(infoHashes)), address, signal);
    return accept(response, decodeScrapeReply(response.body)).entries;
  }

  async #get(firstUrl: string, firstAddress: string, signal: AbortSignal): Promise<HttpResponse> {
    const { fetch, userAgent } = this.#deps;
    let target = firstUrl;
    let address = firstAddress;
    let scope = scopeOf(address);
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      const response = await fetch({ url: target, address, userAgent, largestBody: LARGEST_BODY, signal });
      if (response.status < 300 || response.status > 399 || response.location === null) return response;
      target = URL.parse(response.location, target)?.href ?? '';
      address = await this.#addressOf(target, isIPv6(firstAddress), signal);
      scope = checkAddress(parseTrackerUrl(target), address, scope, this.#deps.mayContact);
    }
    throw trackerError('TRACKER_REDIRECT', `more than ${MOST_REDIRECTS} redirects`);
  }

  /** Where a redirect leads, in the same address family: an announce is for one family (BEP 7). */
  async #addressOf(target: string, wantsIPv6: boolean, signal: AbortSignal): Promise<string> {
    if (!/^https?:/.test(target))
      throw trackerError('TRACKER_REDIRECT', 'redirected to something that is no http address');
    const addresses = await orAborted(this.#deps.resolve(parseTrackerUrl(target).host), signal);
    const address = addresses.find((candidate) => isIPv6(candidate) === wantsIPv6);
    if (address === undefined)
      throw trackerError('TRACKER_REDIRECT', 'redirected to a host of the other address family only');
    return address;
  }
}

/** Some trackers send a failure in words with an error status, so that the body is looked at first. */
function accept<T extends { readonly kind: 'success' }>(response: HttpResponse, reply: T | TrackerFailure | null): T {
  if (reply?.kind === 'failure') throw refusal(reply);
  if (response.status !== 200) throw trackerError('TRACKER_HTTP_STATUS', `HTTP status ${response.status}`);
  if (reply === null) throw trackerError('TRACKER_BAD_REPLY', 'the reply is not bencoded');
  return reply;
}
