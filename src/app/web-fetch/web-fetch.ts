/**
 * HTTP requests to addresses that others named. Such a request must not become a way into a network that only this
 * machine reaches (SSRF): a name is resolved once, its addresses are judged, and exactly what was judged is connected to,
 * so that a name cannot mean another address a moment later (DNS rebinding). Redirects are judged anew.
 */
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { scopeOf } from '../../base/address-scope.ts';
import { parseHost } from '../../base/address.ts';
import { concat } from '../../base/bytes.ts';
import { DstError, messageOf } from '../../base/errors.ts';
import type { ByteCount } from '../../base/units.ts';
import { clientName } from '../../base/version.ts';
import { addressEgress, connectWeb, type Egress } from '../../net/egress/index.ts';
import { webFetchError } from './errors.ts';

export interface WebRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  /** For the server of the URL alone: another one, to which it redirects, is told none of them. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Largest answer, bytes. */
  readonly largest: ByteCount;
  readonly signal: AbortSignal;
}

export interface WebFetchOptions {
  /** Whether an address that is not public may be connected to, such as one of the own network. */
  readonly mayContact: (host: string) => boolean;
  /** From where the request may leave; default: anywhere. */
  readonly egress?: Egress;
  /** Addresses of a name; default: as the egress finds them. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
}

/** The status is 200 … 299. */
export interface WebResponse {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
}

const MOST_REDIRECTS = 5;

/** Rejects WEB_*, NET_INTERFACE_* of the egress; with the reason of the signal when that aborts. */
export async function webFetch(
  request: WebRequest,
  { egress = addressEgress(), ...options }: WebFetchOptions,
): Promise<WebResponse> {
  const resolve = options.resolve ?? ((name: string) => addressesOf(name, egress));
  let { url, headers = {} } = request;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const target = readUrl(url);
    const address = await judgedAddress(target, { ...options, resolve });
    const response = await send(target, address, { ...request, headers }, egress);
    const { statusCode = 0 } = response;
    const { location } = response.headers;
    if (location === undefined || statusCode < 300 || statusCode > 399) return await read(response, request);
    response.destroy();
    // What was to be told to one server is not told to another.
    if (request.method === 'POST') throw webFetchError('WEB_STATUS', `${target.host} sends the request elsewhere`);
    if (!URL.canParse(location, target)) throw webFetchError('WEB_STATUS', `${target.host} leads to no address`);
    const next = new URL(location, target);
    if (next.origin !== target.origin) headers = {};
    url = next.href;
  }
  throw webFetchError('WEB_STATUS', 'it was sent from one address to the next too often');
}

/**
 * The host of a URL when that is an address which a request would be refused, in whatever spelling; null for others and
 * for names, of which only a request finds out what they lead to.
 */
export function refusedAddress(url: URL, mayContact: WebFetchOptions['mayContact']): string | null {
  const host = hostOf(url);
  return parseHost(host) !== null && isRefused(host, mayContact) ? host : null;
}

/** Square brackets are those of IPv6 in URLs. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

const isRefused = (address: string, mayContact: WebFetchOptions['mayContact']): boolean =>
  scopeOf(address) !== 'public' && !mayContact(address);

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && ['http:', 'https:'].includes(url.protocol)) return url;
  throw webFetchError('WEB_BAD_URL', 'that is no address of the web');
}

/** The address to connect to: all that the name has must be allowed. */
async function judgedAddress(
  url: URL,
  { mayContact, resolve }: Required<Pick<WebFetchOptions, 'mayContact' | 'resolve'>>,
): Promise<string> {
  const name = hostOf(url);
  let addresses: readonly string[];
  try {
    addresses = await resolve(name);
  } catch (cause) {
    throw webFetchError('WEB_UNREACHABLE', `${name} is not known: ${messageOf(cause)}`, { cause });
  }
  const [first] = addresses;
  if (first === undefined) throw webFetchError('WEB_UNREACHABLE', `${name} has no address`);
  const refused = addresses.find((address) => isRefused(address, mayContact));
  if (refused === undefined) return first;
  throw webFetchError('WEB_REFUSED', `${name} leads to an address that is not public`);
}

async function send(url: URL, address: string, request: WebRequest, egress: Egress): Promise<IncomingMessage> {
  const { method = 'GET', headers = {}, body, signal } = request;
  const options: RequestOptions = {
    method,
    createConnection: () => connectWeb(egress, url, address),
    signal,
    headers: {
      'user-agent': clientName,
      ...(body !== undefined && { 'content-length': body.length }),
      ...headers,
    },
  };
  const { request: open } =
    url.protocol === 'https:' ? await import('node:https') : process.getBuiltinModule('node:http');
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent: ClientRequest = open(url, options, resolve);
  sent.on('error', (cause) => reject(asWebError(cause, url, signal)));
  sent.end(body);
  return await promise;
}

async function read(response: IncomingMessage, { url, largest, signal }: WebRequest): Promise<WebResponse> {
  const { statusCode: status = 0, headers } = response;
  try {
    if (status < 200 || status > 299) {
      throw webFetchError('WEB_STATUS', `the server answered with status ${status}`, { details: { status } });
    }
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > largest) throw webFetchError('WEB_TOO_LARGE', `the answer has more than ${largest} bytes`);
      chunks.push(chunk);
    }
    return { status, type: headers['content-type'] ?? '', body: concat(chunks) };
  } catch (cause) {
    throw asWebError(cause, new URL(url), signal);
  } finally {
    response.destroy();
  }
}

/** An address is its own. */
const addressesOf = async (name: string, egress: Egress): Promise<readonly string[]> =>
  parseHost(name) === null ? await egress.resolve(name) : [name];

function asWebError(cause: unknown, { host }: URL, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (cause instanceof DstError) return cause;
  return webFetchError('WEB_UNREACHABLE', `${host} cannot be reached: ${messageOf(cause)}`, { cause });
}
