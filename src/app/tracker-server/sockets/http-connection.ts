/**
 * One connection of a tracker client. Requests are read by hand, because Node's own HTTP server costs twice as much as
 * all the rest of an announce. What is neither announce nor scrape goes to that server, with the connection.
 */
import type { Socket } from 'node:net';
import type { ByteCount, Millis } from '../../../base/units.ts';
import { type HttpClient, parseMemberPath } from '../../../tracker/index.ts';

/** What connections need from the listener. */
export interface HttpHost {
  announce(target: string, at: number, client: HttpClient): void;
  scrape(target: string, at: number, client: HttpClient): void;
  /** Hands the connection over, with the bytes that are not read yet. */
  handOver(socket: Socket, unread: Buffer): void;
  /** Address of the client: of the connection, or what a trusted proxy says in the head of its request. */
  clientOf(socket: Socket, head: string): string;
  now(): Millis;
  closed(connection: HttpConnection): void;
}

/** Longest head of a request, bytes. */
const LONGEST_HEAD: ByteCount = 8192;
/** Bytes that may wait for a client: who is further behind asks without reading. */
const MOST_UNSENT: ByteCount = 1024 * 1024;
const END_OF_HEAD = '\r\n\r\n';
const TOO_LONG = Buffer.from(
  'HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
);
const CLOSES = /\r\nconnection:[ \t]*close\b/i;
const STAYS = /\r\nconnection:[ \t]*keep-alive\b/i;
/**
 * A body, an upgrade to a WebSocket, or a line in which white space comes before the colon: others read that as a
 * header (RFC 9112, 5.1), and Node refuses it.
 */
const HAS_MORE = /\r\n(?:content-length:[ \t]*0*[1-9]|transfer-encoding:|upgrade:[ \t]*websocket|[^\s:]*[ \t])/i;

export class HttpConnection implements HttpClient {
  host = '';
  passkey = '';
  isKeptAlive = false;
  /** Since when a request is being received, or the connection is idle. */
  since: Millis;
  isReceiving = false;
  readonly #socket: Socket;
  readonly #parent: HttpHost;
  #unread = '';
  #isAnswered = true;
  #isReading = false;
  /** Reads nothing for now: enough waits behind a request. */
  #isPaused = false;
  /** The client sends no more. */
  #hasEnded = false;

  constructor(socket: Socket, parent: HttpHost) {
    this.#socket = socket;
    this.#parent = parent;
    this.since = parent.now();
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', ignore);
    socket.on('close', this.#onClose);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Closes when the answer that is under way has been sent, or at once when there is none. */
  finish(): void {
    this.isKeptAlive = false;
    if (this.#isAnswered) this.#end(null);
    if (this.#socket.writableFinished) this.close();
    else this.#socket.once('finish', () => this.close());
  }

  readonly #onData = (data: Buffer): void => {
    const text = data.toString('latin1');
    this.#unread = this.#unread === '' ? text : this.#unread + text;
    this.#read();
  };

  /** Some clients end their side with their last request. What they have asked for is still answered. */
  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    if (this.#isAnswered) this.#end(null);
  };

  readonly #onClose = (): void => this.#parent.closed(this);

  /** Answers what has come whole. A request whose answer has to wait holds up those behind it. */
  #read(): void {
    this.#isReading = true;
    let at = 0;
    while (this.#isAnswered) {
      const end = this.#unread.indexOf(END_OF_HEAD, at);
      if (end < 0) break;
      const isOurs = this.#request(at, end);
      if (!isOurs) {
        this.#handOver(at);
        return;
      }
      at = end + END_OF_HEAD.length;
    }
    this.#isReading = false;
    if (at > 0) this.#unread = this.#unread.slice(at);
    this.#limitUnread();
    if (this.#hasEnded && this.#isAnswered) this.#end(null);
    const isReceiving = this.#unread !== '';
    if (isReceiving && !this.isReceiving) this.since = this.#parent.now();
    this.isReceiving = isReceiving;
  }

  /** Behind a request whose answer waits there may be more than one head, which is no fault of the client. */
  #limitUnread(): void {
    const isFull = this.#unread.length > LONGEST_HEAD;
    if (isFull && this.#isAnswered) this.#end(TOO_LONG);
    else if (isFull && !this.#isPaused) {
      this.#isPaused = true;
      this.#socket.pause();
    } else if (!isFull) this.#readOn();
  }

  #readOn(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** False for a request that is neither announce nor scrape, or is more than that. */
  #request(at: number, end: number): boolean {
    if (!this.#unread.startsWith('GET /', at)) return false;
    const space = this.#unread.indexOf(' ', at + 4);
    if (space < 0 || space > end) return false;
    const target = this.#unread.slice(at + 4, space);
    const question = target.indexOf('?');
    const path = question < 0 ? target : target.slice(0, question);
    const page = this.#pageOf(path);
    if (page === null) return false;
    const head = this.#unread.slice(space, end);
    if (HAS_MORE.test(head)) return false;
    this.isKeptAlive = head.startsWith(' HTTP/1.1') ? !CLOSES.test(head) : STAYS.test(head);
    this.host = this.#parent.clientOf(this.#socket, head);
    this.since = this.#parent.now();
    this.#isAnswered = false;
    if (page === 'announce') this.#parent.announce(target, path.length + 1, this);
    else this.#parent.scrape(target, path.length + 1, this);
    return true;
  }

  /** What a path asks for; sets the passkey in it. */
  #pageOf(path: string): 'announce' | 'scrape' | null {
    this.passkey = '';
    if (path === '/announce') return 'announce';
    if (path === '/scrape') return 'scrape';
    const parts = parseMemberPath(path);
    this.passkey = parts?.passkey ?? '';
    return parts?.page ?? null;
  }

  respond(bytes: Uint8Array, from: number, to: number): void {
    const response = Buffer.allocUnsafe(to - from);
    for (let i = from; i < to; i++) response[i - from] = bytes[i] as number;
    if (!this.isKeptAlive) {
      this.#end(response);
      return;
    }
    this.#isAnswered = true;
    this.#socket.write(response);
    if (this.#socket.writableLength > MOST_UNSENT) this.close();
    if (!this.#isReading && (this.#unread !== '' || this.#hasEnded)) this.#read();
  }

  /** The last that is sent; what still comes is not looked at. */
  #end(response: Uint8Array | null): void {
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onEnd);
    this.#unread = '';
    this.#readOn(); // or its end would not be seen
    if (response === null) this.#socket.end();
    else this.#socket.end(response);
  }

  #handOver(at: number): void {
    const unread = Buffer.from(this.#unread.slice(at), 'latin1');
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onEnd);
    this.#socket.off('close', this.#onClose);
    this.#socket.off('error', ignore);
    this.#readOn();
    this.#parent.closed(this);
    this.#parent.handOver(this.#socket, unread);
  }
}

const ignore = (): void => {};
