/** `dst config`: with a daemon and without one. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertFails, dst, dstJson, scratchFolder } from './cli-process.ts';
import { FakeDaemon } from './fake-daemon.ts';

interface Config {
  readonly config: readonly {
    readonly key: string;
    readonly value: unknown;
    readonly pending: unknown;
    readonly origin: string;
  }[];
}

test('the daemon that runs is asked, and a change counts at once', async () => {
  await using daemon = await FakeDaemon.start();
  assert.equal(await daemon.text(['config', 'get', 'downloads']), '/downloads\n');
  assert.equal((await daemon.run(['config', 'set', 'limits.download', '5M'])).stderr, 'changed: limits.download\n');
  assert.equal(daemon.client.settings.value.limits.download, 5 * 1024 ** 2);
  assert.match(await daemon.text(['config', 'get', 'limits', '--origin']), /^limits\.download = 5242880 {2}# file$/m);
  const { config } = await daemon.json<Config>(['config', 'get', 'limits.download', 'queue']);
  assert.deepEqual(config[0], {
    key: 'limits.download',
    value: 5 * 1024 ** 2,
    pending: null,
    origin: 'file',
    isSecret: false,
  });
  assert.ok(config.length > 2);
  const restart = await daemon.run(['config', 'set', 'api.port', '9000']);
  assert.match(restart.stderr, /^changed: api\.port\nwarning: it counts when the daemon is started again: api\.port$/m);
  daemon.client.settings.fix('limits.upload');
  await daemon.fails(['config', 'set', 'limits.upload', '1M'], 10, 'CONFIG_FIXED');
  await daemon.fails(['config', 'get', 'limts'], 10, 'CONFIG_INVALID');
});

test('what waits for a restart is told with the value in effect', async () => {
  await using daemon = await FakeDaemon.start({ peers: { port: 18471 } });
  await daemon.run(['config', 'set', 'peers.port', '18475']);
  const alone = await daemon.run(['config', 'get', 'peers.port']);
  assert.deepEqual([alone.stdout, alone.stderr], ['18471\n', 'peers.port is 18475 after a restart\n']);
  const origin = await daemon.text(['config', 'get', 'peers.port', '--origin']);
  assert.equal(origin, '18471  # file; 18475 after a restart\n');
  assert.match(await daemon.text(['config', 'get']), /^peers\.port = 18471 {2}# 18475 after a restart$/m);
  const { config } = await daemon.json<Config>(['config', 'get', 'peers.port']);
  assert.deepEqual(config[0]?.pending, { value: 18475 });
  const again = await daemon.run(['config', 'set', 'peers.port', '18475']);
  assert.match(again.stderr, /^nothing has changed: it was so before\nwarning: it counts when .*: peers\.port$/m);
  const back = await daemon.run(['config', 'set', 'peers.port', '18471']);
  assert.equal(back.stderr, 'taken back before it counted: peers.port\n');
  assert.equal((await daemon.run(['config', 'get', 'peers.port'])).stderr, '');
});

test('a folder that is set is relative to where the command runs, not to where the daemon does', async () => {
  await using daemon = await FakeDaemon.start();
  await daemon.json(['config', 'set', 'downloads', 'films']);
  assert.equal(daemon.client.settings.value.downloads, join(daemon.cwd, 'films'));
  await daemon.json(['config', 'set', 'torrents.watch', 'in box', '~/in']);
  assert.deepEqual(daemon.client.settings.value.torrents.watch, [join(daemon.cwd, 'in box'), join(homedir(), 'in')]);
  await daemon.json(['config', 'set', 'downloads', 'films', '--config', 'other.toml']);
  assert.match(await readFile(join(daemon.cwd, 'other.toml'), 'utf8'), new RegExp(`"${daemon.cwd}/films"`));
});

test('without a daemon the file is read and changed; what stands in it stays', async () => {
  await using folder = await scratchFolder();
  const file = join(folder.path, 'conf', 'dst', 'config.toml');
  const options = { cwd: folder.path, env: { XDG_CONFIG_HOME: join(folder.path, 'conf'), DST_LIMITS_UPLOAD: '1000' } };
  const path = await dst(['config', 'path'], options);
  assert.deepEqual([path.stdout, path.stderr], [`${file}\n`, 'it does not exist yet; `dst config set` makes it\n']);
  await dstJson(['config', 'set', 'torrents.startAdded', 'false'], options);
  await mkdir(join(folder.path, 'conf', 'dst'), { recursive: true });
  await writeFile(file, `# mine\n${await readFile(file, 'utf8')}`);
  await dstJson(['config', 'set', 'limits.schedule', 'sat,sun 10:00-12:00', 'mon 08:00-09:00'], options);
  assert.equal(
    await readFile(file, 'utf8'),
    '# mine\n[torrents]\nstartAdded = false\n\n[limits]\nschedule = [ "sat,sun 10:00-12:00", "mon 08:00-09:00" ]\n',
  );
  const { config } = await dstJson<Config>(['config', 'get', 'torrents.startAdded', 'limits'], options);
  const shown = config.map(({ key, value, origin }) => [key, value, origin]);
  assert.deepEqual(shown[0], ['torrents.startAdded', false, 'file']);
  assert.deepEqual(
    shown.find(([key]) => key === 'limits.upload'),
    ['limits.upload', 1000, 'environment'],
  );
  assert.deepEqual((await dstJson<Config>(['config', 'get', 'limits.schedule'], options)).config[0]?.value, [
    'sat,sun 10:00-12:00',
    'mon 08:00-09:00',
  ]);
  const unset = await dstJson(['config', 'unset', 'torrents.startAdded'], options);
  assert.deepEqual(unset, { changed: ['torrents.startAdded'], needRestart: [] });
  await assertFails(['config', 'set', 'limits.upload', '2M'], 10, 'CONFIG_FIXED', options);
});

test('a file is checked with all that is wrong', async () => {
  await using folder = await scratchFolder();
  const options = { cwd: folder.path };
  await writeFile(join(folder.path, 'good.toml'), '[limits]\ndownload = "5M"\n');
  await writeFile(join(folder.path, 'bad.toml'), '[limits]\ndownload = "much"\nuplod = 1\n');
  assert.deepEqual(await dstJson(['config', 'validate', '--config', 'good.toml'], options), {
    file: 'good.toml',
    ok: true,
  });
  const { stderr } = await assertFails(['config', 'validate', '--config', 'bad.toml'], 10, 'CONFIG_INVALID', options);
  assert.match(stderr, /limits\.download \(bad\.toml\): "much" is not allowed/);
  assert.match(stderr, /limits\.uplod \(bad\.toml\): .*did you mean limits\.upload\?/);
  await assertFails(['config', 'validate', '--config', 'absent.toml'], 10, 'CONFIG_UNREADABLE', options);
  assert.match((await dst(['config', 'validate'], options)).stderr, /^there is no .*, so the defaults count$/m);
});

test('another file is named with --config, and no daemon asked then', async () => {
  await using daemon = await FakeDaemon.start();
  await writeFile(join(daemon.cwd, 'other.toml'), 'database = "postgres://me:secret@host/db"\n');
  await daemon.json(['config', 'set', 'limits.download', '1M', '--config', 'other.toml']);
  assert.equal(daemon.client.settings.value.limits.download, 0);
  assert.match(await readFile(join(daemon.cwd, 'other.toml'), 'utf8'), /^download = "1M"$/m);
  const all = await daemon.text(['config', 'get', '--config', 'other.toml', '--json']);
  assert.doesNotMatch(all, /secret@/);
  assert.equal(await daemon.text(['config', 'get', 'database', '--config', 'other.toml']), '(secret)\n');
});

test('all keys are shown with what they may hold', async () => {
  const text = (await dst(['config', 'schema', 'limits'])).stdout;
  assert.match(text, /^limits\.altDownload = "1M"\n {4}Most that is received while .*\(size such as 500K or 2M;/m);
  const { keys } = await dstJson<{ keys: { key: string; type: string }[] }>(['config', 'schema']);
  assert.ok(keys.some(({ key }) => key === 'peers.port'));
});

test('what does not go together is refused', async () => {
  await assertFails(['config', 'set', 'limits.download'], 2, 'USAGE');
  await assertFails(['config', 'path', 'x'], 2, 'USAGE');
  await assertFails(['config', 'path', '--origin'], 2, 'USAGE');
  await assertFails(['config', 'unset', 'limits.downlod'], 10, 'CONFIG_INVALID');
  await assertFails(['config', 'get', '--socket', 'absent.sock'], 11, 'DAEMON_UNREACHABLE');
});
