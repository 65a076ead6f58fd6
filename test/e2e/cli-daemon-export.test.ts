/** `dst export` and `dst import`: all torrents of a daemon, and what is set of them, to another. */
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TorrentView } from '../../src/app/client/index.ts';
import type { DaemonClient } from '../../src/cli/daemon/daemon-client.ts';
import { dst, scratchFolder } from './cli-process.ts';
import { DaemonProcess } from './daemon-process.ts';
import { diskTorrent } from './disk-torrent.ts';
import { FakeDaemon } from './fake-daemon.ts';

const LINKED = 'ab'.repeat(20);
const tracker = (name: string): string => `udp://${name}.invalid:1/announce`;

/** What is to be the same elsewhere. */
async function everything(client: DaemonClient): Promise<unknown> {
  const { torrents } = await client.call<{ torrents: readonly TorrentView[] }>('/torrents');
  const described: unknown[] = [];
  for (const { hash, name, savePath, settings, state, queuePosition, done, contentPath } of torrents) {
    const items = async (what: string): Promise<unknown[]> =>
      (await client.call<{ items: unknown[] }>(`/torrents/${hash}/${what}`)).items;
    const files = ((await items('files')) as { path: string; priority: number }[]).map((file) => [
      file.path,
      file.priority,
    ]);
    const trackers = ((await items('trackers')) as { tier: number; url: string }[]).map(({ tier, url }) => [tier, url]);
    const isStopped = state === 'stopped';
    described.push({ hash, name, savePath, contentPath, settings, isStopped, queuePosition, done, files, trackers });
  }
  return { torrents: described, ...(await client.call<object>('/categories')) };
}

/** A daemon with a torrent of three files, one of a single file, and a link. */
async function fill(daemon: DaemonProcess): Promise<string[]> {
  const { downloads } = daemon;
  const films = join(downloads, 'films');
  await mkdir(films);
  const album = await diskTorrent(downloads, { files: [100_000, 50_000, 70_000], seed: 1 });
  const film = await diskTorrent(films, { files: [200_000], seed: 2 });
  const cli = async (...args: string[]): Promise<void> => {
    const { code, stderr } = await dst([...args, '--socket', daemon.listening.socket]);
    assert.equal(code, 0, stderr);
  };
  await cli('add', `magnet:?xt=urn:btih:${LINKED}&dn=linked&tr=${encodeURIComponent(tracker('a'))}`, '--label', 'x');
  await daemon.api('/categories/films', { method: 'PUT', body: { savePath: films } });
  const options = ['--category', 'films', '--down-limit', '5K', '--seed-ratio', '3', '--priority', 'high'];
  await cli('add', film.file, '--skip-check', '--super-seeding', '--max-peers', '9', '--no-global-limits', ...options);
  await cli('add', album.file, '--skip-check', '--paused', '--first', '--label', 'a', '--label', 'b', '--sequential');
  await cli('files', album.infoHash, '--priority', '0=high', '--priority', '1=skip');
  await cli('rename', album.infoHash, 'test-1/file-0000', 'renamed');
  await cli('trackers', album.infoHash, '--add', `${tracker('b')},${tracker('c')}`, '--add', tracker('d'));
  await cli('trackers', LINKED, '--add', `${tracker('e')},${tracker('f')}`);
  await cli('set', film.infoHash, '--name', 'my name');
  await daemon.untilState(film.infoHash, 'seeding');
  await daemon.untilDone(album.infoHash);
  return [album.infoHash, LINKED, film.infoHash];
}

test('all torrents of a daemon are the same at another, over the network too', async () => {
  await using scratch = await scratchFolder();
  const at = (name: string): string => join(scratch.path, name);
  await using from = await DaemonProcess.start(at('from'));
  const [album, linked, film] = await fill(from);
  const before = await everything(from.client);
  const out = at('export');
  const written = await dst(['export', out, '--socket', from.listening.socket]);
  assert.deepEqual([written.code, written.stderr], [0, 'exported: 3 torrents\n']);
  assert.deepEqual(
    (await readdir(out)).toSorted(),
    [`${album}.torrent`, `${film}.torrent`, 'torrents.json'].toSorted(),
  );
  await from.stop();

  // Its data goes along, to other folders.
  await cp(join(at('from'), 'downloads'), join(at('to'), 'downloads'), { recursive: true });
  await rm(at('from'), { recursive: true });
  await using to = await DaemonProcess.start(at('to'));
  const asked = { method: 'POST', body: { name: 't', scope: 'control' } } as const;
  await writeFile(at('token'), (await to.api<{ token: string }>('/tokens', asked)).token);
  const remote = ['--url', to.url, '--token-file', at('token')];
  const map = ['--map', `${at('from')}=${at('to')}`];
  const read = await dst(['import', out, '--skip-check', ...map, ...remote]);
  assert.deepEqual([read.code, read.stderr, read.stdout], [0, '', '1  test-1\n2  linked\n3  my name\n']);
  const expected = JSON.parse(JSON.stringify(before).replaceAll(at('from'), at('to'))) as unknown;
  await to.untilState(film as string, 'seeding');
  await to.untilDone(album as string);
  assert.deepEqual(await everything(to.client), expected);

  // Once more nothing changes.
  await to.api(`/torrents/${linked}`, { method: 'PATCH', body: { settings: { labels: ['kept'] } } });
  const again = await dst(['import', out, ...map, ...remote]);
  assert.deepEqual([again.code, again.stderr], [0, 'it is there already:\n'.repeat(3)]);
  const { settings } = await to.api<TorrentView>(`/torrents/${linked}`);
  assert.deepEqual(settings.labels, ['kept']);
});

