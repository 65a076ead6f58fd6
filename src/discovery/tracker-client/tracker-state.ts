/** What a swarm knows of one of its trackers: what it was told, how it answered, when it may be asked again. */
import type { Millis, UnixSeconds } from '../../base/units.ts';
import type { AnnounceSuccess, ScrapeEntry, TrackerEvent } from '../../codec/announce/index.ts';
import type { SourceStatus } from '../discovery.ts';

/** Bounds of the intervals that are obeyed, ms: no tracker may ask for a flood, nor for silence for ever. */
const SHORTEST_INTERVAL: Millis = 60_000;
export const LONGEST_INTERVAL: Millis = 24 * 3_600_000;
/** Least time between announces that ask for more peers, when the tracker gives none, ms. */
const DEFAULT_MIN_INTERVAL: Millis = 300_000;
const ANY_TIME: Millis = Number.NEGATIVE_INFINITY;
export const NEVER: Millis = Number.POSITIVE_INFINITY;

/** Kept small: a thousand idle torrents have thousands of these. */
export class TrackerState {
  readonly url: string;
  state: SourceStatus['state'] = 'idle';
  message: string | null = null;
  seeders: number | null = null;
  leechers: number | null = null;
  /** Finished downloads. */
  downloads: number | null = null;
  /** Of the newest announce. */
  peersReceived = 0;
  /** When it last answered or failed; null: never. */
  lastAt: UnixSeconds | null = null;
  /** In a row. */
  failures = 0;
  /** Left alone until then, because it failed. */
  retryAt: Millis = ANY_TIME;
  /** When its regular announce is due. */
  dueAt: Millis = ANY_TIME;
  /** Not asked for more peers before then. */
  restsUntil: Millis = ANY_TIME;
  /** BEP 3 practice: what it wants to have back with each announce. */
  trackerId: string | null = null;
  /** It may count us in the swarm: it will have to be told that we stop. */
  mayKnowUs = false;
  #hasStarted = false;
  #hasCompleted = false;

  constructor(url: string) {
    this.url = url;
  }

  /** The event that it must be told next: one that it has not confirmed, else none or `paused` (BEP 21). */
  nextEvent(isCompleted: boolean, isPartialSeed: boolean): TrackerEvent {
    if (!this.#hasStarted) return 'started';
    if (isCompleted && !this.#hasCompleted) return 'completed';
    return isPartialSeed ? 'paused' : 'none';
  }

  /** It answered, over one address family or both. */
  succeeded(event: TrackerEvent, replies: readonly AnnounceSuccess[], now: Millis): void {
    const interval = inBounds(Math.max(...replies.map((reply) => reply.interval)));
    const minInterval = largest(replies.map((reply) => reply.minInterval));
    const rest = minInterval === null ? Math.min(interval, DEFAULT_MIN_INTERVAL) : inBounds(minInterval);
    this.#hasStarted = true;
    if (event === 'completed') this.#hasCompleted = true;
    this.state = 'ok';
    this.failures = 0;
    this.retryAt = ANY_TIME;
    this.restsUntil = now + rest;
    this.dueAt = now + Math.max(interval, rest);
    this.message = replies.map((reply) => reply.warning).find((warning) => warning !== null) ?? null;
    this.trackerId = replies.map((reply) => reply.trackerId).find((id) => id !== null) ?? this.trackerId;
    this.seeders = largest(replies.map((reply) => reply.complete));
    this.leechers = largest(replies.map((reply) => reply.incomplete));
    this.downloads = largest(replies.map((reply) => reply.downloaded)) ?? this.downloads;
  }

  /** It told the numbers of the swarm. */
  scraped({ complete, incomplete, downloaded }: ScrapeEntry): void {
    this.seeders = complete;
    this.leechers = incomplete;
    this.downloads = downloaded;
  }

  /** The user wants it to be asked again: that it failed is forgotten. How often it may be asked for peers is not. */
  forgive(): void {
    this.retryAt = ANY_TIME;
  }

  /** It failed and is left alone for `delay`. */
  failed(message: string, delay: Millis, now: Millis): void {
    this.state = 'failed';
    this.message = message;
    this.mayKnowUs = this.#hasStarted;
    this.retryAt = now + delay;
    this.dueAt = ANY_TIME;
    this.restsUntil = ANY_TIME;
  }

  /** What made us wait is over: it is to be told anew, soon. */
  renew(): void {
    if (this.retryAt !== NEVER) this.retryAt = ANY_TIME;
    this.failures = 0;
    this.dueAt = ANY_TIME;
    this.restsUntil = ANY_TIME;
  }

  /** We have left the swarm. */
  left(): void {
    this.state = 'idle';
    this.mayKnowUs = false;
    this.#hasStarted = false;
  }
}

const inBounds = (seconds: number): Millis => Math.max(SHORTEST_INTERVAL, Math.min(LONGEST_INTERVAL, seconds * 1000));

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
