/** What users get: the published files alone, and what `npm start` does. */
import assert from 'node:assert/strict';
import { execFile, type ExecFileException, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type TestContext } from 'node:test';

const root = join(import.meta.dirname, '..', '..');

/** Runs a script with this Node; rejects with all output when it fails. */
function node(cwd: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd }, (error: ExecFileException | null, stdout: string, stderr: string) => {
      if (error === null) resolve(stdout + stderr);
      else reject(new Error(`${args.join(' ')} failed:\n${stdout}${stderr}`));
    });
  });
}

/** The package as it would be installed: emitted code, package.json and the run-time dependencies, nothing else. */
async function installPackage(t: TestContext): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'dst-package-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  await node(root, 'scripts/build.mjs', join(home, 'dist'));
  cpSync(join(root, 'package.json'), join(home, 'package.json'));
  const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { dependencies: object };
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(home, 'node_modules', name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(home, 'node_modules', name), 'junction');
  }
  return home;
}

test('the emitted package creates, seeds, downloads and verifies without its sources', async (t) => {
  const home = await installPackage(t);
  const output = await node(home, join(root, 'scripts', 'demo.mjs'), join(home, 'dist', 'dst.js'));
  assert.match(output, /The copy is complete and verified\./);
  writeFileSync(
    join(home, 'use.mjs'),
    `import { createSession } from 'dst-torrent'; await (await createSession()).close();`,
  );
  await node(home, 'use.mjs');
  const consumer =
    "import { createSession, type Session } from 'dst-torrent'; export const s: Promise<Session> = createSession();";
  writeFileSync(join(home, 'use.mts'), consumer);
  const tsc = join(root, 'node_modules', 'typescript7', 'bin', 'tsc');
  await node(home, tsc, '--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext', 'use.mts');
});

test('npm start without arguments runs the daemon and says where to look', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'dst-start-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const places = { HOME: home, XDG_STATE_HOME: home, XDG_CONFIG_HOME: home, XDG_RUNTIME_DIR: home };
  const env = { ...process.env, ...places, DST_API_PORT: '0', DST_PEERS_PORT: '0' };
  const child = spawn(process.execPath, ['scripts/start.mjs'], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const told: string[] = [];
  for await (const line of lines) {
    told.push(line);
    if (line.startsWith('Password')) break;
  }
  const url = told.find((line) => line.startsWith('http://')) ?? '';
  assert.equal((await fetch(`${url}/health/live`)).status, 200, told.join('\n'));
  assert.ok(told.some((line) => line.includes(join(home, 'dst.sock'))));
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
});

test('the demonstration transfers a torrent between two processes', async () => {
  const output = await node(root, 'scripts/demo.mjs', 'src/cli/main.ts');
  assert.match(output, /\$ dst create demo --hybrid[^]*\$ dst seed [^]*\$ dst download [^]*\$ dst verify /);
  assert.match(output, /The copy is complete and verified\./);
});

test('npm start with arguments passes them, and the exit code back', async () => {
  assert.match(await node(root, 'scripts/start.mjs', 'version'), /^DST Torrent \d/);
  await assert.rejects(node(root, 'scripts/start.mjs', 'nonsense'), /USAGE/);
});
