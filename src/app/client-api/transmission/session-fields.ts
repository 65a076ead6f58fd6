/** The session's fields (rpc-spec §4.1), as our configuration has them, and back. Names are in snake_case. */
import { version } from '../../../base/version.ts';
import { allows } from '../../access/index.ts';
import type { ClientConfig } from '../../config/index.ts';
import type { MethodContext } from './method.ts';
import { flag, number, type Params, text } from './params.ts';
import { rpcError } from './rpc-error.ts';
import { daysOf, minutesOf, scheduleOf } from './alt-schedule.ts';
import { KILO, usualLimits } from './torrent-fields.ts';

/** The release whose interface this is: what clients look at to know what they may ask. */
export interface Release {
  readonly encryptions: Readonly<Record<ClientConfig['peers']['encryption'], string>>;
  readonly rpc_version: number;
  readonly rpc_version_semver: string;
  readonly version: string;
}

export const LEGACY_RELEASE: Release = {
  encryptions: { required: 'required', prefer: 'preferred', plaintext: 'tolerated' },
  rpc_version: 17,
  rpc_version_semver: '5.3.0',
  version: `4.0.6 (dst ${version})`,
};
export const JSON_RPC_RELEASE: Release = {
  encryptions: { required: 'required', prefer: 'preferred', plaintext: 'allowed' },
  rpc_version: 19,
  rpc_version_semver: '6.0.1',
  version: `4.1.1 (dst ${version})`,
};
const RPC_VERSION_MINIMUM = 14;
const MEBI = 1024 * 1024;

const units = {
  speed_units: ['kB/s', 'MB/s', 'GB/s', 'TB/s'],
  speed_bytes: 1000,
  size_units: ['kB', 'MB', 'GB', 'TB'],
  size_bytes: 1000,
  memory_units: ['KiB', 'MiB', 'GiB', 'TiB'],
  memory_bytes: 1024,
};

/** Paths of the machine are for admins. */
export function readSession(
  { client, sessionId, speeds, caller }: MethodContext,
  { encryptions, ...release }: Release,
): Record<string, unknown> {
  // Clients want to find what they have set, also where it waits for a restart.
  const config = client.settings.afterRestart;
  const { limits, peers, queue, goals } = config;
  const isPortNew = peers.port !== client.settings.value.peers.port;
  const schedule = minutesOf(limits.schedule[0]);
  const usual = usualLimits(config);
  const forAdmin = (path: string | null): string => (allows(caller.scope, 'admin') ? (path ?? '') : '');
  return {
    alt_speed_down: Math.round(limits.altDownload / KILO),
    alt_speed_enabled: client.stats().usesAltLimits,
    alt_speed_time_begin: schedule.begin,
    alt_speed_time_day: daysOf(limits.schedule[0]),
    alt_speed_time_enabled: limits.followSchedule,
    alt_speed_time_end: schedule.end,
    alt_speed_up: Math.round(limits.altUpload / KILO),
    anti_brute_force_enabled: true,
    anti_brute_force_threshold: 100,
    blocklist_enabled: peers.blocklist !== null,
    blocklist_size: 0,
    blocklist_url: '',
    cache_size_mb: Math.round(config.memory.buffers / MEBI),
    config_dir: forAdmin(config.data),
    default_trackers: '',
    dht_enabled: false,
    download_dir: config.downloads,
    download_dir_free_space: client.stats().freeSpace ?? -1,
    download_queue_enabled: queue.enabled && queue.downloads !== null,
    download_queue_size: queue.downloads ?? 0,
    encryption: encryptions[peers.encryption],
    idle_seeding_limit: usual.idleMinutes,
    idle_seeding_limit_enabled: goals.idleMinutes !== null,
    incomplete_dir: incompleteDir(config),
    incomplete_dir_enabled: config.incomplete !== null,
    lpd_enabled: false,
    peer_limit_global: peers.connections,
    peer_limit_per_torrent: peers.perTorrent,
    peer_port: (isPortNew ? undefined : portOf(client.stats().listening[0])) ?? peers.port,
    peer_port_random_on_start: peers.port === 0,
    pex_enabled: false,
    port_forwarding_enabled: false,
    preferred_transports: ['tcp'],
    queue_stalled_enabled: queue.slowRate > 0,
    queue_stalled_minutes: 1,
    rename_partial_files: false,
    rpc_version_minimum: RPC_VERSION_MINIMUM,
    script_torrent_added_enabled: false,
    script_torrent_added_filename: '',
    script_torrent_done_enabled: config.torrents.onComplete !== null,
    script_torrent_done_filename: forAdmin(config.torrents.onComplete),
    script_torrent_done_seeding_enabled: false,
    script_torrent_done_seeding_filename: '',
    seed_queue_enabled: queue.enabled && queue.seeds !== null,
    seed_queue_size: queue.seeds ?? 0,
    seed_ratio_limit: usual.ratio,
    seed_ratio_limited: goals.ratio !== null,
    sequential_download: false,
    session_id: sessionId,
    speed_limit_down: Math.round(speeds.of('download', limits.download) / KILO),
    speed_limit_down_enabled: limits.download > 0,
    speed_limit_up: Math.round(speeds.of('upload', limits.upload) / KILO),
    speed_limit_up_enabled: limits.upload > 0,
    start_added_torrents: config.torrents.startAdded,
    tcp_enabled: true,
    trash_original_torrent_files: false,
    units,
    utp_enabled: false,
    ...release,
  };
}

const incompleteDir = ({ incomplete, downloads }: ClientConfig): string => incomplete ?? downloads;

/** Of `192.0.2.1:6881`, `[2001:db8::1]:6881`. */
const portOf = (address: string | undefined): number | undefined =>
  address === undefined ? undefined : Number(address.slice(address.lastIndexOf(':') + 1));

