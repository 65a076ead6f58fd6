/**
 * What an operator may say about a tracker. The keys are the same in the TOML file; the environment has them as
 * `DST_TRACKER_…`. The defaults are those of a public tracker on a machine of any size.
 */
import * as z from 'zod';
import { parseSwarmsUrl } from '../../base/swarms-url.ts';
import type { ByteCount } from '../../base/units.ts';
import type { LogLevel } from '../observability/index.ts';
import type { ConfigSchema } from './config-schema.ts';
import { addressRange, database, facts, hostName, ipAddress, place, readBy, size, whole } from './config-values.ts';

export interface TrackerConfig {
  readonly port: number;
  /** Empty: all addresses. */
  readonly bind: readonly string[];
  /** Null: one a core. */
  readonly threads: number | null;
  readonly memory: ByteCount;
  /** Seconds. */
  readonly interval: number;
  /** Seconds; null: four times the interval. */
  readonly longestInterval: number | null;
  readonly access: 'open' | 'whitelist' | 'private';
  /** Null: when it listens on private addresses only. */
  readonly allowPrivate: boolean | null;
  readonly peersPerAddress: number;
  readonly announcesPerSecond: number;
  readonly announceBurst: number;
  readonly apiRequestsPerSecond: number;
  readonly apiBurst: number;
  readonly trustProxy: readonly string[];
  readonly hostNames: readonly string[];
  readonly warning: string;
  /** Null: in the state folder of the user. */
  readonly data: string | null;
  /** Null: a file in the data folder. */
  readonly database: string | null;
  /** Null: in memory. */
  readonly swarms: string | null;
  /** Null: a key in the data folder, made when there is none. */
  readonly udpKey: string | null;
  readonly tlsPort: number | null;
  readonly tlsCert: string | null;
  readonly tlsKey: string | null;
  readonly logLevel: LogLevel;
  readonly logAddresses: boolean;
}

/** Shortest and longest time between two announces, seconds. */
const SHORTEST_INTERVAL = 30;
const LONGEST_INTERVAL = 43_200;
/** Longest interval that load may lead to, seconds: one day. */
const LONGEST_STRETCHED = 86_400;
/** Least memory for swarms and peers. */
const LEAST_MEMORY: ByteCount = 1024 * 1024;
/** Most threads; more than any machine has cores. */
const MOST_THREADS = 1024;
/** Highest limit that may be set; beyond it there is none in effect. */
const HIGHEST_LIMIT = 1_000_000;
/** Longest text that is shown to clients, characters. */
const LONGEST_WARNING = 200;

const limit = (): z.ZodNumber => z.number().min(0).max(HIGHEST_LIMIT);

const readSwarms = (text: string): string | null => (parseSwarmsUrl(text) === null ? null : text);

