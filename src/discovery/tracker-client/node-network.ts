/** The tracker client's network ports: HTTP over Node, and sockets and look-ups over an egress. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { concat } from '../../base/bytes.ts';
import { codeOf, type DstError, messageOf } from '../../base/errors.ts';
import type { ByteCount } from '../../base/units.ts';
import type { AddressFamily } from '../../codec/announce/index.ts';
import { addressEgress, connectWeb, type Egress } from '../../net/egress/index.ts';
import { trackerError } from './errors.ts';
import type { HttpRequest, HttpResponse, TrackerNetwork, UdpHandlers, UdpSocket } from './ports.ts';

/**
 * Not imported: an import reads all of the module's exports, among them lazy ones that load a whole second HTTP client
 * (measured: 14 MB and 20 ms at start).
 */
const http = process.getBuiltinModule('node:http');
const inflate = promisify(gunzip);

/** The network as seen from where the egress lets torrents send; default from anywhere. */
export function nodeTrackerNetwork(egress: Egress = addressEgress()): TrackerNetwork {
  return {
    fetch: (request) => fetchOverNode(request, egress),
    openUdp: (family, handlers) => openUdpSocket(family, handlers, egress),
    resolve: async (host) => {
      if (egress.problem !== null) throw asTrackerError(egress.problem);
      return await egress.resolve(host);
    },
    resolveTxt: (name, signal) => egress.resolveTxt(name, signal),
    onRenewal: (listener) =>
      egress.onChange(() => {
        if (egress.problem === null) listener();
      }),
  };
}

async function fetchOverNode(request: HttpRequest, egress: Egress): Promise<HttpResponse> {
  try {
    const { response, body } = await get(request, egress);
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
  egress: Egress,
): Promise<{ readonly response: IncomingMessage; readonly body: Uint8Array }> {
  const { signal, largestBody } = request;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const sent = send(request, egress);
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

/** Without an agent, and so without keeping the connection: a tracker is asked once in half an hour. */
function send(request: HttpRequest, egress: Egress): ClientRequest {
  const url = new URL(request.url);
  return (url.protocol === 'https:' ? https.get : http.get)(url, {
    createConnection: () => connectWeb(egress, url, request.address),
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

function opened<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw asTrackerError(error);
  }
}

function openUdpSocket(family: AddressFamily, handlers: UdpHandlers, egress: Egress): UdpSocket {
  const socket = opened(() => egress.openUdp(family));
  socket.unref();
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
