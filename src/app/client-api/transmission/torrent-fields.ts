/** The fields of `torrent-get` (rpc-spec §3.3), each with how it is read. Names are in snake_case. */
import { basename } from 'node:path';
import type { ManagedTorrent, TorrentView } from '../../client/index.ts';
import type { ClientConfig } from '../../config/index.ts';
import { trackerRows, trackerStats, trackerText } from './tracker-fields.ts';

/** One torrent while its fields are read: its view is made once. */
interface Subject {
  readonly torrent: ManagedTorrent;
  readonly view: TorrentView;
  readonly config: ClientConfig;
}

type Reader = (subject: Subject) => unknown;

/** Transmission's kB/s. */
export const KILO = 1000;

const isDone = ({ hasMetadata, wantedDone, wantedSize }: TorrentView): boolean =>
  hasMetadata && wantedDone >= wantedSize;

/** `tr_torrent_activity`: 1 waits to check, 2 checks, 3 waits to download, 4 downloads, 5 waits to seed, 6 seeds. */
function statusOf(view: TorrentView): number {
  switch (view.state) {
    case 'waiting-to-check':
      return 1;
    case 'checking':
      return 2;
    case 'queued':
      return isDone(view) ? 5 : 3;
    case 'fetching-metadata':
    case 'downloading':
    // Who imports what seeds would find files that are on their way.
    case 'moving':
      return 4;
    case 'seeding':
      return 6;
    default:
      return 0;
  }
}

const priorities = { low: -1, normal: 0, high: 1 } as const;
/** Ours are 0 … 7 with 4 in the middle. */
const priorityOf = (priority: number): number => (priority > 4 ? 1 : priority > 0 && priority < 4 ? -1 : 0);

/**
 * Limits keep a number while they do not count, and forms show it: what it would be if the limit were switched on. So
 * nobody switches on a limit of 0 by ticking a box.
 */
export const usualLimits = ({ goals }: ClientConfig): { ratio: number; idleMinutes: number; kilobytes: number } => ({
  ratio: goals.ratio ?? 2,
  idleMinutes: goals.idleMinutes ?? 30,
  kilobytes: 100,
});

/** `tr_ratiolimit`, `tr_idlelimit`: 0 the global one, 1 its own, 2 none. */
const goalMode = (goal: number | 'default' | 'none'): number => (goal === 'default' ? 0 : goal === 'none' ? 2 : 1);

/**
 * A warning (mostly that no tracker answers) matters until all is there. Sonarr and Radarr import nothing that has an
 * error text, and Transmission has none for trackers that cannot be reached.
 */
const warningOf = (view: TorrentView): string | null => (isDone(view) ? null : view.warning);

const scalars: Readonly<Record<string, (view: TorrentView) => unknown>> = {
  id: ({ id }) => id,
  // Programs look for the file or folder with this name, whatever the user calls the torrent.
  name: ({ name, hasMetadata, contentPath }) => (hasMetadata ? basename(contentPath) : name),
  hash_string: ({ hash }) => hash,
  status: statusOf,
  activity_date: ({ activeAt }) => activeAt ?? 0,
  added_date: ({ addedAt }) => addedAt,
  bandwidth_priority: ({ settings }) => priorities[settings.bandwidthPriority],
  comment: ({ comment }) => comment,
  corrupt_ever: ({ wasted }) => wasted,
  creator: ({ creator }) => creator,
  date_created: ({ createdAt }) => createdAt ?? 0,
  desired_available: ({ availability, wantedSize, wantedDone }) =>
    availability >= 1 ? Math.max(0, wantedSize - wantedDone) : 0,
  done_date: ({ completedAt }) => completedAt ?? 0,
  download_dir: ({ savePath }) => savePath,
  download_limited: ({ settings }) => settings.downloadLimit > 0,
  downloaded_ever: ({ downloaded }) => downloaded,
  edit_date: () => 0,
  // 0 all is well, 1 a warning and 2 an error of a tracker, 3 one of our own.
  error: (view) => (view.problem !== null ? 3 : warningOf(view) !== null ? 1 : 0),
  error_string: (view) => view.problem?.message ?? warningOf(view) ?? '',
  eta: ({ eta }) => eta ?? -1,
  eta_idle: () => -1,
  file_count: ({ fileCount }) => fileCount,
  group: () => '',
  have_unchecked: () => 0,
  have_valid: ({ done }) => done,
  honors_session_limits: ({ settings }) => settings.obeysGlobalLimits,
  // Not what the user has stopped: there are scripts that remove whatever is finished.
  is_finished: ({ isSeedingOver }) => isSeedingOver,
  is_private: ({ isPrivate }) => isPrivate,
  is_stalled: ({ isStalled }) => isStalled,
  labels: ({ settings }) => settings.labels,
  left_until_done: ({ wantedSize, wantedDone }) => Math.max(0, wantedSize - wantedDone),
  manual_announce_time: () => -1,
  metadata_percent_complete: ({ hasMetadata }) => (hasMetadata ? 1 : 0),
  peers_connected: ({ peersConnected }) => peersConnected,
  peers_getting_from_us: ({ peersReceiving }) => peersReceiving,
  peers_sending_to_us: ({ peersSending }) => peersSending,
  percent_complete: ({ done, totalSize }) => (totalSize === 0 ? 0 : done / totalSize),
  percent_done: ({ wantedDone, wantedSize, hasMetadata }) =>
    wantedSize === 0 ? (hasMetadata ? 1 : 0) : wantedDone / wantedSize,
  piece_count: ({ pieceCount }) => pieceCount,
  piece_size: ({ pieceLength }) => pieceLength,
  primary_mime_type: () => 'application/octet-stream',
  queue_position: ({ queuePosition }) => queuePosition,
  rate_download: ({ downloadRate }) => downloadRate,
  rate_upload: ({ uploadRate }) => uploadRate,
  recheck_progress: ({ state, checked }) => (state === 'checking' ? checked : 0),
  seconds_downloading: ({ secondsDownloading }) => secondsDownloading,
  seconds_seeding: ({ secondsSeeding }) => secondsSeeding,
  seed_idle_mode: ({ settings }) => goalMode(settings.goals.idleMinutes),
  seed_ratio_mode: ({ settings }) => goalMode(settings.goals.ratio),
  sequential_download: ({ settings }) => settings.isSequential,
  sequential_download_from_piece: () => 0,
  size_when_done: ({ wantedSize }) => wantedSize,
  start_date: ({ startedAt }) => startedAt ?? 0,
  torrent_file: () => '',
  total_size: ({ totalSize }) => totalSize,
  upload_limited: ({ settings }) => settings.uploadLimit > 0,
  upload_ratio: ({ downloaded, done, ratio }) => (downloaded + done === 0 ? -1 : ratio),
  uploaded_ever: ({ uploaded }) => uploaded,
  webseeds_sending_to_us: () => 0,
};

