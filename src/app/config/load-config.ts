/**
 * Configuration in layers: defaults, below a file, below the environment, below the command line. Each layer is
 * checked on its own, so that a mistake in a file shows even where a flag hides it, and all mistakes are told at once.
 */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type * as z from 'zod';
import { readConfigFile } from './config-file.ts';
import { type ConfigKey, type ConfigSchema, keysOf, type PartialConfig, tablesOf, valueAt } from './config-schema.ts';
import { type ConfigProblem, invalidConfig } from './config-problems.ts';
import { expectedBy, shown, valueOfText } from './key-values.ts';
import { findStrays, isServiceLink, strayVariables } from './stray-keys.ts';

/** Where a value came from. */
export type ConfigOrigin = 'default' | 'file' | 'environment' | 'flag';

export interface ConfigSources<T> {
  /** Path of a TOML file; absent or null: none is read. */
  readonly file?: string | null;
  /** Where the file stands, when it is read from another place: what errors call it, and to where its paths are relative. */
  readonly fileName?: string;
  /** A file that is not there says nothing; else it is an error. */
  readonly isFileOptional?: boolean;
  /** Environment variables. An empty one counts as not set. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What the command line says, as checked values; undefined is nothing said. */
  readonly flags?: PartialConfig<T>;
}

export interface LoadedConfig<T> {
  /** Checked and complete. */
  readonly value: T;
  /** Where the value of a key (`port`, `section.port`) came from; throws RangeError for an unknown key. */
  originOf(key: string): ConfigOrigin;
}

interface Setting {
  readonly origin: ConfigOrigin;
  /** The file, the variable or the word "flag", for errors. */
  readonly place: string;
  readonly value: unknown;
}

/** Throws CONFIG_UNREADABLE, CONFIG_SYNTAX or CONFIG_INVALID with everything that is wrong. */
export async function loadConfig<T>(
  schema: ConfigSchema<T>,
  sources: ConfigSources<T>,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<LoadedConfig<T>> {
  const keys = keysOf(schema);
  const { file = null, fileName = file ?? '', isFileOptional = false, env = {}, flags = {} } = sources;
  const isThere = file !== null && !(isFileOptional && !existsSync(file));
  const tables = isThere ? await readConfigFile(file, signal) : {};
  const problems: ConfigProblem[] = [
    ...(file === null ? [] : findStrays(keys, tables, fileName)),
    ...findStrays(keys, flags, 'flags'),
    ...strayVariables(schema, keys, env),
  ];
  const settings = new Map<ConfigKey, Setting>();
  for (const key of keys) {
    const layers = [fileSetting(key, tables, fileName), variableSetting(key, env), flagSetting(key, flags)];
    for (const setting of layers) {
      if (setting === null) continue;
      const problem = problemOf(key, setting);
      if (problem !== null) problems.push(problem);
      settings.set(key, setting);
    }
  }
  if (problems.length > 0) throw invalidConfig(problems);
  const value = parseWhole(schema, keys, (key) => settings.get(key)?.value);
  return loadedConfig(value, new Map(keys.map((key) => [key.name, settings.get(key)?.origin ?? 'default'])));
}

export function loadedConfig<T>(value: T, origins: ReadonlyMap<string, ConfigOrigin>): LoadedConfig<T> {
  return {
    value,
    originOf(key) {
      const origin = origins.get(key);
      if (origin === undefined) throw new RangeError(`no such key: ${key}`);
      return origin;
    },
  };
}

/** Checks all values together: what only the whole can show, such as a key that needs another. */
export function parseWhole<T>(schema: ConfigSchema<T>, keys: readonly ConfigKey[], of: (key: ConfigKey) => unknown): T {
  const result = schema.safeParse(tablesOf(keys.map((key) => [key, of(key)] as const)));
  if (result.success) return result.data as T;
  throw invalidConfig(result.error.issues.map((issue) => wholeProblem(keys, issue)));
}

function wholeProblem(keys: readonly ConfigKey[], issue: z.core.$ZodIssue): ConfigProblem {
  const name = issue.path.join('.');
  const key = keys.find((known) => known.name === name);
  const allowed = issue.code === 'custom' || key === undefined ? issue.message : `it must be given: ${expectedBy(key)}`;
  return { key: name, place: null, given: null, allowed, suggestion: null };
}

function fileSetting(key: ConfigKey, tables: unknown, file: string): Setting | null {
  const value = valueAt(tables, key.path);
  return value === undefined ? null : { origin: 'file', place: file, value: belowFolder(key, dirname(file), value) };
}

/** A program may be started from anywhere, so what a file says of paths is relative to where the file lies. */
function belowFolder(key: ConfigKey, folder: string, value: unknown): unknown {
  const { below } = key.facts;
  if (below === undefined) return value;
  if (Array.isArray(value)) return value.map((element) => belowFolder(key, folder, element));
  return typeof value === 'string' && value.trim() !== '' ? below(folder, value) : value;
}

function variableSetting(key: ConfigKey, env: Readonly<Record<string, string | undefined>>): Setting | null {
  const isSet = (variable: string): boolean => (env[variable] ?? '') !== '' && !isServiceLink(variable, env[variable]);
  const name = key.variables.find(isSet);
  if (name === undefined) return null;
  return { origin: 'environment', place: name, value: valueOfText(key, env[name] as string) };
}

function flagSetting(key: ConfigKey, flags: unknown): Setting | null {
  const value = valueAt(flags, key.path);
  return value === undefined ? null : { origin: 'flag', place: 'flags', value };
}

/** Null when the value is allowed; without a place it is what a caller gives. */
export function problemOf(
  key: ConfigKey,
  { place, value }: Pick<Setting, 'value'> & Pick<ConfigProblem, 'place'>,
): ConfigProblem | null {
  const result = key.schema.safeParse(value);
  if (result.success) return null;
  const index = result.error.issues[0]?.path[0];
  const wrong = Array.isArray(value) && typeof index === 'number' ? (value[index] as unknown) : value;
  const given = key.facts.secret === true ? null : shown(wrong);
  return { key: key.name, place, given, allowed: `it must be: ${expectedBy(key)}`, suggestion: null };
}
