/** Snapshots of a torrent for the outside, put together from the parts that own the figures. */
import type { SourceStatus } from '../../discovery/index.ts';
import type { ByteCount } from '../../base/units.ts';
import type { FileEntry } from '../../codec/metainfo/index.ts';
import { clientName } from '../../codec/wire/index.ts';
import type { PeerSession } from '../peer/peer-session.ts';
import type { PiecePicker } from '../picker/piece-picker.ts';
import type { OpenContent } from './content.ts';
import type { PeerPool } from './peer-pool.ts';
import type { FileStatus, PeerStatus, TorrentState, TorrentStatus } from './status.ts';
import type { TorrentStats } from './torrent-stats.ts';

export interface SnapshotParts {
  readonly state: TorrentState;
  readonly name: string;
  readonly totalSize: ByteCount | null;
  readonly content: OpenContent | null;
  readonly picker: PiecePicker | null;
  readonly stats: TorrentStats;
  /** Null while no peer was ever seen. */
  readonly pool: PeerPool | null;
  readonly sources: readonly SourceStatus[];
}

export function torrentStatus(parts: SnapshotParts): TorrentStatus {
  const { state, content, stats, pool } = parts;
  const wanted = content?.selection.progress(content.have) ?? { size: 0, done: 0 };
  const { rate } = stats.download;
  const isMoving = state.kind === 'downloading' && rate > 0;
  const seeds = [...(pool?.sessions ?? [])].filter((peer) => peer.isSeed).length;
  return {
    state,
    name: parts.name,
    totalSize: parts.totalSize,
    wantedSize: wanted.size,
    wantedDone: wanted.done,
    downloaded: stats.download.total,
    uploaded: stats.upload.total,
    wasted: stats.wasted,
    downloadRate: rate,
    uploadRate: stats.upload.rate,
    etaSeconds: isMoving ? Math.ceil((wanted.size - wanted.done) / rate) : null,
    piecesHave: content?.have.count ?? 0,
    piecesTotal: content?.geometry.pieceCount ?? 0,
    peersConnected: pool?.connectedCount ?? 0,
    seedsConnected: seeds,
    peersKnown: pool?.knownCount ?? 0,
    availability: parts.picker?.distributedCopies ?? seeds,
    sources: parts.sources,
  };
}

export function fileStatuses(files: readonly FileEntry[], content: OpenContent | null): FileStatus[] {
  return files.flatMap((file, index) => {
    if (file.isPad) return [];
    const done = content?.selection.fileDone(index, file, content.have) ?? 0;
    const priority = content?.selection.priorityOf(index) ?? 4;
    return { index, path: file.path, length: file.length, done, priority };
  });
}

export function peerStatus(peer: PeerSession): PeerStatus {
  return {
    address: peer.address,
    client: peer.extensions?.client ?? clientName(peer.handshake.peerId) ?? '',
    isIncoming: peer.connection.isIncoming,
    protection: peer.connection.protection ?? null,
    identity: peer.connection.provenIdentity ?? null,
    progress: peer.pieces.progress,
    downloadRate: peer.downloads.meter.rate,
    uploadRate: peer.uploads.meter.rate,
    downloaded: peer.downloads.meter.total,
    uploaded: peer.uploads.meter.total,
    amChoking: peer.amChoking,
    amInterested: peer.amInterested,
    peerChoking: peer.peerChoking,
    peerInterested: peer.peerInterested,
    pendingBlocks: peer.pendingBlocks,
  };
}
