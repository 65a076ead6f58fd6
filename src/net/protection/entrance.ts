/**
 * Where connections come in: by its first bytes it is seen what each of them is, protected ones go through their
 * handshake, and only then does the user hear of it. Strangers cost little: few at a time, few of one host, few in a
 * second, and none for long.
 */
import { addressKey } from '../../base/address.ts';
import type { Clock } from '../../base/clock.ts';
import { codeOf, DstError, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Micros, Millis } from '../../base/units.ts';
import { isHandshakePrefix } from '../../codec/wire/index.ts';
import { netError } from '../errors.ts';
import type { Connection, ServedSwarms } from '../transport.ts';
import { FIRST_BYTES, PeekedConnection } from './peeked-connection.ts';
import type { Protection } from './protection.ts';

export interface EntranceOptions {
  readonly protections: readonly Protection[];
  readonly refusesPlaintext: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** From the first byte to the end of the handshake, ms. */
  readonly timeout: Millis;
  readonly swarms: ServedSwarms;
  readonly onConnection: (connection: Connection) => void;
}

/** Connections that are looked at or in their handshake at the same time, and those of one host among them. */
const MOST_STRANGERS = 256;
const MOST_OF_A_HOST = 32;
/** Of each second, what protected handshakes may take of the main thread. */
const HANDSHAKE_BUDGET: Micros = 50_000;

export class Entrance {
  readonly #options: EntranceOptions;
  readonly #strangers = new Set<Connection>();
  #second = { since: Number.NEGATIVE_INFINITY, spent: 0 };

  constructor(options: EntranceOptions) {
    this.#options = options;
  }

  /** A connection has come in. */
  enter(connection: Connection): void {
    if (this.#isCrowded(connection.remote.host)) {
      this.#refuse(connection, netError('NET_TOO_MANY_STRANGERS', 'too many strangers at a time'));
      return;
    }
    this.#strangers.add(connection);
    /** False when that was done before. */
    const leave = (): boolean => {
      deadline[Symbol.dispose]();
      return this.#strangers.delete(connection);
    };
    const refuse = (error: unknown): void => {
      if (leave()) this.#refuse(peeked, error);
    };
    const welcome = (known: Connection): void => {
      if (leave()) this.#options.onConnection(known);
    };
    const { clock, timeout } = this.#options;
    const deadline = clock.after(timeout, () =>
      refuse(netError('NET_PROTECTION_FAILED', 'the handshake took too long')),
    );
    const look = (first: Uint8Array): boolean => {
      const kind = this.#kindOf(first);
      if (kind === null) return false;
      if (kind === 'plaintext') welcome(peeked);
      else if (kind instanceof Error) refuse(kind);
      else this.#handshake(kind, peeked, first).then(welcome, refuse);
      return true;
    };
    const peeked: PeekedConnection = new PeekedConnection(connection, look, leave);
  }

  /** Closes all that have not come through. */
  close(): void {
    for (const connection of this.#strangers) connection.close();
  }

  #isCrowded(host: string): boolean {
    if (this.#strangers.size >= MOST_STRANGERS) return true;
    let count = 0;
    for (const { remote } of this.#strangers) if (remote.host === host) count++;
    return count >= MOST_OF_A_HOST;
  }

  /** What a connection with these first bytes is; null while it may be several things; an error when it is refused. */
  #kindOf(first: Uint8Array): Protection | 'plaintext' | Error | null {
    if (isHandshakePrefix(first)) {
      if (first.length < FIRST_BYTES) return null;
      if (!this.#options.refusesPlaintext) return 'plaintext';
      return netError('NET_PLAINTEXT_REFUSED', 'an unencrypted connection, and encryption is required');
    }
    for (const protection of this.#options.protections) {
      const answer = protection.recognises(first, this.#options.swarms);
      if (answer !== false) return answer === null ? null : protection;
    }
    return netError('NET_PROTECTION_FAILED', 'neither a BitTorrent handshake nor a known protection');
  }

  async #handshake(protection: Protection, peeked: PeekedConnection, first: Uint8Array): Promise<Connection> {
    if (!this.#canAfford(protection)) throw netError('NET_TOO_MANY_STRANGERS', 'too many handshakes in a second');
    return protection.accept(peeked, this.#options.swarms, first);
  }

  #canAfford({ handshakeCost }: Protection): boolean {
    const now = this.#options.clock.now();
    if (now - this.#second.since >= 1000) this.#second = { since: now, spent: 0 };
    const spent = this.#second.spent + handshakeCost;
    if (spent > HANDSHAKE_BUDGET) return false;
    this.#second.spent = spent;
    return true;
  }

  #refuse(connection: Connection, error: unknown): void {
    connection.close();
    const fields = { address: addressKey(connection.remote), code: codeOf(error), reason: messageOf(error) };
    const { logger } = this.#options;
    const isSuspect = error instanceof DstError && error.category === 'security';
    logger[isSuspect ? 'info' : 'debug']('incoming connection refused', fields);
  }
}
