/**
 * Egress by address: from any address of this machine, or from those that the user named. A family without one is not
 * used at all: nobody must learn an address that the user did not name. By which interface it leaves is for the
 * system's routes to say; names are looked up as the system does.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { lookup, Resolver } from 'node:dns/promises';
import { type ListenOptions, Socket, type SocketConstructorOpts } from 'node:net';
import type { PeerAddress } from '../../base/address.ts';
import { codeOf } from '../../base/errors.ts';
import type { Millis } from '../../base/units.ts';
import { netError } from '../errors.ts';
import { type Egress, familyOf, type IpFamily } from './egress.ts';

/** First wait for a name server's answer, ms, and how often each is asked; the second wait is twice as long. */
const DNS_WAIT: Millis = 1000;
const DNS_TRIES = 2;

export interface AddressEgressOptions {
  /** Addresses of this machine; none, or an unspecified one, means any. */
  readonly bind?: readonly string[];
  /** Asked for TXT records in place of the system's: `host`, `host:port`, `[v6]:port`. */
  readonly nameServers?: readonly string[];
}

export function addressEgress(options: AddressEgressOptions = {}): Egress {
  return new AddressEgress(options);
}

class AddressEgress implements Egress {
  readonly problem = null;
  readonly #sources: ReadonlyMap<IpFamily, string | undefined> | null;
  readonly #nameServers: readonly string[] | null;

  constructor({ bind = [], nameServers }: AddressEgressOptions) {
    const named = bind.map((host) => [familyOf(host), ['0.0.0.0', '::'].includes(host) ? undefined : host] as const);
    // Of several addresses of a family the first is the one to come from.
    this.#sources = bind.length === 0 ? null : new Map(named.toReversed());
    this.#nameServers = nameServers ?? null;
  }

  source(family: IpFamily): string | undefined | null {
    if (this.#sources === null) return undefined;
    return this.#sources.has(family) ? this.#sources.get(family) : null;
  }

  connect(to: PeerAddress, options: SocketConstructorOpts = {}): Socket {
    const localAddress = this.#sourceOrThrow(familyOf(to.host));
    const socket = new Socket(options);
    socket.connect({ host: to.host, port: to.port, ...(localAddress !== undefined && { localAddress }) });
    return socket;
  }

  /** One address family a listener: `0.0.0.0` and `::` stand side by side on the same port. */
  listenOptions({ host, port }: PeerAddress): ListenOptions {
    return { host, port, ipv6Only: true };
  }

  openUdp(family: IpFamily): UdpSocket {
    const address = this.#sourceOrThrow(family);
    const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', ipv6Only: family === 6 });
    if (address !== undefined) socket.bind({ address, port: 0 });
    return socket;
  }

  accepted(): void {}

  /** Those that can be reached, unless none can. */
  async resolve(host: string): Promise<readonly string[]> {
    const addresses = (await lookup(host, { all: true })).map(({ address }) => address);
    const usable = addresses.filter((address) => this.source(familyOf(address)) !== null);
    return usable.length > 0 ? usable : addresses;
  }

  /**
   * Name servers are asked from any address: often they are reached from none but the loopback one. A resolver for each
   * query: it reads the system's settings anew, and can be cancelled alone.
   */
  async resolveTxt(name: string, signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted();
    const resolver = new Resolver({ timeout: DNS_WAIT, tries: DNS_TRIES });
    if (this.#nameServers !== null) resolver.setServers(this.#nameServers);
    const cancel = (): void => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const records = await resolver.resolveTxt(name);
      return records.map((strings) => strings.join(''));
    } catch (error) {
      signal.throwIfAborted();
      if (['ENODATA', 'ENOTFOUND'].includes(codeOf(error) ?? '')) return [];
      throw error;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  onChange(): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  [Symbol.dispose](): void {}

  #sourceOrThrow(family: IpFamily): string | undefined {
    const source = this.source(family);
    if (source !== null) return source;
    throw netError('NET_CONNECT_FAILED', `no IPv${family} address of this machine is bound to reach it from`);
  }
}
