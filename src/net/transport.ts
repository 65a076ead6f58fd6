/**
 * The Transport port: how bytes travel between two peers. It is shaped by its hot path. Received data comes by plain
 * callback, because a promise or an event for each 64 KiB costs more than parsing it; a received view is valid only
 * during the call, because the receive buffer is reused. Sending tells the caller when to stop (`send` returns
 * false), receiving can be paused: backpressure is part of the contract. Encryption and obfuscation are
 * `Transport -> Transport` functions, so that their order is visible where they are composed.
 */
import type { PeerAddress } from '../base/address.ts';
import type { ByteCount } from '../base/units.ts';

export interface ConnectionHandlers {
  /** Bytes in order. The view is valid only during the call. */
  data(view: Uint8Array): void;
  /** After `send` returned false: the queue has run low again. */
  drain(): void;
  /** Called exactly once; `error` is null for an orderly end from either side. */
  close(error: Error | null): void;
}

export interface Connection {
  readonly remote: PeerAddress;
  readonly isIncoming: boolean;
  /** Installs the handlers; data that came before is delivered after this call. Call it once, at once. */
  open(handlers: ConnectionHandlers): void;
  /**
   * Queues bytes; they must not change until `sent` is called (or the connection closes, then `sent` is called as
   * well). Returns false when the queue is above its mark: wait for `drain`.
   */
  send(bytes: Uint8Array, sent?: () => void): boolean;
  /** Bytes queued and not yet handed to the system. */
  readonly queued: ByteCount;
  /** Stops, or resumes, the delivery of data. */
  pause(): void;
  resume(): void;
  /** Ends the connection now; `close` follows (error null). */
  close(): void;
}

export interface Listener {
  readonly address: PeerAddress;
  close(): Promise<void>;
}

export interface DialOptions {
  readonly signal?: AbortSignal;
}

export interface Transport {
  /** Connects; rejects with NET_* errors. */
  dial(address: PeerAddress, options?: DialOptions): Promise<Connection>;
  /** Accepts connections on host and port (0 = any free port); rejects with NET_PORT_IN_USE and the like. */
  listen(address: PeerAddress, onConnection: (connection: Connection) => void): Promise<Listener>;
}
