/** Peers given by the user or by a magnet link (`x.pe`, BEP 9), as a source like any other. */
import type { PeerAddress } from '../../base/address.ts';
import type { Discovery, DiscoverySession } from '../discovery.ts';

/** Hands these addresses to each swarm when it starts, and again whenever it asks for peers. */
export function staticPeers(peers: readonly PeerAddress[]): Discovery {
  return {
    name: 'static',
    isAllowedForPrivate: true,
    start(_swarm, sink): DiscoverySession {
      let isOver = false;
      const hand = (): void => {
        if (!isOver && peers.length > 0) sink(peers, 'static');
      };
      hand();
      return {
        announce(event) {
          if (event === 'update') hand();
        },
        reannounce: hand,
        setTrackers() {},
        status: () => [
          {
            name: 'static',
            state: 'ok',
            message: null,
            seeders: null,
            leechers: null,
            downloads: null,
            peersReceived: peers.length,
            lastAt: null,
            nextIn: null,
          },
        ],
        async settle() {},
        async stop() {
          isOver = true;
        },
      };
    },
  };
}
