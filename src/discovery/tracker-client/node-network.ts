/** The tracker client's network ports over Node: node:http(s), node:dgram, node:dns. */
import { createSocket } from 'node:dgram';
import { lookup, Resolver } from 'node:dns/promises';
import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { isIPv6 } from '../../base/address.ts';
import { concat } from '../../base/bytes.ts';
import { codeOf, type DstError, messageOf } from '../../base/errors.ts';
import type { ByteCount, Millis } from '../../base/units.ts';
import type { AddressFamily } from '../../codec/announce/index.ts';
import { trackerError } from './errors.ts';
import type { HttpRequest, HttpResponse, TrackerNetwork, UdpHandlers, UdpSocket } from './ports.ts';

/**
 * Not imported: an import reads all of the module's exports, among them lazy ones that load a whole second HTTP client
 * (measured: 14 MB and 20 ms at start).
 */
const http = process.getBuiltinModule('node:http');
/** They keep no connection: a tracker is asked once in half an hour. */
const agent = new http.Agent();
const tlsAgent = new https.Agent();
const inflate = promisify(gunzip);

/** First wait for a name server's answer, ms, and how often each is asked; the second wait is twice as long. */
const DNS_WAIT: Millis = 1000;
const DNS_TRIES = 2;

/** This machine's address from which each family is reached: undefined = any, null = the family is not used. */
interface LocalAddresses {
  readonly v4: string | undefined | null;
  readonly v6: string | undefined | null;
}

/**
 * The network as seen from certain addresses of this machine; none, or an unspecified one, means any. A family without
 * an address is not used at all: a tracker must not learn an address that the user did not name. Name servers are asked
 * from any address: often they are reached from none but the loopback one.
 *
 * `nameServers` (`host`, `host:port`, `[v6]:port`) are asked for TXT records in place of the system's.
 */
export function nodeTrackerNetwork(
  bind: readonly string[] = [],
  nameServers: readonly string[] | null = null,
): TrackerNetwork {
  const local = localAddresses(bind);
  return {
    fetch: (request) => fetchOverNode(request, local),
    openUdp: (family, handlers) => openUdpSocket(family, handlers, local),
    resolve: (host) => resolveHost(host, local),
    resolveTxt: (name, signal) => resolveTxt(name, nameServers, signal),
  };
}

function localAddresses(bind: readonly string[]): LocalAddresses {
  const pick = (hosts: readonly string[], unspecified: string): string | undefined | null => {
    if (bind.length === 0) return undefined;
    const [host = null] = hosts;
    return host === unspecified ? undefined : host;
  };
  return {
    v4: pick(
      bind.filter((host) => !isIPv6(host)),
      '0.0.0.0',
    ),
    v6: pick(
      bind.filter((host) => isIPv6(host)),
      '::',
    ),
  };
}

/** The address to come from; undefined = any. Throws where the family is not used. */
function sourceFor(family: AddressFamily, local: LocalAddresses): string | undefined {
  const source = family === 6 ? local.v6 : local.v4;
  if (source === null) {
    throw trackerError('TRACKER_UNREACHABLE', `no IPv${family} address of this machine is bound to reach it from`);
  }
  return source;
}

async function resolveHost(host: string, local: LocalAddresses): Promise<readonly string[]> {
  const records = await lookup(host, { all: true });
  const usable = records.filter(({ family }) => (family === 6 ? local.v6 : local.v4) !== null);
  return (usable.length > 0 ? usable : records).map((record) => record.address);
}

