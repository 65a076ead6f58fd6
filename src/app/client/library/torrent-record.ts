/**
 * What is durable of a torrent, and its row in the database. The JSON columns are checked when they are read: what is
 * damaged becomes as it is by default, and is reported; a torrent is never lost for it.
 */
import * as z from 'zod';
import { parseHost, type PeerAddress } from '../../../base/address.ts';
import type { FileIndex, UnixSeconds } from '../../../base/units.ts';
import type { InfoHashes } from '../../../codec/metainfo/index.ts';
import type { TorrentColumns, TorrentCounters, TorrentRow } from '../../../db/index.ts';
import { defaultTorrentSettings, type TorrentSettings } from '../torrent-settings.ts';
import type { TorrentView } from '../torrent-view.ts';

export type Wanted = 'running' | 'stopped';
/** `reached`: seeding was over; `waived`: the user has started it again after that, and it seeds on. */
export type GoalState = 'ahead' | 'reached' | 'waived';

/** What was begun and is finished after a crash. */
export type Pending =
  | { readonly kind: 'move'; readonly to: string /** Save path if the move fails. */; readonly back: string }
  | { readonly kind: 'remove'; readonly deleteData: boolean };

export interface Choices {
  /** Wanted files; null: all. */
  readonly select: readonly FileIndex[] | null;
  /** 0 … 7. */
  readonly priorities: ReadonlyMap<FileIndex, number>;
  /** Elements below the save path of files that were renamed. */
  readonly paths: ReadonlyMap<FileIndex, readonly string[]>;
  /** The data is believed by its sizes, until it was looked at for the first time. */
  readonly trustsData: boolean;
  /** The name was chosen by the user, and stays when the metadata arrives. */
  readonly isNamed: boolean;
  /** Something wanted was missing: that all is there is still to be told. */
  readonly isCompletionOwed: boolean;
  /** Given by hand or by its magnet link, the newest last. */
  readonly peers: readonly PeerAddress[];
  /** Why its files could not be moved the last time; null: they could, or there was nothing to move. */
  readonly moveProblem: TorrentView['moveProblem'];
}

export interface TorrentRecord {
  readonly hash: string;
  readonly infoHashes: InfoHashes;
  readonly hasMetainfo: boolean;
  readonly name: string;
  readonly savePath: string;
  /** Where the data is: the folder for what is not complete, or the save path. */
  readonly directory: string;
  readonly wanted: Wanted;
  readonly goal: GoalState;
  readonly queuePosition: number;
  readonly settings: TorrentSettings;
  readonly choices: Choices;
  /** Null: as the torrent file has them. */
  readonly trackers: readonly (readonly string[])[] | null;
  readonly pending: Pending | null;
  readonly addedAt: UnixSeconds;
  readonly startedAt: UnixSeconds | null;
  readonly completedAt: UnixSeconds | null;
}

const noFiles: ReadonlyMap<FileIndex, never> = new Map<FileIndex, never>();

export const noChoices: Choices = {
  select: null,
  priorities: noFiles,
  paths: noFiles,
  trustsData: false,
  isNamed: false,
  isCompletionOwed: false,
  peers: [],
  moveProblem: null,
};

const rate = z.number().int().nonnegative();
const goal = z.union([z.literal(['default', 'none']), z.number().nonnegative()]);
const settingsShape = {
  category: z.string(),
  labels: z.array(z.string()).readonly(),
  downloadLimit: rate,
  uploadLimit: rate,
  obeysGlobalLimits: z.boolean(),
  bandwidthPriority: z.enum(['low', 'normal', 'high']),
  maxPeers: rate.nullable(),
  goals: z.object({ ratio: goal, minutes: goal, idleMinutes: goal }),
  isSequential: z.boolean(),
  isFirstLast: z.boolean(),
  isSuperSeeding: z.boolean(),
  isForced: z.boolean(),
} satisfies Record<keyof TorrentSettings, z.ZodType>;
const settingsSchema: z.ZodType<TorrentSettings> = z.object(settingsShape);

/** A member that is damaged, or missing because it came later, is as by default; `repaired` has the names of the damaged. */
function settingsOf(text: string, repaired: string[]): TorrentSettings {
  const given = parse(text);
  const whole = settingsSchema.safeParse(given);
  if (whole.success) return whole.data;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    repaired.push('settings');
    return defaultTorrentSettings;
  }
  const members = Object.entries(settingsShape).map(([name, schema]) => {
    const value = (given as Readonly<Record<string, unknown>>)[name];
    const member = schema.safeParse(value);
    if (member.success) return [name, member.data];
    if (value !== undefined) repaired.push(`settings.${name}`);
    return [name, defaultTorrentSettings[name as keyof TorrentSettings]];
  });
  return Object.fromEntries(members) as TorrentSettings;
}

