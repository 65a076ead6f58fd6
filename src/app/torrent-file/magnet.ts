/** Changes to magnet links. */
import type { PeerAddress } from '../../base/address.ts';
import type { FileIndex } from '../../base/units.ts';
import { encodeMagnet, type Magnet } from '../../codec/metainfo/index.ts';

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
