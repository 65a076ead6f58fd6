/** What `torrent-set` and `torrent-add` say of one torrent, as settings and priorities of ours. */
import type { Goal, ManagedTorrent, TorrentSettings } from '../../client/index.ts';
import type { ClientConfig } from '../../config/index.ts';
import { flag, number, numbers, type Params, text, texts } from './params.ts';
import { noGroups, rpcError } from './rpc-error.ts';
import { KILO, usualLimits } from './torrent-fields.ts';
import { readTrackerText } from './tracker-fields.ts';

/** Of a file of which nothing was said. */
export const NORMAL_PRIORITY = 4;

export function settingsOf(params: Params, now: TorrentSettings, config: ClientConfig): Partial<TorrentSettings> {
  const usual = usualLimits(config);
  const labels = texts(params, 'labels');
  if ((text(params, 'group') ?? '') !== '') throw noGroups();
  const obeysGlobalLimits = flag(params, 'honors_session_limits');
  const isSequential = flag(params, 'sequential_download');
  const maxPeers = number(params, 'peer_limit');
  const priority = number(params, 'bandwidth_priority');
  const downloadLimit = limitOf(params, 'download', now.downloadLimit, usual.kilobytes);
  const uploadLimit = limitOf(params, 'upload', now.uploadLimit, usual.kilobytes);
  const ratio = goalOf(params, 'seed_ratio', now.goals.ratio, usual.ratio);
  const idleMinutes = goalOf(params, 'seed_idle', now.goals.idleMinutes, usual.idleMinutes);
  return {
    ...(labels !== undefined && { labels: [...new Set(labels.map((label) => label.trim()))].filter(Boolean) }),
    ...(obeysGlobalLimits !== undefined && { obeysGlobalLimits }),
    ...(isSequential !== undefined && { isSequential }),
    ...(maxPeers !== undefined && { maxPeers: maxPeers > 0 ? Math.floor(maxPeers) : null }),
    ...(priority !== undefined && { bandwidthPriority: priority > 0 ? 'high' : priority < 0 ? 'low' : 'normal' }),
    ...(downloadLimit !== undefined && { downloadLimit }),
    ...(uploadLimit !== undefined && { uploadLimit }),
    ...((ratio ?? idleMinutes) !== undefined && {
      goals: { ...now.goals, ...(ratio !== undefined && { ratio }), ...(idleMinutes !== undefined && { idleMinutes }) },
    }),
  };
}

/** A limit and whether it counts come apart; ours is one number. */
function limitOf(params: Params, way: 'download' | 'upload', now: number, usual: number): number | undefined {
  const limit = number(params, `${way}_limit`);
  const isLimited = flag(params, `${way}_limited`);
  if (isLimited === false) return 0;
  if (isLimited === true) return limit !== undefined ? Math.max(1, limit) * KILO : now || usual * KILO;
  return limit !== undefined && now > 0 ? Math.max(1, limit) * KILO : undefined;
}

function goalOf(params: Params, name: 'seed_ratio' | 'seed_idle', now: Goal, usual: number): Goal | undefined {
  const limit = number(params, `${name}_limit`);
  const mode = number(params, `${name}_mode`);
  if (mode === 0) return 'default';
  if (mode === 2) return 'none';
  if (mode === 1) return limit ?? (typeof now === 'number' ? now : usual);
  return limit !== undefined && typeof now === 'number' ? limit : undefined;
}

/** Parameters that name files by number. */
export const FILE_LISTS: readonly string[] = [
  'files_unwanted',
  'files_wanted',
  'priority_high',
  'priority_low',
  'priority_normal',
];

/** A file, in a list without pads (BEP 47): Transmission's numbers are places in it, and our indices count pads too. */
export interface ListedFile {
  readonly index: number;
  readonly priority: number;
}

/** Priorities 0 … 7 by index of a file; an empty list means all files. Null: files are not known yet. */
export function prioritiesOf(params: Params, files: readonly ListedFile[] | null): Map<number, number> {
  const changed = new Map<number, number>();
  const each = (name: string, priority: (known: number) => number): void => {
    const given = numbers(params, name);
    if (given === undefined) return;
    for (const file of given.length === 0 ? (files ?? []) : given.map((position) => fileAt(files, position))) {
      changed.set(file.index, priority(changed.get(file.index) ?? file.priority));
    }
  };
  each('files_unwanted', () => 0);
  each('files_wanted', (known) => known || NORMAL_PRIORITY);
  // A file that is not wanted has no priority with us.
  each('priority_high', (known) => known && 7);
  each('priority_low', (known) => known && 1);
  each('priority_normal', (known) => known && NORMAL_PRIORITY);
  return changed;
}

/** Where files are not known, there may be any number. */
function fileAt(files: readonly ListedFile[] | null, position: number): ListedFile {
  const file = files === null ? { index: position, priority: NORMAL_PRIORITY } : files[position];
  if (file === undefined || position < 0) throw rpcError('no-file', `there is no file ${position}`);
  return file;
}

/** The tiers that the torrent is to have; undefined: as they are. */
export function trackersOf(params: Params, torrent: ManagedTorrent): string[][] | undefined {
  const whole = text(params, 'tracker_list');
  if (whole !== undefined) return readTrackerText(whole);
  const added = texts(params, 'tracker_add');
  const removed = numbers(params, 'tracker_remove');
  const replaced = params['tracker_replace'];
  if (added === undefined && removed === undefined && replaced === undefined) return undefined;
  const urls = new Map(torrent.trackers().map(({ id, url, tier }) => [id, { url, tier }]));
  if (Array.isArray(replaced)) {
    for (let i = 0; i + 1 < replaced.length; i += 2) {
      const [id, url] = replaced.slice(i, i + 2) as [unknown, unknown];
      const known = typeof id === 'number' ? urls.get(id) : undefined;
      if (known === undefined || typeof url !== 'string') throw rpcError('bad-trackers', 'there is no such tracker');
      urls.set(id as number, { url, tier: known.tier });
    }
  }
  for (const id of removed ?? []) {
    if (!urls.delete(id)) throw rpcError('bad-trackers', 'there is no such tracker');
  }
  const tiers = new Map<number, string[]>();
  for (const { url, tier } of urls.values()) tiers.set(tier, [...(tiers.get(tier) ?? []), url]);
  const known = new Set([...urls.values()].map(({ url }) => url));
  return [...tiers.values(), ...(added ?? []).filter((url) => !known.has(url)).map((url) => [url])];
}
