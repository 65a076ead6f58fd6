/** Rate limits of a session or a torrent. A torrent's limits lie below the session's: both must have room. */
import { TokenBucket } from '../../base/rate.ts';
import type { ByteCount, BytesPerSecond, Millis } from '../../base/units.ts';

export class TransferLimits {
  readonly #download: TokenBucket;
  readonly #upload: TokenBucket;
  readonly #parent: TransferLimits | null;

  constructor(
    limits: { download: BytesPerSecond; upload: BytesPerSecond },
    now: Millis,
    parent: TransferLimits | null,
  ) {
    this.#download = new TokenBucket(limits.download, now);
    this.#upload = new TokenBucket(limits.upload, now);
    this.#parent = parent;
  }

  /** True when any limit is set, here or above. */
  get isLimited(): boolean {
    return this.#download.limit > 0 || this.#upload.limit > 0 || this.#parent?.isLimited === true;
  }

  set(limits: { download?: BytesPerSecond; upload?: BytesPerSecond }, now: Millis): void {
    if (limits.download !== undefined) this.#download.setLimit(limits.download, now);
    if (limits.upload !== undefined) this.#upload.setLimit(limits.upload, now);
  }

  downloadRoom(now: Millis): ByteCount {
    return Math.min(this.#download.available(now), this.#parent?.downloadRoom(now) ?? Number.POSITIVE_INFINITY);
  }

  uploadRoom(now: Millis): ByteCount {
    return Math.min(this.#upload.available(now), this.#parent?.uploadRoom(now) ?? Number.POSITIVE_INFINITY);
  }

  received(bytes: ByteCount, now: Millis): void {
    this.#download.charge(bytes, now);
    this.#parent?.received(bytes, now);
  }

  sent(bytes: ByteCount, now: Millis): void {
    this.#upload.charge(bytes, now);
    this.#parent?.sent(bytes, now);
  }
}
