/** The fields of a torrent in `torrents/info` and `sync/maindata`, and those of `torrents/properties`. */
import type { UnixSeconds } from '../../../base/units.ts';
import type { Goal, ManagedTorrent, TorrentView } from '../../client/index.ts';
import type { Call } from './endpoint.ts';
import { isDone, stateOf } from './torrent-state.ts';

/** What no number is known of, as seconds: a hundred days. */
const ENDLESS = 8_640_000;
/** Ratios above are told as -1. */
const HIGHEST_RATIO = 9999;
/** Seconds of a month, as C++'s `std::chrono::months` has them. */
const MONTH = 2_629_746;
/** No time. */
const NEVER = -1;
/** No limit. */
const NONE = -1;
/** The limit of the client counts. */
const GLOBAL = -2;

const ratioOf = ({ ratio }: TorrentView): number => (ratio > HIGHEST_RATIO ? NONE : ratio);
const goalOf = (goal: Goal): number => (goal === 'default' ? GLOBAL : goal === 'none' ? NONE : goal);
/** What counts in the end. */
const goalInEffect = (goal: Goal, ofClient: number | null): number =>
  goal === 'default' ? (ofClient ?? NONE) : goalOf(goal);

const secondsActive = ({ secondsDownloading, secondsSeeding }: TorrentView): number =>
  secondsDownloading + secondsSeeding;
const leechersConnected = ({ peersConnected, seedsConnected }: TorrentView): number =>
  Math.max(0, peersConnected - seedsConnected);

function etaOf({ state, eta }: TorrentView): number {
  return state === 'stopped' || eta === null ? ENDLESS : Math.min(ENDLESS, Math.ceil(eta));
}

function progressOf(view: TorrentView): number {
  if (view.state === 'checking') return view.checked;
  if (isDone(view)) return 1;
  return view.wantedSize === 0 ? 0 : view.wantedDone / view.wantedSize;
}

function popularityOf(view: TorrentView): number {
  const seconds = secondsActive(view);
  return seconds === 0 ? 0 : ratioOf(view) / (seconds / MONTH);
}

/** Seconds until the next announce; 0: none is planned. */
function reannounceOf(torrent: ManagedTorrent, now: UnixSeconds): number {
  const times = torrent.trackers().flatMap(({ nextAnnounceAt }) => nextAnnounceAt ?? []);
  return times.length === 0 ? 0 : Math.max(0, Math.min(...times) - now);
}

export type TorrentRow = Record<string, string | number | boolean | null>;

