/** The units of the daemon and of the tracker: what is taken away from them, and that they still can do what they have to. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import type { Check } from '../../src/app/doctor/index.ts';
import { ensurePrograms } from '../interop/setup.ts';
import { type CliOptions, dst, dstJson, DstRun, scratchFolder } from './cli-process.ts';

interface Unit {
  readonly file: string;
  readonly valuesOf: (key: string) => string[];
  /** `NAME=value` each. */
  readonly environment: readonly string[];
  /** What follows `dst`. */
  readonly command: readonly string[];
}

async function readUnit(name: string): Promise<Unit> {
  const file = join(import.meta.dirname, '../../deploy/systemd', `${name}.service`);
  const lines = (await readFile(file, 'utf8')).split('\n');
  const valuesOf = (key: string): string[] =>
    lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
  const [, words = ''] = /\bdst (.+)$/.exec(valuesOf('ExecStart')[0] ?? '') ?? [];
  const environment = valuesOf('Environment').flatMap((pairs) => pairs.split(' '));
  return { file, valuesOf, environment, command: words.split(' ') };
}

const daemonUnit = await readUnit('dst');
const trackerUnit = await readUnit('dst-tracker');

/** Worst grades of `systemd-analyze security`, tenths: 0 is best, 100 worst. The tracker may listen on port 443. */
const mostExposed = new Map([
  [daemonUnit, 16],
  [trackerUnit, 17],
]);
const NOBODY = 65_534;
/** It may read everything, for the program under test may lie in a folder of root's. */
const mayRead = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', ...mayRead, '--'];

for (const [{ file, valuesOf, environment, command }, worst] of mostExposed) {
  describe(basename(file), () => {
    test('systemd takes it, and finds little that an intruder could use', (t) => {
      const reason = ensurePrograms(['systemd-analyze']);
      if (reason !== undefined) return t.skip(reason);
      execFileSync('systemd-analyze', ['verify', file], { stdio: 'pipe' });
      const grade = ['security', '--offline=true', `--threshold=${worst}`, file];
      execFileSync('systemd-analyze', grade, { stdio: 'pipe' });
    });

    test('its file system is read-only but for its own folders, and all that it writes lies in them', () => {
      assert.deepEqual([valuesOf('ProtectSystem'), valuesOf('ProtectHome')], [['strict'], ['yes']]);
      const own = [
        ...valuesOf('StateDirectory').map((name) => `/var/lib/${name}`),
        ...valuesOf('RuntimeDirectory').map((name) => `/run/${name}`),
      ];
      const { XDG_CONFIG_HOME: configHome, ...places } = Object.fromEntries(
        environment.map((pair) => pair.split('=') as [string, string]),
      );
      const written = [...Object.values(places)];
      if (configHome !== undefined) written.push(join(configHome, 'dst'));
      if (command.includes('--data')) written.push(command[command.indexOf('--data') + 1] ?? '');
      assert.ok(written.length > 0);
      assert.deepEqual(
        written.filter((folder) => !own.includes(folder)),
        [],
      );
    });

    test('no setting is fixed by its environment', () => {
      assert.deepEqual(
        environment.filter((pair) => pair.startsWith('DST_')),
        [],
      );
    });
  });
}

/** What the unit sees instead of the root folder: its own folders are there, and its user's. */
async function makeRoot(scratch: string, ...own: readonly string[]): Promise<void> {
  await chmod(scratch, 0o755);
  for (const folder of own.map((name) => join(scratch, name))) {
    await mkdir(folder, { recursive: true });
    await chown(folder, NOBODY, NOBODY);
  }
}

const optionsOf = ({ environment }: Unit, root: string): CliOptions & { readonly env: Record<string, string> } => ({
  cwd: root,
  env: Object.fromEntries(environment.map((pair) => pair.replace('=/', `=${root}/`).split('=') as [string, string])),
  within: asNobody,
});

const skip = process.getuid?.() !== 0 && 'becoming another user needs root';

test('as its user, in its folders, each setting can be changed; where it may not write the doctor says so', {
  skip,
}, async () => {
  await using scratch = await scratchFolder();
  await makeRoot(scratch.path, 'var/lib/dst', 'run/dst');
  const options = optionsOf(daemonUnit, scratch.path);
  const { env } = options;
  const ports = ['--port', '0', '--api-port', '0'];
  await using daemon = new DstRun([...daemonUnit.command, ...ports], options);
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
  assert.deepEqual(
    daemonUnit.valuesOf('SuccessExitStatus'),
    [String(await daemon.end())],
    'to be stopped is no failure',
  );
  const shut = await configuration({ ...options, env: { ...env, XDG_CONFIG_HOME: join(scratch.path, 'etc') } });
  assert.deepEqual([shut?.status, /no setting can be changed: EACCES/.test(shut?.message ?? '')], ['warning', true]);
});

test('as its user, in its folders, the tracker serves, and its operator gets a token', {
  skip,
}, async () => {
  await using scratch = await scratchFolder();
  await makeRoot(scratch.path, 'var/lib/dst-tracker', 'etc/dst');
  const options = optionsOf(trackerUnit, scratch.path);
  const config = join(scratch.path, 'etc/dst/tracker.toml');
  await writeFile(config, '');
  const command = trackerUnit.command.map((word) => word.replace(/^\//, `${scratch.path}/`));
  await using tracker = new DstRun([...command, '--port', '0', '--bind', '127.0.0.1'], options);
  const { urls } = (await tracker.event('listening')) as unknown as { urls: readonly [string, ...string[]] };
  const data = join(scratch.path, 'var/lib/dst-tracker');
  const { stdout: token } = await dst(['tracker', 'token', '--name', 'operator', '--data', data], options);
  const headers = { authorization: `Bearer ${token.trim()}` };
  const answer = await fetch(new URL('/api/v1/tracker/torrents', urls[0]), { headers });
  assert.equal(answer.status, 200);
  tracker.child.kill('SIGTERM');
  assert.deepEqual(
    trackerUnit.valuesOf('SuccessExitStatus'),
    [String(await tracker.end())],
    'to be stopped is no failure',
  );
});
