/** What a session lends its torrents. One object, made once, the same for all of them. */
import type { Clock } from '../../base/clock.ts';
import type { ConcurrencyLimit } from '../../base/concurrency-limit.ts';
import type { Digests } from '../../base/digests.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Discovery } from '../../discovery/index.ts';
import type { HostFilter } from '../../net/ip-filter/index.ts';
import type { StorageFactory } from '../../storage/index.ts';
import type { EngineOptions } from '../session/options.ts';
import type { PieceMemory } from './piece-memory.ts';
import type { TorrentStats } from './torrent-stats.ts';
import type { TransferLimits } from './transfer-limits.ts';
import type { UploadMemory } from './upload-memory.ts';

export interface TorrentServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly digests: Digests;
  readonly logger: Logger;
  readonly storage: StorageFactory;
  /** Memory of pieces in progress, and of outgoing blocks. */
  readonly pieceMemory: PieceMemory;
  readonly uploadMemory: UploadMemory;
  readonly discoveries: readonly Discovery[];
  readonly limits: TransferLimits;
  /** Counts what all torrents move. */
  readonly stats: TorrentStats;
  /** Hosts that are neither dialled nor taken. */
  readonly filter: HostFilter;
  /** Whether an address that somebody names may be dialled. */
  readonly mayDial: (host: string) => boolean;
  /** Few torrents look at their data at the same time: a disk serves them better one after the other. */
  readonly opening: ConcurrencyLimit;
  /** Looked at whenever they are needed: some may change. */
  readonly options: EngineOptions;
  /** Our peer id, 20 bytes. */
  readonly peerId: Uint8Array;
  /** The port that we announce; 0 when we do not listen. */
  port(): number;
  /** A listener of an event has thrown. */
  readonly listenerFailed: (error: unknown, event: string) => void;
  /** A torrent would like connections, or its limits changed: the session looks at it soon. */
  wake(): void;
}
