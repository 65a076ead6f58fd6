/** Magnet links of torrents. */
import type { PeerAddress } from '../../base/address.ts';
import type { FileIndex } from '../../base/units.ts';
import { encodeMagnet, type Magnet, type Metainfo } from '../../codec/metainfo/index.ts';

/** What a torrent's link says; write it with `encodeMagnet`. */
export function magnetOf(metainfo: Metainfo): Magnet {
  return {
    infoHashes: metainfo.infoHashes,
    name: metainfo.info.originalName,
    trackers: metainfo.trackers.flat(),
    webSeeds: metainfo.webSeeds,
    peers: [],
    select: null,
    length: metainfo.info.totalSize,
  };
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
