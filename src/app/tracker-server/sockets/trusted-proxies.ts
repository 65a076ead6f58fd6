/**
 * Who a request comes from when the operator has put proxies in front of the tracker: the last address in
 * `X-Forwarded-For` that is no proxy of the operator's. What others write into that header counts for nothing.
 */
import { formatHost, parseAddress, parseHost } from '../../../base/address.ts';
import { type AddressPrefix, isInPrefix, parsePrefix } from '../../../base/address-prefix.ts';

export class TrustedProxies {
  #prefixes: readonly AddressPrefix[] = [];

  /** See `trust`. */
  constructor(prefixes: readonly string[]) {
    this.trust(prefixes);
  }

  /** From now on these are trusted: addresses and ranges (`10.0.0.0/8`); what is none is left out. */
  trust(prefixes: readonly string[]): void {
    this.#prefixes = prefixes.map(parsePrefix).filter((prefix) => prefix !== null);
  }

  /** `remote`: address of the connection; `readForwarded`: the header's values in their order, joined with commas. */
  clientOf(remote: string, readForwarded: () => string): string {
    if (this.#prefixes.length === 0 || !this.#isTrusted(remote)) return remote;
    const hops = readForwarded().split(',');
    let client = remote;
    for (let i = hops.length - 1; i >= 0 && this.#isTrusted(client); i--) {
      const host = hostIn((hops[i] as string).trim());
      if (host === null) break;
      client = host;
    }
    return client;
  }

  #isTrusted(host: string): boolean {
    const parsed = parseHost(host);
    const bytes = parsed === null ? null : parseHost(formatHost(parsed)); // IPv4 within IPv6 counts as IPv4
    return bytes !== null && this.#prefixes.some((prefix) => isInPrefix(bytes, prefix));
  }
}

/** Some proxies add the port. */
function hostIn(text: string): string | null {
  const bytes = parseHost(text.replace(/^\[(.*)\]$/, '$1'));
  return bytes === null ? (parseAddress(text)?.host ?? null) : formatHost(bytes);
}

const HEADER = /\r\nx-forwarded-for:[ \t]*([^\r\n]*)/gi;

/** The header's values in the head of a request, joined with commas. */
export const forwardedIn = (head: string): string => [...head.matchAll(HEADER)].map((match) => match[1]).join(',');
