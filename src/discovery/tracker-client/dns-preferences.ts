/**
 * Where the host of a tracker wants to be asked: BEP 34. Before a tracker is contacted, the TXT records of its name are
 * looked up; they say which ports have a tracker, the preferred first, or that none has.
 *
 * 1. The record moves a tracker to another port or protocol of the same host; it cannot lead to another host, and each
 *    address is checked as ever (address-rules.ts), by the scheme that is used in the end.
 * 2. An https URL never becomes http or udp: its `TCP` ports are asked over TLS, its `UDP` ports are left out, and when
 *    nothing remains, nobody is asked. A record is not signed; it must not be able to strip the encryption. Since the
 *    BEP does not say whether a TCP port speaks TLS, the URL's own port comes first if it is among them: there it does.
 * 3. Port 443 is asked over TLS whatever the URL said.
 * 4. Path and query go along, to a UDP tracker as URL data (BEP 41): a passkey of a private torrent (BEP 27) reaches
 *    the tracker that its own host named. In the clear it was with http as well.
 * 5. Not being able to look up says nothing: the URL holds. A redirect is a tracker's own word and is followed as it is.
 */
import type { Clock } from '../../base/clock.ts';
import type { Millis } from '../../base/units.ts';
import { decodeDnsPreferences, type DnsPreferences, type TrackerPort } from '../../codec/announce/index.ts';
import { deadline, orAborted } from './deadline.ts';
import { trackerError } from './errors.ts';
import type { ResolveTxt } from './ports.ts';
import { RecentMemory } from './recent-memory.ts';
import { endpointOf, movedUrl, type TrackerUrl } from './tracker-url.ts';

/** How long a record, or its absence, is believed. Node does not tell its time to live. */
const RECORD_MEMORY: Millis = 3_600_000;
/** How long a name is not asked for again after a look-up that failed. */
const FAILURE_MEMORY: Millis = 300_000;
/** How long the port that answered is asked before those that the host prefers: a day. */
const ANSWER_MEMORY: Millis = 86_400_000;
/** How long a look-up may take: whoever waits for it waits to announce. */
const LOOKUP_TIMEOUT: Millis = 3000;
/** Most ports of a host that are tried in one announce: a record must not make a client knock on all doors. */
const MOST_TRIED = 4;

export interface DnsPreferencesDeps {
  readonly clock: Clock;
  readonly resolveTxt: ResolveTxt;
}

export class DnsPreferenceLookup {
  readonly #deps: DnsPreferencesDeps;
  readonly #records: RecentMemory<Promise<DnsPreferences>>;
  readonly #failures: RecentMemory<true>;
  readonly #answered: RecentMemory<string>;
  #life = new AbortController();

  constructor(deps: DnsPreferencesDeps) {
    this.#deps = deps;
    this.#records = new RecentMemory(deps.clock, RECORD_MEMORY);
    this.#failures = new RecentMemory(deps.clock, FAILURE_MEMORY);
    this.#answered = new RecentMemory(deps.clock, ANSWER_MEMORY);
  }

  /** The URLs to try for this one, in order, at least one. Rejects TRACKER_DENIED, or with the signal's reason. */
  async urlsFor(url: TrackerUrl, signal: AbortSignal): Promise<readonly TrackerUrl[]> {
    const name = url.host.toLowerCase().replace(/\.$/, '');
    const record = isInPublicDns(name) ? await orAborted(this.#recordOf(name), signal) : null;
    const urls = preferredUrls(url, record);
    const [only] = urls;
    if (only === undefined) throw trackerError('TRACKER_DENIED', reasonOf(url, record));
    if (urls.length === 1) return urls;
    const answered = this.#answered.get(endpointOf(url));
    const isFirst = (candidate: TrackerUrl): boolean => endpointOf(candidate) === answered;
    return [...urls.filter(isFirst), ...urls.filter((candidate) => !isFirst(candidate))].slice(0, MOST_TRIED);
  }

  /** One of several URLs answered: for a while it is the first that is asked, so that it will hear our goodbye, too. */
  answered(url: TrackerUrl, by: TrackerUrl): void {
    const endpoint = endpointOf(by);
    if (this.#answered.get(endpointOf(url)) !== endpoint) this.#answered.set(endpointOf(url), endpoint);
  }

  /** Ends the look-ups under way. New ones may follow. */
  close(): void {
    this.#life.abort(trackerError('TRACKER_STOPPED', 'the tracker client was closed'));
    this.#life = new AbortController();
  }

  /** One query for all who ask for this name within the hour. Never rejects. */
  async #recordOf(name: string): Promise<DnsPreferences> {
    const known = this.#records.get(name);
    if (known !== undefined) return known;
    if (this.#failures.get(name) === true) return null;
    const record = this.#lookUp(name, this.#life.signal);
    this.#records.set(name, record);
    return record;
  }

  async #lookUp(name: string, life: AbortSignal): Promise<DnsPreferences> {
    const { clock, resolveTxt } = this.#deps;
    using time = deadline(clock, LOOKUP_TIMEOUT, life);
    try {
      return decodeDnsPreferences(await orAborted(resolveTxt(name, time.signal), time.signal));
    } catch {
      this.#records.delete(name);
      if (!life.aborted) this.#failures.set(name, true);
      return null;
    }
  }
}

/** The URLs under which a host with this record wants to be asked, in its order; none when it does not want to be. */
export function preferredUrls(url: TrackerUrl, record: DnsPreferences): readonly TrackerUrl[] {
  if (record === null) return [url];
  if (record === 'none') return [];
  const isEncrypted = url.scheme === 'https';
  const usable = isEncrypted ? record.filter(({ protocol }) => protocol === 'tcp') : record;
  const own = usable.filter(({ port }) => isEncrypted && port === url.port);
  const urls = [...own, ...usable.filter((port) => !own.includes(port))].map(({ protocol, port }) =>
    movedUrl(url, schemeAt({ protocol, port }, isEncrypted), port),
  );
  return urls.filter((candidate) => candidate !== null);
}

function schemeAt({ protocol, port }: TrackerPort, isEncrypted: boolean): TrackerUrl['scheme'] {
  if (protocol === 'udp') return 'udp';
  return isEncrypted || port === 443 ? 'https' : 'http';
}

const reasonOf = (url: TrackerUrl, record: DnsPreferences): string =>
  record === 'none'
    ? `the host ${url.host} says in DNS that it runs no tracker`
    : `the host ${url.host} names no tracker in DNS that can be asked for ${url.scheme}`;

/** Top-level names that are not in DNS, and must not be asked for there: RFC 6761, 6762, 7686, 9476. */
const otherNames: ReadonlySet<string> = new Set(['localhost', 'local', 'onion', 'alt']);

/** Not for addresses in any notation, names of one label, names that no host has, and those of `otherNames`. */
function isInPublicDns(name: string): boolean {
  const labels = name.split('.');
  const top = labels.at(-1) as string;
  const isName = name.length <= 253 && labels.length > 1 && labels.every((label) => /^[\w-]{1,63}$/.test(label));
  return isName && !/^(?:\d+|0x[\da-f]*)$/.test(top) && !otherNames.has(top);
}
