/** Rate limits of a session or a torrent. A torrent's limits lie below the session's: both must have room. */
import { TokenBucket } from '../../base/rate.ts';
import type { ByteCount, BytesPerSecond, Millis } from '../../base/units.ts';

/** Bytes per second, 0 = unlimited. */
type Rates = { readonly download?: BytesPerSecond; readonly upload?: BytesPerSecond };

/** What a limit has left: null without one. */
type Bucket = TokenBucket | null;

export class TransferLimits {
  /** The limits above these; may be changed. */
  parent: TransferLimits | null;
  #download: Bucket;
  #upload: Bucket;

  constructor({ download = 0, upload = 0 }: Rates, now: Millis, parent: TransferLimits | null) {
    this.parent = parent;
    this.#download = limited(null, download, now);
    this.#upload = limited(null, upload, now);
  }

  /** True when any limit is set, here or above. */
  get isLimited(): boolean {
    return this.#download !== null || this.#upload !== null || this.parent?.isLimited === true;
  }

  set({ download, upload }: Rates, now: Millis): void {
    if (download !== undefined) this.#download = limited(this.#download, download, now);
    if (upload !== undefined) this.#upload = limited(this.#upload, upload, now);
  }

  downloadRoom(now: Millis): ByteCount {
    return Math.min(roomOf(this.#download, now), this.parent?.downloadRoom(now) ?? Number.POSITIVE_INFINITY);
  }

  uploadRoom(now: Millis): ByteCount {
    return Math.min(roomOf(this.#upload, now), this.parent?.uploadRoom(now) ?? Number.POSITIVE_INFINITY);
  }

  received(bytes: ByteCount, now: Millis): void {
    this.#download?.charge(bytes, now);
    this.parent?.received(bytes, now);
  }

  sent(bytes: ByteCount, now: Millis): void {
    this.#upload?.charge(bytes, now);
    this.parent?.sent(bytes, now);
  }
}

const roomOf = (bucket: Bucket, now: Millis): ByteCount => bucket?.available(now) ?? Number.POSITIVE_INFINITY;

/** The bucket of another limit: what was taken from it stays taken. */
function limited(bucket: Bucket, limit: BytesPerSecond, now: Millis): Bucket {
  if (limit === 0) return null;
  if (bucket === null) return new TokenBucket(limit, now);
  bucket.setLimit(limit, now);
  return bucket;
}