test('torrents that are named are exported, an earlier export is not replaced unasked, a sealed one is left out', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.client.torrents.addSample({ name: 'one' });
  daemon.client.torrents.addSample({ name: 'two' }).set({ isSealed: true });
  assert.deepEqual(await daemon.json(['export', 'out', 'one']), { exported: 1, leftOut: [] });
  await daemon.fails(['export', 'out', 'one'], 9, 'OUTPUT_EXISTS');
  const { code, stdout, stderr } = await daemon.run(['export', 'out', '--force']);
  assert.deepEqual([code, stdout], [7, '']);
  assert.match(stderr, /^exported: 1 torrent\nwarning: two is sealed and left out/);
  await daemon.fails(['export', 'other', 'absent'], 3, 'TORRENT_UNKNOWN');
  await daemon.fails(['export', join('out', 'torrents.json', 'below')], 3, 'OUTPUT_UNWRITABLE');
});

test('what cannot be added is told, and the others are; what is no export is refused', async () => {
  await using daemon = await FakeDaemon.start();
  const list = join(daemon.cwd, 'out', 'torrents.json');
  const torrents = daemon.client.torrents;
  for (const name of ['one', 'two', 'three']) torrents.addSample({ name });
  await daemon.run(['export', 'out']);
  const text = await readFile(list, 'utf8');
  const [first, second] = torrents.all();
  const whole = JSON.parse(text) as { torrents: object[] };
  await rm(join(daemon.cwd, 'out', `${first?.hash}.torrent`));
  await writeFile(list, text.replace(/("hash": "[^"]+",\s+"name": "two",\s+"savePath": )"[^"]+"/, '$1"/etc"'));
  await torrents.remove(torrents.all());
  const { code, stdout, stderr } = await daemon.run(['import', 'out', '--paused']);
  assert.equal(code, 3);
  assert.match(stdout, /^\d+ {2}three\n$/);
  assert.match(stderr, /^dst: one: .*\(SOURCE_NOT_FOUND\)$/m);
  assert.match(stderr, /^dst: two: .*\(CLIENT_PATH_REFUSED\)\n.*--map OLD=NEW.*`api\.roots`/m);
  assert.deepEqual(
    torrents.all().map((one) => one.view().state),
    ['stopped'],
  );
  assert.equal(torrents.find(second?.hash ?? ''), null);
  for (const bad of [
    '',
    '[]',
    '{"version":2,"categories":[],"torrents":[]}',
    JSON.stringify({ ...whole, torrents: [{ ...whole.torrents[0], hash: `../../${'a'.repeat(40)}` }] }),
    JSON.stringify({ ...whole, torrents: [{ ...whole.torrents[0], trackers: [5] }] }),
    JSON.stringify({ ...whole, torrents: [{ ...whole.torrents[0], trackers: [[{}]] }] }),
    JSON.stringify({ ...whole, categories: [{ name: 'x' }] }),
    JSON.stringify({ ...whole, categories: [{ name: '\ud800', savePath: '' }] }),
  ]) {
    await writeFile(list, bad);
    await daemon.fails(['import', 'out'], 6, 'EXPORT_INVALID');
  }
  await truncate(list, 2 ** 29); // not read: it would take up much memory
  assert.match((await daemon.run(['import', 'out'])).stderr, /has more than \d+ bytes \(INPUT_UNREADABLE\)/);
  await daemon.fails(['import', 'absent'], 3, 'INPUT_UNREADABLE');
  await daemon.fails(['import', 'out', '--map', 'x'], 2, 'USAGE_VALUE');
});

test('a daemon of somebody else cannot make an export write outside of its folder', async () => {
  await using scratch = await scratchFolder();
  const torrent = { id: 1, hash: '../escaped', hashV2: null, name: 'x', isSealed: false, hasMetadata: true };
  const server = createServer((_request, response) =>
    response.setHeader('x-dst-api', 'v1').end(JSON.stringify({ torrents: [torrent], items: [] })),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await writeFile(join(scratch.path, 'token'), 'dst_token');
  const run = await dst(['export', 'out', '--url', url, '--token-file', 'token'], { cwd: scratch.path });
  server.close();
  assert.match(run.stderr, /it names torrents otherwise \(DAEMON_UNREACHABLE\)/);
  assert.deepEqual(await readdir(scratch.path), ['token']);
});

test('a torrent whose data lies elsewhere, renamed, is found', async () => {
  await using scratch = await scratchFolder();
  const env = { DST_INCOMPLETE: join(scratch.path, 'incomplete') };
  await using daemon = await DaemonProcess.start(scratch.path, { env });
  const { file, infoHash } = await diskTorrent(daemon.downloads, { files: [100_000] });
  await cp(join(daemon.downloads, 'test-1'), join(daemon.downloads, 'other'));
  await rm(join(daemon.downloads, 'test-1'));
  const torrent = (await readFile(file)).toString('base64');
  await daemon.api('/torrents', { method: 'POST', body: { torrent, paths: { 0: 'other' } } });
  const { done, contentPath } = await daemon.untilState(infoHash, 'seeding');
  assert.deepEqual([done, contentPath], [100_000, join(daemon.downloads, 'other')]);
  const { file: second } = await diskTorrent(daemon.downloads, { files: [1000], seed: 9 });
  for (const [paths, code] of [
    [{ 0: '../other' }, 'CLIENT_BAD_NAME'],
    [{ 1: 'other' }, 'CLIENT_NO_SUCH_FILE'],
  ] as const) {
    const body = { torrent: (await readFile(second)).toString('base64'), paths };
    await assert.rejects(daemon.api('/torrents', { method: 'POST', body }), { code });
  }
});
