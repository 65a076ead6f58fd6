/**
 * Requests to the tracker's HTTP port that are neither announce nor scrape. Any thread may receive one; all are
 * answered in one place, so that they travel as plain values.
 *
 * Node's server never listens here, and it looks after times and connections only when it does. So this one does it.
 */
import type http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../../base/clock.ts';
import type { ByteCount, Millis } from '../../../base/units.ts';
import {
  bodyLimitOf,
  bodyLimits,
  busyAnswer,
  type ControlHandler,
  type ControlResponse,
} from '../../tracker-api/index.ts';
import type { ControlBudget } from './control-budget.ts';

// Not imported: see discovery/tracker-client/node-network.ts.
const Server: typeof http.Server = process.getBuiltinModule('node:http').Server;

/** A request has to be there whole within this time, ms. */
const REQUEST_TIME: Millis = 10_000;
/** With a long body, within this: 16 MiB at 280 KiB/s. */
const UPLOAD_TIME: Millis = 60_000;
/** Time to answer it, and for the client to take the answer, ms. */
const ANSWER_TIME: Millis = 60_000;

const failed: ControlResponse = {
  status: 500,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: 'The tracker could not answer.\n',
};

/** A connection and its one request. */
interface Exchange {
  /** When the connection is closed if it has not come further. */
  until: Millis;
  /** The request has begun. */
  isAsked: boolean;
  /** The client keeps the body back until it is asked for it (`Expect: 100-continue`). */
  isHoldingBack: boolean;
  /** Room for the body, of which `length` bytes have come. */
  body: Uint8Array;
  length: ByteCount;
}

/** Why a body is not read: it is too long, or there is no memory for it at present. */
type Refusal = 'long' | 'busy';

const NOTHING = new Uint8Array(0);

/** A server that gets its connections from the tracker's listener, and ends with it. */
export class ControlServer extends Server {
  readonly #handle: ControlHandler;
  readonly #clientOf: (request: IncomingMessage) => string;
  readonly #clock: Clock;
  readonly #budget: ControlBudget;
  readonly #exchanges = new Map<Socket, Exchange>();
  #onEmpty = (): void => {};

