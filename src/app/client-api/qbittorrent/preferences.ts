/**
 * Preferences in the words of qBittorrent, from our configuration and back. Some clients send all of them back when one
 * has changed, so only what differs from what they were told is a change. What this client has not, and what its own
 * API lets nobody set from afar (programs that are run, addresses, folders that are watched), is passed over.
 */
import { isDeepStrictEqual } from 'node:util';
import { formatHost, parseHost } from '../../../base/address.ts';
import type { ByteCount, Millis } from '../../../base/units.ts';
import { allows, type Caller } from '../../access/index.ts';
import type { ClientConfig } from '../../config/index.ts';
import type { Client } from '../../client/index.ts';
import { badParams } from './api-fault.ts';
import { parts } from './params.ts';
import { scheduleOf, spanOf } from './schedule.ts';

/** How often clients ask for what has changed, ms; they may choose otherwise. */
export const REFRESH_INTERVAL: Millis = 1500;
/** Largest torrent file that is taken. */
export const LARGEST_FILE: ByteCount = 32 * 1024 * 1024;
const KIBI = 1024;
/** As many as may be set. */
const MOST_CONNECTIONS = 100_000;
/** Values of the original for what is set by no key of ours. */
const FIRST_RATIO = 1;
const FIRST_MINUTES = 1440;
const FIRST_SLOW_RATE = 2;
const FIRST_DISK_QUEUE: ByteCount = 1024 * 1024;
const SECONDS_OF_SESSION = 86_400;

const encryptions: readonly string[] = ['prefer', 'required', 'plaintext'];
/** 2 would be super seeding. */
const actions: readonly (string | null)[] = ['stop', 'remove', null, 'remove-with-data'];

const saving = ({ downloads, incomplete, torrents }: ClientConfig) => ({
  add_stopped_enabled: !torrents.startAdded,
  // As version 4 calls it.
  start_paused_enabled: !torrents.startAdded,
  add_to_top_of_queue: false,
  auto_delete_mode: 0,
  auto_tmm_enabled: false,
  category_changed_tmm_enabled: false,
  save_path_changed_tmm_enabled: false,
  torrent_changed_tmm_enabled: false,
  autorun_enabled: torrents.onComplete !== null,
  autorun_program: '',
  autorun_on_torrent_added_enabled: false,
  autorun_on_torrent_added_program: '',
  excluded_file_names: '',
  excluded_file_names_enabled: false,
  export_dir: '',
  export_dir_fin: '',
  incomplete_files_ext: false,
  mail_notification_enabled: false,
  merge_trackers: true,
  preallocate_all: torrents.allocation === 'full',
  save_path: downloads,
  scan_dirs: Object.fromEntries(torrents.watch.map((folder) => [folder, 1])),
  temp_path: incomplete ?? '',
  temp_path_enabled: incomplete !== null,
  torrent_content_layout: 'Original',
  torrent_stop_condition: 'None',
  use_category_paths_in_manual_mode: true,
  use_subcategories: false,
});

const connections = ({ peers }: ClientConfig, banned: readonly string[]) => ({
  announce_ip: '',
  banned_IPs: banned.join('\n'),
  bittorrent_protocol: 1,
  current_interface_address: peers.bind[0] ?? '',
  current_interface_name: peers.interface ?? '',
  current_network_interface: peers.interface ?? '',
  dht: false,
  pex: false,
  lsd: false,
  anonymous_mode: false,
  encryption: encryptions.indexOf(peers.encryption),
  ip_filter_enabled: peers.blocklist !== null,
  ip_filter_path: peers.blocklist ?? '',
  ip_filter_trackers: false,
  listen_port: peers.port,
  random_port: peers.port === 0,
  max_connec: peers.connections,
  max_connec_per_torrent: peers.perTorrent,
  max_uploads: -1,
  max_uploads_per_torrent: peers.uploadSlots,
  proxy_type: 'None',
  resolve_peer_countries: false,
  upnp: false,
});

function limits({ limits: { download, upload, altDownload, altUpload, followSchedule, schedule } }: ClientConfig) {
  const span = spanOf(schedule[0]);
  return {
    alt_dl_limit: altDownload,
    alt_up_limit: altUpload,
    dl_limit: download,
    up_limit: upload,
    limit_lan_peers: true,
    limit_tcp_overhead: false,
    limit_utp_rate: true,
    schedule_from_hour: span.fromHour,
    schedule_from_min: span.fromMinute,
    schedule_to_hour: span.toHour,
    schedule_to_min: span.toMinute,
    scheduler_days: span.days,
    scheduler_enabled: followSchedule,
  };
}

