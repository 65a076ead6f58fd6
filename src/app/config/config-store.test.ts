import assert from 'node:assert/strict';
import { chmod, type FileHandle, mkdir, mkdtemp, open, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { clientConfig, type ClientConfig } from './client-config.ts';
import { ConfigStore } from './config-store.ts';
import { loadConfig } from './load-config.ts';

interface Scene {
  readonly store: ConfigStore<ClientConfig>;
  readonly file: string;
  readonly applied: ClientConfig[];
  refuse: Error | null;
}

async function scene(t: TestContext, text: string | null, env: Record<string, string> = {}): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'dst-config-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'config.toml');
  if (text !== null) await writeFile(file, text);
  const sources = { file, env, isFileOptional: true };
  const made: Scene = {
    file,
    applied: [],
    refuse: null,
    store: new ConfigStore({
      schema: clientConfig,
      sources,
      initial: await loadConfig(clientConfig, sources),
      clock: systemClock,
      onChange: ({ value }) => {
        if (made.refuse !== null) throw made.refuse;
        made.applied.push(value);
      },
      onProblem: () => {},
      watchFolder: () => ({ [Symbol.dispose]: () => {} }),
    }),
  };
  t.after(() => made.store[Symbol.dispose]());
  return made;
}

test('what is set counts at once and stands in the file, beside what was there', async (t) => {
  const { store, file, applied } = await scene(t, '# mine\n[limits]\nupload = 1000 # slow\n');
  const change = await store.set({ 'limits.upload': '2M', 'api.port': 9000 });
  assert.deepEqual(change, { changed: ['api.port', 'limits.upload'], needRestart: ['api.port'] });
  assert.equal(store.value.limits.upload, 2 * 1024 * 1024);
  assert.equal(applied.length, 1);
  assert.equal(await readFile(file, 'utf8'), '# mine\n[limits]\nupload = "2M" # slow\n\n[api]\nport = 9000\n');
});

test('what waits for a restart is known until it is set back', async (t) => {
  const { store } = await scene(t, '[api]\nport = 9000\n');
  await store.set({ 'api.port': 9001 });
  assert.deepEqual([store.value.api.port, store.afterRestart.api.port], [9000, 9001]);
  assert.deepEqual(await store.set({ 'api.port': 9001 }), { changed: [], needRestart: ['api.port'] });
  assert.deepEqual(await store.set({ 'limits.upload': 1 }), { changed: ['limits.upload'], needRestart: [] });
  assert.deepEqual(await store.set({ 'api.port': 9000 }), { changed: ['api.port'], needRestart: [] });
  assert.equal(store.afterRestart.api.port, 9000);
});

test('null gives a key back to its default', async (t) => {
  const { store, file } = await scene(t, 'logLevel = "debug"\n');
  await store.set({ logLevel: null });
  assert.equal(store.value.logLevel, 'info');
  assert.equal(await readFile(file, 'utf8'), '');
});

