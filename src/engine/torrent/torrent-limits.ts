/** What one torrent may use: rates, below those of its session or apart from them, and connections. */
import type { BytesPerSecond, Millis } from '../../base/units.ts';
import type { TorrentOptions } from '../session/options.ts';
import type { TorrentServices } from './torrent-services.ts';
import { TransferLimits } from './transfer-limits.ts';

/** Rates are bytes per second, 0 = unlimited. */
export interface LimitChanges {
  readonly download?: BytesPerSecond;
  readonly upload?: BytesPerSecond;
  /** Null: as many as the session allows a torrent. */
  readonly maxConnections?: number | null;
  readonly ignoresSession?: boolean;
}

export class TorrentLimits {
  readonly rates: TransferLimits;
  readonly #services: TorrentServices;
  #maxConnections: number | null;

  constructor(options: TorrentOptions, services: TorrentServices) {
    const { downloadLimit = 0, uploadLimit = 0, maxConnections = null, ignoresSessionLimits = false } = options;
    const rates = { download: downloadLimit, upload: uploadLimit };
    this.rates = new TransferLimits(rates, services.clock.now(), ignoresSessionLimits ? null : services.limits);
    this.#services = services;
    this.#maxConnections = maxConnections;
  }

  get maxConnections(): number {
    return this.#maxConnections ?? this.#services.options.maxConnectionsPerTorrent;
  }

  change(changes: LimitChanges, now: Millis): void {
    const { maxConnections, ignoresSession } = changes;
    this.rates.set(changes, now);
    if (maxConnections !== undefined) this.#maxConnections = maxConnections;
    if (ignoresSession !== undefined) this.rates.parent = ignoresSession ? null : this.#services.limits;
  }
}
