/** What a session lends its torrents. One object, made once, the same for all of them. */
import type { Clock } from '../../base/clock.ts';
import type { ConcurrencyLimit } from '../../base/concurrency-limit.ts';
import type { Digests } from '../../base/digests.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Discovery } from '../../discovery/index.ts';
import type { StorageFactory } from '../../storage/index.ts';
import type { EngineOptions } from '../session/options.ts';
import type { PieceMemory } from './piece-memory.ts';
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
  /** Few torrents look at their data at the same time: a disk serves them better one after the other. */
  readonly opening: ConcurrencyLimit;
  readonly options: EngineOptions;
  /** Our peer id, 20 bytes. */
  readonly peerId: Uint8Array;
  /** The port that we announce; 0 when we do not listen. */
  port(): number;
  /** A torrent would like connections, or its limits changed: the session looks at it soon. */
  wake(): void;
}
