/**
 * Texts without the whole addresses of people. It looks at the form of the text alone, so that it finds them in error
 * messages and URLs too; it rather takes away too much.
 */
import { formatHost, isIPv6, parseHost } from '../../base/address.ts';
import { type AddressPrefix, formatPrefix, parsePrefix } from '../../base/address-prefix.ts';

/** What may be an IPv6 address, perhaps with a prefix length. */
const IPV6_LIKE = /(?<![\da-z.:])[\da-f:][\da-f:.]*(?:\/\d{1,3})?/gi;
const IPV4_LIKE = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d]|\.\d)(?:\/\d{1,2})?/g;

/** All addresses in a text become their networks: `192.0.2.0/24`, `2001:db8::/48`. Doing it twice changes nothing. */
export function maskAddresses(text: string): string {
  if (!/[:.]/.test(text)) return text;
  return text
    .replace(IPV6_LIKE, (found) => (found.split(':', 3).length < 3 ? found : maskIPv6(found)))
    .replace(IPV4_LIKE, (found) => networkOf(found) ?? found);
}

/** Longest address with the length of its prefix, characters: `ffff:…:ffff:255.255.255.255/128`, and one more. */
const LONGEST_IPV6 = 50;

/** A sentence may go on after the address: `2001:db8::1: connection refused`. */
function maskIPv6(found: string): string {
  for (let end = Math.min(found.length, LONGEST_IPV6); end > 1; end--) {
    const network = networkOf(found.slice(0, end));
    if (network !== null) return network + found.slice(end);
    if (!/[:.]/.test(found[end - 1] as string)) return found;
  }
  return found;
}

/** The network of an address or of a smaller network; null when the text is neither. */
function networkOf(text: string): string | null {
  const [host = '', length] = text.split('/', 2);
  const bytes = parseHost(host);
  if (bytes === null) return null;
  const canonical = formatHost(bytes); // IPv4 within IPv6 counts as IPv4
  if (length === undefined && isNobodys(canonical)) return canonical;
  const most = keptBits(canonical);
  const isMapped = bytes.length === 16 && !isIPv6(canonical);
  const written = length === undefined ? most : Number(length) - (isMapped ? 96 : 0);
  const prefix = parsePrefix(`${canonical}/${Math.max(0, Math.min(most, written))}`) as AddressPrefix;
  return formatPrefix(prefix);
}

/** The unspecified address says on what a server listens; the loopback ones are this machine in every place. */
const isNobodys = (host: string): boolean =>
  host === '0.0.0.0' || host === '::' || host === '::1' || host.startsWith('127.');

/** Bits that name a network and not a person. A 6to4 address (RFC 3056 §2) has a whole IPv4 address in its first 48. */
function keptBits(host: string): number {
  if (!isIPv6(host)) return 24;
  return host.startsWith('2002:') ? 40 : 48;
}
