/**
 * Rate limits of a session or a torrent. A torrent's limits lie below the session's: both must have room. What the
 * session's let pass is shared among the torrents that want more, by their weights.
 */
import { TokenBucket } from '../../base/rate.ts';
import type { ByteCount, BytesPerSecond, Millis } from '../../base/units.ts';
import { type Claim, FairShare } from './fair-share.ts';

/** Bytes per second, 0 = unlimited. */
type Rates = { readonly download?: BytesPerSecond; readonly upload?: BytesPerSecond };

export class TransferLimits {
  /** The limits above these; may be changed. They have none above themselves. */
  parent: TransferLimits | null;
  /** Of two torrents that always want more, the one with twice the weight gets twice as much. */
  weight = 1;
  readonly #download: OneWay;
  readonly #upload: OneWay;

  constructor({ download = 0, upload = 0 }: Rates, now: Millis, parent: TransferLimits | null) {
    this.parent = parent;
    this.#download = new OneWay(download, now);
    this.#upload = new OneWay(upload, now);
  }

  /** True when any limit is set, here or above. */
  get isLimited(): boolean {
    return this.#download.isLimited || this.#upload.isLimited || this.parent?.isLimited === true;
  }

  /** The lowest download limit, here or above; Infinity without any. */
  get downloadLimit(): BytesPerSecond {
    return Math.min(this.#download.limit, this.parent?.downloadLimit ?? Number.POSITIVE_INFINITY);
  }

  /** True when an upload limit is set, here or above. */
  get isUploadLimited(): boolean {
    return this.#upload.isLimited || this.parent?.isUploadLimited === true;
  }

  set({ download, upload }: Rates, now: Millis): void {
    if (download !== undefined) this.#download.set(download, now);
    if (upload !== undefined) this.#upload.set(upload, now);
  }

  downloadRoom(now: Millis): ByteCount {
    return this.#download.room(this.parent && this.parent.#download, now);
  }

  uploadRoom(now: Millis): ByteCount {
    return this.#upload.room(this.parent && this.parent.#upload, now);
  }

  received(bytes: ByteCount, now: Millis): void {
    this.#download.charge(this.parent && this.parent.#download, bytes, now, this.weight);
  }

  sent(bytes: ByteCount, now: Millis): void {
    this.#upload.charge(this.parent && this.parent.#upload, bytes, now, this.weight);
  }
}

/** The limit of one direction. */
class OneWay {
  /** Null: none. */
  #bucket: TokenBucket | null = null;
  /** Among those below; made when they first have something to share. */
  #share: FairShare | null = null;
  /** On the share above. */
  #claim: Claim | null = null;

  constructor(limit: BytesPerSecond, now: Millis) {
    this.set(limit, now);
  }

  get isLimited(): boolean {
    return this.#bucket !== null;
  }

  get limit(): BytesPerSecond {
    return this.#bucket?.limit ?? Number.POSITIVE_INFINITY;
  }

  /** Another limit: what was taken stays taken. */
  set(limit: BytesPerSecond, now: Millis): void {
    if (limit === 0) this.#bucket = null;
    else if (this.#bucket === null) this.#bucket = new TokenBucket(limit, now);
    else this.#bucket.setLimit(limit, now);
  }

  room(above: OneWay | null, now: Millis): ByteCount {
    const room = this.#bucket?.available(now) ?? Number.POSITIVE_INFINITY;
    if (room <= 0 || above === null || !above.isLimited) return room;
    const left = above.room(null, now);
    this.#claim ??= FairShare.claim();
    above.#share ??= new FairShare();
    return above.#share.mayTake(this.#claim, left > 0, now) ? Math.min(room, left) : 0;
  }

  charge(above: OneWay | null, bytes: ByteCount, now: Millis, weight: number): void {
    this.#bucket?.charge(bytes, now);
    if (above === null) return;
    above.charge(null, bytes, now, 1);
    if (above.isLimited && this.#claim !== null) above.#share?.took(this.#claim, bytes / weight);
  }
}
