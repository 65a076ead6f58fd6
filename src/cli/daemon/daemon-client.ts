/** Speaks to a running daemon for the commands: its REST API over the socket of the same user, or over HTTP(S) with a token. */
import type { IncomingMessage, RequestOptions } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { errorEntry } from '../../app/error-catalog/index.ts';
import { codeOf, DstError, type ErrorCategory, messageOf } from '../../base/errors.ts';
import { cliError } from '../errors.ts';
import { readEvents, type ServerEvent } from './server-events.ts';

/** Where the daemon is. */
export type DaemonAddress = { readonly socket: string } | { readonly url: URL; readonly token: string | null };

export interface DaemonRequest {
  /** What the path is below; `''` for what has no version, such as `/health`. Default: `/api/v1`. */
  readonly prefix?: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, with its type. */
  readonly bytes?: { readonly type: string; readonly data: Uint8Array };
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Status → what kind of error a code is that is not known here. */
const categories: Readonly<Record<number, ErrorCategory>> = {
  400: 'usage',
  401: 'security',
  403: 'security',
  404: 'usage',
  409: 'usage',
  422: 'usage',
  429: 'network',
  503: 'network',
};

export class DaemonClient {
  readonly #address: DaemonAddress;

  constructor(address: DaemonAddress) {
    this.#address = address;
  }

  /** What the API answers at `/api/v1` + path. Rejects DAEMON_UNREACHABLE, or with the code that the daemon tells. */
  async call<T>(path: string, request: DaemonRequest = {}): Promise<T> {
    const response = await this.#send(path, request);
    const body = (await this.#whole(response)).toString();
    if (response.statusCode === 204) return null as T;
    const answer = objectIn(body);
    if (answer === null || response.headers['x-dst-api'] === undefined)
      throw this.#unknown('is no daemon of this program');
    return answer as T;
  }

  /** What the API answers that is no JSON, such as a torrent file. Rejects as `call`. */
  async bytes(path: string): Promise<Uint8Array> {
    return await this.#whole(await this.#send(path, {}));
  }

  /** Events as they happen. Throws DAEMON_UNREACHABLE when they end, and what the signal says when it aborts. */
  async *events(path: string, request: DaemonRequest = {}): AsyncGenerator<ServerEvent> {
    try {
      yield* readEvents(await this.#send(path, request));
    } catch (cause) {
      request.signal?.throwIfAborted();
      throw cause instanceof DstError ? cause : this.#lost(cause);
    }
    throw this.#lost();
  }

  get #place(): string {
    return 'socket' in this.#address ? this.#address.socket : this.#address.url.origin;
  }

  #unknown(what: string): DstError {
    return cliError('DAEMON_UNREACHABLE', `what answers at ${this.#place} ${what}`);
  }

  #lost(cause?: unknown): DstError {
    return cliError('DAEMON_UNREACHABLE', `the daemon at ${this.#place} has gone`, { cause });
  }

  async #whole(response: IncomingMessage): Promise<Buffer> {
    try {
      return await buffer(response);
    } catch (cause) {
      throw this.#lost(cause);
    }
  }

  async #send(path: string, request: DaemonRequest): Promise<IncomingMessage> {
    const { prefix = '/api/v1', method = 'GET', body, bytes, headers = {}, query = {}, signal } = request;
    const target = `${prefix}${path}${queryOf(query)}`;
    const sent =
      bytes ?? (body === undefined ? null : { type: 'application/json', data: Buffer.from(JSON.stringify(body)) });
    const options: RequestOptions = {
      method,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(sent !== null && { 'content-type': sent.type, 'content-length': sent.data.length }),
        ...this.#authorization(),
        ...headers,
      },
      ...(signal !== undefined && { signal }),
    };
    const response = await this.#response(target, options, sent?.data ?? null);
    const { statusCode = 500 } = response;
    if (statusCode < 300) return response;
    const text = (await this.#whole(response)).toString();
    if (statusCode < 400) throw this.#unknown(`leads to ${response.headers.location ?? 'another place'}`);
    throw await problemOf(statusCode, text);
  }

  #authorization(): Record<string, string> {
    const { token = null } = 'url' in this.#address ? this.#address : {};
    return token === null ? {} : { authorization: `Bearer ${token}` };
  }

  async #response(target: string, options: RequestOptions, data: Uint8Array | null): Promise<IncomingMessage> {
    const address = this.#address;
    const isTls = 'url' in address && address.url.protocol === 'https:';
    const { request } = isTls ? await import('node:https') : process.getBuiltinModule('node:http');
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const onResponse = (response: IncomingMessage): void => resolve(response);
    const sent =
      'socket' in address
        ? request({ ...options, socketPath: address.socket, path: target }, onResponse)
        : request(new URL(target, address.url), options, onResponse);
    sent.on('error', (cause) => reject(options.signal?.aborted === true ? cause : unreachable(this.#place, cause)));
    sent.end(data ?? undefined);
    return await promise;
  }
}

function queryOf(query: NonNullable<DaemonRequest['query']>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const values: readonly (string | number | boolean)[] = Array.isArray(value) ? value : [value];
    return values.map((one): [string, string] => [name, String(one)]);
  });
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

function unreachable(place: string, cause: unknown): DstError {
  const words = ['ENOENT', 'ECONNREFUSED'].includes(codeOf(cause) ?? '')
    ? `no daemon listens at ${place}`
    : `the daemon at ${place} cannot be reached: ${messageOf(cause)}`;
  return cliError('DAEMON_UNREACHABLE', words, { cause });
}

/** The error that a problem document (RFC 9457) tells of, with the daemon's code. */
async function problemOf(status: number, body: string): Promise<DstError> {
  // It may not be of the daemon: of a proxy in between, say.
  const { code, detail, title } = objectIn(body) ?? {};
  const words = [detail, title].find((text) => typeof text === 'string');
  const known = typeof code === 'string' ? code : `HTTP_${status}`;
  return await toldError(known, words ?? `the daemon answered with status ${status}`, status);
}

/** Null: it is no JSON, or no object. */
function objectIn(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}

/** An error of the daemon, as it would be had it happened here. */
export async function toldError(code: string, message: string, status = 400): Promise<DstError> {
  const entry = (await errorEntry(code)) ?? { category: categories[status] ?? 'internal', help: '' };
  return new DstError(code, entry, message, { details: { status } });
}
