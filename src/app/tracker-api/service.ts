/** What the API needs to know of a tracker. */
import type { UnixSeconds } from '../../base/units.ts';
import type { CounterName, SwarmCounts, TableUse } from '../../tracker/index.ts';

export interface TrackerStatus {
  /** Calendar time of the start. */
  readonly startedAt: UnixSeconds;
  /** Seconds since then. */
  readonly uptime: number;
  readonly use: TableUse;
  readonly counters: Readonly<Record<CounterName, number>>;
  /** What is wrong at present, in words; empty when all is well. */
  readonly problems: readonly string[];
  /** How each thread reaches the shared swarms; empty when each tracker has its own. */
  readonly sharedSwarms: readonly { readonly status: 'ok' | 'degraded'; readonly reason: string | null }[];
}

export interface TrackerService {
  status(): TrackerStatus;
  /** Counts of a swarm by its info hash of 20 bytes; zeros when there is none. */
  scrape(infoHash: Uint8Array): SwarmCounts;
}

/** A request as it travels between threads. */
export interface ControlRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Address of the client. */
  readonly host: string;
}

export interface ControlResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type ControlHandler = (request: ControlRequest) => Promise<ControlResponse>;
