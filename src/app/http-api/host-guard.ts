/**
 * Keeps web pages of other sites away from the tracker. A page can make its own name lead to this machine (DNS
 * rebinding) and then ask with its visitor's address; but it cannot choose the Host header, which stays that name. So
 * only requests for names that are surely ours are answered, and for addresses, which are not names and cannot be
 * rebound. A name without a dot is one of a local network (`tracker` among containers): nobody can register it.
 */
import { parseHost } from '../../base/address.ts';

/** Host without port, in lower case; a dot at the end is the root of DNS and means the same. */
function nameOf(hostHeader: string): string | null {
  const match = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(hostHeader.toLowerCase());
  return match === null ? null : (match[1] as string).replace(/\.$/, '');
}

/** A name without a dot. What browsers read as an address written in another way (`0x7f000001`) is none. */
const LOCAL_NAME = /^(?!\d+$|0x)[a-z\d_-]{1,63}$/;

/** Whether the Host header names this machine: an address, a local name or one of `hostNames` (in any case). */
export function isOurHost(hostHeader: string, hostNames: readonly string[]): boolean {
  const name = nameOf(hostHeader);
  if (name === null || name === '') return false;
  if (name.startsWith('[')) return name.includes(':') && parseHost(name.slice(1, -1)) !== null;
  if (parseHost(name) !== null) return true;
  if (LOCAL_NAME.test(name) || name.endsWith('.localhost')) return true;
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
