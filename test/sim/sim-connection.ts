/** One end of a simulated TCP connection: two flows, and the states of a socket around them. */
import type { PeerAddress } from '../../src/base/address.ts';
import type { ByteCount } from '../../src/base/units.ts';
import type { Connection, ConnectionHandlers } from '../../src/net/transport.ts';
import { Flow, type FlowReader, type Path } from './flow.ts';

export class SimConnection implements Connection {
  readonly remote: PeerAddress;
  readonly isIncoming: boolean;
  readonly #onClosed: () => void;
  #handlers: ConnectionHandlers | null = null;
  #isPaused = false;
  #isClosed = false;
  #error: Error | null = null;
  #outgoing: Flow | null = null;
  #incoming: Flow | null = null;

  constructor(remote: PeerAddress, isIncoming: boolean, onClosed: () => void) {
    this.remote = remote;
    this.isIncoming = isIncoming;
    this.#onClosed = onClosed;
  }

  /** Joins two ends by their flows: `there` leads from `from` to `to`, `back` the other way. */
  static join(from: SimConnection, to: SimConnection, there: Path, back: Path): void {
    from.#outgoing = new Flow(there, to.#reader, () => from.#handlers?.drain());
    to.#outgoing = new Flow(back, from.#reader, () => to.#handlers?.drain());
    from.#incoming = to.#outgoing;
    to.#incoming = from.#outgoing;
  }

  get queued(): ByteCount {
    return this.#outgoing?.queued ?? 0;
  }

  open(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    if (this.#isClosed) queueMicrotask(() => handlers.close(this.#error));
    else this.#deliverSoon();
  }

  send(bytes: Uint8Array, sent?: () => void): boolean {
    if (this.#outgoing !== null && !this.#isClosed) return this.#outgoing.send(bytes, sent);
    if (sent !== undefined) queueMicrotask(sent);
    return false;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#deliverSoon();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#outgoing?.finish();
    this.#end(null);
    this.#incoming?.deliver(); // to nobody: what still comes is lost
  }

  /** The connection breaks at this end, and without a word to the other. */
  abort(error: Error | null): void {
    if (this.#isClosed) return;
    this.#outgoing?.kill();
    this.#incoming?.kill();
    this.#end(error);
  }

  /** A partition that held this connection's segments up is over. */
  heal(): void {
    this.#outgoing?.resume();
  }

  readonly #reader: FlowReader = {
    isReady: () => this.#isClosed || (this.#handlers !== null && !this.#isPaused),
    data: (view) => {
      if (!this.#isClosed) this.#handlers?.data(view);
    },
    end: () => this.abort(null),
  };

  #deliverSoon(): void {
    queueMicrotask(() => this.#incoming?.deliver());
  }

  #end(error: Error | null): void {
    this.#isClosed = true;
    this.#error = error;
    this.#onClosed();
    const handlers = this.#handlers;
    if (handlers !== null) queueMicrotask(() => handlers.close(error));
  }
}
