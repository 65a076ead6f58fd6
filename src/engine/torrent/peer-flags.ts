/** The state of a connection in letters, as qBittorrent and others show it. */
import type { PeerSession } from '../peer/peer-session.ts';
import type { PeerSource } from './peer-pool.ts';

/** What is asked of a peer. */
export type FlaggedPeer = Pick<PeerSession, 'amChoking' | 'amInterested' | 'peerChoking' | 'peerInterested'> & {
  readonly unchoked: Pick<NonNullable<PeerSession['unchoked']>, 'isOptimistic'> | null;
  readonly connection: Pick<PeerSession['connection'], 'isIncoming' | 'protection'>;
  readonly downloads: Pick<PeerSession['downloads'], 'isSnubbed'>;
};

/** Letters of discoveries. */
const letterOfSource: Readonly<Record<PeerSource, string>> = { dht: 'H', pex: 'X', lsd: 'L' };

/**
 * `D` we download from it, `d` we would if it let us, `K` it would let us and we want nothing; `U` it may download from
 * us, `u` it wants to and may not, `?` it may and wants nothing; `O` it may for a while, so that it can show what it gives
 * (optimistic unchoke); `S` it has kept us waiting (snubbed); `I` it has dialled us; `H`, `X`, `L` its address comes from
 * the DHT, other peers (PEX), the local network (LSD); `E` encrypted, `e` only the handshake was.
 */
export function peerFlags(peer: FlaggedPeer, source: PeerSource): string {
  const { amChoking, amInterested, peerChoking, peerInterested, connection } = peer;
  const { protection = null } = connection;
  return [
    amInterested && (peerChoking ? 'd' : 'D'),
    peerInterested && (amChoking ? 'u' : 'U'),
    !amInterested && !peerChoking && 'K',
    !peerInterested && !amChoking && '?',
    peer.unchoked?.isOptimistic === true && 'O',
    peer.downloads.isSnubbed && 'S',
    connection.isIncoming && 'I',
    letterOfSource[source],
    protection !== null && (protection === 'mse-handshake' ? 'e' : 'E'),
  ]
    .filter((letter) => typeof letter === 'string')
    .join(' ');
}
