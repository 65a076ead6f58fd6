/** What one torrent may use: rates, below those of its session or apart from them, and connections. */
import type { BytesPerSecond, Millis } from '../../base/units.ts';
import type { BandwidthPriority, TorrentOptions } from '../session/options.ts';
import type { TorrentServices } from './torrent-services.ts';
import { TransferLimits } from './transfer-limits.ts';

/** Shares of the session's limits: each gets twice as much as the next lower one. */
const weights: Readonly<Record<BandwidthPriority, number>> = { low: 1, normal: 2, high: 4 };

/** Rates are bytes per second, 0 = unlimited. */
export interface LimitChanges {
  readonly download?: BytesPerSecond;
  readonly upload?: BytesPerSecond;
  /** Null: as many as the session allows a torrent. */
  readonly maxConnections?: number | null;
  readonly ignoresSession?: boolean;
  readonly priority?: BandwidthPriority;
}

export class TorrentLimits {
  readonly rates: TransferLimits;
  readonly #services: TorrentServices;
  #maxConnections: number | null;

  constructor(options: TorrentOptions, services: TorrentServices) {
    const { downloadLimit = 0, uploadLimit = 0, maxConnections = null, ignoresSessionLimits = false } = options;
    const rates = { download: downloadLimit, upload: uploadLimit };
    this.rates = new TransferLimits(rates, services.clock.now(), ignoresSessionLimits ? null : services.limits);
    this.rates.weight = weights[options.bandwidthPriority ?? 'normal'];
    this.#services = services;
    this.#maxConnections = maxConnections;
  }

  get maxConnections(): number {
    return this.#maxConnections ?? this.#services.options.maxConnectionsPerTorrent;
  }

  change(changes: LimitChanges, now: Millis): void {
    const { maxConnections, ignoresSession, priority } = changes;
    this.rates.set(changes, now);
    if (maxConnections !== undefined) this.#maxConnections = maxConnections;
    if (priority !== undefined) this.rates.weight = weights[priority];
    if (ignoresSession !== undefined) this.rates.parent = ignoresSession ? null : this.#services.limits;
  }
}
