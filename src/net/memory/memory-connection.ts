/**
 * One end of an in-process connection. Bytes wait at the sender until the receiver takes them, at most 64 KiB a
 * microtask, so several connections take turns. The view given to a receiver is a buffer that the next delivery
 * overwrites, as over TCP: a receiver that keeps a view is found out in its unit tests.
 */
import type { PeerAddress } from '../../base/address.ts';
import { concat } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import type { Connection, ConnectionHandlers } from '../transport.ts';

/** Bytes queued above which `send` returns false; `drain` follows at half of it. */
const SEND_MARK: ByteCount = 1024 * 1024;
/** Largest view delivered, and what still arrives of the bytes queued when `close` is called. */
const DELIVERY: ByteCount = 64 * 1024;

const receiveBuffer = new Uint8Array(DELIVERY);

interface Chunk {
  readonly bytes: Uint8Array;
  readonly sent: (() => void) | undefined;
}

export class MemoryConnection implements Connection {
  readonly remote: PeerAddress;
  readonly isIncoming: boolean;
  #peer: MemoryConnection | null = null;
  #handlers: ConnectionHandlers | null = null;
  #chunks: Chunk[] = [];
  /** Bytes of the first chunk that the peer has taken. */
  #taken: ByteCount = 0;
  #queued: ByteCount = 0;
  #owesDrain = false;
  #isPaused = false;
  #isClosed = false;
  #isPumping = false;

  private constructor(remote: PeerAddress, isIncoming: boolean) {
    this.remote = remote;
    this.isIncoming = isIncoming;
  }

  /** Both ends of a new connection. */
  static pair(from: PeerAddress, to: PeerAddress): { outgoing: MemoryConnection; incoming: MemoryConnection } {
    const outgoing = new MemoryConnection(to, false);
    const incoming = new MemoryConnection(from, true);
    outgoing.#peer = incoming;
    incoming.#peer = outgoing;
    return { outgoing, incoming };
  }

  get queued(): ByteCount {
    return this.#queued;
  }

  open(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    if (this.#isClosed) queueMicrotask(() => handlers.close(null));
    else this.#pump();
  }

  send(bytes: Uint8Array, sent?: () => void): boolean {
    if (this.#isClosed) {
      if (sent !== undefined) queueMicrotask(sent);
      return false;
    }
    this.#chunks.push({ bytes, sent });
    this.#queued += bytes.length;
    this.#wakePeer();
    if (this.#queued >= SEND_MARK) this.#owesDrain = true;
    return !this.#owesDrain;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#pump();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const rest = this.#rest();
    for (const { sent } of this.#chunks) if (sent !== undefined) queueMicrotask(sent);
    this.#chunks = rest.length > 0 ? [{ bytes: rest, sent: undefined }] : [];
    this.#taken = 0;
    this.#queued = 0;
    queueMicrotask(() => this.#handlers?.close(null));
    this.#wakePeer();
  }

  #wakePeer(): void {
    if (this.#peer !== null) this.#peer.#pump();
  }

  /** Delivers the peer's next bytes, or its end, in a microtask. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    queueMicrotask(() => {
      this.#isPumping = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const peer = this.#peer;
    if (peer === null || this.#handlers === null || this.#isPaused || this.#isClosed) return;
    const view = peer.#take();
    if (view === null) {
      if (peer.#isClosed) this.close();
      return;
    }
    this.#pump();
    if (view.length > 0) this.#handlers.data(view);
  }

  /** The next bytes queued here, in the shared buffer; null when there are none. */
  #take(): Uint8Array | null {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return null;
    const view = chunk.bytes.subarray(this.#taken, this.#taken + DELIVERY);
    receiveBuffer.set(view);
    this.#taken += view.length;
    if (this.#taken === chunk.bytes.length) {
      this.#chunks.shift();
      this.#taken = 0;
      if (chunk.sent !== undefined) queueMicrotask(chunk.sent);
    }
    if (!this.#isClosed) this.#queued -= view.length;
    if (this.#owesDrain && this.#queued <= SEND_MARK / 2) {
      this.#owesDrain = false;
      queueMicrotask(() => this.#isClosed || this.#handlers?.drain());
    }
    return receiveBuffer.subarray(0, view.length);
  }

  /** A copy of the first queued bytes: what the system would still deliver after the end of the program. */
  #rest(): Uint8Array {
    const parts: Uint8Array[] = [];
    let room = DELIVERY;
    for (const [i, { bytes }] of this.#chunks.entries()) {
      const start = i === 0 ? this.#taken : 0;
      const part = bytes.subarray(start, start + room);
      parts.push(part);
      room -= part.length;
      if (room === 0) break;
    }
    return concat(parts);
  }
}
