/** Peer addresses as trackers pack them: 6 bytes for IPv4 (BEP 23), 18 for IPv6 (BEP 7). */
import { formatHost, isIPv6, type PeerAddress, parseHost } from '../../base/address.ts';
import { readU16, writeU16 } from '../../base/bytes.ts';

/** Address family of a message: it decides the size of an address, 4 or 16 bytes. */
export type AddressFamily = 4 | 6;

const hostLength = (family: AddressFamily): number => (family === 4 ? 4 : 16);

/** Packs the addresses of this family; others are left out. */
export function encodeCompactPeers(peers: readonly PeerAddress[], family: AddressFamily): Uint8Array {
  const size = hostLength(family) + 2;
  const bytes = new Uint8Array(peers.length * size);
  let at = 0;
  for (const peer of peers) {
    const host = isIPv6(peer.host) === (family === 6) ? parseHost(peer.host) : null;
    if (host === null) continue;
    bytes.set(host, at);
    writeU16(bytes, at + size - 2, peer.port);
    at += size;
  }
  return bytes.subarray(0, at);
}

/** Unpacks at most `limit` addresses. Port 0 and an incomplete last entry are left out. */
export function decodeCompactPeers(bytes: Uint8Array, family: AddressFamily, limit: number): PeerAddress[] {
  const size = hostLength(family) + 2;
  const peers: PeerAddress[] = [];
  for (let at = 0; at + size <= bytes.length && peers.length < limit; at += size) {
    const port = readU16(bytes, at + size - 2);
    if (port !== 0) peers.push({ host: formatHost(bytes.subarray(at, at + size - 2)), port });
  }
  return peers;
}
