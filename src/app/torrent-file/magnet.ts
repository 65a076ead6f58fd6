/** Magnet links of torrents. */
import type { PeerAddress } from '../../base/address.ts';
import type { FileIndex } from '../../base/units.ts';
import { encodeMagnet, type Magnet, type Metainfo } from '../../codec/metainfo/index.ts';

/** What a torrent's link says; write it with `encodeMagnet`. That of a sealed torrent tells what its carrier does. */
export function magnetOf(metainfo: Metainfo): Magnet {
  const { info, infoHashes } = metainfo;
  const parts = { infoHashes, peers: [], select: null };
  if (info.seal !== null) {
    // What the swarm knows: a link is for those who do not have the `.dst`.
    const { originalPath, length } = info.seal.carrier;
    return { ...parts, name: originalPath[0] as string, trackers: [], webSeeds: [], length };
  }
  const trackers = metainfo.trackers.flat();
  return { ...parts, name: info.originalName, trackers, webSeeds: metainfo.webSeeds, length: info.totalSize };
}

/** Changes to a link; what is not given stays. */
export interface MagnetChanges {
  readonly withTrackers: boolean;
  readonly withWebSeeds: boolean;
  readonly peers: readonly PeerAddress[];
  readonly select: readonly FileIndex[] | null;
}

/** The link in its tidy form, changed. */
export function writeMagnet(magnet: Magnet, changes: MagnetChanges): string {
  return encodeMagnet({
    ...magnet,
    trackers: changes.withTrackers ? magnet.trackers : [],
    webSeeds: changes.withWebSeeds ? magnet.webSeeds : [],
    peers: [...magnet.peers, ...changes.peers],
    select: changes.select ?? magnet.select,
  });
}
