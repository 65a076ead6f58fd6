/** Settings of a torrent as flags, the same for `add` and `set`. */
import type { Command } from 'commander';
import type { Goal, SeedGoals, TorrentSettings } from '../../app/client/index.ts';
import type { BytesPerSecond } from '../../base/units.ts';
import { parseGoal, parsePositive, parseRate } from '../arguments.ts';
import { value, values } from '../command.ts';

const priorities = ['low', 'normal', 'high'] as const satisfies readonly TorrentSettings['bandwidthPriority'][];

export interface SettingFlags {
  /** False: none. */
  readonly category?: string | false;
  readonly label?: string[] | false;
  readonly downLimit?: BytesPerSecond;
  readonly upLimit?: BytesPerSecond;
  /** False: those of the client do not count. */
  readonly globalLimits?: boolean;
  readonly seedRatio?: Goal;
  readonly seedTime?: Goal;
  readonly seedIdle?: Goal;
  readonly sequential?: boolean;
  readonly firstLast?: boolean;
  readonly superSeeding?: boolean;
  readonly priority?: TorrentSettings['bandwidthPriority'];
  /** `default`: as the client has it. */
  readonly maxPeers?: number | 'default';
}

/** Settings of which only some are named, as the API takes them. */
export type SettingsChange = Partial<Omit<TorrentSettings, 'goals'>> & { readonly goals?: Partial<SeedGoals> };

export function addSettingFlags(command: Command): void {
  command
    .option('--category <name>', 'category; it may bring a save path of its own')
    .option('--label <name>', 'label; may be repeated', values(String))
    .option('--down-limit <rate>', 'bytes per second, for instance 500K or 1.5M; none: no limit', value(parseRate))
    .option('--up-limit <rate>', 'the same for what is sent', value(parseRate))
    .option('--global-limits', 'the limits of all torrents together count for it')
    .option('--no-global-limits', 'they do not')
    .option('--seed-ratio <ratio>', 'seed until so many times the size is uploaded; none, or default', value(parseGoal))
    .option('--seed-time <minutes>', 'seed for so long; none, or default', value(parseGoal))
    .option('--seed-idle <minutes>', 'seed until nothing was sent for so long; none, or default', value(parseGoal))
    .option('--sequential', 'pieces in order')
    .option('--first-last', 'the first and last piece of each file before others')
    .option('--super-seeding', 'the only seed of new data: sends each piece about once, until another seed is seen')
    .addOption(
      command.createOption('--priority <level>', 'its share of the limits of all torrents').choices(priorities),
    )
    .option('--max-peers <n>', 'most peers; default: as the client has it', value(parseMaxPeers));
}

/** Takes back what `addSettingFlags` sets. */
export function addUnsettingFlags(command: Command): void {
  command
    .option('--no-category', 'no category')
    .option('--no-label', 'no labels')
    .option('--no-sequential', 'pieces in any order')
    .option('--no-first-last', 'no pieces before others')
    .option('--no-super-seeding', 'seeds as usual');
}

const parseMaxPeers = (text: string): number | 'default' =>
  text.trim().toLowerCase() === 'default' ? 'default' : parsePositive(text);

/** Empty when none of the flags is given. */
export function settingsOf(flags: SettingFlags): SettingsChange {
  const goals = given({ ratio: flags.seedRatio, minutes: flags.seedTime, idleMinutes: flags.seedIdle });
  return {
    ...given({
      category: flags.category === false ? '' : flags.category,
      labels: flags.label === false ? [] : flags.label,
      downloadLimit: flags.downLimit,
      uploadLimit: flags.upLimit,
      obeysGlobalLimits: flags.globalLimits,
      isSequential: flags.sequential,
      isFirstLast: flags.firstLast,
      isSuperSeeding: flags.superSeeding,
      bandwidthPriority: flags.priority,
      maxPeers: flags.maxPeers === 'default' ? null : flags.maxPeers,
    }),
    ...(Object.keys(goals).length > 0 && { goals }),
  };
}

const given = <T extends object>(named: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(named).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
