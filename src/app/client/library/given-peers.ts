/** Peers that a torrent gets by hand, and what is kept of them for the next start. */
import { addressKey, type PeerAddress } from '../../../base/address.ts';
import type { RefusedPeer } from '../torrents.ts';

/** Why no peer at an address is dialled, in words; null: it may be. The engine says nothing of it: mostly strangers name peers. */
export type PeerRefusal = (host: string) => string | null;

/** Peers that are kept for one torrent. */
const MOST_KEPT = 64;

export function sortedOut(
  peers: readonly PeerAddress[],
  refusalOf: PeerRefusal,
): { readonly taken: readonly PeerAddress[]; readonly refused: readonly RefusedPeer[] } {
  const taken: PeerAddress[] = [];
  const refused: RefusedPeer[] = [];
  for (const address of peers) {
    const reason = refusalOf(address.host);
    if (reason === null) taken.push(address);
    else refused.push({ address, reason });
  }
  return { taken, refused };
}

/** The newest, which come last, each once. */
export function newestPeers(peers: readonly PeerAddress[]): readonly PeerAddress[] {
  const byKey = new Map<string, PeerAddress>();
  for (const peer of peers) {
    const key = addressKey(peer);
    byKey.delete(key);
    byKey.set(key, peer);
  }
  return [...byKey.values()].slice(-MOST_KEPT);
}