test('the first change makes the file, for its owner alone', async (t) => {
  const { store, file } = await scene(t, null);
  await store.set({ 'queue.downloads': 2 });
  assert.equal(store.value.queue.downloads, 2);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test('what was answered outlives a power cut: the file is synced before it is put in place, and its folder after', async (t) => {
  const { store, file } = await scene(t, 'logLevel = "debug"\n');
  await using handle = await open(file);
  const { sync } = handle;
  const synced: [isFolder: boolean, text: string][] = [];
  t.mock.method(Object.getPrototypeOf(handle) as FileHandle, 'sync', async function (this: FileHandle) {
    synced.push([(await this.stat()).isDirectory(), await readFile(file, 'utf8')]);
    await sync.call(this);
  });
  await store.set({ logLevel: 'warn' });
  assert.deepEqual(synced, [
    [false, 'logLevel = "debug"\n'],
    [true, 'logLevel = "warn"\n'],
  ]);
});

test('behind a link too paths are relative to the file as it is called', async (t) => {
  const { store, file } = await scene(t, null);
  await mkdir(`${file}.d`);
  await writeFile(join(`${file}.d`, 'real.toml'), '[torrents]\nwatch = ["in"]\n');
  await symlink(join(`${file}.d`, 'real.toml'), file);
  await store.set({ downloads: 'films' }, async ({ downloads, torrents }) =>
    assert.deepEqual([downloads, torrents.watch], [join(dirname(file), 'films'), [join(dirname(file), 'in')]]),
  );
  assert.deepEqual(store.value.downloads, join(dirname(file), 'films'));
});

test('mode and links of the file stay, whatever the mask of the process', async (t) => {
  const mask = process.umask(0o077);
  t.after(() => process.umask(mask));
  const { file } = await scene(t, null);
  await writeFile(`${file}.real`, '');
  await chmod(`${file}.real`, 0o640);
  await symlink(`${file}.real`, file);
  const sources = { file };
  using store = new ConfigStore({
    schema: clientConfig,
    sources,
    initial: await loadConfig(clientConfig, sources),
    clock: systemClock,
    onChange: () => {},
    onProblem: () => {},
  });
  await store.set({ logLevel: 'warn' });
  assert.equal(await readFile(`${file}.real`, 'utf8'), 'logLevel = "warn"\n');
  assert.equal((await stat(`${file}.real`)).mode & 0o777, 0o640);
});

test('a change counts as a whole or not at all', async (t) => {
  const { store, file, applied } = await scene(t, 'logLevel = "debug"\n');
  await assert.rejects(store.set({ logLevel: 'warn', 'limits.upload': 'much', nonsense: 1 }), {
    code: 'CONFIG_INVALID',
  });
  await assert.rejects(store.set({ logLevel: 'warn', 'limits.upload': 'much' }), { code: 'CONFIG_INVALID' });
  assert.deepEqual([store.value.logLevel, applied], ['debug', []]);
  assert.equal(await readFile(file, 'utf8'), 'logLevel = "debug"\n');
});

test('a value that is not allowed is told with what is, and the file not blamed for it', async (t) => {
  const { store, file } = await scene(t, null);
  const refused: readonly [key: string, value: unknown, message: string][] = [
    [
      'limits.upload',
      'much',
      '"much" is not allowed, it must be: size such as 500K or 2M; 0: no limit (unit: bytes/s)',
    ],
    ['goals.minutes', 'a', '"a" is not allowed, it must be: whole number from 0 to 5256000 (unit: min), such as 120'],
    ['api.port', -1, '-1 is not allowed, it must be: whole number from 0 to 65535, such as 8470'],
    ['peers.bind', ['::1', 'x'], '"x" is not allowed, it must be: list: IP address such as 192.0.2.1 or 2001:db8::1'],
  ];
  for (const [key, value, message] of refused) {
    await assert.rejects(store.set({ [key]: value }), { code: 'CONFIG_INVALID', message: `${key}: ${message}` });
  }
  await writeFile(file, '[limits]\ndownload = "much"\n');
  await assert.rejects(store.set({ logLevel: 'warn' }), ({ message }: Error) =>
    message.startsWith(`limits.download (${file}): "much" is not allowed`),
  );
});

test('a change that cannot be taken in leaves the file as it was', async (t) => {
  const made = await scene(t, 'logLevel = "debug"\n');
  made.refuse = new Error('no');
  await assert.rejects(made.store.set({ logLevel: 'warn' }), /no/);
  made.refuse = null;
  assert.equal(await readFile(made.file, 'utf8'), 'logLevel = "debug"\n');
  assert.equal(made.store.value.logLevel, 'debug');
});

test('what somebody writes into the file while a change is being accepted stays', async (t) => {
  const { store, file } = await scene(t, '[limits]\nupload = 1000\n');
  const edits = ['[limits]\nupload = 1000\ndownload = 2000\n'];
  await store.set({ 'limits.upload': 3000 }, async () => {
    for (const edit of edits.splice(0)) await writeFile(file, edit);
  });
  assert.equal(await readFile(file, 'utf8'), '[limits]\nupload = 3000\ndownload = 2000\n');
  assert.deepEqual([store.value.limits.upload, store.value.limits.download], [3000, 2000]);
});

test('what is to be accepted is what would count, and the file stays when it is not', async (t) => {
  const { store, file, applied } = await scene(t, 'downloads = "/media"\n');
  const asked: string[] = [];
  const refuse = async ({ downloads }: ClientConfig): Promise<void> => {
    asked.push(downloads, await readFile(file, 'utf8'));
    throw new Error('not there');
  };
  await assert.rejects(store.set({ downloads: '/media/films/../..' }, refuse), /not there/);
  await assert.rejects(store.set({ downloads: null }, refuse), /not there/);
  const before = 'downloads = "/media"\n';
  assert.deepEqual(asked, ['/', before, join(homedir(), 'Downloads'), before]);
  assert.deepEqual([store.value.downloads, applied, await readFile(file, 'utf8')], ['/media', [], before]);
  await store.set({ downloads: '/films' }, async () => {});
  assert.equal(store.value.downloads, '/films');
});

test('what the environment has set is not changed, unless to what it is', async (t) => {
  const { store } = await scene(t, null, { DST_LOG_LEVEL: 'error' });
  await assert.rejects(store.set({ logLevel: 'warn' }), { code: 'CONFIG_FIXED' });
  assert.deepEqual(await store.set({ logLevel: 'error' }), { changed: [], needRestart: [] });
});

test('changes at the same time are made one after the other', async (t) => {
  const { store, file } = await scene(t, null);
  await Promise.all([
    store.set({ 'limits.upload': 1 }),
    store.set({ 'limits.download': 2 }),
    store.set({ logLevel: 'warn' }),
  ]);
  assert.deepEqual([store.value.limits.upload, store.value.limits.download, store.value.logLevel], [1, 2, 'warn']);
  assert.equal((await readFile(file, 'utf8')).split('\n').length, 5);
});

test('a first change that cannot be taken in leaves no file, and none is missed', async (t) => {
  const made = await scene(t, null);
  made.refuse = new Error('no');
  await assert.rejects(made.store.set({ 'queue.downloads': 2 }), { message: 'no' });
  made.refuse = null;
  await made.store.set({ 'queue.downloads': 3 });
  assert.equal(made.store.value.queue.downloads, 3);
});

test('where the file is gone nothing is set: all that it said would be lost', async (t) => {
  const { store, file } = await scene(t, '[limits]\nupload = 1000\n');
  await rm(file);
  await assert.rejects(store.set({ 'queue.downloads': 2 }), { code: 'CONFIG_UNREADABLE', message: /is gone/ });
  await assert.rejects(stat(file), { code: 'ENOENT' });
  assert.equal(store.value.limits.upload, 1000);
});

test('a file that is no TOML is not touched, and it is said where it is wrong', async (t) => {
  const { store, file } = await scene(t, 'logLevel = "warn"\n');
  await writeFile(file, 'logLevel = "warn"\noops = = 3\n');
  await assert.rejects(store.set({ 'limits.upload': 2 }), {
    code: 'CONFIG_SYNTAX',
    message: `${file}, line 2, column 8: invalid value`,
  });
  assert.equal(await readFile(file, 'utf8'), 'logLevel = "warn"\noops = = 3\n');
});

test('a file in which the key is hidden is not touched', async (t) => {
  const { store } = await scene(t, 'limits = { upload = 1 }\n');
  await assert.rejects(store.set({ 'limits.upload': 2 }), { code: 'CONFIG_UNWRITABLE' });
});
