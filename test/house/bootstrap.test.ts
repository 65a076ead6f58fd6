/** The bootstrap of a bare clone, with a false npm in place of the registry. */
import assert from 'node:assert/strict';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';

const root = join(import.meta.dirname, '..', '..');

/** A clone without dependencies whose npm is the given script. */
function makeClone(t: TestContext, npmScript: string): string {
  const clone = mkdtempSync(join(tmpdir(), 'dst-bootstrap-'));
  t.after(() => rmSync(clone, { recursive: true, force: true }));
  mkdirSync(join(clone, 'scripts'));
  for (const name of ['bootstrap.mjs', 'launch.mjs']) cpSync(join(root, 'scripts', name), join(clone, 'scripts', name));
  writeFileSync(join(clone, 'package-lock.json'), '{}');
  writeFileSync(join(clone, 'npm-cli.js'), npmScript);
  return clone;
}

const bootstrap = (clone: string, ...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [join(clone, 'scripts', 'bootstrap.mjs'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, npm_execpath: join(clone, 'npm-cli.js') },
  });

test('an archive that is not the pinned one is refused and nothing of it is kept', (t) => {
  const clone = makeClone(
    t,
    `const { writeFileSync } = require('node:fs');
     const [, , command, name, , folder] = process.argv;
     if (command !== 'pack') throw new Error('called with ' + command);
     writeFileSync(folder + '/' + name.replace('@', '-') + '.tgz', 'tampered');`,
  );
  const { status, stderr } = bootstrap(clone);
  assert.equal(status, 1);
  assert.match(stderr, /is not the pinned archive .*: refused\./);
  assert.doesNotMatch(stderr, /\n\s+at /, 'no stack trace');
  assert.deepEqual(globSync('.cache/**/*', { cwd: clone }), []);
});

test('a failing npm is told with its own words', (t) => {
  const clone = makeClone(t, `console.error('the registry is away'); process.exit(7);`);
  const { status, stderr } = bootstrap(clone);
  assert.equal(status, 1);
  assert.match(stderr, /npm pack failed[^]*the registry is away/);
});

test('in a ready clone npm is not called and the script runs with its arguments and exit code', (t) => {
  const clone = makeClone(t, `throw new Error('called');`);
  const pinned = globSync('.cache/node-*/bin/node', { cwd: root })[0];
  if (pinned === undefined) return t.skip('this checkout runs without the pinned Node');
  mkdirSync(join(clone, pinned, '..'), { recursive: true });
  symlinkSync(join(root, pinned), join(clone, pinned));
  mkdirSync(join(clone, 'node_modules'));
  cpSync(join(root, 'package-lock.json'), join(clone, 'package-lock.json'));
  cpSync(join(root, 'node_modules', '.bootstrap'), join(clone, 'node_modules', '.bootstrap'));
  writeFileSync(join(clone, 'script.mjs'), 'console.log(process.argv[2], process.version); process.exitCode = 3;');
  const { status, stdout, stderr } = bootstrap(clone, join(clone, 'script.mjs'), '--flag');
  assert.equal(stderr, '');
  assert.match(stdout, /^--flag v26\.10\.0$/m);
  assert.equal(status, 3);
});

test('the lock names no registry host', () => {
  assert.doesNotMatch(readFileSync(join(root, 'package-lock.json'), 'utf8'), /"resolved"/);
});
