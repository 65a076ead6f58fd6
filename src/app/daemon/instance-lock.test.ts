import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { lockInstance } from './instance-lock.ts';

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dst-lock-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'state');
}

test('a second daemon is refused and told who has the folder, until the first has gone', async (t) => {
  const folder = await folderFor(t);
  const lock = lockInstance(folder);
  assert.throws(() => lockInstance(folder), { code: 'DAEMON_RUNNING', message: new RegExp(`process ${process.pid}`) });
  lock[Symbol.dispose]();
  lockInstance(folder)[Symbol.dispose]();
});

test('the lock of a killed process is free at once', async (t) => {
  const folder = await folderFor(t);
  const module = join(import.meta.dirname, 'instance-lock.ts');
  const code = `import(${JSON.stringify(module)}).then(({ lockInstance }) => {
    globalThis.lock = lockInstance(${JSON.stringify(folder)});
    console.log('locked');
    setInterval(() => {}, 1000);
  })`;
  const child = spawn(process.execPath, ['--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  assert.throws(() => lockInstance(folder), { code: 'DAEMON_RUNNING' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockInstance(folder)[Symbol.dispose]();
});

test('a folder that cannot be made is an error with words', () => {
  assert.throws(() => lockInstance('/dev/null/state'), { code: 'DAEMON_STATE_UNUSABLE' });
  if (process.platform !== 'linux') return;
  assert.throws(() => lockInstance('/proc/dst-nothing/state'), {
    code: 'DAEMON_STATE_UNUSABLE',
    message: /^\/proc\/dst-nothing\/state cannot be used: ENOENT/,
  });
});