/**
 * Keys of the configuration that a `session-set` changes. What this client has not, or lets nobody set from afar (a
 * program that is run), is passed over (`PassedOver`).
 */
export function changesOf(context: MethodContext, params: Params): Record<string, unknown> {
  const config = context.client.settings.value;
  return {
    ...folderChanges(params, config),
    ...speedChanges(context, params, config),
    ...altChanges(params, config),
    ...queueChanges(params, config),
    ...peerChanges(params),
  };
}

const given = (key: string, value: unknown): Record<string, unknown> => (value === undefined ? {} : { [key]: value });

function folderChanges(params: Params, config: ClientConfig): Record<string, unknown> {
  const incomplete = text(params, 'incomplete_dir');
  const hasIncomplete = flag(params, 'incomplete_dir_enabled') ?? config.incomplete !== null;
  const isIncompleteSaid = incomplete !== undefined || flag(params, 'incomplete_dir_enabled') !== undefined;
  return {
    ...given('downloads', text(params, 'download_dir')),
    // Without a folder it is the one that was told.
    ...(isIncompleteSaid && { incomplete: hasIncomplete ? (incomplete ?? incompleteDir(config)) : null }),
    ...given('torrents.startAdded', flag(params, 'start_added_torrents')),
  };
}

function speedChanges({ speeds }: MethodContext, params: Params, { limits }: ClientConfig): Record<string, unknown> {
  const change = (way: 'download' | 'upload', name: string): Record<string, unknown> => {
    const now = limits[way];
    speeds.of(way, now);
    const limit = number(params, `speed_limit_${name}`);
    if (limit !== undefined) speeds.set(way, Math.max(1, Math.round(limit * KILO)));
    const isEnabled = flag(params, `speed_limit_${name}_enabled`) ?? (limit === undefined ? undefined : now > 0);
    if (isEnabled === undefined) return {};
    return { [`limits.${way}`]: isEnabled ? speeds.of(way, 0) : 0 };
  };
  return { ...change('download', 'down'), ...change('upload', 'up') };
}

function altChanges(params: Params, { limits }: ClientConfig): Record<string, unknown> {
  const [down, up] = [number(params, 'alt_speed_down'), number(params, 'alt_speed_up')];
  const isScheduled = flag(params, 'alt_speed_time_enabled');
  const now = limits.schedule[0];
  const begin = number(params, 'alt_speed_time_begin');
  const end = number(params, 'alt_speed_time_end');
  const days = number(params, 'alt_speed_time_day');
  return {
    ...given('limits.altDownload', down && Math.round(down * KILO)),
    ...given('limits.altUpload', up && Math.round(up * KILO)),
    ...given('limits.alternative', flag(params, 'alt_speed_enabled')),
    ...given('limits.followSchedule', isScheduled),
    ...((begin ?? end ?? days ?? (isScheduled === true && now === undefined ? 0 : undefined)) !== undefined && {
      'limits.schedule': [scheduleOf(days ?? daysOf(now), begin ?? minutesOf(now).begin, end ?? minutesOf(now).end)],
    }),
  };
}

function queueChanges(params: Params, config: ClientConfig): Record<string, unknown> {
  const { queue, goals } = config;
  const usual = usualLimits(config);
  /** 0: any number. */
  const size = (name: string, now: number | null, fallback: number): number | undefined => {
    const count = number(params, `${name}_queue_size`);
    const isEnabled = flag(params, `${name}_queue_enabled`);
    if (isEnabled === false) return 0;
    if (isEnabled === true) return count ?? now ?? fallback;
    return now === null ? undefined : count;
  };
  const goal = (value: number | undefined, isOn: boolean | undefined, now: number | null, first: number): unknown => {
    if (isOn === false) return null;
    if (isOn === true) return value ?? now ?? first;
    return now === null ? undefined : value;
  };
  const isStalledOut = flag(params, 'queue_stalled_enabled');
  const isChanged = isStalledOut !== undefined && isStalledOut !== queue.slowRate > 0;
  const downloads = size('download', queue.downloads, 5);
  const seeds = size('seed', queue.seeds, 10);
  return {
    ...given('queue.downloads', downloads),
    ...given('queue.seeds', seeds),
    ...(isChanged && { 'queue.slowRate': isStalledOut ? null : 0 }),
    ...((downloads ?? 0) + (seeds ?? 0) > 0 && !queue.enabled && { 'queue.enabled': true }),
    ...given(
      'goals.ratio',
      goal(number(params, 'seed_ratio_limit'), flag(params, 'seed_ratio_limited'), goals.ratio, usual.ratio),
    ),
    ...given(
      'goals.idleMinutes',
      goal(
        number(params, 'idle_seeding_limit'),
        flag(params, 'idle_seeding_limit_enabled'),
        goals.idleMinutes,
        usual.idleMinutes,
      ),
    ),
  };
}

function peerChanges(params: Params): Record<string, unknown> {
  const encryption = text(params, 'encryption');
  const words = [LEGACY_RELEASE, JSON_RPC_RELEASE].flatMap(({ encryptions }) => Object.entries(encryptions));
  const ours = words.find(([, theirs]) => theirs === encryption)?.[0];
  if (encryption !== undefined && ours === undefined) throw rpcError('invalid-params', 'encryption is not known');
  const buffers = number(params, 'cache_size_mb');
  return {
    ...given('peers.connections', number(params, 'peer_limit_global')),
    ...given('peers.perTorrent', number(params, 'peer_limit_per_torrent')),
    ...given('peers.port', number(params, 'peer_port')),
    ...given('peers.encryption', ours),
    ...given('memory.buffers', buffers && Math.max(8, buffers) * MEBI),
  };
}
