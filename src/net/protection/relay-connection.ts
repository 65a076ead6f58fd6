/**
 * A connection over another one that somebody else has read from first: to see what it begins with, or to go through a
 * handshake. What arrives before its user opens it is kept, and the connection below is paused meanwhile.
 */
import type { PeerAddress } from '../../base/address.ts';
import type { ByteCount } from '../../base/units.ts';
import type { Connection, ConnectionHandlers, PeerIdentity } from '../transport.ts';

export abstract class RelayConnection implements Connection {
  /** The connection below. Its handlers call `deliver`, `drained` and `ended`. */
  protected readonly below: Connection;
  #user: ConnectionHandlers | null = null;
  #held: Uint8Array[] = [];
  #end: { readonly error: Error | null } | null = null;
  #isPaused = false;
  #isClosing = false;

  constructor(below: Connection) {
    this.below = below;
  }

  /** Its user has closed it. */
  protected get isClosing(): boolean {
    return this.#isClosing;
  }

  get remote(): PeerAddress {
    return this.below.remote;
  }

  get isIncoming(): boolean {
    return this.below.isIncoming;
  }

  get protection(): string | undefined {
    return this.below.protection;
  }

  get provenSwarm(): Uint8Array | undefined {
    return this.below.provenSwarm;
  }

  get provenIdentity(): PeerIdentity | undefined {
    return this.below.provenIdentity;
  }

  get queued(): ByteCount {
    return this.below.queued;
  }

  open(handlers: ConnectionHandlers): void {
    this.#user = handlers;
    if (this.#held.length > 0 || this.#end !== null) queueMicrotask(this.#catchUp);
  }

  send(bytes: Uint8Array, sent?: () => void): boolean {
    return this.below.send(bytes, sent);
  }

  pause(): void {
    this.#isPaused = true;
    this.below.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#held.length === 0) this.below.resume();
    else queueMicrotask(this.#catchUp);
  }

  close(): void {
    this.#isClosing = true;
    this.#held = [];
    this.below.close();
  }

  /** Bytes for the user, from the connection below. */
  protected deliver(view: Uint8Array): void {
    if (this.#isClosing || view.length === 0) return;
    if (this.#user !== null && !this.#isPaused && this.#held.length === 0) {
      this.#user.data(view);
      return;
    }
    this.#held.push(view.slice());
    this.below.pause();
  }

  protected drained(): void {
    this.#user?.drain();
  }

  protected ended(error: Error | null): void {
    this.#end = { error };
    this.#catchUp();
  }

  /** Gives the user what was kept for it, then goes on, or tells of the end. */
  readonly #catchUp = (): void => {
    const user = this.#user;
    if (user === null) return;
    while (!this.#isPaused && this.#held.length > 0) user.data(this.#held.shift() as Uint8Array);
    if (this.#end !== null) {
      const { error } = this.#end;
      this.#end = null;
      this.#held = [];
      user.close(error);
    } else if (!this.#isPaused && !this.#isClosing) this.below.resume();
  };
}
