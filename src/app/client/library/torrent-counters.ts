/** Counters of all runs: what was stored, and what the engine has counted since. */
import type { ByteCount, Millis, UnixSeconds } from '../../../base/units.ts';
import type { TorrentCounters } from '../../../db/index.ts';
import type { EngineStatus } from '../engine-port.ts';

/** Nothing has moved for so long: the torrent counts as stalled, ms. */
const STALLED_AFTER: Millis = 60_000;

export const noCounters: TorrentCounters = {
  downloaded: 0,
  uploaded: 0,
  wasted: 0,
  secondsDownloading: 0,
  secondsSeeding: 0,
  activeAt: null,
};

export class RunCounters {
  readonly #stored: TorrentCounters;
  #downloaded: ByteCount = 0;
  #uploaded: ByteCount = 0;
  #wasted: ByteCount = 0;
  #millisDownloading: Millis = 0;
  #millisSeeding: Millis = 0;
  #activeAt: UnixSeconds | null;
  /** When the torrent was last looked at, and what it did then; null: it rested. */
  #lookedAt: Millis;
  #doing: 'downloading' | 'seeding' | null = null;
  /** When payload last moved, or the torrent began to do what it does. */
  #movedAt: Millis;
  #sentAt: Millis;
  /** Since when it has been slower than `slowRate`; null: it is not. */
  #slowSince: Millis | null = null;
  /** Something has changed since the counters were last stored. */
  isChanged = false;

  constructor(stored: TorrentCounters, now: Millis) {
    this.#stored = stored;
    this.#activeAt = stored.activeAt;
    this.#lookedAt = now;
    this.#movedAt = now;
    this.#sentAt = now;
  }

  get ever(): TorrentCounters {
    const { downloaded, uploaded, wasted, secondsDownloading, secondsSeeding } = this.#stored;
    return {
      downloaded: downloaded + this.#downloaded,
      uploaded: uploaded + this.#uploaded,
      wasted: wasted + this.#wasted,
      secondsDownloading: secondsDownloading + Math.floor(this.#millisDownloading / 1000),
      secondsSeeding: secondsSeeding + Math.floor(this.#millisSeeding / 1000),
      activeAt: this.#activeAt,
    };
  }

  /** Takes in what the engine says. Returns whether payload has moved. */
  look(status: EngineStatus, now: Millis, wall: UnixSeconds, slowRate: number): boolean {
    const elapsed = now - this.#lookedAt;
    this.#lookedAt = now;
    if (this.#doing === 'downloading') this.#millisDownloading += elapsed;
    if (this.#doing === 'seeding') this.#millisSeeding += elapsed;
    if (this.#doing !== null) this.isChanged = true;
    const doing = doingOf(status);
    if (doing !== this.#doing) {
      this.#doing = doing;
      this.#movedAt = now;
      this.#sentAt = now;
      this.#slowSince = null;
    }
    const hasSent = status.uploaded !== this.#uploaded;
    const hasMoved = hasSent || status.downloaded !== this.#downloaded;
    if (hasSent) this.#sentAt = now;
    if (hasMoved) {
      this.#movedAt = now;
      this.#activeAt = wall;
      this.isChanged = true;
    }
    if (status.wasted !== this.#wasted) this.isChanged = true;
    this.#downloaded = status.downloaded;
    this.#uploaded = status.uploaded;
    this.#wasted = status.wasted;
    const rate = doing === 'downloading' ? status.downloadRate : status.uploadRate;
    if (doing === null || rate >= slowRate) this.#slowSince = null;
    else this.#slowSince ??= now;
    return hasMoved;
  }

  isStalled(now: Millis): boolean {
    return this.#doing !== null && now - this.#movedAt >= STALLED_AFTER;
  }

  /** It has moved less than the slow rate for a minute. */
  isSlow(now: Millis): boolean {
    return this.#slowSince !== null && now - this.#slowSince >= STALLED_AFTER;
  }

  /** Since a byte was last sent, or seeding began. */
  secondsIdle(now: Millis): number {
    return (now - this.#sentAt) / 1000;
  }
}

function doingOf({ state }: EngineStatus): 'downloading' | 'seeding' | null {
  if (state.kind === 'seeding') return 'seeding';
  return state.kind === 'downloading' || state.kind === 'fetching-metadata' ? 'downloading' : null;
}
