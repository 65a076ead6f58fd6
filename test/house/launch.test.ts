/** The launcher behind `npm start` and the bootstrap: the child's end is ours, and our signals are the child's. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';

const launchModule = pathToFileURL(join(import.meta.dirname, '..', '..', 'scripts', 'launch.mjs')).href;

/** Starts a process that launches `child` (JavaScript) and sends it a signal once the child has printed something. */
async function exitCodeOf(child: string, signal?: NodeJS.Signals): Promise<number | null> {
  const launcher = `import { launch } from ${JSON.stringify(launchModule)};
    process.exitCode = await launch(process.execPath, ['-e', ${JSON.stringify(child)}]);`;
  const started = spawn(process.execPath, ['--input-type=module', '-e', launcher], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (signal !== undefined) {
    await once(started.stdout, 'data');
    started.kill(signal);
  }
  const [code] = (await once(started, 'close')) as [number | null];
  return code;
}

test('the exit code of the child becomes ours', async () => {
  assert.equal(await exitCodeOf('process.exitCode = 7'), 7);
});

test('a signal reaches the child, which may end in its own way', async () => {
  const child = `process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1000); console.log('up');`;
  assert.equal(await exitCodeOf(child, 'SIGTERM'), 9);
});

test('a child killed by a signal gives the exit code that a shell would give', async () => {
  assert.equal(await exitCodeOf(`setInterval(() => {}, 1000); console.log('up');`, 'SIGINT'), 130);
  assert.equal(await exitCodeOf(`process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`), 137);
});
