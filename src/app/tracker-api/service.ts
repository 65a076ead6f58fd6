/** What the API needs to know of a tracker. */
import type { Millis, UnixSeconds } from '../../base/units.ts';
import type { TrackerRepository } from '../../db/index.ts';
import type { CounterName, PeerRole, SwarmCounts, TableUse } from '../../tracker/index.ts';
import type { PlainAnswer } from '../http-api/index.ts';

export interface TrackerStatus {
  /** Calendar time of the start. */
  readonly startedAt: UnixSeconds;
  /** Seconds since then. */
  readonly uptime: number;
  readonly use: TableUse;
  readonly counters: Readonly<Record<CounterName, number>>;
  /** What is wrong at present, in words; empty when all is well. */
  readonly problems: readonly string[];
  /** What is looked after → what is wrong with it, null: nothing. */
  readonly checks: Readonly<Record<string, string | null>>;
  /** Seconds between two announces, as clients are told now. */
  readonly interval: number;
  /** How each thread is; null: it is being started again. */
  readonly threads: readonly (ThreadStatus | null)[];
}

export interface ThreadStatus {
  /** Part of the last second that it was at work, 0 to 1. */
  readonly busy: number;
  /** How late it was with what it had planned, ms. */
  readonly lag: Millis;
  readonly webSockets: number;
}

/** A peer of a swarm, as an operator sees it. */
export interface PeerView {
  /** IP address as text. */
  readonly host: string;
  readonly port: number;
  /** 20 bytes. */
  readonly peerId: Uint8Array;
  readonly role: PeerRole;
  /** Seconds since it was last heard of. */
  readonly silence: number;
}

export interface TrackerService {
  status(): TrackerStatus;
  /** Why this address may not see counts of swarms without a token or passkey; null: it may. */
  scrapeRefusal(host: string): 'private' | 'banned' | null;
  /** Counts of a swarm by its info hash of 20 bytes; zeros when there is none. */
  scrape(infoHash: Uint8Array): Promise<SwarmCounts>;
  /** Up to `most` peers of a swarm that are not on WebSockets; another name of it will do. */
  peersOf(infoHash: Uint8Array, most: number): Promise<readonly PeerView[]>;
  /** What outlives the tracker: torrents, accounts, passkeys, tokens, bans. */
  readonly repository: TrackerRepository;
  /** Resolves when what was changed in the repository counts for all announces. */
  refresh(): Promise<void>;
  /** False when this address asks too often; counts the request. */
  admits(host: string): boolean;
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

export type ControlResponse = PlainAnswer;

export type ControlHandler = (request: ControlRequest) => Promise<ControlResponse>;
