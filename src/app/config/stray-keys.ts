/** Keys and variables that no schema knows. Their values are not shown: a mistyped name may stand before a password. */
import { printable } from '../../base/printable.ts';
import { type ConfigKey, type ConfigSchema, isTable, type SchemaFacts } from './config-schema.ts';
import { type ConfigProblem, MOST_PROBLEMS } from './config-problems.ts';
import { nearestName } from './nearest-name.ts';

/** Longest name that an error repeats, characters. */
const LONGEST_NAME = 80;

/** What stands in tables without being a key; `place` is told in the problems. */
export function findStrays(keys: readonly ConfigKey[], tables: unknown, place: string): ConfigProblem[] {
  const names = keys.map((key) => key.name);
  const sections = new Set(keys.flatMap(({ path }) => path.slice(0, -1).map((_, i) => path.slice(0, i + 1).join('.'))));
  const strays: ConfigProblem[] = [];
  const walk = (table: Record<string, unknown>, prefix: string): void => {
    for (const [name, value] of Object.entries(table)) {
      const full = `${prefix}${name}`;
      if (names.includes(full) || value === undefined) continue;
      if (sections.has(full)) {
        if (isTable(value)) walk(value, `${full}.`);
        else strays.push({ key: full, place, given: null, allowed: 'it must be a table of keys', suggestion: null });
        continue;
      }
      const suggestion = suggest(full, names, strays.length);
      strays.push({ key: shownName(full), place, given: null, allowed: 'there is no such key', suggestion });
    }
  };
  if (isTable(tables)) walk(tables, '');
  return strays;
}

/** Variables with the prefix of the schema that set nothing. */
export function strayVariables<T>(
  schema: ConfigSchema<T>,
  keys: readonly ConfigKey[],
  env: Readonly<Record<string, string | undefined>>,
): ConfigProblem[] {
  const { environment: prefix, isEnvironmentShared = false } = (schema.meta() ?? {}) as SchemaFacts;
  if (prefix === undefined) return [];
  const sections = new Set(keys.filter(({ path }) => path.length > 1).map(({ path }) => sectionPrefix(prefix, path)));
  const isOurs = (name: string): boolean =>
    isEnvironmentShared ? [...sections].some((section) => name.startsWith(section)) : name.startsWith(prefix);
  const known = keys.flatMap((key) => key.variables).filter((name) => name.startsWith(prefix));
  const rests = known.map((name) => name.slice(prefix.length));
  return Object.entries(env)
    .filter(([name, value]) => isOurs(name) && !known.includes(name) && !isServiceLink(name, value))
    .map(([name], i) => {
      const key = shownName(name);
      const nearest = suggest(name.slice(prefix.length), rests, i);
      const suggestion = nearest === null ? null : `${prefix}${nearest}`;
      return { key, place: key, given: null, allowed: 'there is no such variable', suggestion };
    });
}

/** `DST_LIMITS_`. */
const sectionPrefix = (prefix: string, [section = '']: readonly string[]): string =>
  `${prefix}${section.toUpperCase()}_`;

/**
 * Kubernetes gives every container variables for each service of its namespace. A service that is called like the
 * program would make them look like settings. (`…_PORT` may be a setting: what Kubernetes writes there is no number.)
 */
export function isServiceLink(name: string, value = ''): boolean {
  if (/_SERVICE_(?:HOST|PORT)(?:_[A-Z0-9_]+)?$/.test(name)) return true;
  if (/_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/.test(name)) return true;
  return name.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//i.test(value);
}

/** Looking for the nearest name costs time, which a file full of nonsense should not get. */
const suggest = (name: string, known: readonly string[], before: number): string | null =>
  before < MOST_PROBLEMS ? nearestName(name, known) : null;

const shownName = (name: string): string => printable(name, LONGEST_NAME) ?? '(no name)';
