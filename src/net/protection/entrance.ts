/**
 * Where connections come in: by its first bytes it is seen what each of them is, protected ones go through their
 * handshake, and only then does the user hear of it. Strangers cost little: few at a time, few of one source, so much
 * time in a second, and none for long.
 */
import { addressKey, isIPv6 } from '../../base/address.ts';
import { formatPrefix, parsePrefix } from '../../base/address-prefix.ts';
import type { Clock } from '../../base/clock.ts';
import { codeOf, DstError, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { ByteCount, Micros, Millis } from '../../base/units.ts';
import { isHandshakePrefix } from '../../codec/wire/index.ts';
import { netError } from '../errors.ts';
import type { Connection, ServedSwarms } from '../transport.ts';
import { HandshakeBudget } from './handshake-budget.ts';
import { FIRST_BYTES, PeekedConnection } from './peeked-connection.ts';
import type { Protection } from './protection.ts';

export interface EntranceOptions {
  readonly protections: readonly Protection[];
  readonly refusesPlaintext: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** From the first byte to the end of the handshake, ms. */
  readonly timeout: Millis;
  /** CPU time of this thread so far. */
  readonly threadTime: () => Micros;
  readonly swarms: ServedSwarms;
  readonly onConnection: (connection: Connection) => void;
}

/** Connections that are looked at or in their handshake at the same time, and those of one source among them. */
const MOST_STRANGERS = 256;
const MOST_OF_A_SOURCE = 32;

/** A protected connection, and the bytes of its opening. */
interface Recognised {
  readonly protection: Protection;
  readonly opening: ByteCount;
}

export class Entrance {
  readonly #options: EntranceOptions;
  /** And the source of each. */
  readonly #strangers = new Map<Connection, string>();
  readonly #budget: HandshakeBudget;

  constructor(options: EntranceOptions) {
    this.#options = options;
    this.#budget = new HandshakeBudget(options.clock);
  }

  /** A connection has come in. */
  enter(connection: Connection): void {
    const source = sourceOf(connection.remote.host);
    if (this.#isCrowded(source)) {
      this.#refuse(connection, netError('NET_TOO_MANY_STRANGERS', 'too many strangers at a time'));
      return;
    }
    this.#strangers.set(connection, source);
    /** False when that was done before. */
    const leave = (): boolean => {
      deadline[Symbol.dispose]();
      peeked.step = null;
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
    let recognised: Recognised | null = null;
    const look = (first: Uint8Array): boolean => {
      const kind = recognised ?? this.#kindOf(first.subarray(0, FIRST_BYTES));
      if (kind === 'plaintext') welcome(peeked);
      else if (kind instanceof Error) refuse(kind);
      else {
        recognised = kind;
        if (kind === null || first.length < kind.opening) return false;
        this.#handshake(kind.protection, peeked, first.subarray(0, FIRST_BYTES), refuse).then(welcome, refuse);
      }
      return true;
    };
    const peeked: PeekedConnection = new PeekedConnection(connection, look, leave);
  }

  /** Closes all that have not come through. */
  close(): void {
    for (const connection of this.#strangers.keys()) connection.close();
  }

  #isCrowded(source: string): boolean {
    if (this.#strangers.size >= MOST_STRANGERS) return true;
    let count = 0;
    for (const other of this.#strangers.values()) if (other === source) count++;
    return count >= MOST_OF_A_SOURCE;
  }

  /** What a connection with these first bytes is; null while it may be several things; an error when it is refused. */
  #kindOf(first: Uint8Array): Recognised | 'plaintext' | Error | null {
    if (isHandshakePrefix(first)) {
      if (first.length < FIRST_BYTES) return null;
      if (!this.#options.refusesPlaintext) return 'plaintext';
      return netError('NET_PLAINTEXT_REFUSED', 'an unencrypted connection, and encryption is required');
    }
    for (const protection of this.#options.protections) {
      const opening = protection.openingLength(first, this.#options.swarms);
      if (opening !== 0) return opening === null ? null : { protection, opening };
    }
    return netError('NET_PROTECTION_FAILED', 'neither a BitTorrent handshake nor a known protection');
  }

  /** Takes the time of a handshake for it, and what it costs beyond that as it goes on. */
  async #handshake(
    protection: Protection,
    peeked: PeekedConnection,
    first: Uint8Array,
    refuse: (error: unknown) => void,
  ): Promise<Connection> {
    const { threadTime, swarms } = this.#options;
    const source = sourceOf(peeked.remote.host);
    const tooMany = (): Error => netError('NET_TOO_MANY_STRANGERS', 'too many handshakes in a second');
    let [charged, spent] = [protection.handshakeCost, 0];
    if (!this.#budget.take(source, charged)) throw tooMany();
    peeked.step = (deliver) => {
      if (this.#budget.isOverdrawn(source)) return refuse(tooMany());
      const start = threadTime();
      deliver();
      spent += threadTime() - start;
      if (spent <= charged) return;
      this.#budget.charge(source, spent - charged);
      charged = spent;
    };
    return protection.accept(peeked, swarms, first);
  }

  #refuse(connection: Connection, error: unknown): void {
    connection.close();
    const fields = { address: addressKey(connection.remote), code: codeOf(error), reason: messageOf(error) };
    const { logger } = this.#options;
    const isSuspect = error instanceof DstError && error.category === 'security';
    logger[isSuspect ? 'info' : 'debug']('incoming connection refused', fields);
  }
}

/** What counts as one: a host; of IPv6 its network of 64 bits, which has addresses without end (RFC 4291 §2.5.1). */
function sourceOf(host: string): string {
  const network = isIPv6(host) ? parsePrefix(`${host}/64`) : null;
  return network === null ? host : formatPrefix(network);
}
