/** What the torrents of a library share. */
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { ByteCount } from '../../../base/units.ts';
import type { Engine } from '../engine-port.ts';
import type { EventSink } from '../events/event-history.ts';
import type { Settings } from '../settings.ts';
import type { TorrentSettings } from '../torrent-settings.ts';
import type { PeerRefusal } from './given-peers.ts';
import type { MetainfoFolder } from './metainfo-folder.ts';
import type { RecordStore } from './record-store.ts';
import type { Surroundings } from './surroundings.ts';

export interface LibraryServices {
  readonly engine: Engine;
  readonly store: RecordStore;
  readonly folder: MetainfoFolder;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: Pick<Settings, 'value'>;
  /** The folder in its canonical form. Rejects CLIENT_PATH_REFUSED for one that callers may not name, CLIENT_FOLDER_SILENT. */
  readonly allowedFolder: (path: string) => Promise<string>;
  /** What the look gives. Rejects CLIENT_FOLDER_SILENT when the folder does not answer. */
  readonly inTime: <T>(folder: string, look: () => Promise<T>) => Promise<T>;
  /** Counts labels that a torrent gets, and makes its category. Rejects CLIENT_BAD_NAME, CLIENT_BAD_SETTING. */
  readonly takeIn: (settings: Partial<TorrentSettings>) => Promise<void>;
  /** Of peers that are given by hand. */
  readonly refusalOf: PeerRefusal;
  readonly surroundings: () => Surroundings;
  /** Bytes that are free where a folder lies, as last seen; null: unknown. */
  readonly freeSpace: (folder: string) => ByteCount | null;
}