  constructor(
    handle: ControlHandler,
    clientOf: (request: IncomingMessage) => string,
    clock: Clock,
    budget: ControlBudget,
  ) {
    super({
      // A wish for another version of HTTP is passed over; only WebSockets are upgrades.
      shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
    });
    Object.assign(this, { httpAllowHalfOpen: true }); // a client may say that it sends no more; not in Node's types
    this.#handle = handle;
    this.#clientOf = clientOf;
    this.#clock = clock;
    this.#budget = budget;
    this.maxRequestsPerSocket = 1; // the connection will not go back to who answers announces
    this.on('request', (request, response) => this.#begin(request, response, false));
    this.on('checkContinue', (request, response) => this.#begin(request, response, true));
    this.on('upgrade', ({ socket }) => this.#giveAway(socket));
  }

  /** Takes over a connection, with a request whose head can be read from it. */
  take(socket: Socket): void {
    const until = this.#clock.now() + REQUEST_TIME;
    this.#exchanges.set(socket, { until, isAsked: false, isHoldingBack: false, body: NOTHING, length: 0 });
    socket.on('close', this.#onClose);
    this.emit('connection', socket);
  }

  /** The same for all connections: a WebSocket begins as one of them, and there are thousands. */
  readonly #onClose: (this: Socket) => void = onSocket((socket) => this.#forget(socket));

  #forget(socket: Socket): void {
    if (this.#exchanges.get(socket)?.isAsked === true) this.#budget.giveBackConnection();
    this.#exchanges.delete(socket);
    if (this.#exchanges.size === 0) this.#onEmpty();
  }

  /** A WebSocket is looked after by who takes it. */
  #giveAway(socket: Socket): void {
    socket.off('close', this.#onClose);
    this.#forget(socket);
    if (this.listenerCount('upgrade') === 1) socket.destroy(); // there is only this listener
  }

  #begin(request: IncomingMessage, response: ServerResponse, isHoldingBack: boolean): void {
    const exchange = this.#exchanges.get(request.socket);
    if (exchange === undefined || !this.#budget.takeConnection()) {
      request.socket.destroy();
      return;
    }
    exchange.isAsked = true;
    exchange.isHoldingBack = isHoldingBack;
    void this.#answer(request, response, exchange);
  }

  async #answer(request: IncomingMessage, response: ServerResponse, exchange: Exchange): Promise<void> {
    let answer: ControlResponse;
    try {
      answer = (await this.#receive(request, response, exchange)) ?? (await this.#ask(request, exchange));
    } catch {
      answer = failed;
    }
    this.#release(exchange);
    exchange.until = this.#clock.now() + (request.complete ? ANSWER_TIME : REQUEST_TIME);
    try {
      send(answer, request, response, exchange);
    } catch {
      request.socket.destroy();
    }
  }

  /** Resolves when the body is there, or with what is answered without it; rejects when the client has gone. */
  #receive(request: IncomingMessage, response: ServerResponse, exchange: Exchange): Promise<ControlResponse | null> {
    const { most, refusal } = bodyLimitOf(request);
    if (most > bodyLimits.open) exchange.until = this.#clock.now() + UPLOAD_TIME;
    const declared = Number(request.headers['content-length'] ?? 0);
    const room = declared === 0 ? most : declared;
    return new Promise((resolve, reject) => {
      let isRefused = false;
      const refuse = (why: Refusal): void => {
        isRefused = true;
        this.#release(exchange);
        resolve(why === 'busy' ? busyAnswer(request) : refusal);
      };
      // What comes after a refusal is read all the same; see `send`.
      request.on('data', (part: Buffer) => {
        const why = isRefused ? null : this.#keep(part, exchange, room);
        if (why !== null) refuse(why);
      });
      request.on('end', () => resolve(null));
      request.on('close', () => reject(new Error('the client has gone')));
      if (declared > most) refuse('long');
      else if (!this.#budget.hasRoomFor(declared)) refuse('busy');
      else if (exchange.isHoldingBack) {
        exchange.isHoldingBack = false;
        response.writeContinue();
      }
    });
  }

  /** Grows with what comes: what a client only announces costs it nothing. */
  #keep(part: Uint8Array, exchange: Exchange, most: ByteCount): Refusal | null {
    const { body, length } = exchange;
    const end = length + part.length;
    if (end > most) return 'long';
    if (end > body.length) {
      const room = Math.min(most, Math.max(2 * body.length, end));
      if (!this.#budget.takeBytes(room - body.length)) return 'busy';
      exchange.body = new Uint8Array(room);
      exchange.body.set(body.subarray(0, length));
    }
    exchange.body.set(part, length);
    exchange.length = end;
    return null;
  }

  #release(exchange: Exchange): void {
    this.#budget.giveBackBytes(exchange.body.length);
    exchange.body = NOTHING;
    exchange.length = 0;
  }

  #ask(request: IncomingMessage, exchange: Exchange): Promise<ControlResponse> {
    exchange.until = this.#clock.now() + ANSWER_TIME;
    return this.#handle({
      method: request.method ?? 'GET',
      target: request.url ?? '/',
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      body: exchange.body.subarray(0, exchange.length),
      host: this.#clientOf(request),
    });
  }

  /** Closes connections on which something takes too long. */
  closeLate(): void {
    const now = this.#clock.now();
    for (const [socket, { until }] of this.#exchanges) if (now > until) socket.destroy();
  }

  override closeIdleConnections(): void {
    for (const [socket, { isAsked }] of this.#exchanges) if (!isAsked) socket.destroy();
  }

  override closeAllConnections(): void {
    for (const socket of this.#exchanges.keys()) socket.destroy();
  }

  /** Closes what is idle; resolves when the requests under way are answered and their connections closed. */
  finish(): Promise<void> {
    this.closeIdleConnections();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      if (this.#exchanges.size === 0) resolve();
    });
  }
}

function send(
  { status, headers, body }: ControlResponse,
  request: IncomingMessage,
  response: ServerResponse,
  { isHoldingBack }: Exchange,
): void {
  const hasLength = status !== 204 && (body !== '' || request.method !== 'HEAD');
  response.writeHead(status, {
    ...headers,
    connection: 'close',
    ...(hasLength && { 'content-length': Buffer.byteLength(body) }),
  });
  if (request.complete || isHoldingBack) {
    response.end(body);
    return;
  }
  // Who is still sending sees the answer only if nobody resets the connection meanwhile (RFC 9112, 9.6).
  response.write(body);
  request.once('end', () => response.end());
}

/** A listener that gets the socket that it was called on. */
function onSocket(handle: (socket: Socket) => void): (this: Socket) => void {
  return function () {
    handle(this);
  };
}
