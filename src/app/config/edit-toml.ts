/**
 * Changes single keys in the text of a TOML file and leaves the rest, comments and all, as its author wrote it. What
 * was written is read again: a text in which the key cannot be found for sure is not changed (null).
 */
import { isDeepStrictEqual } from 'node:util';
import { parse, stringify } from 'smol-toml';
import { isTable, valueAt } from './config-schema.ts';

/** Lines over which a value may extend. */
const LONGEST_VALUE = 500;

export interface TomlEdit {
  /** `['limits', 'download']`: at most one section. */
  readonly path: readonly string[];
  /** Null takes the key out. */
  readonly value: unknown;
}

/** The text with the edits; null when it cannot be done. The text must be valid TOML. */
export function editToml(text: string, edits: readonly TomlEdit[]): string | null {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
  for (const edit of edits) editLines(lines, edit);
  const edited = lines.length === 0 ? '' : `${lines.join(newline)}${newline}`;
  try {
    return isDeepStrictEqual(withoutEmpty(parse(edited)), withoutEmpty(expected(text, edits))) ? edited : null;
  } catch {
    return null;
  }
}

function editLines(lines: string[], { path, value }: TomlEdit): void {
  const name = path.at(-1) as string;
  const found = findKey(lines, path);
  if (found !== null) {
    const { at, end } = found;
    const indent = /^\s*/.exec(lines[at] as string)?.[0] ?? '';
    const written = value === null ? [] : [`${indent}${found.key} = ${literal(value)}${commentOf(lines, at, end)}`];
    lines.splice(at, end - at, ...written);
    return;
  }
  if (value === null) return;
  const line = `${name} = ${literal(value)}`;
  const [section] = path.length > 1 ? path : [];
  const start = section === undefined ? 0 : lines.findIndex((text) => sectionOf(text) === section) + 1;
  if (section !== undefined && start === 0) {
    lines.push(...(lines.length === 0 ? [] : ['']), `[${section}]`, line);
    return;
  }
  let end = start;
  for (let i = start; i < lines.length && sectionOf(lines[i] as string) === null; i++) {
    if ((lines[i] as string).trim() !== '') end = i + 1;
  }
  lines.splice(end, 0, line);
}

/** Where a key stands: lines from `at` to `end` (exclusive), and how it is written there. */
function findKey(
  lines: readonly string[],
  path: readonly string[],
): { readonly at: number; readonly end: number; readonly key: string } | null {
  const name = path.at(-1) as string;
  const section = path.length > 1 ? path[0] : '';
  let current = '';
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    current = sectionOf(line) ?? current;
    const key = /^\s*([\w.-]+)\s*=/.exec(line)?.[1];
    if (key === undefined) continue;
    const end = endOfValue(lines, at);
    if (end === null) return null;
    if (current === section ? key === name : current === '' && key === path.join('.')) return { at, end, key };
    at = end - 1;
  }
  return null;
}

/** Name of the table whose head this line is; null for other lines. */
const sectionOf = (line: string): string | null => /^\s*\[\s*([\w-]+)\s*\]\s*(?:#.*)?$/.exec(line)?.[1] ?? null;

function endOfValue(lines: readonly string[], at: number): number | null {
  for (let end = at + 1; end <= Math.min(lines.length, at + LONGEST_VALUE); end++) {
    if (parsed(lines.slice(at, end).join('\n')) !== null) return end;
  }
  return null;
}

/** What follows the value on its last line. */
function commentOf(lines: readonly string[], at: number, end: number): string {
  const last = lines[end - 1] as string;
  const before = lines.slice(at, end - 1).map((line) => `${line}\n`);
  const whole = parsed(before.join('') + last);
  for (let i = last.indexOf('#'); i >= 0; i = last.indexOf('#', i + 1)) {
    const rest = last.slice(0, i);
    if (isDeepStrictEqual(parsed(before.join('') + rest), whole)) return `${/\s*$/.exec(rest)?.[0]}${last.slice(i)}`;
  }
  return '';
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

const literal = (value: unknown): string =>
  stringify({ value })
    .trim()
    .replace(/^value = /, '');

function expected(text: string, edits: readonly TomlEdit[]): Record<string, unknown> {
  const tables = parse(text) as Record<string, unknown>;
  for (const { path, value } of edits) {
    const [section] = path.length > 1 ? path : [];
    if (section !== undefined && valueAt(tables, [section]) === undefined) tables[section] = {};
    const table = section === undefined ? tables : (tables[section] as Record<string, unknown>);
    if (value === null) delete table[path.at(-1) as string];
    else table[path.at(-1) as string] = value;
  }
  return tables;
}

/** A table without keys says nothing. (The clone makes all tables of one kind.) */
const withoutEmpty = (tables: Record<string, unknown>): Record<string, unknown> =>
  structuredClone(
    Object.fromEntries(
      Object.entries(tables).filter(([, value]) => !(isTable(value) && Object.keys(value).length === 0)),
    ),
  );
