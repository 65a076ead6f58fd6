/**
 * What describes a configuration: a zod object whose keys carry a text (`describe`) and facts (`meta`). Keys may be
 * gathered in sections, which are tables in TOML; a key of a section is named `section.key`. Everything else follows
 * from the schema: names of variables, the words of errors, docs/config.md.
 */
import * as z from 'zod';

/** The schema of a configuration whose checked values are a `T`. Its values must be allowed as input too. */
export type ConfigSchema<T> = z.ZodObject<{ [K in keyof T]: z.ZodType<T[K]> }>;

/** What `meta` says of the whole schema. */
export interface SchemaFacts {
  /** What names of environment variables begin with, such as `DST_TRACKER_`. */
  readonly environment?: string;
  /** Other programs have variables of that beginning too: only those of a section that set nothing are mistakes. */
  readonly isEnvironmentShared?: boolean;
}

/** What `meta` says of one key. */
export interface KeyFacts {
  /** Unit of the number. */
  readonly unit?: string;
  /** A change counts only after a restart. */
  readonly restart?: boolean;
  /** The value may hold a password: no error and no page shows it. */
  readonly secret?: boolean;
  /** What is allowed, in words, where the type does not say it. */
  readonly form?: string;
  /** The absolute path that a text stands for; one that is relative is so to a folder: where the file lies that says it. */
  readonly below?: (folder: string, text: string) => string;
  /** A number for errors to name, where there is no default. */
  readonly example?: number;
  /** Another environment variable that means the same. */
  readonly alias?: string;
}

/** A part of a configuration: what the command line or the environment says. */
export type PartialConfig<T> = {
  readonly [K in keyof T]?:
    | (T[K] extends readonly unknown[] ? T[K] : T[K] extends object ? PartialConfig<T[K]> : T[K])
    | undefined;
};

/** One key of a schema, with all that is known of it. */
export interface ConfigKey {
  /** `port`, `section.port`. */
  readonly name: string;
  readonly path: readonly string[];
  /** Checks a value of this key. */
  readonly schema: z.ZodType;
  /** The schema without its wrappers (default, nullable, transform). */
  readonly core: z.ZodType;
  readonly isNullable: boolean;
  /** The default as it would be written, or null. */
  readonly fallback: unknown;
  readonly text: string;
  readonly facts: KeyFacts;
  /** Environment variables that set it, the most important first. */
  readonly variables: readonly string[];
}

type Unwrapped = Pick<ConfigKey, 'core' | 'isNullable' | 'fallback' | 'text' | 'facts'>;

/** All keys of a schema in their order. */
export function keysOf(schema: z.ZodObject): ConfigKey[] {
  const { environment } = (schema.meta() ?? {}) as SchemaFacts;
  return sectionKeys(schema, [], environment);
}

function sectionKeys(section: z.ZodObject, path: readonly string[], environment: string | undefined): ConfigKey[] {
  return Object.entries(section.shape as Record<string, z.ZodType>).flatMap(([name, schema]) => {
    const inner = [...path, name];
    const unwrapped = unwrap(schema);
    if (unwrapped.core instanceof z.ZodObject) return sectionKeys(unwrapped.core, inner, environment);
    const { alias } = unwrapped.facts;
    const variables = environment === undefined ? [] : [`${environment}${inner.map(variableName).join('_')}`];
    if (alias !== undefined) variables.push(alias);
    return [{ name: inner.join('.'), path: inner, schema, variables, ...unwrapped }];
  });
}

/** `trustProxy` → `TRUST_PROXY`. */
const variableName = (name: string): string => name.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, '_').toUpperCase();

/** Facts may stand on any layer of the schema; the outer ones count more. */
function unwrap(schema: z.ZodType): Unwrapped {
  let core: z.ZodType = schema;
  let isNullable = false;
  let fallback: unknown = null;
  let facts: KeyFacts & { readonly description?: string | undefined } = {};
  for (;;) {
    facts = { ...core.meta(), ...facts };
    if (core instanceof z.ZodDefault || core instanceof z.ZodPrefault) {
      fallback ??= core.def.defaultValue;
      core = core.def.innerType as z.ZodType;
    } else if (core instanceof z.ZodNullable || core instanceof z.ZodOptional || core instanceof z.ZodReadonly) {
      isNullable ||= core instanceof z.ZodNullable;
      core = core.def.innerType as z.ZodType;
    } else if (core instanceof z.ZodPipe) {
      core = core.def.in as z.ZodType;
    } else {
      const { description, ...rest } = facts;
      return { core, isNullable, fallback, text: description ?? '', facts: rest };
    }
  }
}

/** The value at a path of nested tables; undefined where there is none. */
export function valueAt(tables: unknown, path: readonly string[]): unknown {
  let value = tables;
  for (const name of path) {
    if (!isTable(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** Nested tables from values by key. */
export function tablesOf(entries: Iterable<readonly [key: ConfigKey, value: unknown]>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [{ path }, value] of entries) {
    let table = root;
    for (const name of path.slice(0, -1)) table = (table[name] ??= {}) as Record<string, unknown>;
    table[path.at(-1) as string] = value;
  }
  return root;
}

/** A plain table, as TOML and flags have them: no list, no date. */
export function isTable(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
