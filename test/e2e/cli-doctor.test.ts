/** `dst doctor`, with a daemon and without one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Check } from '../../src/app/doctor/index.ts';
import { dst, scratchFolder } from './cli-process.ts';
import { FakeDaemon } from './fake-daemon.ts';

interface Report {
  readonly code: number | null;
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

async function examine(cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<Report> {
  const { code, stdout, stderr } = await dst(['doctor', ...args, '--json'], { cwd, env });
  assert.match(stdout, /^\{/, stderr);
  return { code, ...(JSON.parse(stdout) as Omit<Report, 'code'>) };
}

const problemsOf = ({ checks }: Report): string[] =>
  checks.filter(({ status }) => status === 'problem').map(({ area }) => area);

test('without a daemon that is what is wrong, and each finding says what to do', async () => {
  await using folder = await scratchFolder();
  const report = await examine(folder.path, [], { DST_API_PORT: '0', DST_PEERS_PORT: '0' });
  assert.deepEqual([report.code, report.ok, problemsOf(report)], [11, false, ['daemon']]);
  for (const { status, advice } of report.checks) assert.equal(advice === null, status === 'ok');
  const data = join(folder.path, '.state', 'dst', 'daemon');
  assert.ok(report.checks.some(({ message }) => message.startsWith(`${data} (it is made`)));
  const areas = ['configuration', 'secrets', 'disk', 'disk', 'limits', 'clock', 'daemon'];
  assert.deepEqual(
    report.checks.map(({ area }) => area),
    process.platform === 'win32' ? areas.filter((area) => area !== 'secrets') : areas,
  );
});

test('a configuration that is not valid, and ports that are taken, are found', async () => {
  await using folder = await scratchFolder();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const taken = await examine(folder.path, [], { DST_API_PORT: String(port), DST_PEERS_PORT: '0' });
  assert.deepEqual([taken.code, problemsOf(taken)], [5, ['network', 'daemon']]);
  const words = taken.checks.find(({ area }) => area === 'network')?.message;
  assert.equal(words, `another program has 127.0.0.1:${port}, which is for the API`);
  server.close();
  await writeFile(join(folder.path, 'bad.toml'), 'nonsense = 1\n');
  const bad = await examine(folder.path, ['--config', 'bad.toml']);
  assert.equal(bad.code, 10);
  assert.match(bad.checks[0]?.message ?? '', /nonsense/);
});

test('files with secrets that others can read are found', {
  skip: process.platform === 'win32' && 'Windows has other rights',
}, async () => {
  await using folder = await scratchFolder();
  const data = join(folder.path, 'data');
  await mkdir(join(data, 'dst', 'keys'), { recursive: true });
  const key = join(data, 'dst', 'keys', 'me.key');
  await writeFile(key, 'secret');
  await chmod(key, 0o644);
  const env = { XDG_DATA_HOME: data, DST_API_PORT: '0', DST_PEERS_PORT: '0' };
  const found = (await examine(folder.path, [], env)).checks.filter(({ area }) => area === 'secrets');
  assert.deepEqual(
    found.map(({ status, message }) => [status, message]),
    [['warning', `others can read ${key}`]],
  );
});

test('a daemon that runs is asked how it is', async () => {
  await using daemon = await FakeDaemon.start({ api: { port: 0 } });
  await daemon.client.settings.set({ downloads: daemon.cwd });
  const options = { env: { DST_API_PORT: '0' } };
  const well = await daemon.run(['doctor'], options);
  assert.equal(well.code, 0, well.stdout);
  assert.match(well.stdout, /^ok {7}health {9}all is well with disk, loop$/m);
  assert.match(well.stdout, /^(ok {7}|warning {2})disk {11}\/.*free, a flush takes \d+ ms$/m);
  await daemon.client.settings.set({ 'peers.port': 9000 });
  const due = await daemon.run(['doctor'], options);
  assert.match(due.stdout, /^warning {2}daemon {9}it has not been started again .*: peers\.port$/m);
  daemon.client.checks = { disk: 'no room below /downloads', loop: null };
  const ill = await daemon.run(['doctor'], options);
  assert.equal(ill.code, 1);
  assert.match(ill.stdout, /^problem {2}health {9}disk: no room below \/downloads\n {24}The log/m);
  assert.match(ill.stderr, /^1 problem, \d warnings?$/m);
});

test('of a daemon that is not that of the user its own configuration and folder are looked at', async () => {
  await using daemon = await FakeDaemon.start({ api: { port: 0 } });
  await daemon.client.settings.set({ downloads: daemon.cwd });
  await writeFile(join(daemon.cwd, 'config.toml'), 'nonsense = 1\n');
  await mkdir(join(daemon.cwd, 'data'));
  const { checks } = await examine(daemon.cwd, ['--socket', daemon.socket]);
  const messages = checks.map(({ message }) => message);
  assert.match(messages[0] ?? '', /nonsense/);
  assert.ok(
    messages.some((words) => words.startsWith(`${join(daemon.cwd, 'data')}: `)),
    messages.join('\n'),
  );
});

test('of a daemon elsewhere only is told what that says', async () => {
  await using daemon = await FakeDaemon.start();
  const { token } = await daemon.access.addToken({ name: 't', scope: 'read', owner: null, expiresAt: null });
  await writeFile(join(daemon.cwd, 'token'), token);
  const report = await examine(daemon.cwd, ['--url', daemon.url, '--token-file', 'token']);
  assert.deepEqual(
    report.checks.map(({ area }) => area),
    ['network', 'daemon', 'health'],
  );
  assert.deepEqual([report.code, report.ok], [0, true]);
  const refused = await examine(daemon.cwd, ['--url', daemon.url]);
  assert.deepEqual([refused.code, problemsOf(refused)], [11, ['daemon']]);
});
