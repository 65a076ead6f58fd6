/** The house's limits bite: files that break each of them once, checked with the project's own linter settings. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { after } from 'node:test';

const root = join(import.meta.dirname, '..', '..');
const tree = mkdtempSync(join(tmpdir(), 'dst-lint-'));
after(() => rmSync(tree, { recursive: true, force: true }));

const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');
const fields = (count: number): string => `export class Owner {\n${lines(count, (i) => `  field${i} = ${i};`)}\n}\n`;

/** Case → file, its text, and the rule that must report it (null: nothing may be reported). */
const cases: readonly (readonly [title: string, file: string, text: string, rule: string | null])[] = [
  ['a file of 601 lines fails', 'src/app/long.ts', `${lines(601, (i) => `export const a${i} = ${i};`)}\n`, 'max-lines'],
  [
    'a function of 81 lines fails',
    'src/app/function.ts',
    `export function f(): number {\n  let n = 0;\n${lines(77, () => '  n++;')}\n  return n;\n}\n`,
    'max-lines-per-function',
  ],
  ['a class with 21 fields fails', 'src/app/fields.ts', fields(21), 'max-class-fields'],
  ['a class with 20 fields passes', 'src/app/few-fields.ts', fields(20), null],
  [
    'a timer in the engine fails',
    'src/engine/timer.ts',
    'export const f = (): unknown => setTimeout(() => {}, 1);\n',
    'no-restricted-globals',
  ],
  [
    'a timer in the app fails',
    'src/app/timer.ts',
    'export const f = (): unknown => setInterval(() => {}, 1);\n',
    'no-restricted-globals',
  ],
  [
    'Date.now in the app fails',
    'src/app/now.ts',
    'export const f = (): number => Date.now();\n',
    'no-restricted-properties',
  ],
  [
    'performance.now in the engine fails',
    'src/engine/now.ts',
    'export const f = (): number => performance.now();\n',
    'no-restricted-properties',
  ],
  [
    'Math.random in a codec fails',
    'src/codec/random.ts',
    'export const f = (): number => Math.random();\n',
    'no-restricted-properties',
  ],
  [
    'the clock may use the system’s timers',
    'src/base/clock.ts',
    'export const f = (): unknown => setTimeout(() => {}, Date.now());\n',
    null,
  ],
  [
    'a test may use the system’s timers',
    'src/engine/a.test.ts',
    'export const f = (): unknown => setTimeout(() => {}, Date.now());\n',
    null,
  ],
  [
    'Buffer in a codec fails',
    'src/codec/buffer.ts',
    'export const f = (): Uint8Array => Buffer.alloc(1);\n',
    'no-restricted-globals',
  ],
  ['Buffer in the app passes', 'src/app/buffer.ts', 'export const f = (): Uint8Array => Buffer.alloc(1);\n', null],
  [
    'a floating promise fails',
    'src/app/floating.ts',
    'const f = async (): Promise<void> => {};\nexport const g = (): void => {\n  f();\n};\n',
    'no-floating-promises',
  ],
  [
    'a promise as a condition fails',
    'src/app/misused.ts',
    'const f = async (): Promise<boolean> => true;\nexport const g = (): number => (f() ? 1 : 2);\n',
    'no-misused-promises',
  ],
  ['any fails', 'src/app/any.ts', 'export const f = (value: any): unknown => value;\n', 'no-explicit-any'],
  [
    'a switch that forgets a case fails',
    'src/app/switch.ts',
    "export function f(kind: 'a' | 'b'): number {\n  switch (kind) {\n    case 'a':\n      return 1;\n  }\n  return 2;\n}\n",
    'switch-exhaustiveness-check',
  ],
  [
    'a type imported as a value fails',
    'src/app/types.ts',
    "import { Stats } from 'node:fs';\nexport const f = (stats: Stats): number => stats.size;\n",
    'consistent-type-imports',
  ],
];

function findRules(): Map<string, string[]> {
  for (const [, file, text] of cases) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), text);
  }
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'scripts/lint'])
    cpSync(join(root, name), join(tree, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'), 'junction');
  const { stdout } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', 'oxlint', 'bin', 'oxlint'), '--format', 'json'],
    {
      cwd: tree,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    },
  );
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { filename: string; code: string }[] };
  const found = new Map<string, string[]>();
  for (const { filename, code } of diagnostics) {
    found.set(filename, [...(found.get(filename) ?? []), code.replace(/^.*\((.*)\)$/, '$1')]);
  }
  return found;
}

const found = findRules();

for (const [title, file, , rule] of cases) {
  test(title, () => {
    assert.deepEqual(found.get(file) ?? [], rule === null ? [] : [rule]);
  });
}
