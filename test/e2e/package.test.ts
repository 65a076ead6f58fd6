/** What users get: the published files alone, and what `npm start` does. */
import assert from 'node:assert/strict';
import { execFile, type ExecFileException, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test, type TestContext } from 'node:test';

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

/** A project where the package is installed, alone. */
const project = mkdtempSync(join(tmpdir(), 'dst-package-'));
const folder = join(project, 'node_modules', 'dst-torrent');
const cli = join(folder, 'dst.js');

const code = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));

before(() => node(root, 'scripts/build.mjs', folder));
after(() => rmSync(project, { recursive: true, force: true }));

/** Runs a script that stays, with a home of its own; resolves when it has said where its page is. */
async function startDaemon(t: TestContext, ...args: string[]): Promise<{ home: string; url: string; told: string[] }> {
  const home = mkdtempSync(join(tmpdir(), 'dst-start-'));
  const places = { HOME: home, XDG_STATE_HOME: home, XDG_CONFIG_HOME: home, XDG_RUNTIME_DIR: home };
  const env = { ...process.env, ...places, DST_API_PORT: '0', DST_PEERS_PORT: '0' };
  const child = spawn(process.execPath, args, { cwd: home, env, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(async () => {
    const ended = once(child, 'exit');
    if (child.kill('SIGTERM')) await ended;
    rmSync(home, { recursive: true, force: true });
  });
  const told: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    told.push(line);
    if (line.startsWith('Password')) break;
  }
  return { home, url: told.find((line) => line.startsWith('http://')) ?? '', told };
}

/** Asks the daemon by its socket; the status, and the body. */
async function ask(home: string, method: string, path: string, body = ''): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const asking = request({ socketPath: join(home, 'dst.sock'), method, path, headers: body === '' ? {} : headers });
  const [answer] = (await once(asking.end(body), 'response')) as [IncomingMessage];
  return `${answer.statusCode} ${(await answer.toArray()).join('')}`;
}

test('the package creates, seeds, downloads and verifies without its sources', async () => {
  const output = await node(project, join(root, 'scripts', 'demo.mjs'), cli);
  assert.match(output, /The copy is complete and verified\./);
  writeFileSync(
    join(project, 'use.mjs'),
    `import { createSession } from 'dst-torrent'; await (await createSession()).close();`,
  );
  await node(project, 'use.mjs');
  const consumer =
    "import { createSession, type Session } from 'dst-torrent'; export const s: Promise<Session> = createSession();";
  writeFileSync(join(project, 'use.mts'), consumer);
  const tsc = join(root, 'node_modules', 'typescript7', 'bin', 'tsc');
  await node(project, tsc, '--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext', 'use.mts');
});

test('the package needs no other: it serves the daemon’s API and makes certificates', async (t) => {
  const { home, url, told } = await startDaemon(t, cli, 'daemon');
  assert.equal((await fetch(`${url}/health/live`)).status, 200, told.join('\n'));
  assert.match((await ask(home, 'GET', '/api/v1/openapi.json')).slice(0, 100), /^200 \{"openapi":"3\.1\.0"/);
  assert.match(await ask(home, 'PUT', '/api/v1/categories/a', '{"savePath":1}'), /^400 .*"API_INVALID"/);
  assert.match(await node(home, cli, 'tls', 'init', '--dir', join(home, 'tls')), /server.pem/);
});

test('the package is ASCII but for comments, as its reader takes it (src/cli/package-modules.ts)', () => {
  const isOther = /[^\0-\x7f]/;
  const lines = code().flatMap((text) => text.split('\n').filter((line) => isOther.test(line)));
  assert.ok(lines.length > 0);
  const notInComments = lines.filter((line) => isOther.test(line.replace(/(^\s*\*|\/\*|\/\/).*/, '')));
  assert.deepEqual(notInComments, []);
});

test('the package has the licences of all whose code is in it', () => {
  const licences = readFileSync(join(folder, 'THIRD_PARTY_LICENSES'), 'utf8');
  // The bundler names the file before its code.
  const names = code().flatMap((text) => [...text.matchAll(/^\/\/ .*node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm)]);
  assert.ok(names.some(([, name]) => name === 'fastify'));
  for (const [, name] of names) assert.match(licences, new RegExp(`^${name} \\d[^ ]* \\(`, 'm'));
  const each = licences.split(`\n\n${'-'.repeat(72)}\n\n`);
  assert.deepEqual(
    each.filter((text) => !text.trim().includes('\n')),
    [],
  );
  assert.equal(new Set(each).size, each.length);
  assert.match(each.find((text) => text.startsWith('pg-types ')) ?? '', /Copyright .* Brian M\. Carlson/);
});

test('npm start without arguments runs the daemon and says where to look', async (t) => {
  const { home, url, told } = await startDaemon(t, join(root, 'scripts', 'start.mjs'));
  assert.equal((await fetch(`${url}/health/live`)).status, 200, told.join('\n'));
  assert.ok(told.some((line) => line.includes(join(home, 'dst.sock'))));
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