const turns = ({ queue, goals }: ClientConfig) => ({
  dont_count_slow_torrents: queue.slowRate > 0,
  slow_torrent_dl_rate_threshold: Math.round(queue.slowRate / KIBI) || FIRST_SLOW_RATE,
  slow_torrent_ul_rate_threshold: Math.round(queue.slowRate / KIBI) || FIRST_SLOW_RATE,
  slow_torrent_inactive_timer: 60,
  max_active_downloads: queue.downloads ?? -1,
  max_active_torrents: -1,
  max_active_uploads: queue.seeds ?? -1,
  queueing_enabled: queue.enabled,
  max_inactive_seeding_time: goals.idleMinutes ?? -1,
  max_inactive_seeding_time_enabled: goals.idleMinutes !== null,
  max_ratio: goals.ratio ?? -1,
  max_ratio_act: actions.indexOf(goals.action),
  max_ratio_enabled: goals.ratio !== null,
  max_seeding_time: goals.minutes ?? -1,
  max_seeding_time_enabled: goals.minutes !== null,
});

const interfaces = ({ api }: ClientConfig, user: string) => ({
  alternative_webui_enabled: false,
  alternative_webui_path: '',
  bypass_auth_subnet_whitelist: '',
  bypass_auth_subnet_whitelist_enabled: false,
  bypass_local_auth: false,
  locale: 'en',
  refresh_interval: REFRESH_INTERVAL,
  rss_auto_downloading_enabled: false,
  rss_processing_enabled: false,
  use_https: api.tlsCert !== null,
  web_ui_address: api.bind[0] ?? '',
  web_ui_clickjacking_protection_enabled: true,
  web_ui_csrf_protection_enabled: true,
  web_ui_domain_list: api.hostNames.join(';'),
  web_ui_host_header_validation_enabled: true,
  web_ui_port: api.port,
  web_ui_reverse_proxies_list: api.trustProxy.join(';'),
  web_ui_reverse_proxy_enabled: api.trustProxy.length > 0,
  web_ui_secure_cookie_enabled: true,
  web_ui_session_timeout: SECONDS_OF_SESSION,
  web_ui_upnp: false,
  web_ui_username: user,
});

/** What nobody sets, but clients compute with. */
const fixed = {
  disk_queue_size: FIRST_DISK_QUEUE,
  // Those of the system.
  socket_receive_buffer_size: 0,
  socket_send_buffer_size: 0,
  torrent_file_size_limit: LARGEST_FILE,
  validate_https_tracker_certificate: true,
};

/** Also what waits for a restart is told as it was set. */
const told = ({ settings: { afterRestart: config }, banned }: Client, user: string) => ({
  ...saving(config),
  ...connections(config, banned),
  ...limits(config),
  ...turns(config),
  ...interfaces(config, user),
  ...fixed,
});

type Preferences = ReturnType<typeof told>;

/** Folders, files and addresses of the machine, which its own API shows to admins alone. */
const hidden = {
  banned_IPs: '',
  current_interface_address: '',
  ip_filter_path: '',
  scan_dirs: {},
  web_ui_address: '',
  web_ui_domain_list: '',
  web_ui_reverse_proxies_list: '',
};

export const readPreferences = (client: Client, { name, scope }: Caller): object => ({
  ...told(client, name),
  ...(!allows(scope, 'admin') && hidden),
});

/** Preferences that stand for keys of ours, and what these are then. */
interface Mapping {
  readonly names: readonly (keyof Preferences)[];
  /** `next`: as all is to be; `given`: what is said of it; `now`: as it is. */
  readonly keys: (next: Preferences, given: Partial<Preferences>, now: ClientConfig) => Record<string, unknown>;
}

const one = <K extends keyof Preferences>(
  name: K,
  key: string,
  to: (value: Preferences[K]) => unknown = (value) => value,
): Mapping => ({ names: [name], keys: (next) => ({ [key]: to(next[name]) }) });

/** A number, and a switch for it: the switch counts, or without it whether the number is one. */
const switched = (
  name: 'max_ratio' | 'max_seeding_time' | 'max_inactive_seeding_time',
  key: string,
  first: number,
): Mapping => ({
  names: [name, `${name}_enabled`],
  keys: (next, given) => {
    const isOn = given[`${name}_enabled`] ?? (given[name] === undefined ? next[`${name}_enabled`] : next[name] >= 0);
    return { [key]: !isOn ? null : next[name] >= 0 ? next[name] : first };
  },
});

const rate = (value: number): number => Math.max(0, Math.round(value));
const countOf = (value: number): number => (value <= 0 ? MOST_CONNECTIONS : value);
/** 0: any number. */
const turnsOf = (value: number): number => (value < 0 ? 0 : Math.max(1, value));

const timesOf = (next: Preferences): string[] => [
  scheduleOf({
    days: next.scheduler_days,
    fromHour: next.schedule_from_hour,
    fromMinute: next.schedule_from_min,
    toHour: next.schedule_to_hour,
    toMinute: next.schedule_to_min,
  }),
];

