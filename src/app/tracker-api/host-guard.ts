/**
 * Keeps web pages of other sites away from the API. A page can make its own name lead to this machine (DNS rebinding)
 * and then ask with its visitor's address; but it cannot choose the Host header, which stays that name. So the API
 * answers only to names that are surely ours, and to addresses, which are not names and cannot be rebound.
 */
import { parseHost } from '../../base/address.ts';

/** Host without port, in lower case; a dot at the end is the root of DNS and means the same. */
function nameOf(hostHeader: string): string | null {
  const match = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(hostHeader.toLowerCase());
  return match === null ? null : (match[1] as string).replace(/\.$/, '');
}

/** Whether the Host header names this machine: an address, localhost or one of `hostNames` (in any case). */
export function isOurHost(hostHeader: string, hostNames: readonly string[]): boolean {
  const name = nameOf(hostHeader);
  if (name === null || name === '') return false;
  if (name.startsWith('[')) return name.includes(':') && parseHost(name.slice(1, -1)) !== null;
  if (parseHost(name) !== null) return true;
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return hostNames.some((known) => known.toLowerCase() === name);
}

/** Whether a page with this Origin header was loaded from the host that it asks now (RFC 6454). */
export function isSameOrigin(origin: string, hostHeader: string): boolean {
  if (!/^https?:\/\//i.test(origin) || !URL.canParse(origin)) return false;
  const { protocol, host } = new URL(origin);
  // Through the same parser, because it leaves out the port that the scheme has anyway.
  const asked = `${protocol}//${hostHeader}`;
  return URL.canParse(asked) && new URL(asked).host === host;
}
