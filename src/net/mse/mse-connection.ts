/** A connection under Message Stream Encryption: first its handshake, then RC4 over all, or plaintext. */
import type { ByteCount } from '../../base/units.ts';
import { netError } from '../errors.ts';
import { RelayConnection, returnBuffer, takeBuffer } from '../protection/index.ts';
import type { Connection } from '../transport.ts';
import { type Established, Handshake, type Steps } from './handshake.ts';
import type { Rc4 } from './rc4.ts';

export class MseConnection extends RelayConnection {
  readonly #ready = Promise.withResolvers<MseConnection>();
  #handshake: Handshake | null;
  #sending: Rc4 | null = null;
  #receiving: Rc4 | null = null;
  /** Bytes to come that are encrypted. */
  #encryptedBytes: ByteCount = 0;

  private constructor(below: Connection, steps: (send: (bytes: Uint8Array) => void) => Steps) {
    super(below);
    this.#handshake = new Handshake(steps((bytes) => void below.send(bytes)));
    below.open({
      data: (view) => this.#received(view),
      drain: () => this.drained(),
      close: (error) => {
        if (this.#handshake !== null) this.#failed('the connection ended in the handshake', error);
        this.ended(error);
      },
    });
  }

  /** Goes through the handshake; rejects with NET_PROTECTION_FAILED. */
  static establish(below: Connection, steps: (send: (bytes: Uint8Array) => void) => Steps): Promise<MseConnection> {
    return new MseConnection(below, steps).#ready.promise;
  }

  /** `mse`, or `mse-handshake` when both sides have agreed on plaintext after it. */
  override get protection(): string {
    return this.#sending === null ? 'mse-handshake' : 'mse';
  }

  override send(bytes: Uint8Array, sent?: () => void): boolean {
    const cipher = this.#sending;
    if (cipher === null) return this.below.send(bytes, sent);
    let goesOn = true;
    let rest = bytes;
    do {
      // Aligned as its source is: then RC4 takes four bytes at a time.
      const buffer = takeBuffer(rest.length, rest.byteOffset & 3);
      cipher.apply(rest.subarray(0, buffer.length), buffer);
      rest = rest.subarray(buffer.length);
      const isLast = rest.length === 0;
      goesOn = this.below.send(buffer, () => {
        returnBuffer(buffer);
        if (isLast) sent?.();
      });
    } while (rest.length > 0);
    return goesOn;
  }

  #received(view: Uint8Array): void {
    const handshake = this.#handshake;
    if (handshake === null) {
      this.#decrypt(view);
      return;
    }
    const taken = handshake.receive(view);
    const { outcome } = handshake;
    if (outcome === null) return;
    if (typeof outcome === 'string') this.#failed(outcome, null);
    else {
      this.#established(outcome);
      this.#decrypt(view.subarray(taken));
    }
  }

  #established({ sending, receiving, encryptedBytes }: Established): void {
    this.#handshake = null;
    this.#sending = sending;
    this.#receiving = receiving;
    this.#encryptedBytes = encryptedBytes;
    this.#ready.resolve(this);
  }

  #decrypt(view: Uint8Array): void {
    if (this.#encryptedBytes > 0) {
      const encrypted = view.subarray(0, this.#encryptedBytes);
      this.#receiving?.apply(encrypted);
      this.#encryptedBytes -= encrypted.length;
    }
    this.deliver(view);
  }

  #failed(reason: string, cause: Error | null): void {
    this.#handshake = null;
    this.close();
    this.#ready.reject(netError('NET_PROTECTION_FAILED', reason, { cause: cause ?? undefined }));
  }
}
