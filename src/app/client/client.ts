/** The client as a service: what all of its APIs, and the command line through them, can see and do. */
import type { ByteCount, BytesPerSecond, UnixSeconds } from '../../base/units.ts';
import type { EventLog } from './event-log.ts';
import type { Categories } from './categories.ts';
import type { Settings, SettingsChange } from './settings.ts';
import type { Torrents } from './torrents.ts';
import type { Webhooks } from './webhooks.ts';

/** Figures of one run, or of all. */
export interface Totals {
  readonly downloaded: ByteCount;
  readonly uploaded: ByteCount;
  /** Runs of the program. */
  readonly sessions: number;
  /** Seconds that it ran. */
  readonly seconds: number;
  readonly torrentsAdded: number;
}

export interface ClientStats {
  readonly startedAt: UnixSeconds;
  readonly downloadRate: BytesPerSecond;
  readonly uploadRate: BytesPerSecond;
  readonly peersConnected: number;
  /** Torrents by state. */
  readonly torrents: Readonly<Record<'all' | 'active' | 'stopped' | 'failed', number>>;
  readonly run: Totals;
  readonly ever: Totals;
  /** Free space below the default save path, bytes; null: unknown. */
  readonly freeSpace: ByteCount | null;
  /** Peers are accepted here; empty: nowhere. */
  readonly listening: readonly string[];
  /** Somebody has connected to us since the start. */
  readonly isReachable: boolean;
  /** The alternative limits count at present. */
  readonly usesAltLimits: boolean;
}

/** What is looked after → what is wrong with it, null: nothing. */
export type HealthChecks = Readonly<Record<string, string | null>>;

export interface Client {
  readonly torrents: Torrents;
  readonly categories: Categories;
  readonly settings: Settings;
  readonly events: EventLog;
  readonly webhooks: Webhooks;
  /**
   * Changes settings for a user, as `settings.set` does. `limits.alternative` is a switch also when it has this value:
   * the schedule may have turned it since. Rejects CLIENT_PATH_REFUSED when data would be led out of the folders that
   * callers may name, unless the caller is on this machine (`isLocal`), and CLIENT_FOLDER_SILENT.
   */
  changeSettings(
    values: Readonly<Record<string, unknown>>,
    caller: { readonly isLocal: boolean },
  ): Promise<SettingsChange>;
  stats(): ClientStats;
  health(): HealthChecks;
  /** Free and total space where the path lies, bytes. Rejects CLIENT_PATH_REFUSED. */
  space(path: string): Promise<{ readonly free: ByteCount; readonly total: ByteCount }>;
  /** Folders and files below an allowed folder, for people who choose a save path. Rejects CLIENT_PATH_REFUSED, CLIENT_NOT_FOUND. */
  browse(
    path: string,
  ): Promise<readonly { readonly name: string; readonly isFolder: boolean; readonly size: ByteCount | null }[]>;
  /** Reads the blocklist again; resolves with the number of its ranges. Rejects CLIENT_BLOCKLIST. */
  refreshBlocklist(): Promise<number>;
  /** Closes connections with these addresses, and takes no more from them; they are kept. Rejects CLIENT_BAD_SETTING. */
  ban(hosts: readonly string[]): Promise<void>;
  unban(hosts: readonly string[]): Promise<void>;
  /** Addresses that were banned by the user, sorted. */
  readonly banned: readonly string[];
  /** Ends the program in order, once the answer is out. */
  shutDown(): void;
}
