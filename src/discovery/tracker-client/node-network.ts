/** The tracker client's network ports over Node: node:http(s), node:dgram, node:dns. */
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { isIPv6 } from '../../base/address.ts';
import { concat } from '../../base/bytes.ts';
import { codeOf, type DstError, messageOf } from '../../base/errors.ts';
import type { ByteCount } from '../../base/units.ts';
import type { AddressFamily } from '../../codec/announce/index.ts';
import { trackerError } from './errors.ts';
import type { HttpRequest, HttpResponse, TrackerNetwork, UdpHandlers, UdpSocket } from './ports.ts';

/**
 * Not imported: an import reads all of the module's exports, among them lazy ones that load a whole second HTTP client
 * (measured: 14 MB and 20 ms at start).
 */
const { get: httpGet } = process.getBuiltinModule('node:http');
const inflate = promisify(gunzip);

/** This machine's address from which each family is reached: undefined = any, null = the family is not used. */
interface LocalAddresses {
  readonly v4: string | undefined | null;
  readonly v6: string | undefined | null;
}

/**
 * The network as seen from certain addresses of this machine; none, or an unspecified one, means any. A family without
 * an address is not used at all: a tracker must not learn an address that the user did not name.
 */
export function nodeTrackerNetwork(bind: readonly string[] = []): TrackerNetwork {
  const local = localAddresses(bind);
  return {
    fetch: (request) => fetchOverNode(request, local),
    openUdp: (family, handlers) => openUdpSocket(family, handlers, local),
    resolve: (host) => resolveHost(host, local),
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

async function fetchOverNode(request: HttpRequest, local: LocalAddresses): Promise<HttpResponse> {
  try {
    const response = await open(request, local);
    const body = await readBody(response, request.largestBody);
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

function open(request: HttpRequest, local: LocalAddresses): Promise<http.IncomingMessage> {
  const get = request.url.startsWith('https:') ? https.get : httpGet;
  const family = isIPv6(request.address) ? 6 : 4;
  const localAddress = sourceFor(family, local);
  const pinned: LookupFunction = (_host, options, callback) => {
    if (options.all === true) callback(null, [{ address: request.address, family }]);
    else callback(null, request.address, family);
  };
  return new Promise((resolve, reject) => {
    const sent = get(request.url, {
      agent: false,
      lookup: pinned,
      family,
      ...(localAddress !== undefined && { localAddress }),
      signal: request.signal,
      headers: { 'user-agent': request.userAgent, 'accept-encoding': 'gzip', connection: 'close' },
    });
    sent.on('response', resolve);
    sent.on('error', reject);
  });
}

async function readBody(response: http.IncomingMessage, largest: ByteCount): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    // Leaving the loop destroys the response and its socket.
    if (length > largest) throw tooLarge(largest);
    chunks.push(chunk);
  }
  return concat(chunks);
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