const mappings: readonly Mapping[] = [
  one('save_path', 'downloads'),
  {
    names: ['temp_path', 'temp_path_enabled'],
    keys: ({ temp_path: path, temp_path_enabled: isOn }) => ({ incomplete: isOn && path !== '' ? path : null }),
  },
  one('start_paused_enabled', 'torrents.startAdded', (isStopped) => !isStopped),
  one('add_stopped_enabled', 'torrents.startAdded', (isStopped) => !isStopped),
  one('preallocate_all', 'torrents.allocation', (isFull) => (isFull ? 'full' : 'sparse')),
  {
    names: ['listen_port', 'random_port'],
    keys: ({ listen_port: port }, given) => ({ 'peers.port': given.random_port === true ? 0 : port }),
  },
  one('max_connec', 'peers.connections', countOf),
  one('max_connec_per_torrent', 'peers.perTorrent', countOf),
  one('max_uploads_per_torrent', 'peers.uploadSlots', (slots) => (slots <= 0 ? 1000 : slots)),
  one('encryption', 'peers.encryption', (choice) => encryptions[choice]),
  one('dl_limit', 'limits.download', rate),
  one('up_limit', 'limits.upload', rate),
  one('alt_dl_limit', 'limits.altDownload', rate),
  one('alt_up_limit', 'limits.altUpload', rate),
  {
    names: ['scheduler_enabled'],
    keys: (next, _given, { limits: { schedule } }) => ({
      'limits.followSchedule': next.scheduler_enabled,
      // The times that were told count, though nobody has set any.
      ...(next.scheduler_enabled && schedule.length === 0 && { 'limits.schedule': timesOf(next) }),
    }),
  },
  {
    names: ['schedule_from_hour', 'schedule_from_min', 'schedule_to_hour', 'schedule_to_min', 'scheduler_days'],
    keys: (next) => ({ 'limits.schedule': timesOf(next) }),
  },
  one('queueing_enabled', 'queue.enabled'),
  one('max_active_downloads', 'queue.downloads', turnsOf),
  one('max_active_uploads', 'queue.seeds', turnsOf),
  {
    names: ['dont_count_slow_torrents', 'slow_torrent_dl_rate_threshold'],
    keys: ({ dont_count_slow_torrents: isOn, slow_torrent_dl_rate_threshold: threshold }) => ({
      'queue.slowRate': isOn ? rate(threshold) * KIBI : 0,
    }),
  },
  switched('max_ratio', 'goals.ratio', FIRST_RATIO),
  switched('max_seeding_time', 'goals.minutes', FIRST_MINUTES),
  switched('max_inactive_seeding_time', 'goals.idleMinutes', FIRST_MINUTES),
  one('max_ratio_act', 'goals.action', (action) => actions[action] ?? undefined),
];

const settable: ReadonlySet<keyof Preferences> = new Set(['banned_IPs', ...mappings.flatMap(({ names }) => names)]);

/** Keys of our configuration with what they are to be, and the addresses that are to be banned when that is said. */
export interface PreferenceChanges {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly banned: readonly string[] | undefined;
}

function hostOf(text: string): string {
  const bytes = parseHost(text);
  if (bytes === null) throw badParams(`${text} is no IP address`);
  return formatHost(bytes);
}

/** Throws 400 for a value that means nothing. */
export function changesOf(asked: Readonly<Record<string, unknown>>, client: Client, user: string): PreferenceChanges {
  const now = told(client, user);
  const names = [...settable].filter((name) => Object.hasOwn(asked, name));
  const values = names.map((name) => [name, like(now[name] as Plain, asked[name], name)] as const);
  const given: Partial<Preferences> = Object.fromEntries(values.filter(([name, value]) => value !== now[name]));
  const next = { ...now, ...given };
  const settings: Record<string, unknown> = {};
  for (const mapping of mappings) {
    if (!mapping.names.some((name) => Object.hasOwn(given, name))) continue;
    Object.assign(settings, mapping.keys(next, given, client.settings.value));
  }
  for (const [key, value] of Object.entries(settings)) {
    if (value === undefined) throw badParams(`There is no such choice for ${key}`);
    if (isDeepStrictEqual(value, valueAt(client.settings.afterRestart, key))) delete settings[key];
  }
  return { settings, banned: given.banned_IPs === undefined ? undefined : parts(given.banned_IPs, '\n').map(hostOf) };
}

type Plain = string | number | boolean;

/** The value in the form of the one that was told: some clients send numbers and switches as text. */
function like(known: Plain, value: unknown, name: string): Plain {
  if (typeof value === typeof known) return value as Plain;
  const isText = typeof value === 'string' && value.trim() !== '';
  if (typeof known === 'number' && isText && Number.isFinite(Number(value))) return Number(value);
  if (typeof known === 'boolean') {
    if (value === 'true' || value === 1) return true;
    if (value === 'false' || value === 0) return false;
  }
  // As null: nothing is said of it.
  if (value === null || value === undefined) return known;
  throw badParams(`${name} is to be a ${typeof known}`);
}

const valueAt = (config: object, key: string): unknown =>
  key.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], config);
