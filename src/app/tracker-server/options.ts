/** What an operator says about a tracker, with the defaults. */
import type { ByteCount } from '../../base/units.ts';
import { defaultRules, type RuleOptions } from '../../tracker/index.ts';

export interface TrackerOptions {
  /** Addresses to listen on, HTTP and UDP each. */
  readonly bind: readonly string[];
  /** Port of HTTP and of UDP; 0: any free one. */
  readonly port: number;
  /** Threads that answer; with one they are the calling thread. */
  readonly threads: number;
  /** Most memory for swarms and peers, bytes. It is taken from the system as it is needed. */
  readonly memory: ByteCount;
  readonly rules: RuleOptions;
  /** Most peers of one address, or of one IPv6 network of 64 bits. */
  readonly peersPerAddress: number;
  /** Addresses and ranges of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
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
}

export const defaultTrackerOptions: TrackerOptions = {
  bind: ['0.0.0.0', '::'],
  port: 6969,
  threads: 1,
  memory: 256 * 1024 * 1024,
  rules: defaultRules,
  peersPerAddress: 5000,
  trustedProxies: [],
  directory: null,
  database: null,
  swarms: null,
  udpKey: null,
};
