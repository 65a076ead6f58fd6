/**
 * What a user may say about the client that runs as a daemon. The keys are the same in the TOML file; the environment
 * has them as `DST_…` (`DST_API_PORT`). The defaults are right for one person on one machine.
 */
import { dirname, isAbsolute, relative, sep } from 'node:path';
import * as z from 'zod';
import type { ByteCount, BytesPerSecond } from '../../base/units.ts';
import type { LogLevel } from '../observability/index.ts';
import type { ConfigSchema } from './config-schema.ts';
import { addressRange, database, facts, hostName, ipAddress, place, places, size, whole } from './config-values.ts';

export interface ClientConfig {
  /** Folder for downloads. */
  readonly downloads: string;
  /** Folder for downloads that are not complete; they move when they are. Null: none. */
  readonly incomplete: string | null;
  /** State: torrents, journals, database. Null: the platform's state folder. */
  readonly data: string | null;
  /** Null: a file in the state folder. */
  readonly database: string | null;
  readonly api: {
    readonly bind: readonly string[];
    readonly port: number;
    /** Socket for the command line of the same user. Null: the platform's runtime folder. */
    readonly socket: string | null;
    readonly hostNames: readonly string[];
    readonly trustProxy: readonly string[];
    readonly tlsCert: string | null;
    readonly tlsKey: string | null;
    /** Folders that callers may name as save paths and browse. Empty: `downloads` and `incomplete`. */
    readonly roots: readonly string[];
    /** Ranges of addresses that are not public and may be contacted: as web servers, trackers, and peers (loopback). */
    readonly privateRanges: readonly string[];
  };
  readonly peers: {
    readonly port: number;
    readonly bind: readonly string[];
    /** All traffic of torrents leaves by this network interface or not at all. */
    readonly interface: string | null;
    /** Name servers that are asked through it in place of the system's. */
    readonly nameServers: readonly string[];
    readonly encryption: 'prefer' | 'required' | 'plaintext';
    readonly connections: number;
    readonly perTorrent: number;
    readonly uploadSlots: number;
    /** File with address ranges that are kept out: PeerGuardian (P2P, DAT) or CIDR, plain or gzip. */
    readonly blocklist: string | null;
  };
  readonly limits: {
    readonly download: BytesPerSecond;
    readonly upload: BytesPerSecond;
    readonly altDownload: BytesPerSecond;
    readonly altUpload: BytesPerSecond;
    /** The alternative limits count: as the user has said it last. The schedule does not change it. */
    readonly alternative: boolean;
    /** The schedule switches them on and off, and decides at the start. */
    readonly followSchedule: boolean;
    /** When the alternative limits count: `mon-fri 08:00-17:30`, local time. */
    readonly schedule: readonly string[];
  };
  readonly queue: {
    readonly enabled: boolean;
    /** Most torrents that download, and that seed, at the same time; null: any number. */
    readonly downloads: number | null;
    readonly seeds: number | null;
    /** A torrent that moves less than this for a minute takes no place in the queue, bytes per second; 0: all take one. */
    readonly slowRate: BytesPerSecond;
  };
  readonly goals: {
    readonly ratio: number | null;
    readonly minutes: number | null;
    readonly idleMinutes: number | null;
    readonly action: 'stop' | 'remove' | 'remove-with-data';
  };
  readonly torrents: {
    readonly startAdded: boolean;
    /** Files of which nothing or not all is there end in `.part`. */
    readonly allocation: 'sparse' | 'full';
    readonly categoryFolders: boolean;
    /** Folders of which new torrent files are added; a folder within one is the category. */
    readonly watch: readonly string[];
    /** What becomes of the file: it gets the ending `.added`, or is deleted. */
    readonly watchAction: 'rename' | 'delete';
    /** Program that is run when a torrent is complete, with its facts as `DST_TORRENT_…` in the environment. */
    readonly onComplete: string | null;
  };
  readonly memory: {
    /** Pieces in progress and outgoing blocks. */
    readonly buffers: ByteCount;
  };
  readonly logLevel: LogLevel;
}

