/**
 * The first 68 bytes of a connection. Until they have come, nobody knows which torrent the connection is for; then the
 * stage hands the stream on to the handlers that `accept` returns, and stays in the middle as a mere relay.
 */
import type { Clock } from '../../base/clock.ts';
import type { Millis } from '../../base/units.ts';
import { decodeHandshake, HANDSHAKE_LENGTH, type Handshake, isHandshakePrefix } from '../../codec/wire/index.ts';
import type { Connection, ConnectionHandlers } from '../../net/index.ts';

export interface HandshakeStageOptions {
  readonly clock: Clock;
  readonly timeout: Millis;
  /** The remote's handshake: returns who goes on with the stream, or words that say why nobody does. */
  readonly accept: (handshake: Handshake) => ConnectionHandlers | string;
  /** The connection ended before `accept` took it. */
  readonly failed: (reason: string) => void;
  /** The connection ended, whoever had it. */
  readonly ended: () => void;
}

export class HandshakeStage implements ConnectionHandlers {
  readonly #connection: Connection;
  readonly #options: HandshakeStageOptions;
  readonly #timer: Disposable;
  readonly #bytes = new Uint8Array(HANDSHAKE_LENGTH);
  #length = 0;
  #next: ConnectionHandlers | null = null;
  #isRefused = false;
  #reason = 'closed before the handshake';

  constructor(connection: Connection, options: HandshakeStageOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#timer = options.clock.after(options.timeout, () => this.#refuse('handshake timeout'));
    connection.open(this);
  }

  data(view: Uint8Array): void {
    if (this.#next !== null) {
      this.#next.data(view);
      return;
    }
    if (this.#isRefused) return; // some data may still come before the connection's end
    const taken = view.subarray(0, HANDSHAKE_LENGTH - this.#length);
    this.#bytes.set(taken, this.#length);
    this.#length += taken.length;
    if (!isHandshakePrefix(this.#bytes.subarray(0, Math.min(this.#length, 20)))) {
      this.#refuse('not a BitTorrent handshake');
      return;
    }
    if (this.#length < HANDSHAKE_LENGTH) return;
    const handshake = decodeHandshake(this.#bytes);
    const next = handshake === null ? 'malformed handshake' : this.#options.accept(handshake);
    if (typeof next === 'string') {
      this.#refuse(next);
      return;
    }
    this.#timer[Symbol.dispose]();
    this.#next = next;
    if (taken.length < view.length) next.data(view.subarray(taken.length));
  }

  drain(): void {
    this.#next?.drain();
  }

  close(error: Error | null): void {
    this.#timer[Symbol.dispose]();
    this.#options.ended();
    if (this.#next !== null) this.#next.close(error);
    else this.#options.failed(error?.message ?? this.#reason);
  }

  #refuse(reason: string): void {
    this.#isRefused = true;
    this.#reason = reason;
    this.#connection.close();
  }
}
