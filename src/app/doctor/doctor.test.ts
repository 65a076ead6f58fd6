import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { systemClock } from '../../base/clock.ts';
import { version } from '../../base/version.ts';
import { type ClientConfig, clientConfig, loadConfig } from '../config/index.ts';
import { checkProgram } from './configuration.ts';
import { checkDisk } from './disk.ts';
import { checkApi, checkFreePorts, checkInterface } from './network.ts';
import { checkReachable, checkRunning, type RunningDaemon } from './running-daemon.ts';
import { checkClock, checkOpenFiles } from './system.ts';

const defaults = (await loadConfig(clientConfig, {})).value;

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dst-doctor-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const running = (facts: Partial<RunningDaemon> = {}): RunningDaemon => ({
  version,
  health: { disk: null },
  startedAt: 1_800_000_000,
  seconds: 0,
  listening: ['0.0.0.0:8471'],
  isReachable: true,
  activeTorrents: 1,
  waiting: [],
  ...facts,
});

test('a program for complete torrents that cannot be run is a problem', async (t) => {
  const folder = await folderFor(t);
  const check = async (onComplete: string | null): Promise<(string | undefined)[]> => {
    const [found] = await checkProgram({ ...defaults, torrents: { ...defaults.torrents, onComplete } });
    return [found?.status, found?.message];
  };
  assert.deepEqual(await check(null), [undefined, undefined]);
  const program = join(folder, 'done.sh');
  assert.match((await check(program)).join(), /^problem,torrents\.onComplete cannot be run: ENOENT/);
  await writeFile(program, '#!/bin/sh\n', { mode: 0o600 });
  if (process.platform !== 'win32') assert.match((await check(program)).join(), /^problem,.*EACCES/);
  assert.match((await check(folder)).join(), /^problem,.* is no file$/);
  await chmod(program, 0o700);
  assert.deepEqual(await check(program), ['ok', `${program} can be run when a torrent is complete`]);
});

test('folders are looked at once each, written to, and left as they were', async (t) => {
  const folder = await folderFor(t);
  const config: ClientConfig = { ...defaults, downloads: folder, incomplete: folder };
  const checks = await checkDisk(config, join(folder, 'data'), systemClock);
  assert.equal(checks.length, 2);
  assert.match(checks[0]?.message ?? '', /free, a flush takes \d+ ms$/);
  assert.match(checks[1]?.message ?? '', /data \(it is made when it is needed\): [\d.]+ .iB free$/);
  assert.deepEqual(await readdir(folder), []);
});

test('a folder that is none, or that may not be written, is a problem', async (t) => {
  const folder = await folderFor(t);
  await writeFile(join(folder, 'file'), '');
  const config: ClientConfig = { ...defaults, downloads: join(folder, 'file') };
  assert.equal((await checkDisk(config, folder, systemClock))[0]?.status, 'problem');
  if (process.platform === 'win32' || process.getuid?.() === 0) return;
  await mkdir(join(folder, 'shut'), { mode: 0o500 });
  t.after(() => chmod(join(folder, 'shut'), 0o700));
  const [shut] = await checkDisk({ ...config, downloads: join(folder, 'shut') }, folder, systemClock);
  assert.equal(shut?.status, 'problem');
});

test('open files have to be enough for the connections', () => {
  const config = { peers: { ...defaults.peers, connections: 500 } };
  assert.equal(checkOpenFiles(config, 756).status, 'ok');
  assert.equal(checkOpenFiles(config, null).status, 'ok');
  const few = checkOpenFiles(config, 755);
  assert.deepEqual([few.status, few.message], ['problem', 'only 755 files may be open, and 500 connections need 756']);
});

test('a clock that cannot be right, that went back or that jumped is told', async (t) => {
  const folder = await folderFor(t);
  const statusAt = async (start: number, daemon: RunningDaemon | null = null): Promise<string> => {
    const { status } = await checkClock(folder, new ManualClock(start), daemon);
    return status;
  };
  assert.equal(await statusAt(1_800_000_000), 'ok');
  assert.equal(await statusAt(1_000_000_000), 'problem');
  assert.equal(await statusAt(5_000_000_000), 'problem');
  assert.equal(await statusAt(1_800_000_900, running({ seconds: 900 })), 'ok');
  assert.equal(await statusAt(1_800_009_000, running({ seconds: 900 })), 'warning');
  await writeFile(join(folder, 'daemon.pid'), '1');
  await utimes(join(folder, 'daemon.pid'), 1_900_000_000, 1_900_000_000);
  assert.equal(await statusAt(1_800_000_000), 'warning');
  assert.equal(await statusAt(1_900_000_000), 'ok');
});

test('ports are free, or somebody has them; of a daemon that runs the API answers', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const ports = {
    api: { ...defaults.api, bind: ['127.0.0.1'], port },
    peers: { ...defaults.peers, bind: ['127.0.0.1'], port: 0 },
  };
  const taken = await checkFreePorts(ports);
  assert.deepEqual(
    taken.map(({ status, message }) => [status, message]),
    [['problem', `another program has 127.0.0.1:${port}, which is for the API`]],
  );
  assert.deepEqual(
    (await checkApi(ports)).map(({ status }) => status),
    ['ok'],
  );
  server.close();
  await once(server, 'close');
  assert.deepEqual(
    (await checkFreePorts(ports)).map(({ status }) => status),
    ['ok'],
  );
  assert.deepEqual(
    (await checkApi(ports)).map(({ status }) => status),
    ['problem'],
  );
  const foreign = { ...ports, api: { ...ports.api, bind: ['192.0.2.1'], port: 8470 } };
  assert.match((await checkFreePorts(foreign))[0]?.advice ?? '', /no such address/);
});

test('an interface that torrents are bound to has to be there', () => {
  const named = (name: string | null): string[] =>
    checkInterface({ peers: { ...defaults.peers, interface: name } }).map(({ status }) => status);
  assert.deepEqual(named(null), []);
  assert.deepEqual(named('none0'), ['problem']);
});

test('what a daemon says of itself is told: version, changes that wait, health, and whether others reach it', () => {
  const statuses = (facts: Partial<RunningDaemon>): string[] =>
    checkRunning(running(facts)).map(({ status }) => status);
  assert.deepEqual(statuses({}), ['ok', 'ok']);
  assert.deepEqual(statuses({ version: '0.0.0' }), ['warning', 'ok']);
  assert.deepEqual(statuses({ waiting: ['peers.port'] }), ['ok', 'warning', 'ok']);
  assert.deepEqual(statuses({ health: { disk: 'full', loop: null } }), ['ok', 'problem']);
  const advice = (check: string): string | null | undefined =>
    checkRunning(running({ health: { [check]: 'x' } }))[1]?.advice;
  assert.match(advice('torrents') ?? '', /^`dst ls --state failed`/);
  assert.match(advice('disk') ?? '', /^The log/);
  const reach = (facts: Partial<RunningDaemon>): string => checkReachable(running(facts))[0]?.status ?? '';
  assert.equal(reach({}), 'ok');
  assert.equal(reach({ isReachable: false, seconds: 10 }), 'ok');
  assert.equal(reach({ isReachable: false, seconds: 7200 }), 'warning');
  assert.equal(reach({ isReachable: false, seconds: 7200, activeTorrents: 0 }), 'ok');
  assert.equal(reach({ listening: [] }), 'problem');
});