/** Highest rate that may be set, bytes per second; more is no limit in effect. */
const HIGHEST_RATE: BytesPerSecond = 1024 ** 4;
const MOST_CONNECTIONS = 100_000;
const MOST_TORRENTS = 1_000_000;
/** Longest time that may be a goal, minutes: ten years. */
const LONGEST_GOAL = 5_256_000;
const LEAST_BUFFERS: ByteCount = 8 * 1024 * 1024;
/** `mon-fri 08:00-17:30`, `22:00-06:00`. */
const SCHEDULE: RegExp =
  /^(?:(?:mon|tue|wed|thu|fri|sat|sun)(?:[-,](?:mon|tue|wed|thu|fri|sat|sun))* )?(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d$/;

const rate = (): z.ZodType<BytesPerSecond> =>
  size(0)
    .pipe(z.number().max(HIGHEST_RATE))
    .meta(facts({ unit: 'bytes/s', form: 'size such as 500K or 2M; 0: no limit' }));

/** 0 and nothing: any number. */
const count = (most: number): z.ZodType<number | null> =>
  whole(0, most)
    .nullable()
    .transform((value) => value || null);
/** Whether what is saved below a folder can be within a watched one, or in the folder of one of its categories. */
function isWatchedAt(folderOfData: string, watched: string): boolean {
  const way = relative(folderOfData, watched);
  const isBelow = way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  return isBelow || dirname(folderOfData) === watched;
}

const needsRestart = facts({ restart: true });

const api = z.object({
  bind: z
    .array(ipAddress())
    .default(['127.0.0.1'])
    .describe(
      'Addresses on which the APIs are served. Others than those of this machine itself need TLS or a proxy in front.',
    )
    .meta(needsRestart),
  port: whole(0, 65_535).default(8470).describe('Port of the APIs; 0: any free one.').meta(needsRestart),
  socket: place()
    .nullable()
    .default(null)
    .describe('Socket for the command line of the same user. Without it: `dst.sock` in the runtime or state folder.')
    .meta(needsRestart),
  hostNames: z
    .array(hostName())
    .default([])
    .describe('Names under which the APIs may be called, besides addresses and names without a dot.'),
  trustProxy: z
    .array(addressRange())
    .default([])
    .describe('Proxies whose `X-Forwarded-For` is believed.')
    .meta(needsRestart),
  tlsCert: place()
    .nullable()
    .default(null)
    .describe('File with the certificate and its chain, PEM: the APIs are HTTPS then.')
    .meta(needsRestart),
  tlsKey: place().nullable().default(null).describe('File with the key of the certificate, PEM.').meta(needsRestart),
  roots: places().default([]).describe('Folders below which callers may save and browse. Empty: the download folders.'),
  privateRanges: z
    .array(addressRange())
    .default([])
    .describe(
      'Addresses that are not public, whose web servers may be asked for torrents and told of events, and whose trackers are asked. Peers at loopback and link-local addresses are dialled only when they are here.',
    ),
});

const peers = z.object({
  port: whole(0, 65_535)
    .default(8471)
    .describe('Port on which peers are accepted; 0: any free one.')
    .meta(needsRestart),
  bind: z
    .array(ipAddress())
    .default([])
    .describe('Addresses to listen on and to connect from. Empty: all.')
    .meta(needsRestart),
  interface: z
    .string()
    .regex(/^[\w.:-]{1,15}$/)
    .nullable()
    .default(null)
    .describe('Network interface: what torrents send leaves by it or not at all.')
    .meta(facts({ restart: true, form: 'name of an interface, such as wg0' })),
  nameServers: z
    .array(ipAddress())
    .default([])
    .describe(
      'Name servers that are asked through `peers.interface`. Empty: those of the system, unless they are on this machine.',
    )
    .meta(needsRestart),
  encryption: z
    .enum(['prefer', 'required', 'plaintext'])
    .default('prefer')
    .describe('Encrypted connections: where the peer can, always, or not on our side.')
    .meta(needsRestart),
  connections: whole(1, MOST_CONNECTIONS).default(500).describe('Most connections to peers.'),
  perTorrent: whole(1, MOST_CONNECTIONS).default(100).describe('Most connections of one torrent.'),
  uploadSlots: whole(1, 1000).default(8).describe('Peers of one torrent that are sent to at the same time.'),
  blocklist: place()
    .nullable()
    .default(null)
    .describe(
      'File with address ranges that are kept out: P2P, DAT or CIDR, plain or gzip. Read again when it changes.',
    ),
});

const limits = z.object({
  download: rate().prefault(0).describe('Most that is received.'),
  upload: rate().prefault(0).describe('Most that is sent.'),
  altDownload: rate().prefault('1M').describe('Most that is received while the alternative limits count.'),
  altUpload: rate().prefault('256K').describe('Most that is sent while the alternative limits count.'),
  alternative: z
    .boolean()
    .default(false)
    .describe('The alternative limits count. Where a schedule is followed: until it switches.'),
  followSchedule: z
    .boolean()
    .default(false)
    .describe(
      'The schedule switches the alternative limits on and off at its times, and says at the start which count.',
    ),
  schedule: z
    .array(z.string().regex(SCHEDULE))
    .default([])
    .describe('Times of the alternative limits, in local time; they count while `limits.followSchedule` is true.')
    .meta(facts({ form: 'list such as ["mon-fri 08:00-17:30", "22:00-06:00"]' })),
});

const queue = z.object({
  enabled: z.boolean().default(true).describe('Torrents take turns.'),
  downloads: count(MOST_TORRENTS).default(5).describe('Most torrents that download at the same time; 0: any number.'),
  seeds: count(MOST_TORRENTS)
    .default(null)
    .describe('Most torrents that seed at the same time; 0: any number.')
    .meta(facts({ example: 5 })),
  slowRate: rate()
    .prefault('2K')
    .describe('What moves less than this for a minute takes no place in the queue; 0: everything takes one.')
    .meta(facts({ unit: 'bytes/s', form: 'size such as 2K' })),
});

const goals = z.object({
  ratio: z
    .number()
    .min(0)
    .max(1_000_000)
    .nullable()
    .default(null)
    .describe('Seeding is over when so many times the size has been uploaded. Without it: never.')
    .meta(facts({ example: 1.5 })),
  minutes: whole(0, LONGEST_GOAL)
    .nullable()
    .default(null)
    .describe('Seeding is over after this time. Without it: never.')
    .meta(facts({ unit: 'min', example: 120 })),
  idleMinutes: whole(1, LONGEST_GOAL)
    .nullable()
    .default(null)
    .describe('Seeding is over when nothing was sent for this time. Without it: never.')
    .meta(facts({ unit: 'min', example: 30 })),
  action: z
    .enum(['stop', 'remove', 'remove-with-data'])
    .default('stop')
    .describe('What becomes of a torrent whose seeding is over.'),
});

const torrents = z.object({
  startAdded: z.boolean().default(true).describe('Torrents that are added begin at once.'),
  allocation: z
    .enum(['sparse', 'full'])
    .default('sparse')
    .describe('Files grow as their pieces arrive, or have all their space from the start.'),
  categoryFolders: z.boolean().default(false).describe('A category without a folder of its own has one with its name.'),
  watch: places()
    .default([])
    .describe('Folders whose torrent files are added; a folder within is a category. Symbolic links are left alone.'),
  watchAction: z
    .enum(['rename', 'delete'])
    .default('rename')
    .describe('What becomes of a file that was added from there: it gets the ending `.added`, or is deleted.'),
  onComplete: place()
    .nullable()
    .default(null)
    .describe(
      'Program that is run when a torrent is complete, after a crash perhaps again; the facts are in `DST_TORRENT_…` variables.',
    ),
});

export const clientConfig: ConfigSchema<ClientConfig> = z
  .object({
    downloads: place().prefault('~/Downloads').describe('Folder for downloads.'),
    incomplete: place()
      .nullable()
      .default(null)
      .describe('Folder for downloads until they are complete. Without it: where they belong from the start.'),
    data: place()
      .nullable()
      .default(null)
      .describe('Folder for what the client keeps. Without it: in the state folder of the user.')
      .meta(needsRestart),
    database: database().nullable().default(null).describe('Database. Without it: a file in the data folder.'),
    api,
    peers,
    limits,
    queue,
    goals,
    torrents,
    memory: z.object({
      buffers: size(LEAST_BUFFERS)
        .prefault('48M')
        .describe('Most memory for pieces in progress and blocks on their way out.')
        .meta(facts({ restart: true, unit: 'bytes', form: 'size from 8M, such as 48M' })),
    }),
    logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least level of what is logged.'),
  })
  .superRefine((config, context) => {
    const wrong = (key: string, message: string): void => {
      context.addIssue({ code: 'custom', path: key.split('.'), message });
    };
    const { tlsCert, tlsKey } = config.api;
    if (tlsCert !== null && tlsKey === null) wrong('api.tlsKey', 'api.tlsCert needs it');
    if (tlsCert === null && tlsKey !== null) wrong('api.tlsCert', 'api.tlsKey needs it');
    if (config.peers.interface !== null && config.peers.bind.length > 0) {
      wrong('peers.bind', 'peers.interface says it already');
    }
    if (config.peers.interface === null && config.peers.nameServers.length > 0) {
      wrong('peers.nameServers', 'they are for peers.interface, which is not set');
    }
    const written = [config.downloads, config.incomplete, ...config.api.roots].filter((folder) => folder !== null);
    const shared = config.torrents.watch.find((watched) => written.some((folder) => isWatchedAt(folder, watched)));
    if (shared !== undefined) {
      wrong('torrents.watch', `${shared} is where torrents are saved: what they bring would be added as torrents`);
    }
  })
  .meta({ environment: 'DST_', isEnvironmentShared: true });
