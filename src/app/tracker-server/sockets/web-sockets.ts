/** The WebSockets of one thread: from the upgrade of an HTTP connection on, messages to the front and back. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type Server as SocketServer, type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../../base/clock.ts';
import type { ByteCount, Millis } from '../../../base/units.ts';
import { LONGEST_WEB_MESSAGE, passkeyIn, type WebFront, type WebOrigin } from '../../../tracker/index.ts';
import { HostCounts } from './host-counts.ts';
import { TrackerSocket } from './tracker-socket.ts';

export interface WebSocketParts {
  readonly front: WebFront;
  /** Most connections of one address in this thread, to begin with. */
  readonly perAddress: number;
  /** Most connections of this thread; 200,000 at most. */
  readonly most?: number;
  /** Address of the client of a request, behind trusted proxies. */
  readonly clientOf: (request: IncomingMessage) => string;
  readonly clock: Clock;
}

/** Longest message, bytes of UTF-8: characters of ids take up to two. */
const LONGEST_PAYLOAD: ByteCount = LONGEST_WEB_MESSAGE + 8 * 1024;
/** Most connections of one thread. */
const MOST_SOCKETS = 200_000;
/**
 * Each connection is pinged this often and closed when it was silent since the last time: proxies between let go of
 * connections that are silent for 60 s, and browsers do not ping.
 */
const PING: Millis = 50_000;
/** Connections are looked at in turns, so that the pings of thousands spread evenly. */
const TURN: Millis = 500;
/** Time for clients to answer the end of the tracker, ms. */
const CLOSE_TIME: Millis = 500;
const GOING_AWAY = 1001;

export class WebSockets implements AsyncDisposable {
  /** May be changed at any time. */
  perAddress: number;
  readonly #parts: WebSocketParts;
  readonly #server: SocketServer<typeof TrackerSocket>;
  readonly #sockets = new Set<TrackerSocket>();
  readonly #most: number;
  readonly #hosts = new HostCounts();
  /** Goes round and round; what is added comes last, what is removed is passed over. */
  #next: IterableIterator<TrackerSocket>;
  /** How many are to be looked at; the fraction waits for the next turn. */
  #due = 0;
  #turn: Disposable;

  constructor(parts: WebSocketParts) {
    this.#parts = parts;
    this.perAddress = parts.perAddress;
    this.#most = Math.min(parts.most ?? MOST_SOCKETS, MOST_SOCKETS);
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: LONGEST_PAYLOAD,
      maxFragments: 64,
      perMessageDeflate: false,
      autoPong: false,
      WebSocket: TrackerSocket,
    });
    this.#next = this.#sockets.values();
    this.#turn = parts.clock.after(TURN, () => this.#lookAround());
  }

  get count(): number {
    return this.#sockets.size;
  }

  /** Takes the upgrades of an HTTP server, on any path. */
  serve(control: Server): void {
    control.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const origin = { host: this.#parts.clientOf(request), passkey: passkeyIn(request.url ?? '') };
    const counted = this.#sockets.size < this.#most ? this.#hosts.take(origin.host, this.perAddress) : undefined;
    if (counted === undefined) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      socket.once('finish', () => socket.destroy()); // clients need not close theirs
      return;
    }
    let isOpen = false;
    this.#server.handleUpgrade(request, socket, head, (opened) => {
      isOpen = true;
      opened.countedHost = counted;
      this.#open(opened, origin);
    });
    if (!isOpen) this.#hosts.giveBack(counted); // it was refused
  }

  #open(socket: TrackerSocket, origin: WebOrigin): void {
    socket.connection = this.#parts.front.connect(socket, origin);
    this.#sockets.add(socket);
    socket.on('message', this.#onMessage);
    socket.on('ping', onPing);
    socket.on('pong', onPong);
    socket.on('error', ignore); // its close follows
    socket.on('close', this.#onClose);
  }

  /** Listeners are told their socket by `this`: all sockets share them. */
  readonly #onMessage = listener((socket: TrackerSocket, data: RawData) => {
    socket.isHeard = true;
    if (socket.connection === null || socket.readyState !== socket.OPEN) return;
    this.#parts.front.receive(socket.connection, (data as Buffer).toString());
  });

  readonly #onClose = listener((socket: TrackerSocket) => {
    this.#sockets.delete(socket);
    this.#hosts.giveBack(socket.countedHost);
    if (socket.connection !== null) this.#parts.front.disconnect(socket.connection);
    socket.connection = null;
  });

  /** Looks at those connections whose turn has come: at each once in the time between two pings. */
  #lookAround(): void {
    this.#due += (this.#sockets.size * TURN) / PING;
    while (this.#due >= 1 && this.#sockets.size > 0) {
      const { value: socket } = this.#next.next() as { value?: TrackerSocket };
      if (socket === undefined) {
        this.#next = this.#sockets.values();
        continue;
      }
      this.#due--;
      if (socket.isHeard) {
        socket.isHeard = false;
        socket.ping();
      } else socket.terminate();
    }
    this.#turn = this.#parts.clock.after(TURN, () => this.#lookAround());
  }

  /** Tells all clients that the tracker goes away, and waits a moment for them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#turn[Symbol.dispose]();
    this.#server.close();
    for (const socket of this.#sockets) socket.close(GOING_AWAY);
    const end = this.#parts.clock.now() + CLOSE_TIME;
    while (this.#sockets.size > 0 && this.#parts.clock.now() < end) await this.#parts.clock.sleep(10);
    for (const socket of this.#sockets) socket.terminate();
  }
}

/** A listener that gets `this` as its first argument. */
function listener<T extends unknown[]>(
  handle: (socket: TrackerSocket, ...values: T) => void,
): (this: WebSocket, ...values: T) => void {
  return function (...values) {
    handle(this as TrackerSocket, ...values);
  };
}

const onPing = listener((socket: TrackerSocket, data: Buffer) => {
  socket.isHeard = true;
  if (socket.bufferedAmount === 0) socket.pong(data);
});
const onPong = listener((socket: TrackerSocket) => {
  socket.isHeard = true;
});
const ignore = (): void => {};
