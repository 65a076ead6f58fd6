/**
 * docs/errors.md is written from the error tables of the source (`src/**` + `/errors.ts`), and a test holds both
 * against each other. `npm run docs` writes the file.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorTable } from '../src/base/errors.ts';

const root: string = join(import.meta.dirname, '..');
const documentPath: string = join(root, 'docs', 'errors.md');

/** The codes of one folder. */
export interface FolderErrors {
  /** The folder below src/, e.g. `codec/bencode`. */
  readonly folder: string;
  readonly table: ErrorTable;
}

/** All error tables of the source, by folder. An `errors.ts` exports them as `…Errors`. */
export async function loadTables(): Promise<FolderErrors[]> {
  const files = globSync('src/*/**/errors.ts', { cwd: root }).filter(
    (file) => file !== join('src', 'base', 'errors.ts'),
  );
  return Promise.all(
    files.sort().map(async (file) => {
      const exported = Object.entries((await import(join(root, file))) as Record<string, ErrorTable>);
      const tables = exported.filter(([name]) => name.endsWith('Errors')).map(([, table]) => table);
      if (tables.length === 0) throw new Error(`${file} must export an error table named …Errors.`);
      const folder = file.split(/[\\/]/).slice(1, -1).join('/');
      return { folder, table: Object.assign({}, ...tables) as ErrorTable };
    }),
  );
}

export const readDocument = (): string => readFileSync(documentPath, 'utf8');

/** Text of all source files that may use a code: neither tables nor tests. */
export function readSources(): string {
  const files = globSync('src/**/*.ts', { cwd: root }).filter((file) => !/(errors|\.test)\.ts$/.test(file));
  return files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
}

const codesOf = (tables: readonly FolderErrors[]): string[] => tables.flatMap(({ table }) => Object.keys(table));

/** The document that belongs to the tables. */
export function render(tables: readonly FolderErrors[]): string {
  const sections = tables.map(({ folder, table }) => {
    const rows = Object.entries(table)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([code, entry]) =>
          `| \`${code}\` | ${entry.category} | ${entry.retryable === true ? 'yes' : 'no'} | ${entry.help} |`,
      );
    return [
      `## ${folder}`,
      '',
      '| code | category | retry helps | what happened, what to do |',
      '|---|---|---|---|',
      ...rows,
      '',
    ];
  });
  return [
    '# Error codes',
    '',
    'Every error that a caller or user can meet is a `DstError` with a stable `code`. Switch on the code, never on the',
    'message. This file is written by `npm run docs` from the tables in the source.',
    '',
    ...sections.flat(),
  ].join('\n');
}

/** What is wrong between tables, document and source; empty when all is well. */
export function findProblems(tables: readonly FolderErrors[], document: string, sources: string): string[] {
  const codes = codesOf(tables);
  const documented = [...document.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1] as string);
  const problems = [
    ...codes.filter((code) => !documented.includes(code)).map((code) => `${code} is not documented`),
    ...documented.filter((code) => !codes.includes(code)).map((code) => `${code} is documented but does not exist`),
    ...codes.filter((code, i) => codes.indexOf(code) !== i).map((code) => `${code} is in two tables`),
    ...codes.filter((code) => !/^[A-Z][A-Z0-9_]+$/.test(code)).map((code) => `${code} is not in UPPER_SNAKE_CASE`),
    // A mention in a union type (`| 'CODE'`) declares the code, it does not use it.
    ...codes
      .filter((code) => !new RegExp(`(?<!\\|\\s*)['"\`]${code}\\b`).test(sources))
      .map((code) => `${code} is never used`),
  ];
  if (problems.length === 0 && document !== render(tables)) problems.push('the wording differs from the tables');
  return problems;
}

export const writeDocument = async (): Promise<void> => writeFileSync(documentPath, render(await loadTables()));
