/** A connection over a TLS socket of Node that has been through its handshake. */
import type { TLSSocket } from 'node:tls';
import { messageOf } from '../../base/errors.ts';
import type { PeerAddress } from '../../base/address.ts';
import type { ByteCount } from '../../base/units.ts';
import { netError } from '../errors.ts';
import type { Connection, ConnectionHandlers } from '../transport.ts';
import type { ConnectionStream } from './connection-stream.ts';

/** Bytes queued above which `send` returns false, as over TCP; `drain` follows at half of it. */
const SEND_MARK: ByteCount = 1024 * 1024;

export class TlsConnection implements Connection {
  readonly protection = 'tls';
  readonly #socket: TLSSocket;
  readonly #stream: ConnectionStream;
  readonly #below: Connection;
  #handlers: ConnectionHandlers | null = null;
  #error: Error | null = null;
  #isPaused = false;
  #isCorked = false;
  #owesDrain = false;
  #isClosing = false;
  #isClosed = false;

  /** `socket` runs over `stream`, which runs over `below`. */
  constructor(socket: TLSSocket, stream: ConnectionStream, below: Connection) {
    this.#socket = socket;
    this.#stream = stream;
    this.#below = below;
    socket.on('error', (cause) => this.#failed(cause));
    socket.on('end', () => {
      this.#error ??= stream.failure;
      this.close();
    });
    socket.on('close', () => this.#closed());
  }

  get remote(): PeerAddress {
    return this.#below.remote;
  }

  get isIncoming(): boolean {
    return this.#below.isIncoming;
  }

  get queued(): ByteCount {
    return this.#socket.writableLength + this.#below.queued;
  }

  open(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    if (this.#isClosed) {
      queueMicrotask(() => handlers.close(this.#error));
      return;
    }
    this.#socket.on('data', (view: Uint8Array) => {
      if (!this.#isClosing) handlers.data(view);
    });
    if (!this.#isPaused) this.#socket.resume();
  }

  send(bytes: Uint8Array, sent?: () => void): boolean {
    if (this.#isClosing) {
      if (sent !== undefined) queueMicrotask(sent);
      return false;
    }
    // What is sent within one turn leaves in as few records as can be.
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      process.nextTick(this.#uncork);
    }
    this.#socket.write(bytes, () => {
      sent?.();
      this.#drainWhenLow();
    });
    if (this.queued >= SEND_MARK) this.#owesDrain = true;
    return !this.#owesDrain;
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
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#uncork();
    this.#stream.hurry();
    this.#socket.end(() => this.#socket.destroy());
  }

  readonly #uncork = (): void => {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#socket.uncork();
  };

  #drainWhenLow(): void {
    if (!this.#owesDrain || this.#isClosing || this.queued > SEND_MARK / 2) return;
    this.#owesDrain = false;
    this.#handlers?.drain();
  }

  /** Not in its own closing, where the other side may be gone already. */
  #failed(cause: Error): void {
    if (!this.#isClosing) {
      this.#error ??= netError('NET_TAMPERED', `what came was altered on its way: ${messageOf(cause)}`, { cause });
    }
    this.#isClosing = true;
    this.#socket.destroy();
  }

  #closed(): void {
    this.#isClosed = true;
    this.#handlers?.close(this.#error);
  }
}
