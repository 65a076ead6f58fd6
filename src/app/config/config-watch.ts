/**
 * Takes in changes of a configuration file while the program runs. The folder is watched and not the file, because
 * editors and configuration management put a new file in its place. A reload counts as a whole or not at all.
 */
import { existsSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../base/clock.ts';
import { type DstError, messageOf } from '../../base/errors.ts';
import type { Millis } from '../../base/units.ts';
import { type ConfigKey, type ConfigSchema, keysOf, valueAt } from './config-schema.ts';
import { configError } from './errors.ts';
import {
  type ConfigOrigin,
  type ConfigSources,
  loadConfig,
  type LoadedConfig,
  loadedConfig,
  parseWhole,
} from './load-config.ts';

/** So long the folder must be quiet before the file is read: writers may need several steps. */
const QUIET: Millis = 200;
/** A folder that is never quiet delays a reload no longer than this. */
const LONGEST_DELAY: Millis = 2000;
/** What changes in a volume of a Kubernetes ConfigMap: the file is a link through this name, and the link stays. */
const VOLUME_LINK = '..data';

export interface ConfigChange {
  /** Keys whose values in the sources changed; they count now unless they need a restart. */
  readonly changed: readonly string[];
  /** Keys whose values in the sources differ from those in effect, until a restart. */
  readonly needRestart: readonly string[];
}

export interface ConfigWatchOptions<T> {
  readonly schema: ConfigSchema<T>;
  readonly sources: ConfigSources<T> & { readonly file: string };
  /** What is in effect at the start. */
  readonly initial: LoadedConfig<T>;
  readonly clock: Clock;
  /** Takes the new configuration. When it throws or rejects, the old one stays and the error is a problem. */
  readonly onChange: (next: LoadedConfig<T>, change: ConfigChange) => void | Promise<void>;
  /** Told when a reload gave what is in effect already, with the keys that wait for a restart. */
  readonly onSame: (needRestart: readonly string[]) => void;
  /** Told why a reload did not count; a DstError unless it comes from `onChange`. */
  readonly onProblem: (error: unknown) => void;
  /** Calls back with the names of what changes in a folder; the default watches the real one. */
  readonly watchFolder?: WatchFolder;
}

export type WatchFolder = (
  folder: string,
  onEvent: (name: string | null) => void,
  onError: (error: unknown) => void,
) => Disposable;

export class ConfigWatch<T> implements Disposable {
  readonly #options: ConfigWatchOptions<T>;
  readonly #keys: readonly ConfigKey[];
  readonly #abort = new AbortController();
  /** A file that has been read once is missed when it is gone: else all would be as by default, in a running program. */
  #hasFile: boolean;
  #current: LoadedConfig<T>;
  /** As the sources had it last, with the values that wait for a restart. */
  #latest: LoadedConfig<T>;
  #watcher: Disposable | null = null;
  #timer: Disposable | null = null;
  #firstEventAt: Millis = 0;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(options: ConfigWatchOptions<T>) {
    this.#options = options;
    this.#keys = keysOf(options.schema);
    this.#current = options.initial;
    this.#latest = options.initial;
    const { file } = options.sources;
    this.#hasFile = existsSync(file);
    try {
      this.#watcher = (options.watchFolder ?? watchFolder)(
        dirname(file),
        (name) => this.#onEvent(name),
        (error) => this.#onWatchError(error),
      );
    } catch (error) {
      this.#onWatchError(error);
    }
  }

  /** What is in effect. */
  get current(): LoadedConfig<T> {
    return this.#current;
  }

  /** As the sources had it last: what is in effect after a restart. */
  get latest(): LoadedConfig<T> {
    return this.#latest;
  }

  /** The file has been there; without it no reload counts any more. */
  get hasFile(): boolean {
    return this.#hasFile;
  }

  /** Keys whose values wait for a restart. */
  get waiting(): readonly string[] {
    return this.#differences(this.#current, this.#latest);
  }

  /** Reads all sources again at once (SIGHUP); resolves when that is done, whether or not it counted. */
  reload(): Promise<void> {
    this.#timer?.[Symbol.dispose](); // what it would read is read now
    this.#timer = null;
    if (this.#running === null) {
      this.#running = this.#reload().finally(() => {
        this.#running = null;
      });
      return this.#running;
    }
    // What is being read may be older than this call, so there is one more reload, for all who ask meanwhile.
    this.#next ??= this.#running.then(() => {
      this.#next = null;
      return this.reload();
    });
    return this.#next;
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
    this.#watcher?.[Symbol.dispose]();
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  #onEvent(name: string | null): void {
    if (this.#abort.signal.aborted) return;
    if (name !== null && name !== basename(this.#options.sources.file) && name !== VOLUME_LINK) return;
    const { clock } = this.#options;
    if (this.#timer === null) this.#firstEventAt = clock.now();
    this.#timer?.[Symbol.dispose]();
    const left = this.#firstEventAt + LONGEST_DELAY - clock.now();
    this.#timer = clock.after(Math.max(0, Math.min(QUIET, left)), () => void this.reload());
  }

  #onWatchError(cause: unknown): void {
    const { sources, clock, onProblem } = this.#options;
    const words = `the folder of ${sources.file} cannot be watched: ${messageOf(cause)}`;
    const error: DstError = configError('CONFIG_UNREADABLE', words, { cause, details: { file: sources.file } });
    // Later, so that nobody is called while the object is being made.
    clock.after(0, () => {
      if (!this.#abort.signal.aborted) onProblem(error);
    });
  }

  async #reload(): Promise<void> {
    const { schema, sources, onChange, onSame, onProblem } = this.#options;
    const { signal } = this.#abort;
    if (signal.aborted) return;
    try {
      const isFileOptional = sources.isFileOptional === true && !this.#hasFile;
      const loaded = await loadConfig(schema, { ...sources, isFileOptional }, { signal });
      const next = this.#withoutRestart(loaded);
      const change: ConfigChange = {
        changed: this.#differences(this.#latest, loaded),
        needRestart: this.#differences(next, loaded),
      };
      if (signal.aborted) return;
      if (change.changed.length > 0) await onChange(next, change);
      else onSame(change.needRestart);
      this.#current = next;
      this.#latest = loaded;
      this.#hasFile ||= existsSync(sources.file);
    } catch (error) {
      if (!signal.aborted) onProblem(error);
    }
  }

  /** The new configuration with the old values of all keys that need a restart; throws when that makes no sense. */
  #withoutRestart(loaded: LoadedConfig<T>): LoadedConfig<T> {
    const sourceOf = (key: ConfigKey): LoadedConfig<T> => (key.facts.restart === true ? this.#current : loaded);
    const origins = new Map<string, ConfigOrigin>(
      this.#keys.map((key) => [key.name, sourceOf(key).originOf(key.name)]),
    );
    let value: T;
    try {
      value = parseWhole(this.#options.schema, this.#keys, (key) => valueAt(sourceOf(key).value, key.path));
    } catch (cause) {
      const words = `the change counts only as a whole, after a restart; until then: ${messageOf(cause)}`;
      throw configError('CONFIG_INVALID', words, { cause });
    }
    return loadedConfig(value, origins);
  }

  #differences(old: LoadedConfig<T>, next: LoadedConfig<T>): string[] {
    return this.#keys
      .filter(({ path }) => !isDeepStrictEqual(valueAt(old.value, path), valueAt(next.value, path)))
      .map(({ name }) => name);
  }
}

const watchFolder: WatchFolder = (folder, onEvent, onError) => {
  const watcher = watch(folder, (_event, name) => onEvent(name));
  watcher.on('error', onError);
  return { [Symbol.dispose]: () => watcher.close() };
};
