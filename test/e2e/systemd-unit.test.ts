/** The unit of the daemon: what is taken away from it, and that it still can do what it has to. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Check } from '../../src/app/doctor/index.ts';
import { ensurePrograms } from '../interop/setup.ts';
import { type CliOptions, dst, dstJson, DstRun, scratchFolder } from './cli-process.ts';

const file = join(import.meta.dirname, '../../deploy/systemd/dst.service');
const lines = (await readFile(file, 'utf8')).split('\n');
const valuesOf = (key: string): string[] =>
  lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
const environment = valuesOf('Environment').flatMap((words) => words.split(' '));

/** Worst grade of `systemd-analyze security`, tenths: 0 is best, 100 worst. */
const MOST_EXPOSED = 16;
const NOBODY = 65_534;
/** It may read everything, for the program under test may lie in a folder of root's. */
const mayRead = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', ...mayRead, '--'];

test('systemd takes the unit, and finds little that an intruder could use', (t) => {
  const reason = ensurePrograms(['systemd-analyze']);
  if (reason !== undefined) return t.skip(reason);
  execFileSync('systemd-analyze', ['verify', file], { stdio: 'pipe' });
  const grade = ['security', '--offline=true', `--threshold=${MOST_EXPOSED}`, file];
  execFileSync('systemd-analyze', grade, { stdio: 'pipe' });
});

test('its file system is read-only but for its own folders, and all that it writes lies in them', () => {
  assert.deepEqual([valuesOf('ProtectSystem'), valuesOf('ProtectHome')], [['strict'], ['yes']]);
  const own = [
    ...valuesOf('StateDirectory').map((name) => `/var/lib/${name}`),
    ...valuesOf('RuntimeDirectory').map((name) => `/run/${name}`),
  ];
  const places = Object.fromEntries(environment.map((pair) => pair.split('=') as [string, string]));
  const written = [
    places['HOME'],
    places['XDG_STATE_HOME'],
    places['XDG_RUNTIME_DIR'],
    join(places['XDG_CONFIG_HOME'] ?? '', 'dst'),
  ];
  assert.deepEqual(
    written.filter((folder) => !own.includes(folder ?? '')),
    [],
  );
});

test('no setting is fixed by its environment', () => {
  assert.deepEqual(
    environment.filter((pair) => pair.startsWith('DST_')),
    [],
  );
});

test('as its user, in its folders, each setting can be changed; where it may not write the doctor says so', {
  skip: process.getuid?.() !== 0 && 'becoming another user needs root',
}, async () => {
  await using scratch = await scratchFolder();
  await chmod(scratch.path, 0o755);
  const own = ['var/lib/dst', 'run/dst'].map((folder) => join(scratch.path, folder));
  for (const folder of own) {
    await mkdir(folder, { recursive: true });
    await chown(folder, NOBODY, NOBODY);
  }
  const env = Object.fromEntries(
    environment.map((pair) => pair.replace('=/', `=${scratch.path}/`).split('=') as [string, string]),
  );
  const options = { cwd: scratch.path, env, within: asNobody };
  const [, command = ''] = /\bdst (.+)$/.exec(valuesOf('ExecStart')[0] ?? '') ?? [];
  const ports = ['--port', '0', '--api-port', '0'];
  await using daemon = new DstRun([...command.split(' '), ...ports], options);
  await daemon.event('listening');
  const films = join(scratch.path, 'var/lib/dst/films');
  assert.deepEqual(await dstJson(['config', 'set', 'downloads', films], options), {
    changed: ['downloads'],
    needRestart: [],
  });
  assert.equal(await readFile(join(scratch.path, 'var/lib/dst/config.toml'), 'utf8'), `downloads = "${films}"\n`);
  const configuration = async (within: CliOptions): Promise<Check | undefined> => {
    const { stdout } = await dst(['doctor', '--json'], within);
    return (JSON.parse(stdout) as { checks: readonly Check[] }).checks.find(({ area }) => area === 'configuration');
  };
  assert.equal((await configuration(options))?.status, 'ok');
  daemon.child.kill('SIGTERM');
  assert.deepEqual(valuesOf('SuccessExitStatus'), [String(await daemon.end())], 'to be stopped is no failure');
  const shut = await configuration({ ...options, env: { ...env, XDG_CONFIG_HOME: join(scratch.path, 'etc') } });
  assert.deepEqual([shut?.status, /no setting can be changed: EACCES/.test(shut?.message ?? '')], ['warning', true]);
});
