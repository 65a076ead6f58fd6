/** A schema as a page for people: docs/config.md follows from it. */
import { type ConfigKey, type ConfigSchema, keysOf, valueAt } from './config-schema.ts';
import { allowedBy } from './key-values.ts';

/** What is to be said of one key. */
export interface ConfigRow {
  readonly key: string;
  /** What it may hold, in words. */
  readonly type: string;
  /** As it would stand in the file; null: there is no value. */
  readonly default: string | null;
  readonly unit: string | null;
  /** A change counts only after a restart. */
  readonly restart: boolean;
  /** Environment variables, the most important first. */
  readonly environment: readonly string[];
  readonly text: string;
}

/** A row a key, in the order of the schema. */
export function describeConfig<T>(schema: ConfigSchema<T>): ConfigRow[] {
  return keysOf(schema).map((key) => ({
    key: key.name,
    type: allowedBy(key),
    default: defaultOf(key),
    unit: key.facts.unit ?? null,
    restart: key.facts.restart === true,
    environment: key.variables,
    text: key.text,
  }));
}

function defaultOf({ fallback, facts }: ConfigKey): string | null {
  return fallback === null || facts.secret === true ? null : JSON.stringify(fallback);
}

/** A value in effect as it would stand in the file; in words when it is a secret or not set. Throws RangeError for an unknown key. */
export function shownValue<T>(schema: ConfigSchema<T>, name: string, config: T): string {
  const key = keysOf(schema).find((known) => known.name === name);
  if (key === undefined) throw new RangeError(`no such key: ${name}`);
  const value = valueAt(config, key.path) ?? null;
  if (value === null) return '(not set)';
  return key.facts.secret === true ? '(secret)' : JSON.stringify(value);
}

/** The rows as a table in Markdown. */
export function configPage(rows: readonly ConfigRow[]): string {
  const lines = rows.map(({ key, type, default: fallback, unit, restart, environment, text }) => {
    const kind = unit === null ? type : `${type}; ${unit}`;
    const cells = [code(key), kind, fallback === null ? '' : code(fallback), restart ? 'yes' : '', text];
    return `| ${[...cells, environment.map(code).join(', ')].map(cell).join(' | ')} |`;
  });
  return [
    '| key | value | default | needs a restart | what it is | environment |',
    '|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}

const code = (text: string): string => `\`${text}\``;
/** A bar or a line break in a cell would end it. */
const cell = (text: string): string => text.replaceAll('|', String.raw`\|`).replaceAll(/\s*\n\s*/g, ' ');
