/** BEP 6: the pieces that a peer may download while choked, the same whoever computes them. IPv4 only, as the BEP. */
import { parseHost, isIPv6 } from '../../base/address.ts';
import { concat, readU32 } from '../../base/bytes.ts';
import type { Digests } from '../../base/digests.ts';
import type { PieceIndex } from '../../base/units.ts';

/**
 * The first `count` pieces of the set of the peer at `host`, in the BEP's order; fewer when the torrent has fewer
 * pieces, none for an IPv6 address. `infoHash` is the 20-byte name of the swarm.
 */
export function allowedFastSet(
  host: string,
  infoHash: Uint8Array,
  pieceCount: number,
  count: number,
  digests: Digests,
): PieceIndex[] {
  const address = isIPv6(host) ? null : parseHost(host);
  if (address === null) return [];
  const pieces = new Set<PieceIndex>();
  const wanted = Math.min(count, pieceCount);
  address[3] = 0;
  let x = concat([address, infoHash]);
  while (pieces.size < wanted) {
    x = digests.sha1(x);
    for (let i = 0; i < 20 && pieces.size < wanted; i += 4) pieces.add(readU32(x, i) % pieceCount);
  }
  return [...pieces];
}
