/** What an operator says about a tracker, with the defaults. */
import type { Logger } from '../../base/logger.ts';
import { silentLogger } from '../../base/logger.ts';
import type { ByteCount } from '../../base/units.ts';
import type { RateLimit } from '../../tracker/index.ts';
import type { CertificateFiles } from '../served-certificate/index.ts';

/**
 * Which torrents are served, and to whom. `open`: all but the denied ones, to everybody. `whitelist`: only registered
 * ones. `private`: only registered ones, to those with a passkey.
 */
export type Access = 'open' | 'whitelist' | 'private';

/** What may be changed while the tracker runs. */
export interface TrackerSettings {
  /** Seconds between two announces of a client. */
  readonly interval: number;
  /** Most seconds to which that is stretched while the tracker is busy. */
  readonly longestInterval: number;
  readonly access: Access;
  /** Take peers of private, link-local and loopback addresses: for a tracker within one network. */
  readonly allowsPrivate: boolean;
  /** Most peers of one address, or of one IPv6 network of 64 bits. */
  readonly peersPerAddress: number;
  /** How often one address may announce and scrape. */
  readonly announceLimit: RateLimit;
  /** How often one address may ask the API, `/metrics` and `/stats`; `/health` answers always. */
  readonly apiLimit: RateLimit;
  /** Addresses and ranges of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Names by which API, `/metrics` and `/stats` may be called, besides addresses and names without a dot. */
  readonly hostNames: readonly string[];
  /** What clients are to show to their users; empty: nothing. */
  readonly warning: string;
}

/** HTTPS on a port of its own. */
export interface TlsOptions extends CertificateFiles {
  readonly port: number;
}

export interface TrackerOptions extends TrackerSettings {
  /** Addresses to listen on, HTTP and UDP each. */
  readonly bind: readonly string[];
  /** Port of HTTP and of UDP; 0: any free one. */
  readonly port: number;
  readonly tls: TlsOptions | null;
  /** Threads that answer; with one they are the calling thread. */
  readonly threads: number;
  /** Most memory for swarms and peers, bytes. It is taken from the system as it is needed. */
  readonly memory: ByteCount;
  /** Folder for the database and, between two runs, the swarms; null: nothing is kept. */
  readonly directory: string | null;
  /** Address of the database: a path, or `postgres://…`; null: a file in the folder. */
  readonly database: string | null;
  /**
   * Redis or Valkey that holds the swarms, shared by any number of trackers: `redis://…`, `rediss://…` or
   * `redis+unix:///path`. Null: they are in this tracker's memory.
   */
  readonly swarms: string | null;
  /** 16 secret bytes behind the connection ids of UDP; trackers that share an address share them. Null: random ones. */
  readonly udpKey: Uint8Array | null;
  /** Why the newest configuration is not in effect; null: it is. */
  readonly configProblem: () => string | null;
  readonly logger: Logger;
}

export const defaultTrackerOptions: TrackerOptions = {
  interval: 1800,
  longestInterval: 7200,
  access: 'open',
  allowsPrivate: false,
  peersPerAddress: 5000,
  announceLimit: { perSecond: 100, burst: 5000 },
  apiLimit: { perSecond: 20, burst: 100 },
  trustedProxies: [],
  hostNames: [],
  warning: '',
  bind: ['0.0.0.0', '::'],
  port: 6969,
  tls: null,
  threads: 1,
  memory: 256 * 1024 * 1024,
  directory: null,
  database: null,
  swarms: null,
  udpKey: null,
  configProblem: () => null,
  logger: silentLogger,
};
