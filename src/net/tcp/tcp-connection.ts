/**
 * A peer connection over a `net.Socket`. Receiving: `onread` into one buffer that all connections of the thread
 * share, because its callback is synchronous and the view is valid only during the call. Sending: everything that is
 * sent within one turn of the event loop leaves in one system call (cork until the next tick), because the engine
 * answers one received buffer with many small messages.
 */
import type { OnReadOpts, Socket, SocketConstructorOpts } from 'node:net';
import type { DuplexOptions } from 'node:stream';
import { formatHost, parseHost, type PeerAddress } from '../../base/address.ts';
import type { ByteCount } from '../../base/units.ts';
import type { Connection, ConnectionHandlers } from '../transport.ts';

/** Bytes queued above which `send` returns false: several runs of blocks under way. */
export const SEND_MARK: ByteCount = 1024 * 1024;

/** Options of every socket, dialled or accepted. */
export const socketOptions: SocketConstructorOpts & DuplexOptions = { writableHighWaterMark: SEND_MARK };

/** Canonical text of an address as the system gives it (`::ffff:192.0.2.1` becomes `192.0.2.1`); null for a name. */
export function canonicalHost(host: string | undefined): string | null {
  const bytes = parseHost((host ?? '').replace(/%.*$/, ''));
  return bytes === null ? null : formatHost(bytes);
}

/** Size of the receive buffer; measured flat between 64 and 256 KiB. */
const RECEIVE_BUFFER: ByteCount = 128 * 1024;
const receiveBuffer = new Uint8Array(RECEIVE_BUFFER);

/** Connects the `onread` option, which the socket's constructor wants, to the connection that is made after it. */
export class ReceiveHook {
  target: ((view: Uint8Array) => void) | null = null;
  readonly onread: OnReadOpts = {
    buffer: receiveBuffer,
    callback: (length) => {
      this.target?.(receiveBuffer.subarray(0, length));
      return true;
    },
  };
}

export class TcpConnection implements Connection {
  readonly remote: PeerAddress;
  readonly isIncoming: boolean;
  readonly #socket: Socket;
  readonly #hook: ReceiveHook | null;
  #handlers: ConnectionHandlers | null = null;
  #error: Error | null = null;
  #isPaused = false;
  #isClosed = false;
  #isCorked = false;

  /** `socket` is connected and paused; `hook` is null when it delivers `data` events. */
  constructor(socket: Socket, hook: ReceiveHook | null, remote: PeerAddress, isIncoming: boolean) {
    this.#socket = socket;
    this.#hook = hook;
    this.remote = remote;
    this.isIncoming = isIncoming;
    socket.on('error', (error) => (this.#error = error));
    socket.on('drain', () => this.#handlers?.drain());
    socket.on('end', () => this.close());
    socket.on('close', () => this.#closed());
  }

  get queued(): ByteCount {
    return this.#socket.writableLength;
  }

  open(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    if (this.#isClosed) {
      queueMicrotask(() => handlers.close(this.#error));
      return;
    }
    const deliver = (view: Uint8Array): void => {
      if (!this.#socket.destroyed) handlers.data(view);
    };
    if (this.#hook === null) this.#socket.on('data', deliver);
    else this.#hook.target = deliver;
    if (!this.#isPaused) this.#socket.resume();
  }

  send(bytes: Uint8Array, sent?: () => void): boolean {
    if (this.#socket.destroyed) {
      if (sent !== undefined) queueMicrotask(sent);
      return false;
    }
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      process.nextTick(this.#uncork);
    }
    return this.#socket.write(bytes, sent);
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#handlers !== null) this.#socket.resume();
  }

  close(): void {
    this.#uncork();
    this.#socket.destroy();
  }

  readonly #uncork = (): void => {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#socket.uncork();
  };

  #closed(): void {
    this.#isClosed = true;
    if (this.#hook !== null) this.#hook.target = null;
    this.#handlers?.close(this.#error);
  }
}
