/** Transports within one process, for unit tests: the contract of TCP without sockets, in microtasks. */
import { addressKey, type PeerAddress } from '../../base/address.ts';
import { netError } from '../errors.ts';
import type { Connection, Transport } from '../transport.ts';
import { MemoryConnection } from './memory-connection.ts';

/** First of the ports given out to dialling ends and to listeners on port 0 (RFC 6335 dynamic ports). */
const FIRST_FREE_PORT = 49_152;

/** Hosts that reach each other. Each host's transport comes from `transport`. */
export class MemoryNetwork {
  readonly #listeners = new Map<string, (connection: Connection) => void>();
  #nextPort = FIRST_FREE_PORT;

  /** The transport of the host with this address (as text); it may be asked for more than once. */
  transport(host: string): Transport {
    return {
      dial: async (to, { signal, greeting } = {}) => {
        await Promise.resolve();
        signal?.throwIfAborted();
        const accept = this.#listeners.get(addressKey(to));
        if (accept === undefined) throw netError('NET_CONNECT_FAILED', `nothing listens on ${addressKey(to)}`);
        const { outgoing, incoming } = MemoryConnection.pair({ host, port: this.#nextPort++ }, to);
        accept(incoming);
        if (greeting !== undefined) outgoing.send(greeting);
        return outgoing;
      },
      listen: async (asked, onConnection) => {
        const address: PeerAddress = { host, port: asked.port === 0 ? this.#nextPort++ : asked.port };
        const key = addressKey(address);
        if (asked.host !== host) throw netError('NET_LISTEN_FAILED', `${asked.host} is not an address of ${host}`);
        if (this.#listeners.has(key)) throw netError('NET_PORT_IN_USE', `${key} is taken`);
        this.#listeners.set(key, onConnection);
        return {
          address,
          close: async () => {
            if (this.#listeners.get(key) === onConnection) this.#listeners.delete(key);
          },
        };
      },
    };
  }
}
