/** Transfer counters of one torrent, or of all torrents of a session, in this run. */
import { RateMeter } from '../../base/rate.ts';
import type { ByteCount, Millis } from '../../base/units.ts';

/** What went in one direction: bytes, and bytes per second. */
type Transferred = Pick<RateMeter, 'total' | 'rate'>;

const nothing: Transferred = { total: 0, rate: 0 };

export class TorrentStats {
  readonly #parent: TorrentStats | null;
  /** Made with the first byte: thousands of torrents move none. */
  #download: RateMeter | null = null;
  #upload: RateMeter | null = null;
  #wasted: ByteCount = 0;
  #lastTick: Millis;

  /** `parent` counts what this one counts as well. */
  constructor(now: Millis, parent: TorrentStats | null) {
    this.#lastTick = now;
    this.#parent = parent;
  }

  get download(): Transferred {
    return this.#download ?? nothing;
  }

  get upload(): Transferred {
    return this.#upload ?? nothing;
  }

  /** Payload received in vain. */
  get wasted(): ByteCount {
    return this.#wasted;
  }

  /** Something was moved of late. */
  get isMoving(): boolean {
    return this.download.rate > 0 || this.upload.rate > 0;
  }

  received(bytes: ByteCount, isWasted: boolean): void {
    this.#download ??= new RateMeter(this.#lastTick);
    this.#download.add(bytes);
    if (isWasted) this.#wasted += bytes;
    this.#parent?.received(bytes, isWasted);
  }

  sent(bytes: ByteCount): void {
    this.#upload ??= new RateMeter(this.#lastTick);
    this.#upload.add(bytes);
    this.#parent?.sent(bytes);
  }

  /** Payload counted as received has proved useless. */
  discarded(bytes: ByteCount): void {
    this.#wasted += bytes;
    this.#parent?.discarded(bytes);
  }

  tick(now: Millis): void {
    this.#lastTick = now;
    this.#download?.tick(now);
    this.#upload?.tick(now);
  }

  /** Nothing is moved any more. */
  rest(now: Millis): void {
    this.#lastTick = now;
    this.#download?.rest(now);
    this.#upload?.rest(now);
  }
}