export const trackerConfig: ConfigSchema<TrackerConfig> = z
  .object({
    port: whole(0, 65_535)
      .default(6969)
      .describe('Port of HTTP, WebSocket and UDP; 0: any free one.')
      .meta(facts({ restart: true })),
    bind: z
      .array(ipAddress())
      .default([])
      .describe('Addresses to listen on. Empty: all.')
      .meta(facts({ restart: true })),
    threads: whole(1, MOST_THREADS)
      .nullable()
      .default(null)
      .describe('Threads that answer. Without it: one a core.')
      .meta(facts({ restart: true, example: 4 })),
    memory: size(LEAST_MEMORY)
      .prefault('256M')
      .describe('Most memory for swarms and peers.')
      .meta(facts({ restart: true, unit: 'bytes', form: 'size from 1M, such as 256M or 1.5G' })),
    interval: whole(SHORTEST_INTERVAL, LONGEST_INTERVAL)
      .default(1800)
      .describe('Time between two announces of a client.')
      .meta(facts({ unit: 's' })),
    longestInterval: whole(SHORTEST_INTERVAL, LONGEST_STRETCHED)
      .nullable()
      .default(null)
      .describe('To so much the interval may be stretched under load. Without it: four times the interval.')
      .meta(facts({ unit: 's', example: 7200 })),
    access: z
      .enum(['open', 'whitelist', 'private'])
      .default('open')
      .describe(
        'Served are all torrents but the denied ones (open), registered ones (whitelist), or these for members (private).',
      ),
    allowPrivate: z
      .boolean()
      .nullable()
      .default(null)
      .describe('Whether peers of private addresses are taken. Without it: when it listens on private addresses only.'),
    peersPerAddress: whole(1, HIGHEST_LIMIT)
      .default(5000)
      .describe('Most peers of one address, or of one IPv6 network of 64 bits.'),
    announcesPerSecond: limit()
      .default(100)
      .describe('Announces of one address that are answered over time; 0: any number.')
      .meta(facts({ unit: '1/s' })),
    announceBurst: whole(0, HIGHEST_LIMIT)
      .default(5000)
      .describe('Announces of one address that are answered at once; 0: any number.'),
    apiRequestsPerSecond: limit()
      .default(20)
      .describe('Requests of one address to the API that are answered over time; 0: any number.')
      .meta(facts({ unit: '1/s' })),
    apiBurst: whole(0, HIGHEST_LIMIT)
      .default(100)
      .describe('Requests of one address to the API that are answered at once; 0: any number.'),
    trustProxy: z.array(addressRange()).default([]).describe('Proxies whose `X-Forwarded-For` is believed.'),
    hostNames: z
      .array(hostName())
      .default([])
      .describe(
        'Names under which API, `/metrics` and `/stats` may be called, besides addresses and names without a dot.',
      ),
    warning: z
      .string()
      .max(LONGEST_WARNING)
      .regex(/^\P{C}*$/u)
      .default('')
      .describe('Text that clients show to their users. Empty: none.')
      .meta(facts({ form: `text on one line, at most ${LONGEST_WARNING} characters` })),
    data: place()
      .nullable()
      .default(null)
      .describe('Folder for what the tracker keeps. Without it: in the state folder of the user.')
      .meta(facts({ restart: true })),
    database: database().nullable().default(null).describe('Database. Without it: a file in the data folder.'),
    swarms: readBy(readSwarms, 'redis://HOST[:PORT][/DATABASE], rediss://… or redis+unix:///PATH')
      .nullable()
      .default(null)
      .describe('Redis or Valkey that holds the swarms, shared by several trackers. Without it: memory.')
      .meta(facts({ restart: true, secret: true, alias: 'DST_SWARMS' })),
    udpKey: place()
      .nullable()
      .default(null)
      .describe('File with 32 hexadecimal digits; trackers of one name share it. Without it: a key in the data folder.')
      .meta(facts({ restart: true })),
    tlsPort: whole(0, 65_535)
      .nullable()
      .default(null)
      .describe(
        'Port of HTTPS and secure WebSocket, another one than `port`. Without it: none. It needs `tlsCert` and `tlsKey`.',
      )
      .meta(facts({ restart: true })),
    tlsCert: place()
      .nullable()
      .default(null)
      .describe('File with the certificate and its chain, PEM.')
      .meta(facts({ restart: true })),
    tlsKey: place()
      .nullable()
      .default(null)
      .describe('File with the key of the certificate, PEM.')
      .meta(facts({ restart: true })),
    logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least level of what is logged.'),
    logAddresses: z
      .boolean()
      .default(false)
      .describe('Whether the log has whole addresses. Without it: only their networks, /24 and /48.'),
  })
  .superRefine((config, context) => {
    const wrong = (key: keyof TrackerConfig, message: string): void => {
      context.addIssue({ code: 'custom', path: [key], message });
    };
    const { interval, longestInterval } = config;
    if (longestInterval !== null && longestInterval < interval) wrong('longestInterval', 'it is less than interval');
    if (config.tlsPort === null) {
      if (config.tlsCert !== null) wrong('tlsCert', 'it needs tlsPort');
      return;
    }
    if (config.tlsPort === config.port && config.port !== 0) wrong('tlsPort', 'it is the same as port');
    if (config.tlsCert === null) wrong('tlsCert', 'tlsPort needs it');
    if (config.tlsKey === null) wrong('tlsKey', 'tlsPort needs it');
  })
  .meta({ environment: 'DST_TRACKER_' });
