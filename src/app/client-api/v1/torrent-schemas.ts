/** What the API tells of torrents, as schemas. They are for the description: answers are written as they are. */
import * as z from 'zod';
import { addressKey } from '../../../base/address.ts';
import {
  type FileView,
  type PeerView,
  type RefusedPeer,
  type SeedGoals,
  type TorrentSettings,
  type TorrentView,
  type TrackerView,
  viewStates,
} from '../../client/index.ts';
import { line } from '../../openapi/index.ts';

const rate = z.int().describe('bytes/s');
const bytes = z.number().describe('bytes');
const time = z.int().describe('unix seconds');

/** Highest rate that can be set, bytes/s. */
const HIGHEST_RATE = 2 ** 40;
const limit = z.int().min(0).max(HIGHEST_RATE).describe('bytes/s; 0: none');
const goal = z.union([z.enum(['default', 'none']), z.number().min(0).max(1e9)]);

const goals = z.strictObject({
  ratio: goal.describe('uploaded by the size of what is wanted'),
  minutes: goal.describe('minutes of seeding'),
  idleMinutes: goal.describe('minutes without a byte sent'),
});

const settings = z.strictObject({
  category: line.max(255).describe('empty: none'),
  labels: z.array(line.min(1).max(255)).max(100),
  downloadLimit: limit,
  uploadLimit: limit,
  obeysGlobalLimits: z.boolean(),
  bandwidthPriority: z
    .enum(['low', 'normal', 'high'])
    .describe('its share of the limits of the client: each has twice that of the next lower one'),
  maxPeers: z.int().min(1).max(100_000).nullable().describe('null: as the client has it'),
  goals,
  isSequential: z.boolean().describe('pieces come in order'),
  isFirstLast: z.boolean().describe('the first and last piece of each file come before others'),
  isSuperSeeding: z
    .boolean()
    .describe('the only seed of new data sends each piece about once (BEP 16); in effect until another seed is seen'),
  isForced: z.boolean().describe('runs whatever the queue says'),
});

type Some<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Settings of which only some are named. */
export type SettingsChange = Some<Omit<TorrentSettings, 'goals'>> & { readonly goals?: Some<SeedGoals> | undefined };

export const settingsChange: z.ZodType<SettingsChange> = settings
  .partial()
  .extend({ goals: goals.partial().optional() });

/** What the port takes: goals are changed as a whole there. */
export function settingsOf({ goals: some, ...rest }: SettingsChange, current: SeedGoals): Partial<TorrentSettings> {
  const merged = some && { goals: { ...current, ...named(some) } };
  return { ...named(rest), ...merged };
}

const named = <T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

const shape = {
  id: z.int(),
  hash: z.string().describe('40 hexadecimal digits: how the API names the torrent'),
  hashV1: z.string().nullable(),
  hashV2: z.string().nullable().describe('64 hexadecimal digits'),
  name: z.string(),
  state: z.enum(viewStates),
  problem: z.object({ code: z.string(), message: z.string(), healsItself: z.boolean() }).nullable(),
  warning: z.string().nullable(),
  moveProblem: z.object({ code: z.string(), message: z.string() }).nullable(),
  isStalled: z.boolean(),
  isSeedingOver: z.boolean().describe('stopped because a goal was reached, and not by the user'),
  isSealed: z.boolean(),
  isPrivate: z.boolean(),
  hasMetadata: z.boolean(),
  settings,
  queuePosition: z.int(),
  savePath: z.string(),
  contentPath: z.string(),
  totalSize: bytes,
  wantedSize: bytes,
  wantedDone: bytes,
  done: bytes,
  checked: z.number().describe('0 to 1 of the check that runs, else 1'),
  moved: z.number().describe('0 to 1 of the move that runs, else 1'),
  pieceCount: z.int(),
  pieceLength: bytes,
  piecesHave: z.int(),
  fileCount: z.int(),
  comment: z.string(),
  creator: z.string(),
  createdAt: time.nullable(),
  downloadRate: rate,
  uploadRate: rate,
  downloaded: bytes,
  uploaded: bytes,
  downloadedInRun: bytes,
  uploadedInRun: bytes,
  wasted: bytes,
  ratio: z.number(),
  eta: z.number().nullable().describe('seconds; null: unknown'),
  secondsDownloading: z.number(),
  secondsSeeding: z.number(),
  addedAt: time,
  startedAt: time.nullable(),
  completedAt: time.nullable(),
  activeAt: time.nullable(),
  peersConnected: z.int(),
  peersSending: z.int(),
  peersReceiving: z.int(),
  seedsConnected: z.int(),
  peersKnown: z.int(),
  swarmSeeds: z.int().nullable(),
  swarmLeechers: z.int().nullable(),
  availability: z.number(),
  tracker: z.string(),
  trackerCount: z.int(),
};

