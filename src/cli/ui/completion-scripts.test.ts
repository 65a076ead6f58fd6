import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlagDescription, TreeDescription } from '../command-tree.ts';
import { completionScript, shells } from './completion-scripts.ts';

const flag = (short: string | null, long: string, changes: Partial<FlagDescription> = {}): FlagDescription => ({
  short,
  long,
  takesValue: false,
  choices: [],
  summary: "it's a [flag]: see",
  ...changes,
});

const tree: TreeDescription = {
  name: 'dst',
  flags: [flag('-q', '--quiet')],
  commands: [
    {
      name: 'get',
      aliases: ['fetch'],
      summary: "fetch what's there",
      flags: [
        flag('-o', '--output', { takesValue: true }),
        flag(null, '--how', { takesValue: true, choices: ['a', 'b'] }),
      ],
      choices: [],
    },
    { name: 'shell', aliases: [], summary: 'pick', flags: [], choices: ['x', 'y'] },
  ],
};

test('every shell learns commands, aliases, flags and choices', () => {
  for (const shell of shells) {
    const script = completionScript(shell, tree);
    for (const word of ['get', 'fetch', 'shell', 'quiet', 'output', 'how', 'x', 'y']) {
      assert.ok(script.includes(word), `${shell} lacks ${word}`);
    }
  }
});

test('bash offers files after a flag that takes a value', () => {
  assert.match(
    completionScript('bash', tree),
    /get\|fetch\)\n +flags="-o --output --how -q --quiet"\n +valued="\|-o\|--output\|--how\|"/,
  );
});

test('quotes and brackets in descriptions do not break zsh, fish and PowerShell', () => {
  assert.ok(completionScript('zsh', tree).includes(`'*--quiet[it'\\''s a \\[flag\\]\\: see]'`));
  assert.ok(completionScript('fish', tree).includes(`-l quiet -d 'it\\'s a [flag]: see'`));
  assert.ok(completionScript('fish', tree).includes(`-l how -x -a 'a b'`));
  assert.ok(completionScript('powershell', tree).includes(`'get' = @('-o', '--output', '--how', '-q', '--quiet')`));
});