/** A resolver for each query: it reads the system's settings anew, and can be cancelled alone. */
async function resolveTxt(
  name: string,
  nameServers: readonly string[] | null,
  signal: AbortSignal,
): Promise<readonly string[]> {
  signal.throwIfAborted();
  const resolver = new Resolver({ timeout: DNS_WAIT, tries: DNS_TRIES });
  if (nameServers !== null) resolver.setServers(nameServers);
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const records = await resolver.resolveTxt(name);
    return records.map((strings) => strings.join(''));
  } catch (error) {
    signal.throwIfAborted();
    if (['ENODATA', 'ENOTFOUND'].includes(codeOf(error) ?? '')) return [];
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

async function fetchOverNode(request: HttpRequest, local: LocalAddresses): Promise<HttpResponse> {
  try {
    const { response, body } = await get(request, local);
    return {
      status: response.statusCode ?? 0,
      location: response.headers.location ?? null,
      body: /^(?:x-)?gzip$/i.test(response.headers['content-encoding'] ?? '')
        ? await unzip(body, request.largestBody)
        : body,
    };
  } catch (error) {
    request.signal.throwIfAborted();
    throw asTrackerError(error);
  }
}

/**
 * Events and an abort listener of our own, not the request's `signal` and the response's iterator: each announce costs
 * a quarter less, and a thousand torrents announce at once.
 */
function get(
  request: HttpRequest,
  local: LocalAddresses,
): Promise<{ readonly response: IncomingMessage; readonly body: Uint8Array }> {
  const { signal, largestBody } = request;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const sent = send(request, local);
    const onAbort = (): void => void sent.destroy(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    sent.on('close', () => signal.removeEventListener('abort', onAbort));
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Uint8Array[] = [];
      let length = 0;
      response.on('data', (chunk: Uint8Array) => {
        length += chunk.length;
        if (length > largestBody) response.destroy(tooLarge(largestBody));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => resolve({ response, body: concat(chunks) }));
    });
  });
}

function send(request: HttpRequest, local: LocalAddresses): ClientRequest {
  const isTls = request.url.startsWith('https:');
  const family = isIPv6(request.address) ? 6 : 4;
  const localAddress = sourceFor(family, local);
  const pinned: LookupFunction = (_host, options, callback) => {
    if (options.all === true) callback(null, [{ address: request.address, family }]);
    else callback(null, request.address, family);
  };
  return (isTls ? https.get : http.get)(request.url, {
    agent: isTls ? tlsAgent : agent,
    lookup: pinned,
    family,
    ...(localAddress !== undefined && { localAddress }),
    headers: { 'user-agent': request.userAgent, 'accept-encoding': 'gzip', connection: 'close' },
  });
}

async function unzip(body: Uint8Array, largest: ByteCount): Promise<Uint8Array> {
  try {
    return await inflate(body, { maxOutputLength: largest });
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(largest);
    throw trackerError('TRACKER_BAD_REPLY', 'the compressed reply is damaged', { cause: error });
  }
}

const tooLarge = (largest: ByteCount): DstError =>
  trackerError('TRACKER_TOO_LARGE', `the reply is larger than ${largest} bytes`);

/** Codes of OpenSSL's certificate verification and of Node's own checks. */
const tlsCodes = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO$)/;

function asTrackerError(error: unknown): Error {
  const code = codeOf(error) ?? '';
  if (code.startsWith('TRACKER_')) return error as DstError;
  if (tlsCodes.test(code)) return trackerError('TRACKER_TLS', messageOf(error), { cause: error });
  if (code.startsWith('HPE_')) return trackerError('TRACKER_BAD_REPLY', 'the reply is not HTTP', { cause: error });
  return trackerError('TRACKER_UNREACHABLE', messageOf(error), { cause: error });
}

function openUdpSocket(family: AddressFamily, handlers: UdpHandlers, local: LocalAddresses): UdpSocket {
  const address = sourceFor(family, local);
  const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', ipv6Only: family === 6 });
  socket.unref();
  if (address !== undefined) socket.bind({ address, port: 0 });
  socket.on('message', (bytes, from) => handlers.message(bytes, { host: from.address, port: from.port }));
  socket.on('error', (error) => handlers.error(error));
  return {
    send(bytes, to, failed) {
      socket.send(bytes, to.port, to.host, (error) => {
        if (error !== null) failed(error);
      });
    },
    close: () => void socket.close(),
  };
}