export const torrentView: z.ZodType<TorrentView> = z.object(shape).meta({ id: 'Torrent' });
/** Not put together of two schemas: each of them would refuse what the other one has. */
export const torrentDetails: z.ZodType<TorrentView & { readonly magnetLink: string }> = z
  .object({ ...shape, magnetLink: z.string() })
  .meta({ id: 'TorrentDetails' });
export const torrentPart: z.ZodType<Some<TorrentView>> = z
  .object(shape)
  .partial()
  .meta({ id: 'TorrentPart', description: 'a torrent, or the fields of it that were asked for' });

/** Fields of a torrent, by name. */
export const torrentFields: readonly (keyof TorrentView)[] = Object.keys(shape) as (keyof typeof shape)[];

export const fileView: z.ZodType<FileView> = z
  .object({
    index: z.int(),
    path: z.string().describe('below the save path, with slashes'),
    size: bytes,
    done: bytes,
    priority: z.int().describe('0: not wanted; 4: normal; 7: highest'),
    firstPiece: z.int(),
    lastPiece: z.int(),
    availability: z.number().describe('copies of its rarest piece in sight; -1: unknown'),
  })
  .meta({ id: 'File' });

export const peerView: z.ZodType<PeerView> = z
  .object({
    host: z.string(),
    port: z.int(),
    client: z.string(),
    peerId: z.string(),
    isIncoming: z.boolean(),
    protection: z.string().nullable(),
    progress: z.number(),
    downloadRate: rate,
    uploadRate: rate,
    downloaded: bytes,
    uploaded: bytes,
    amChoking: z.boolean(),
    amInterested: z.boolean(),
    peerChoking: z.boolean(),
    peerInterested: z.boolean(),
    pendingBlocks: z.int(),
    flags: z.string(),
    source: z.string(),
  })
  .meta({ id: 'Peer' });

export const trackerView: z.ZodType<TrackerView> = z
  .object({
    id: z.int(),
    url: z.string(),
    tier: z.int(),
    state: z.enum(['idle', 'working', 'ok', 'failed']),
    message: z.string().nullable(),
    seeders: z.int().nullable(),
    leechers: z.int().nullable(),
    downloads: z.int().nullable(),
    peersReceived: z.int(),
    lastAnnounceAt: time.nullable(),
    nextAnnounceAt: time.nullable(),
  })
  .meta({ id: 'Tracker' });

export interface RefusedPeerView {
  readonly peer: string;
  readonly reason: string;
}

export const refusedPeers: z.ZodType<readonly RefusedPeerView[]> = z
  .array(z.object({ peer: z.string(), reason: z.string() }))
  .describe('peers that are not dialled, and why');

export const refusedPeersView = (refused: readonly RefusedPeer[]): RefusedPeerView[] =>
  refused.map(({ address, reason }) => ({ peer: addressKey(address), reason }));

/** Priorities of files by index. */
export const priorities: z.ZodType<Map<number, number>> = z
  .record(z.string().regex(/^\d{1,6}$/), z.int().min(0).max(7))
  .transform((given) => new Map(Object.entries(given).map(([index, priority]) => [Number(index), priority])));

/** Paths of files by index, as lists of their elements. */
export const filePaths: z.ZodType<Map<number, string[]>> = z
  .record(z.string().regex(/^\d{1,6}$/), z.string().min(1).max(4096))
  .transform((given) => new Map(Object.entries(given).map(([index, path]) => [Number(index), path.split('/')])));

export const trackerTiers: z.ZodType<string[][]> = z.array(z.array(z.string().min(1).max(2048)).max(100)).max(100);
