/**
 * Which addresses a tracker URL may lead to. The URL comes from a stranger's torrent; it must not become a way to make
 * this machine call local services (server-side request forgery). Checked is the address that is connected to, after
 * resolution, so that no name and no notation gets around it.
 */
import { type AddressScope, scopeOf } from '../../base/address-scope.ts';
import { trackerError } from './errors.ts';
import type { TrackerUrl } from './tracker-url.ts';

/** False for addresses that no tracker may lead to. */
export type MayContact = (address: string) => boolean;

/** Its last part is what the server does; BEP 48 knows trackers by the same rule. */
const TRACKER_PATH = /\/(?:announce|scrape)[^/]*$/;

/**
 * The scope of an address that may be contacted; throws TRACKER_FORBIDDEN_ADDRESS. `origin` is the scope from which a
 * redirect came, null for the torrent's own URL: a public tracker may not send us into a private network. `mayContact`:
 * what the user says to that address.
 */
export function checkAddress(
  url: TrackerUrl,
  address: string,
  origin: AddressScope | null,
  mayContact: MayContact,
): AddressScope {
  const scope = scopeOf(address);
  if (!mayContact(address)) throw forbidden(address, 'is one that the client may not contact');
  if (scope === 'unusable' || scope === 'link-local') throw forbidden(address, `is ${scope}`);
  if (origin === 'public' && scope !== 'public')
    throw forbidden(address, 'is local, but a public tracker redirects to it');
  if (scope !== 'public' && url.scheme !== 'udp' && !TRACKER_PATH.test(url.path.split('?', 1)[0] as string)) {
    throw forbidden(address, 'is local and the path does not name a tracker');
  }
  return scope;
}

const forbidden = (address: string, why: string): Error =>
  trackerError('TRACKER_FORBIDDEN_ADDRESS', `the address ${address} ${why}`);
