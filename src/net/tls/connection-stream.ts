/** A connection as a stream of Node, for the TLS of Node, which runs over streams only. */
import { Duplex } from 'node:stream';
import type { ByteCount } from '../../base/units.ts';
import { netError } from '../errors.ts';
import type { Connection } from '../transport.ts';
import { RecordEdge } from './record-edge.ts';

/** What is kept of received bytes before the connection is paused. */
const READ_MARK: ByteCount = 64 * 1024;
/**
 * What the other side may send before the handshake is done: with keys and certificates of ML-DSA-65 it sends 11 KB.
 * OpenSSL verifies each certificate of a chain before anybody can look at the key.
 */
const LONGEST_HANDSHAKE: ByteCount = 16 * 1024;

type Callback = (error?: Error | null) => void;

export class ConnectionStream extends Duplex {
  readonly #connection: Connection;
  #isHurried = false;
  #isEnded = false;
  /** Of a write that the connection has not yet handed to the system. */
  #written: Callback | null = null;
  readonly #received = new RecordEdge();
  /** Bytes that may still come before the handshake is done. */
  #room: ByteCount = LONGEST_HANDSHAKE;
  /** Why the connection ended, NET_TRUNCATED when it did so within a record; null for an orderly end, and before it. */
  failure: Error | null = null;

  /** Opens the connection. */
  constructor(connection: Connection) {
    super({ readableHighWaterMark: READ_MARK });
    this.#connection = connection;
    connection.open({
      data: (view) => {
        this.#received.pass(view);
        this.#take(view);
      },
      drain: () => {},
      close: (error) => {
        const isCut = this.#received.isWithinRecord && !this.#isHurried;
        this.failure =
          error ?? (isCut ? netError('NET_TRUNCATED', 'the connection ended within a record of TLS') : null);
        this.#isEnded = true;
        this.push(null);
      },
    });
  }

  /** The handshake is done. */
  secured(): void {
    this.#room = Number.POSITIVE_INFINITY;
  }

  /** Once TLS has begun to read it takes what is pushed within the call, and says in it that the handshake is done. */
  #take(view: Uint8Array): void {
    const part = view.subarray(0, this.#room);
    const rest = view.subarray(part.length);
    this.#room -= part.length;
    let goesOn = this.push(part.slice());
    if (rest.length > 0) {
      if (this.#room <= 0) {
        this.destroy(new Error(`more than ${LONGEST_HANDSHAKE} bytes in the handshake`));
        return;
      }
      goesOn = this.push(rest.slice());
    }
    if (!goesOn) this.#connection.pause();
  }

  /** From now on writes wait for nothing: what the connection cannot take at once is lost, and the end is near. */
  hurry(): void {
    this.#isHurried = true;
    this.#settle();
  }

  override _read(): void {
    if (!this.#isEnded) this.#connection.resume();
  }

  override _write(chunk: Uint8Array, _encoding: string, written: Callback): void {
    this.#send([chunk], written);
  }

  override _writev(chunks: readonly { readonly chunk: Uint8Array }[], written: Callback): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      written,
    );
  }

  override _final(done: Callback): void {
    this.#connection.close();
    done();
  }

  override _destroy(error: Error | null, done: Callback): void {
    this.#connection.close();
    this.#settle();
    done(error);
  }

  /** Each write waits until the one before has left, so that what waits does so where it is counted. */
  #send(chunks: readonly Uint8Array[], written: Callback): void {
    this.#written = written;
    for (const [i, chunk] of chunks.entries()) {
      this.#connection.send(chunk, i === chunks.length - 1 ? () => this.#settle(written) : undefined);
    }
    if (this.#isHurried) this.#settle();
  }

  #settle(written: Callback | null = this.#written): void {
    if (written === null || written !== this.#written) return;
    this.#written = null;
    written();
  }
}