const index = z.number().int().nonnegative();
const choicesSchema = z.object({
  select: z.array(index).nullable(),
  priorities: z.array(z.tuple([index, z.number().int().min(0).max(7)])),
  paths: z.array(z.tuple([index, z.array(z.string().regex(/^(?!\.{1,2}$)[^/\0]+$/)).min(1)])),
  trustsData: z.boolean(),
  isNamed: z.boolean(),
  isCompletionOwed: z.boolean().default(false),
  peers: z
    .array(
      z.object({
        host: z.string().refine((host) => parseHost(host) !== null),
        port: z.number().int().min(1).max(65_535),
      }),
    )
    .default([]),
  moveProblem: z.object({ code: z.string(), message: z.string() }).nullable().default(null),
});
const trackersSchema = z.array(z.array(z.string())).nullable();
const pendingSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('move'), to: z.string().min(1), back: z.string().min(1) }),
    z.object({ kind: z.literal('remove'), deleteData: z.boolean() }),
  ])
  .nullable();

export interface ReadRecord {
  readonly id: number;
  readonly record: TorrentRecord;
  readonly counters: TorrentCounters;
  /** Names of what was damaged. */
  readonly repaired: readonly string[];
}

/** Hardly any of thousands of torrents has one of its own. */
const mapOf = <V>(entries: readonly (readonly [FileIndex, V])[]): ReadonlyMap<FileIndex, V> =>
  entries.length > 0 ? new Map(entries) : noFiles;

/**
 * Reads a column in which most torrents have the same: what was made of the last text is made use of again, if nothing
 * of it was damaged. Thousands of torrents take less memory for it, and less time.
 */
function alike<T>(read: (text: string, repaired: string[]) => T): typeof read {
  let last: { readonly text: string; readonly value: T } | null = null;
  return (text, repaired) => {
    if (last?.text === text) return last.value;
    const before = repaired.length;
    const value = read(text, repaired);
    if (repaired.length === before) last = { text, value };
    return value;
  };
}

const readSettings = alike(settingsOf);
const readChoices = alike((text, repaired): Choices => {
  const result = choicesSchema.safeParse(parse(text));
  if (!result.success) repaired.push('choices');
  const { priorities, paths, ...rest } = result.data ?? noChoices;
  return { ...rest, priorities: mapOf([...priorities]), paths: mapOf([...paths]) };
});

export function recordOf(row: TorrentRow): ReadRecord {
  const repaired: string[] = [];
  const read = <T>(schema: z.ZodType<T>, text: string | null, name: string, byDefault: T): T => {
    const result = schema.safeParse(text === null ? null : parse(text));
    if (result.success) return result.data;
    repaired.push(name);
    return byDefault;
  };
  const word = <T extends string>(text: string, words: readonly T[], name: string): T => {
    if ((words as readonly string[]).includes(text)) return text as T;
    repaired.push(name);
    return words[0] as T;
  };
  const record: TorrentRecord = {
    hash: row.hash,
    infoHashes: { v1: row.hashV1, v2: row.hashV2 },
    hasMetainfo: row.hasMetainfo,
    name: row.name,
    savePath: row.savePath,
    directory: row.directory,
    wanted: word(row.wanted, ['stopped', 'running'], 'wanted'),
    goal: word(row.goal, ['ahead', 'reached', 'waived'], 'goal'),
    queuePosition: row.queuePosition,
    settings: readSettings(row.settings, repaired),
    choices: readChoices(row.choices, repaired),
    trackers: read(trackersSchema, row.trackers, 'trackers', null),
    pending: read(pendingSchema, row.pending, 'pending', null),
    addedAt: row.addedAt,
    startedAt: row.startedAt,
    completedAt: row.completedAt,
  };
  return { id: row.id, record, counters: row.counters, repaired };
}

/** Undefined, which no schema takes, for what is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function columnsOf(record: TorrentRecord): TorrentColumns {
  const { infoHashes, settings, choices, trackers, pending, ...rest } = record;
  return {
    ...rest,
    hashV1: infoHashes.v1,
    hashV2: infoHashes.v2,
    settings: JSON.stringify(settings),
    choices: JSON.stringify({ ...choices, priorities: [...choices.priorities], paths: [...choices.paths] }),
    trackers: trackers === null ? null : JSON.stringify(trackers),
    pending: pending === null ? null : JSON.stringify(pending),
  };
}
