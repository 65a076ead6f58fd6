/** Transfer counters of one torrent in this run. */
import { RateMeter } from '../../base/rate.ts';
import type { ByteCount, Millis } from '../../base/units.ts';

export class TorrentStats {
  readonly download: RateMeter;
  readonly upload: RateMeter;
  #wasted: ByteCount = 0;

  constructor(now: Millis) {
    this.download = new RateMeter(now);
    this.upload = new RateMeter(now);
  }

  /** Payload received in vain. */
  get wasted(): ByteCount {
    return this.#wasted;
  }

  received(bytes: ByteCount, isWasted: boolean): void {
    this.download.add(bytes);
    if (isWasted) this.#wasted += bytes;
  }

  /** Payload counted as received has proved useless. */
  discarded(bytes: ByteCount): void {
    this.#wasted += bytes;
  }

  tick(now: Millis): void {
    this.download.tick(now);
    this.upload.tick(now);
  }
}