export function readFields(torrent: ManagedTorrent, { client, clock }: Pick<Call, 'client' | 'clock'>): TorrentRow {
  const view = torrent.view();
  const { settings } = view;
  const config = client.settings.value;
  return {
    added_on: view.addedAt,
    amount_left: Math.max(0, view.wantedSize - view.wantedDone),
    auto_tmm: false,
    availability: view.availability,
    category: settings.category,
    comment: view.comment,
    completed: view.wantedDone,
    completion_on: view.completedAt ?? NEVER,
    content_path: view.hasMetadata ? view.contentPath : '',
    // 0: none, as everywhere but among the properties.
    dl_limit: settings.downloadLimit,
    dlspeed: view.downloadRate,
    download_path: isDone(view) ? '' : (config.incomplete ?? ''),
    downloaded: view.downloaded,
    downloaded_session: view.downloadedInRun,
    eta: etaOf(view),
    f_l_piece_prio: settings.isFirstLast,
    force_start: settings.isForced,
    has_metadata: view.hasMetadata,
    hash: view.hash,
    inactive_seeding_time_limit: goalOf(settings.goals.idleMinutes),
    infohash_v1: view.hashV1 ?? '',
    infohash_v2: view.hashV2 ?? '',
    last_activity: view.activeAt ?? view.addedAt,
    magnet_uri: torrent.magnetLink(),
    max_inactive_seeding_time: goalInEffect(settings.goals.idleMinutes, config.goals.idleMinutes),
    max_ratio: goalInEffect(settings.goals.ratio, config.goals.ratio),
    max_seeding_time: goalInEffect(settings.goals.minutes, config.goals.minutes),
    name: view.name,
    num_complete: view.swarmSeeds ?? view.seedsConnected,
    num_incomplete: view.swarmLeechers ?? leechersConnected(view),
    num_leechs: leechersConnected(view),
    num_seeds: view.seedsConnected,
    popularity: popularityOf(view),
    // 1 is the first; 0: there is no queue, or it has no place in that of downloads.
    priority: config.queue.enabled && !isDone(view) ? view.queuePosition + 1 : 0,
    private: view.hasMetadata ? view.isPrivate : null,
    progress: progressOf(view),
    ratio: ratioOf(view),
    ratio_limit: goalOf(settings.goals.ratio),
    reannounce: reannounceOf(torrent, clock.wall()),
    root_path: view.fileCount > 1 ? view.contentPath : '',
    save_path: view.savePath,
    seeding_time: view.secondsSeeding,
    seeding_time_limit: goalOf(settings.goals.minutes),
    seen_complete: view.completedAt ?? NEVER,
    seq_dl: settings.isSequential,
    size: view.wantedSize,
    state: stateOf(view),
    super_seeding: settings.isSuperSeeding,
    tags: settings.labels.join(', '),
    time_active: secondsActive(view),
    total_size: view.hasMetadata ? view.totalSize : -1,
    tracker: view.tracker,
    trackers_count: view.trackerCount,
    up_limit: settings.uploadLimit,
    uploaded: view.uploaded,
    uploaded_session: view.uploadedInRun,
    upspeed: view.uploadRate,
  };
}

const perSecond = (bytes: number, seconds: number): number => (seconds > 0 ? Math.floor(bytes / seconds) : -1);

/** What `torrents/properties` says. */
export function readProperties(torrent: ManagedTorrent, call: Pick<Call, 'client' | 'clock'>): object {
  const view = torrent.view();
  const fields = readFields(torrent, call);
  return {
    addition_date: view.addedAt,
    comment: view.comment,
    completion_date: view.completedAt ?? NEVER,
    created_by: view.creator,
    creation_date: view.createdAt ?? NEVER,
    dl_limit: fields['dl_limit'] || NONE,
    dl_speed: fields['dlspeed'],
    dl_speed_avg: perSecond(view.downloaded, view.secondsDownloading),
    download_path: fields['download_path'],
    eta: fields['eta'],
    has_metadata: view.hasMetadata,
    hash: view.hash,
    infohash_v1: fields['infohash_v1'],
    infohash_v2: fields['infohash_v2'],
    is_private: view.isPrivate,
    last_seen: fields['seen_complete'],
    name: view.name,
    nb_connections: view.peersConnected,
    nb_connections_limit: view.settings.maxPeers ?? call.client.settings.value.peers.perTorrent,
    peers: fields['num_leechs'],
    peers_total: fields['num_incomplete'],
    piece_size: view.hasMetadata ? view.pieceLength : -1,
    pieces_have: view.piecesHave,
    pieces_num: view.hasMetadata ? view.pieceCount : -1,
    popularity: fields['popularity'],
    private: fields['private'],
    reannounce: fields['reannounce'],
    save_path: view.savePath,
    seeding_time: view.secondsSeeding,
    seeds: view.seedsConnected,
    seeds_total: fields['num_complete'],
    share_ratio: fields['ratio'],
    time_elapsed: fields['time_active'],
    total_downloaded: view.downloaded,
    total_downloaded_session: view.downloadedInRun,
    total_size: fields['total_size'],
    total_uploaded: view.uploaded,
    total_uploaded_session: view.uploadedInRun,
    total_wasted: view.wasted,
    up_limit: fields['up_limit'] || NONE,
    up_speed: fields['upspeed'],
    up_speed_avg: perSecond(view.uploaded, secondsActive(view)),
  };
}
