/** Snapshots of a torrent for the outside, put together from the parts that own the figures. */
import { toHex } from '../../base/bytes.ts';
import type { SourceStatus } from '../../discovery/index.ts';
import type { ByteCount, PieceIndex } from '../../base/units.ts';
import { Geometry, type Info } from '../../codec/metainfo/index.ts';
import { clientName } from '../../codec/wire/index.ts';
import type { PeerSession } from '../peer/peer-session.ts';
import { Availability } from '../picker/availability.ts';
import type { PiecePicker } from '../picker/piece-picker.ts';
import type { OpenContent } from './content.ts';
import { peerFlags } from './peer-flags.ts';
import type { PeerPool, PeerSource } from './peer-pool.ts';
import type { FileStatus, PeerStatus, PieceMap, TorrentState, TorrentStatus } from './status.ts';
import type { TorrentData } from './torrent-data.ts';
import type { TorrentStats } from './torrent-stats.ts';

export interface SnapshotParts {
  readonly state: TorrentState;
  readonly name: string;
  readonly totalSize: ByteCount | null;
  readonly content: OpenContent | null;
  readonly picker: PiecePicker | null;
  readonly stats: TorrentStats;
  readonly uploaded: ByteCount;
  /** Null while no peer was ever seen. */
  readonly pool: PeerPool | null;
  readonly isSuperSeeding: boolean;
  readonly sources: readonly SourceStatus[];
}

const nothing = { wantedSize: 0, wantedDone: 0, done: 0 };
const nobody = { connected: 0, seeds: 0, sending: 0, receiving: 0 };

function countsOf(sessions: Iterable<PeerSession>): typeof nobody {
  const counts = { ...nobody };
  for (const { isSeed, downloads, uploads } of sessions) {
    counts.connected++;
    if (isSeed) counts.seeds++;
    if (downloads.meter.rate > 0) counts.sending++;
    if (uploads.meter.rate > 0) counts.receiving++;
  }
  return counts;
}

/** Of thousands of torrents each second. */
export function torrentStatus(parts: SnapshotParts): TorrentStatus {
  const { state, content, stats, pool } = parts;
  const { wantedSize, wantedDone, done } = content?.selection.progress(content.have) ?? nothing;
  const { rate } = stats.download;
  const isMoving = state.kind === 'downloading' && rate > 0;
  const peers = pool === null ? nobody : countsOf(pool.sessions);
  return {
    state,
    name: parts.name,
    totalSize: parts.totalSize,
    wantedSize,
    wantedDone,
    done,
    checked: state.kind === 'checking' ? state.done / Math.max(1, state.total) : 1,
    downloaded: stats.download.total,
    uploaded: parts.uploaded,
    wasted: stats.wasted,
    downloadRate: rate,
    uploadRate: stats.upload.rate,
    etaSeconds: isMoving ? Math.ceil((wantedSize - wantedDone) / rate) : null,
    piecesHave: content?.have.count ?? 0,
    piecesTotal: content?.geometry.pieceCount ?? 0,
    peersConnected: peers.connected,
    peersSending: peers.sending,
    peersReceiving: peers.receiving,
    seedsConnected: peers.seeds,
    peersKnown: pool?.knownCount ?? 0,
    availability: parts.picker?.distributedCopies ?? peers.seeds,
    isSuperSeeding: parts.isSuperSeeding,
    sources: parts.sources,
  };
}

export function fileStatuses(info: Info | null, data: TorrentData, picker: PiecePicker | null): FileStatus[] {
  if (info === null) return [];
  const geometry = data.content?.geometry ?? new Geometry(info);
  return info.files.flatMap((file, index) => {
    if (file.isPad) return [];
    const done = data.content?.selection.fileDone(index, file, data.content.have) ?? 0;
    const { first, end } = geometry.piecesOfFile(index);
    return {
      index,
      path: data.places.pathOf(index),
      length: file.length,
      done,
      priority: data.selection?.priorityOf(index) ?? 4,
      firstPiece: Math.min(first, geometry.pieceCount - 1),
      lastPiece: Math.min(Math.max(first, end - 1), geometry.pieceCount - 1),
      availability: picker === null ? -1 : rarest(picker, first, end),
    };
  });
}

/** Copies of the rarest piece of a range; of none 0. */
function rarest(picker: PiecePicker, first: PieceIndex, end: PieceIndex): number {
  let copies = first === end ? 0 : Number.POSITIVE_INFINITY;
  for (let piece = first; piece < end; piece++) copies = Math.min(copies, picker.availabilityOf(piece));
  return copies;
}

/** `picker` is null while nothing is downloaded: then the peers are counted here. */
export function pieceMap(
  content: OpenContent | null,
  picker: PiecePicker | null,
  pool: PeerPool | null,
): PieceMap | null {
  if (content === null) return null;
  const { have, geometry } = content;
  const counts = new Availability(geometry.pieceCount);
  if (picker === null) for (const peer of pool?.sessions ?? []) counts.addLeecher(peer.have);
  const copies = (piece: PieceIndex): number => picker?.availabilityOf(piece) ?? counts.of(piece);
  return {
    have: have.clone(),
    active: Array.from(picker?.openPieces() ?? [], ({ piece }) => piece),
    availability: Uint16Array.from({ length: geometry.pieceCount }, (_, piece) => copies(piece)),
  };
}

export function peerStatus(peer: PeerSession, source: PeerSource): PeerStatus {
  const { host, port } = peer.connection.remote;
  return {
    address: peer.address,
    host,
    port,
    client: peer.extensions?.client ?? clientName(peer.handshake.peerId) ?? '',
    peerId: toHex(peer.handshake.peerId),
    isIncoming: peer.connection.isIncoming,
    source,
    flags: peerFlags(peer, source),
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
