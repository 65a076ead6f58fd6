/** The configuration in effect, as APIs see and change it. A change goes into the file, and counts at once or not at all. */
import type { AcceptConfig, ClientConfig, ConfigOrigin } from '../config/index.ts';

export interface SettingsChange {
  readonly changed: readonly string[];
  /** Of those that were named the ones that count after a restart only. */
  readonly needRestart: readonly string[];
}

export interface SettingsPlaces {
  /** Of the configuration. */
  readonly file: string;
  /** What the daemon keeps: database, torrent files, journals. */
  readonly data: string;
}

export interface Settings {
  readonly value: ClientConfig;
  /** As it is in effect after a restart: with what was set and waits for one. */
  readonly afterRestart: ClientConfig;
  readonly places: SettingsPlaces;
  originOf(key: string): ConfigOrigin;
  /**
   * New values by key (`limits.download`). Rejects CONFIG_INVALID with everything that is wrong, CONFIG_FIXED for a key
   * that the environment or the command line has set, CONFIG_UNWRITABLE, and what `accept` rejects.
   */
  set(values: Readonly<Record<string, unknown>>, accept?: AcceptConfig<ClientConfig>): Promise<SettingsChange>;
}
