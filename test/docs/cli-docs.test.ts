/** docs/cli.md against the command tree: a command, alias, flag or exit code that is missing or gone fails here. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { scopes } from '../../src/app/tracker-api/index.ts';
import { describeTree, type FlagDescription } from '../../src/cli/command-tree.ts';
import { ExitCode } from '../../src/cli/exit-codes.ts';
import { buildProgram } from '../../src/cli/program.ts';

const page = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
const tree = describeTree(
  await buildProgram(
    () => async () => {},
    () => true,
  ),
);

/** Text of a section, from its heading to the next one. */
function section(heading: string): string {
  const isHeading = (line: string): boolean =>
    line.startsWith(`## ${heading}`) && !/^[\w-]/.test(line.slice(`## ${heading}`.length));
  const start = page.split('\n').findIndex(isHeading);
  assert.notEqual(start, -1, `docs/cli.md has no section "${heading}"`);
  const rest = page.split('\n').slice(start + 1);
  const end = rest.findIndex((line) => line.startsWith('## '));
  return rest.slice(0, end < 0 ? undefined : end).join('\n');
}

/** Flags in the first column of a section's tables. */
const documentedFlags = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| `-'))
    .flatMap((line) =>
      [...(line.split(' | ')[0] as string).matchAll(/`(--?[\w-]+)`/g)].map((match) => match[1] as string),
    );

const spellings = (flags: readonly FlagDescription[]): string[] =>
  flags.flatMap((flag) => (flag.short === null ? [flag.long] : [flag.short, flag.long]));

test('the flags of every command are documented, and no others', () => {
  assert.deepEqual(documentedFlags(section('Flags of every command')).toSorted(), spellings(tree.flags).toSorted());
});

for (const command of tree.commands) {
  test(`dst ${command.name} is documented with its aliases and exactly its flags`, () => {
    const text = section(`\`dst ${command.name}`);
    for (const alias of command.aliases) assert.match(text, new RegExp(`^Alias(?:es)?: .*\`${alias}\``, 'm'));
    assert.deepEqual(documentedFlags(text).toSorted(), spellings(command.flags).toSorted());
  });
}

test('the scopes of a token are documented, and no others', () => {
  const row = section('`dst tracker')
    .split('\n')
    .find((line) => line.startsWith('| `--scope`'));
  const named = [...(row ?? '').matchAll(/`(\w+:\w+)`/g)].map((match) => match[1]);
  assert.deepEqual(named, scopes);
});

test('no section describes a command that does not exist', () => {
  const described = [...page.matchAll(/^## `dst ([\w-]+)/gm)].map((match) => match[1]);
  assert.deepEqual(described.toSorted(), tree.commands.map((command) => command.name).toSorted());
});

test('every exit code is documented, and no others', () => {
  const codes = section('Exit codes')
    .split('\n')
    .filter((line) => /^\| \d/.test(line))
    .flatMap((line) => (line.split('|')[1] as string).split(',').map(Number));
  assert.deepEqual(
    codes,
    Object.values(ExitCode).toSorted((a, b) => a - b),
  );
});