const lists: Readonly<Record<string, (torrent: ManagedTorrent) => unknown>> = {
  availability: (torrent) => {
    const map = torrent.pieces();
    return map === null ? [] : Array.from(map.availability, (copies, piece) => (map.have.has(piece) ? -1 : copies));
  },
  bytes_completed: (torrent) => torrent.files().map(({ done }) => done),
  files: (torrent) =>
    torrent.files().map(({ path, size, done, firstPiece, lastPiece }) => ({
      bytes_completed: done,
      length: size,
      name: path,
      begin_piece: firstPiece,
      end_piece: lastPiece + 1,
    })),
  file_stats: (torrent) =>
    torrent.files().map(({ done, priority }) => ({
      bytes_completed: done,
      wanted: priority > 0,
      priority: priorityOf(priority),
    })),
  magnet_link: (torrent) => torrent.magnetLink(),
  peers: (torrent) => torrent.peers().map(peerRow),
  peers_from: (torrent) => {
    const peers = torrent.peers();
    const from = (source: string): number => peers.filter((peer) => peer.source === source).length;
    return {
      from_cache: from('user'),
      from_dht: from('dht'),
      from_incoming: from('incoming'),
      from_lpd: from('lsd'),
      from_ltep: 0,
      from_pex: from('pex'),
      from_tracker: from('tracker'),
    };
  },
  pieces: (torrent) => Buffer.from(torrent.pieces()?.have.bytes ?? []).toString('base64'),
  priorities: (torrent) => torrent.files().map(({ priority }) => priorityOf(priority)),
  tracker_list: (torrent) => trackerText(torrent.trackers()),
  tracker_stats: (torrent) => trackerStats(torrent.trackers()),
  trackers: (torrent) => trackerRows(torrent.trackers()),
  wanted: (torrent) => torrent.files().map(({ priority }) => priority > 0),
  webseeds: (torrent) => torrent.webSeeds(),
};

type Peer = ReturnType<ManagedTorrent['peers']>[number];

const peerRow = (peer: Peer): object => ({
  address: peer.host,
  bytes_to_client: peer.downloaded,
  bytes_to_peer: peer.uploaded,
  client_is_choked: peer.peerChoking,
  client_is_interested: peer.amInterested,
  client_name: peer.client,
  flag_str: peer.flags.replaceAll(' ', ''),
  is_downloading_from: peer.downloadRate > 0,
  is_encrypted: peer.protection !== null,
  is_incoming: peer.isIncoming,
  is_uploading_to: peer.uploadRate > 0,
  is_utp: false,
  peer_id: Buffer.from(peer.peerId, 'hex').toString('base64'),
  peer_is_choked: peer.amChoking,
  peer_is_interested: peer.peerInterested,
  port: peer.port,
  progress: peer.progress,
  rate_to_client: peer.downloadRate,
  rate_to_peer: peer.uploadRate,
});

/** Most peers, be that its own number or that of all torrents. */
const peerLimit: Reader = ({ view, config }) => view.settings.maxPeers ?? config.peers.perTorrent;

const rateLimit =
  (way: 'downloadLimit' | 'uploadLimit'): Reader =>
  ({ view, config }) =>
    Math.round(view.settings[way] / KILO) || usualLimits(config).kilobytes;

const goalLimit =
  (name: 'ratio' | 'idleMinutes'): Reader =>
  ({ view, config }) => {
    const goal = view.settings.goals[name];
    return typeof goal === 'number' ? goal : usualLimits(config)[name];
  };

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ...Object.entries(scalars).map(([name, read]): [string, Reader] => [name, ({ view }) => read(view)]),
  ...Object.entries(lists).map(([name, read]): [string, Reader] => [name, ({ torrent }) => read(torrent)]),
  ['download_limit', rateLimit('downloadLimit')],
  ['max_connected_peers', peerLimit],
  ['peer_limit', peerLimit],
  ['seed_idle_limit', goalLimit('idleMinutes')],
  ['seed_ratio_limit', goalLimit('ratio')],
  ['upload_limit', rateLimit('uploadLimit')],
]);

/** Reads the fields of a torrent that are known, in their order; names are in snake_case. */
export function readFields(torrent: ManagedTorrent, names: readonly string[], config: ClientConfig): unknown[] {
  const subject = { torrent, view: torrent.view(), config };
  return names.map((name) => readers.get(name)?.(subject));
}

export const isField = (name: string): boolean => readers.has(name);
