/** How the engine gets a torrent: from its record and what is kept of it. */
import { encodeMagnet, type Metainfo } from '../../../codec/metainfo/index.ts';
import type { PeerAddress } from '../../../base/address.ts';
import type { EngineAddOptions } from '../engine-port.ts';
import type { TorrentRecord } from './torrent-record.ts';

/** The torrent with the trackers that the user has given it, or its magnet link. */
export function engineSource(
  { infoHashes, name, trackers }: TorrentRecord,
  metainfo: Metainfo | null,
): Metainfo | string {
  if (metainfo === null) return encodeMagnet({ infoHashes, name, trackers: trackers?.flat() ?? [] });
  return trackers === null ? metainfo : { ...metainfo, trackers };
}

export function engineOptions(
  { directory, choices, settings }: TorrentRecord,
  peers: readonly PeerAddress[] = choices.peers,
): Omit<EngineAddOptions, 'allocation' | 'isPaused'> {
  const { select, priorities, paths, trustsData } = choices;
  return {
    directory,
    trustsData,
    paths,
    priorities,
    peers,
    ...(select !== null && { select }),
    isSequential: settings.isSequential,
    isFirstLast: settings.isFirstLast,
    isSuperSeeding: settings.isSuperSeeding,
    bandwidthPriority: settings.bandwidthPriority,
    ...(settings.maxPeers !== null && { maxConnections: settings.maxPeers }),
    ignoresSessionLimits: !settings.obeysGlobalLimits,
    downloadLimit: settings.downloadLimit,
    uploadLimit: settings.uploadLimit,
  };
}
