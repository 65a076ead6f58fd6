/** The configuration as the client and its APIs see it: over the file, told of each change. */
import { resolve } from 'node:path';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { EventSink, Settings, SettingsChange, SettingsPlaces } from '../client/index.ts';
import {
  type AcceptConfig,
  clientConfig,
  type ClientConfig,
  type ConfigOrigin,
  type ConfigSources,
  ConfigStore,
  type LoadedConfig,
} from '../config/index.ts';
import { daemonDirectory } from '../paths/index.ts';

export interface ConfiguredSettingsOptions {
  readonly initial: LoadedConfig<ClientConfig>;
  readonly sources: ConfigSources<ClientConfig> & { readonly file: string };
  readonly events: EventSink;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class ConfiguredSettings implements Settings, Disposable {
  readonly #store: ConfigStore<ClientConfig>;
  readonly places: SettingsPlaces;
  #value: ClientConfig;
  #problem: string | null = null;

  constructor({ initial, sources, events, clock, logger }: ConfiguredSettingsOptions) {
    this.places = { file: resolve(sources.file), data: initial.value.data ?? daemonDirectory() };
    this.#value = initial.value;
    this.#store = new ConfigStore({
      schema: clientConfig,
      sources,
      initial,
      clock,
      onChange: (next, { changed, needRestart }) => {
        logger.info('configuration changed', { changed, needRestart });
        // Listeners read the new values, which the store has only after this.
        this.#value = next.value;
        const waiting = needRestart.filter((key) => changed.includes(key));
        events.emit('settings.changed', { keys: changed, needRestart: waiting });
      },
      onProblem: (error) => {
        if (error === null && this.#problem !== null) logger.info('the configuration file is valid again');
        this.#problem = error === null ? null : `the configuration before stays in effect: ${messageOf(error)}`;
        if (error !== null) logger.error('configuration not changed', { code: codeOf(error), error: messageOf(error) });
      },
    });
  }

  get value(): ClientConfig {
    return this.#value;
  }

  get afterRestart(): ClientConfig {
    return this.#store.afterRestart;
  }

  /** Why the file as it is now does not count; null: it does. */
  get problem(): string | null {
    return this.#problem;
  }

  originOf(key: string): ConfigOrigin {
    return this.#store.originOf(key);
  }

  set(values: Readonly<Record<string, unknown>>, accept?: AcceptConfig<ClientConfig>): Promise<SettingsChange> {
    return this.#store.set(values, accept);
  }

  /** Reads the file again (SIGHUP). */
  reload(): Promise<void> {
    return this.#store.reload();
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]();
  }
}
