/**
 * The configuration in effect, with its file behind it: changes of the file are taken in, and changes that callers make
 * are written into it. So there is one place that says how things are, and its author's comments stay.
 */
import { lstat, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { makeFolder, syncFolder } from '../output-file/index.ts';
import { type ConfigSchema, keysOf, valueAt } from './config-schema.ts';
import { type ConfigChange, ConfigWatch, type WatchFolder } from './config-watch.ts';
import { parseConfig } from './config-file.ts';
import { editToml } from './edit-toml.ts';
import { type ConfigProblem, invalidConfig } from './config-problems.ts';
import { configError } from './errors.ts';
import { type ConfigOrigin, type ConfigSources, loadConfig, type LoadedConfig, problemOf } from './load-config.ts';

export interface ConfigStoreOptions<T> {
  readonly schema: ConfigSchema<T>;
  readonly sources: ConfigSources<T> & { readonly file: string };
  /** What is in effect at the start. */
  readonly initial: LoadedConfig<T>;
  readonly clock: Clock;
  /** Takes the new configuration. When it throws or rejects, the old one stays. */
  readonly onChange: (next: LoadedConfig<T>, change: ConfigChange) => void | Promise<void>;
  /** Told why a change of the file did not count, and null when that is over. */
  readonly onProblem: (error: unknown) => void;
  readonly watchFolder?: WatchFolder;
}

/** Asked with the configuration as it would be, before the file is changed; when it rejects, nothing changes. */
export type AcceptConfig<T> = (next: T) => Promise<void>;

const NOTHING: ConfigChange = { changed: [], needRestart: [] };

export class ConfigStore<T> implements Disposable {
  readonly #options: ConfigStoreOptions<T>;
  readonly #watch: ConfigWatch<T>;
  /** What the last reload came to. */
  #outcome: { readonly change: ConfigChange } | { readonly error: unknown } = { change: NOTHING };
  /** Settled when nobody is writing. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(options: ConfigStoreOptions<T>) {
    this.#options = options;
    this.#watch = new ConfigWatch({
      ...options,
      onChange: async (next, change) => {
        await options.onChange(next, change);
        this.#came({ change });
      },
      onSame: (needRestart) => this.#came({ change: { changed: [], needRestart } }),
      onProblem: (error) => this.#came({ error }),
    });
  }

  get value(): T {
    return this.#watch.current.value;
  }

  /** With the values that wait for a restart. */
  get afterRestart(): T {
    return this.#watch.latest.value;
  }

  originOf(key: string): ConfigOrigin {
    return this.#watch.current.originOf(key);
  }

  /** Reads the sources again; what came of it is told to the options' callbacks. */
  reload(): Promise<void> {
    return this.#watch.reload();
  }

  /**
   * Writes new values into the file and takes them in, all or none; null takes a key out, so that its default counts.
   * Of the keys that wait for a restart those are told that are named here, though they may have waited before.
   * Rejects CONFIG_INVALID with everything that is wrong, CONFIG_FIXED for what the environment or a flag has set,
   * CONFIG_SYNTAX for a file that is none, CONFIG_UNREADABLE for one that is gone, CONFIG_UNWRITABLE, and what `accept` rejects.
   */
  set(values: Readonly<Record<string, unknown>>, accept?: AcceptConfig<T>): Promise<ConfigChange> {
    const setting = this.#writing.then(() => this.#set(values, accept));
    this.#writing = setting.catch(() => {});
    return setting;
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  async #set(values: Readonly<Record<string, unknown>>, accept?: AcceptConfig<T>): Promise<ConfigChange> {
    const { schema, sources } = this.#options;
    const keys = new Map(keysOf(schema).map((key) => [key.name, key]));
    const problems: ConfigProblem[] = [];
    const edits = Object.entries(values).map(([name, value]) => {
      const key = keys.get(name);
      if (key === undefined) throw configError('CONFIG_INVALID', `${name}: there is no such key`);
      const problem = value === null ? null : problemOf(key, { place: null, value });
      if (problem !== null) problems.push(problem);
      const origin = this.originOf(name);
      if (origin !== 'environment' && origin !== 'flag') return { path: key.path, value };
      const isSame = isDeepStrictEqual(valueAt(this.value, key.path), value);
      if (isSame) return null;
      throw configError('CONFIG_FIXED', `${name} is set by ${origin === 'flag' ? 'a flag' : 'the environment'}`, {
        details: { key: name },
      });
    });
    if (problems.length > 0) throw invalidConfig(problems);
    const file = await targetOf(sources.file);
    const before = await textOf(file);
    if (before === null && this.#watch.hasFile) {
      const words = `${sources.file} is gone: put it back, or start again without it`;
      throw configError('CONFIG_UNREADABLE', words, { details: { file: sources.file } });
    }
    parseConfig(before ?? '', sources.file);
    const text = editToml(
      before ?? '',
      edits.filter((edit) => edit !== null),
    );
    if (text === null) throw unwritable(file, 'it is written in a way that no program can change for sure');
    const waiting = (): string[] => this.#watch.waiting.filter((name) => Object.hasOwn(values, name));
    if (text === before) return { changed: [], needRestart: waiting() };
    if (!(await this.#write(file, { before, text }, accept))) return this.#set(values, accept);
    try {
      await this.#watch.reload();
      if ('error' in this.#outcome) throw this.#outcome.error;
      return { changed: this.#outcome.change.changed, needRestart: waiting() };
    } catch (error) {
      await (before === null ? rm(file, { force: true }) : replace(file, before));
      await this.#watch.reload();
      throw error;
    }
  }

  /** What is not valid never becomes the file. Resolves with false when somebody has changed the file meanwhile. */
  async #write(
    file: string,
    { before, text }: { readonly before: string | null; readonly text: string },
    accept?: AcceptConfig<T>,
  ): Promise<boolean> {
    const { schema, sources } = this.#options;
    const draft = `${file}.new`;
    try {
      makeFolder(dirname(file), 0o700);
      await write(draft, text, await modeOf(file));
    } catch (cause) {
      throw unwritable(file, messageOf(cause), cause);
    }
    try {
      const next = await loadConfig(schema, { ...sources, file: draft, fileName: sources.file, isFileOptional: false });
      await accept?.(next.value);
      const isSame = (await textOf(file)) === before;
      await (isSame ? putInPlace(draft, file) : rm(draft));
      return isSame;
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  #came(outcome: { readonly change: ConfigChange } | { readonly error: unknown }): void {
    this.#outcome = outcome;
    this.#options.onProblem('error' in outcome ? outcome.error : null);
  }
}

/** The file behind a link. */
const targetOf = async (path: string): Promise<string> => {
  const found = await lstat(path).catch(() => null);
  return found?.isSymbolicLink() === true ? await realpath(path) : path;
};

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unwritable(file, messageOf(cause), cause);
  }
}

const modeOf = async (file: string): Promise<number> => ((await stat(file).catch(() => null))?.mode ?? 0o600) & 0o777;

async function replace(file: string, text: string): Promise<void> {
  await write(`${file}.new`, text, await modeOf(file));
  await putInPlace(`${file}.new`, file);
}

/** A setting that was answered survives a power cut. */
async function putInPlace(draft: string, file: string): Promise<void> {
  await rename(draft, file);
  await syncFolder(dirname(file));
}

async function write(path: string, text: string, mode: number): Promise<void> {
  await using file = await open(path, 'w', mode);
  await file.chmod(mode); // the mask of the process would take some of it
  await file.writeFile(text);
  await file.sync();
}

const unwritable = (file: string, words: string, cause?: unknown): Error =>
  configError('CONFIG_UNWRITABLE', `${file} was not changed: ${words}`, { cause, details: { file } });
