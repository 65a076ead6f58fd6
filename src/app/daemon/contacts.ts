/**
 * Whom the client contacts because a torrent, a magnet link or a tracker says so. They are strangers, and so is often who
 * adds a torrent: none of them may lead it to services of this machine, or ask it to find out which there are. What the
 * configuration lists in `api.privateRanges` is allowed.
 */
import { isHostWithin } from '../../base/address-prefix.ts';
import { scopeOf } from '../../base/address-scope.ts';
import type { ClientConfig } from '../config/index.ts';

/** Whether a tracker may be at this address: it gets requests over HTTP of which a stranger has written the path. */
export const mayContactTracker = (host: string, { api }: Pick<ClientConfig, 'api'>): boolean =>
  scopeOf(host) === 'public' || isHostWithin(host, api.privateRanges);

/** Whether a peer may be at this address. Neighbours in the own network are peers like others; this machine is none. */
export function mayDial(host: string, { api }: Pick<ClientConfig, 'api'>): boolean {
  const scope = scopeOf(host);
  return scope === 'public' || scope === 'private' || isHostWithin(host, api.privateRanges);
}
