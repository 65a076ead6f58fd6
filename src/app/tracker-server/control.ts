/**
 * Requests to the tracker's HTTP port that are neither announce nor scrape. Any thread may receive one; all are
 * answered in one place, so that they travel as plain values.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { ByteCount, Millis } from '../../base/units.ts';
import type { ControlHandler, ControlResponse } from '../tracker-api/index.ts';

/** Longest body of a request, bytes. */
const LONGEST_BODY: ByteCount = 256 * 1024;
const REQUEST_TIME: Millis = 10_000;

const text = (status: number, body: string): ControlResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});

/** A server that gets its connections from the tracker's listener. */
export function controlServer(handle: ControlHandler, clientOf: (request: IncomingMessage) => string): Server {
  const options = {
    requestTimeout: REQUEST_TIME,
    headersTimeout: REQUEST_TIME,
    // A wish for another version of HTTP is passed over; only WebSockets are upgrades.
    shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
  };
  const server = createServer(options, (request, response) => {
    void answer(handle, request, clientOf(request)).then(({ status, headers, body }) => {
      // The connection will not go back to who answers announces.
      response.writeHead(status, { ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) });
      response.end(request.method === 'HEAD' ? undefined : body);
    });
  });
  return server;
}

async function answer(handle: ControlHandler, request: IncomingMessage, host: string): Promise<ControlResponse> {
  try {
    const body = await bodyOf(request);
    if (body === null) return text(413, 'The request is too long.\n');
    return await handle({
      method: request.method ?? 'GET',
      target: request.url ?? '/',
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      body,
      host,
    });
  } catch {
    return text(500, 'The tracker could not answer.\n');
  }
}

/** Null when it is longer than anything that is asked here. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | null> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > LONGEST_BODY) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
