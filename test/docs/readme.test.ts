/** The examples of README.md: they compile against the public API, and they do what they say. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createSession, createTorrent, encodeMagnet, magnetOf } from '../../src/index.ts';
import { DaemonProcess } from '../e2e/daemon-process.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = await readFile(join(root, 'README.md'), 'utf8');
const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] as string);
const [download, tools] = examples as [string, string];

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dst-readme-'));
  await mkdir(join(folder, 'album'));
  await writeFile(join(folder, 'album', 'one'), randomBytes(100_000));
  await writeFile(join(folder, 'album', 'two'), randomBytes(30_000));
});
after(async () => await rm(folder, { recursive: true }));

/** Runs an example from source, in the folder with the album. */
async function runExample(name: string, code: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, code.replace("'dst-torrent'", JSON.stringify(join(root, 'src/index.ts'))));
  const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state') };
  return (await run(process.execPath, [file], { cwd: folder, env })).stdout;
}

test('the day in the life of the daemon is as it says', async () => {
  const block = /^## The daemon: .*?^```sh\n(.*?)^```$/ms.exec(readme)?.[1] ?? '';
  // The first runs meanwhile; `top` has no end.
  const lines = block.split('\n').filter((line) => line !== '' && !/^dst (daemon|top)\b/.test(line));
  assert.ok(lines.length > 5);
  const home = join(folder, 'home');
  await mkdir(join(home, 'downloads', 'album'), { recursive: true });
  for (const name of ['1', '2', '3', '4']) await writeFile(join(home, 'downloads/album', name), randomBytes(20_000));
  const { bytes } = await createTorrent(join(home, 'downloads/album'));
  await writeFile(join(home, 'album.torrent'), bytes);
  await using daemon = await DaemonProcess.start(home);
  const env = {
    ...process.env,
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    DST_SOCKET: daemon.listening.socket,
  };
  const shell = `dst() { "${process.execPath}" "${join(root, 'src/cli/main.ts')}" "$@"; }`;
  for (const line of lines) {
    const typed = line.replace('urn:btih:…', `urn:btih:${'0a'.repeat(20)}`);
    await run('sh', ['-c', `${shell}\n${typed}`], { cwd: home, env });
    if (line.startsWith('dst move')) {
      await daemon.until(
        'moved',
        () => readdir(join(home, 'Music/album')).catch(() => []),
        ({ length }) => length === 4,
      );
    }
  }
  assert.deepEqual(await readdir(join(home, 'Music/album')), ['1', '2', '3', '4']);
  assert.deepEqual(
    (await daemon.torrents()).map(({ name }) => name),
    ['0a'.repeat(20)],
  );
});

test('there is an example of a download, of at most ten lines, and one of the tools', () => {
  assert.equal(examples.length, 2);
  assert.ok(download.trimEnd().split('\n').length <= 10);
});

test('the examples compile', async () => {
  const files = await Promise.all(
    examples.map(async (code, i) => {
      const file = join(folder, `compiled-${i}.ts`);
      await writeFile(file, code);
      return file;
    }),
  );
  const compilerOptions = {
    noEmit: true,
    paths: { 'dst-torrent': [join(root, 'src/index.ts')] },
    typeRoots: [join(root, 'node_modules/@types')],
  };
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const config = join(folder, 'tsconfig.json');
  await writeFile(
    config,
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, files, include: [] }),
  );
  const compiler = join(root, 'node_modules/typescript7/bin/tsc');
  const { stdout } = await run(process.execPath, [compiler, '-p', config]).catch((error: { stdout: string }) => error);
  // Whether the sources compile is another check's affair.
  assert.deepEqual(
    stdout.split('\n').filter((line) => line.includes('compiled-')),
    [],
  );
});

test('the download example downloads', async () => {
  const { metainfo } = await createTorrent(join(folder, 'album'));
  await using seeder = await createSession({
    bind: ['127.0.0.1'],
    useTrackers: false,
    stateDirectory: join(folder, 'seeder'),
  });
  const torrent = await seeder.add(metainfo, { directory: folder, isSeedOnly: true });
  await torrent.ready();
  const link = encodeMagnet({ ...magnetOf(metainfo), peers: seeder.listening });
  assert.match(download, /'magnet:\?xt=urn:btih:…'/);
  const stdout = await runExample('download.ts', download.replace("'magnet:?xt=urn:btih:…'", JSON.stringify(link)));
  assert.match(stdout, /^100 % at [\d.]+ bytes\/s$/m);
  assert.match(stdout, /^verified: \[ 'album\/one', 'album\/two' \]$/m);
  for (const name of ['one', 'two']) {
    assert.deepEqual(
      await readFile(join(folder, 'downloads/album', name)),
      await readFile(join(folder, 'album', name)),
    );
  }
});

test('the example of the tools makes a torrent and verifies it', async () => {
  assert.equal(await runExample('tools.ts', tools), 'true []\n');
});
