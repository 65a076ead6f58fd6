/**
 * All that must hold, as named steps: `check.mjs` runs every step but the interoperability and end-to-end tests,
 * `--all` (npm test) runs those too, and step names run only these. A step shows its output when it fails.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { closing, runTests } from './run-tests.mjs';

const root = join(import.meta.dirname, '..');
const tool = (path) => join(root, 'node_modules', path);
const tsc = tool('typescript7/bin/tsc');

/** Tests that start other programs or whole clients: after all others. Half of their time they wait, so more run than there are cores. */
const heavyFolders = ['test/interop/', 'test/e2e/'];
const isHeavy = (file) => heavyFolders.some((folder) => file.replaceAll('\\', '/').startsWith(folder));

/** The longest go first, so that no core waits at the end for one that began last. */
const longest = [
  ...['test/docs/deploy', 'test/sim/swarm', 'test/db/sqlite', 'test/interop/mse', 'test/e2e/egress'],
  ...['test/e2e/cli-sealed-files', 'test/interop/dst-tracker-scrape', 'test/interop/transmission'],
  ...['test/interop/libtorrent', 'test/interop/hostile-words', 'test/interop/streaming'],
];
const isLong = (file) => longest.some((name) => file.replaceAll('\\', '/').startsWith(`${name}.`));

const print = (text) => process.stdout.write(text);

/** Runs a JavaScript program with this Node; resolves with its exit code and output. */
function runProgram(args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** A step made of programs that must all end with 0. */
const programs =
  (...commands) =>
  async () => {
    for (const args of commands) {
      const { code, output } = await runProgram(args);
      if (code !== 0) return { isGood: false, output };
    }
    return { isGood: true, output: '' };
  };

const results = [];

/** A step of tests; under CI a skipped heavy test counts as failed, because nobody would notice its absence. */
const tests = (wanted, options) => async () => {
  const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'test/**/*.campaign.ts'], { cwd: root }).filter(
    wanted,
  );
  const inOrder = files.sort().sort((a, b) => isLong(b) - isLong(a));
  const result = await runTests({ root, print, ...options, files: inOrder.map((file) => join(root, file)) });
  results.push(result);
  const skipFails = Boolean(process.env.CI) && options.isVerbose && result.counts.skipped > 0;
  return {
    isGood: result.isGood && !skipFails,
    output: skipFails ? 'Under CI a skipped interoperability or end-to-end test is a failure.\n' : '',
  };
};

/** From now on tests start what was built. */
const build = async () => {
  const result = await programs(
    ['scripts/build.mjs'],
    [tool('publint/src/cli.js'), 'dist', '--strict'],
    ['dist/dst.js', 'version'],
  )();
  if (result.isGood) process.env.TESTED_DST = join(root, 'dist', 'dst.js');
  return result;
};

const steps = {
  types: programs([tsc, '--noEmit', '-p', 'tsconfig.json']),
  lint: programs([tool('oxlint/bin/oxlint')]),
  format: programs([tool('@biomejs/biome/bin/biome'), 'format', '.']),
  layers: programs([tool('dependency-cruiser/bin/dependency-cruiser.mjs'), 'src', 'test', 'bench']),
  'dead-code': programs([tool('knip/bin/knip.js')]),
  build,
  tests: tests((file) => !isHeavy(file), {
    concurrency: availableParallelism() + 1, // some wait
    timeout: 5 * 60_000,
    deadline: 25 * 60_000,
  }),
  'heavy-tests': tests(isHeavy, { concurrency: 3, timeout: 10 * 60_000, deadline: 45 * 60_000, isVerbose: true }),
};

const asked = process.argv.slice(2).filter((argument) => argument !== '--all');
const unknown = asked.filter((name) => !Object.hasOwn(steps, name));
if (unknown.length > 0) {
  print(`Unknown step: ${unknown.join(', ')}. Steps: ${Object.keys(steps).join(', ')}.\n`);
  process.exit(2);
}
const everything = Object.keys(steps).filter((name) => name !== 'heavy-tests' || process.argv.includes('--all'));

process.env.NODE_COMPILE_CACHE ??= join(root, '.cache', 'compile');
const failed = [];
for (const name of asked.length > 0 ? asked : everything) {
  const start = performance.now();
  const { isGood, output } = await steps[name]();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (!isGood) failed.push(name);
  print(output);
  print(`${isGood ? styleText('green', '✓') : styleText('red', '✗')} ${name} (${seconds} s)\n`);
}
if (failed.length > 0) print(`${styleText('red', 'failed:')} ${failed.join(', ')}\n`);
if (results.length > 0) print(`${closing(results)}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;
