/** `dst add`: torrents by file, link, web address and standard input. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TorrentView } from '../../src/app/client/index.ts';
import { DstError } from '../../src/base/errors.ts';
import { sealedErrors } from '../../src/codec/sealed/index.ts';
import { sampleTorrentFile } from '../support/fake-client.ts';
import { dst } from './cli-process.ts';
import { FakeDaemon } from './fake-daemon.ts';

const hashOf = (digit: string): string => digit.repeat(40);

interface Added extends TorrentView {
  readonly event: 'added';
  readonly isDuplicate: boolean;
  readonly refused: readonly unknown[];
}

const eventsOf = (text: string): Added[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Added);

async function daemonWithFile(): Promise<FakeDaemon> {
  const daemon = await FakeDaemon.start();
  await writeFile(
    join(daemon.cwd, 'album.torrent'),
    sampleTorrentFile({ name: 'album', files: { a: 10, b: 20, c: 30 } }),
  );
  return daemon;
}

test('a file is added, and told by id and name; once more it stays as it is', async () => {
  await using daemon = await daemonWithFile();
  assert.deepEqual(await daemon.run(['add', 'album.torrent']).then(({ stdout, stderr }) => [stdout, stderr]), [
    '1  album\n',
    '',
  ]);
  const again = await daemon.run(['add', 'album.torrent', '--category', 'x']);
  assert.deepEqual([again.code, again.stdout, again.stderr], [0, '1  album\n', 'it is there already:\n']);
  assert.equal(daemon.client.torrents.size, 1);
});

test('all flags reach the daemon', async () => {
  await using daemon = await daemonWithFile();
  daemon.client.torrents.addSample({ name: 'before' });
  const flags = [
    '--paused',
    '--first',
    '--select',
    '0,2',
    '--category',
    'music',
    '--label',
    'a',
    '--label',
    'b',
    '-d',
    'sub',
  ];
  const more = ['--peer', '192.0.2.1:7', '--sequential', '--up-limit', '1K', '--seed-ratio', '2', '--skip-check'];
  const [added] = eventsOf(await daemon.text(['add', 'album.torrent', ...flags, ...more, '--json']));
  assert.equal(added?.event, 'added');
  assert.equal(added?.isDuplicate, false);
  assert.equal(added?.queuePosition, 0);
  assert.equal(added?.savePath, join(daemon.cwd, 'sub'));
  const { category, labels, isSequential, uploadLimit, goals, obeysGlobalLimits } = added?.settings ?? {};
  assert.deepEqual(
    [category, labels, isSequential, uploadLimit, goals?.ratio, obeysGlobalLimits],
    ['music', ['a', 'b'], true, 1024, 2, true],
  );
  const torrent = daemon.client.torrents.find(added?.id ?? 0);
  assert.deepEqual(
    torrent?.files().map(({ priority }) => priority),
    [4, 0, 4],
  );
  assert.deepEqual(torrent?.calls, ['peers 192.0.2.1:7']);
});

test('a peer that is refused is told, and the torrent is added', async () => {
  await using daemon = await daemonWithFile();
  const args = ['add', 'album.torrent', '--peer', '127.0.0.1:7', '--peer', '192.0.2.1:7'];
  const { code, stdout, stderr } = await daemon.run(args);
  assert.deepEqual([code, stdout], [0, '1  album\n']);
  assert.equal(stderr, 'warning: 127.0.0.1:7 is not added: not in `api.privateRanges`\n');
  const [again] = eventsOf(await daemon.text([...args, '--json']));
  assert.deepEqual(again?.refused, [{ peer: '127.0.0.1:7', reason: 'not in `api.privateRanges`' }]);
});

test('links, info hashes and web addresses are added', async () => {
  await using daemon = await daemonWithFile();
  const server = createServer((request, response) => {
    if (request.url === '/album.torrent') response.end(sampleTorrentFile({ name: 'from the web' }));
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const web = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const targets = [`magnet:?xt=urn:btih:${hashOf('a')}&dn=linked`, hashOf('b'), `${web}/album.torrent`];
  assert.equal(await daemon.text(['add', ...targets]), `1  linked\n2  ${hashOf('b')}\n3  from the web\n`);
  await daemon.fails(['add', `${web}/gone.torrent`], 5, 'WEB_STATUS');
  server.close();
});

test('standard input is a torrent, or links with a line each', async () => {
  await using daemon = await daemonWithFile();
  await daemon.text(['add', '-'], { stdin: sampleTorrentFile({ name: 'piped' }) });
  const links = `# mine\n\nmagnet:?xt=urn:btih:${hashOf('c')}&dn=first\r\n${hashOf('d')}\n`;
  await daemon.text(['add', '-'], { stdin: links });
  const names = daemon.client.torrents.all().map((torrent) => torrent.view().name);
  assert.deepEqual(names, ['piped', 'first', hashOf('d')]);
  await daemon.fails(['add', '-'], 2, 'USAGE_VALUE', { stdin: 'hello\n' });
  for (const stdin of ['', ' \r\n\t\n', '# none\n']) {
    await daemon.fails(['add', '-'], 8, 'INPUT_UNREADABLE', { stdin });
  }
  await daemon.fails(['add', '-', '-'], 2, 'USAGE');
});

test('what is bad is told, and the others are added', async () => {
  await using daemon = await daemonWithFile();
  await writeFile(join(daemon.cwd, 'bad.torrent'), 'd4:infoi1ee');
  const { code, stdout, stderr } = await daemon.run(['add', 'absent.torrent', 'bad.torrent', 'album.torrent']);
  assert.equal(code, 3);
  assert.equal(stdout, '1  album\n');
  assert.match(stderr, /^dst: absent\.torrent: .*\(SOURCE_NOT_FOUND\)$/m);
  assert.match(stderr, /^dst: bad\.torrent: .*\(METAINFO_\w+\)$/m);
  await daemon.fails(['add', 'bad.torrent'], 6, 'METAINFO_.*');
});

test('what is larger than any torrent file is not sent', async () => {
  await using daemon = await daemonWithFile();
  const film = new Uint8Array(33 * 1024 * 1024);
  await writeFile(join(daemon.cwd, 'film.mp4'), film);
  const { stderr } = await daemon.fails(['add', 'film.mp4'], 2, 'SOURCE_TOO_LARGE');
  assert.match(stderr, /film\.mp4 is no torrent file: it has more than 33554432 bytes/);
  await daemon.fails(['add', '-'], 2, 'SOURCE_TOO_LARGE', { stdin: film });
});

test('a sealed torrent to which the daemon has no key is opened here', async () => {
  await using daemon = await daemonWithFile();
  const options = { cwd: daemon.cwd };
  await writeFile(join(daemon.cwd, 'pass'), 'correct horse\n');
  await writeFile(join(daemon.cwd, 'letter.txt'), 'dear all');
  const made = await dst(['create', 'letter.txt', '--passphrase-file', 'pass', '-o', 'letter.dst'], options);
  assert.equal(made.code, 0, made.stderr);
  assert.equal(await daemon.text(['add', 'letter.dst', '--passphrase-file', 'pass']), '1  letter.txt\n');
});

test('a sealed torrent that the daemon cannot open is opened with the keys of whoever adds it', async () => {
  await using daemon = await daemonWithFile();
  const options = { cwd: daemon.cwd };
  await writeFile(join(daemon.cwd, 'letter.txt'), 'dear all');
  assert.equal((await dst(['key', 'new', 'me', '--no-passphrase'], options)).code, 0);
  assert.equal((await dst(['create', 'letter.txt', '--seal-to', 'me', '-o', 'letter.dst'], options)).code, 0);
  const shut = new DstError('SEALED_NO_KEY', sealedErrors.SEALED_NO_KEY, 'no key opens it');
  const { torrents } = daemon.client;
  const take = torrents.add.bind(torrents);
  torrents.add = async (torrent) => {
    if (torrent.source instanceof Uint8Array) throw shut;
    return await take(torrent);
  };
  assert.equal(await daemon.text(['add', 'letter.dst']), '1  letter.txt\n');
  await daemon.fails(['add', 'letter.dst', '--identity', 'absent'], 3, 'KEY_UNREADABLE');
});

test('a folder for a daemon elsewhere has to be absolute', async () => {
  await using daemon = await daemonWithFile();
  const { token } = await daemon.access.addToken({ name: 't', scope: 'control', owner: null, expiresAt: null });
  await writeFile(join(daemon.cwd, 'token'), `${token}\n`);
  const env = { DST_SOCKET: '', DST_URL: daemon.url, DST_TOKEN_FILE: 'token' };
  await daemon.fails(['add', 'album.torrent', '-d', 'sub'], 2, 'USAGE_VALUE', { env });
  assert.equal(await daemon.text(['add', 'album.torrent', '-d', '/media'], { env }), '1  album\n');
});

test('it follows a torrent until all is there', async () => {
  await using daemon = await daemonWithFile();
  await using run = daemon.follow(['add', 'album.torrent', '--follow']);
  await run.event('progress', ({ progress }) => progress === 0);
  const torrent = daemon.client.torrents.find(1);
  torrent?.setProgress(0.5);
  await run.event('progress', ({ progress }) => progress === 0.5);
  torrent?.setProgress(1);
  const complete = await run.event('complete');
  assert.deepEqual([complete['name'], complete['path'], complete['verified']], ['album', '/downloads/album', 60]);
  assert.equal(await run.end(), 0);
});

test('a torrent that fails or is stopped while it is followed ends with the code of that', async () => {
  for (const [facts, exitCode, errorCode] of [
    [{ state: 'stopped' }, 7, 'TORRENT_STOPPED'],
    [
      { state: 'failed', problem: { code: 'STORAGE_NO_SPACE', message: 'full', healsItself: false } },
      8,
      'STORAGE_NO_SPACE',
    ],
  ] as const) {
    await using daemon = await daemonWithFile();
    await using run = daemon.follow(['add', 'album.torrent', '--follow']);
    await run.event('progress');
    daemon.client.torrents.find(1)?.set(facts);
    const { error } = (await run.event('error')) as unknown as { error: { code: string } };
    assert.equal(error.code, errorCode);
    assert.equal(await run.end(), exitCode);
  }
});

test('the path is told when the files are where they belong, or cannot be brought there', async () => {
  await using daemon = await daemonWithFile();
  await using run = daemon.follow(['add', 'album.torrent', '--follow']);
  await run.event('progress');
  const torrent = daemon.client.torrents.find(1);
  torrent?.set({ state: 'moving', wantedDone: 60 });
  await run.event('progress', ({ state }) => state === 'moving');
  const message = 'could not be moved to /x: no space';
  torrent?.set({ state: 'seeding', moveProblem: { code: 'STORAGE_NO_SPACE', message } });
  await run.event('complete');
  assert.equal(await run.end(), 0);
  const { stdout } = await daemon.run(['ls']);
  assert.match(stdout, /move failed {2}album/);
});

test('what heals by itself is waited for, and what is removed is not', async () => {
  await using daemon = await daemonWithFile();
  await using run = daemon.follow(['add', 'album.torrent', '--follow']);
  await run.event('progress');
  const torrent = daemon.client.torrents.find(1);
  torrent?.set({ state: 'failed', problem: { code: 'STORAGE_NO_SPACE', message: 'full', healsItself: true } });
  await run.event('progress', ({ state }) => state === 'failed');
  await daemon.client.torrents.remove(daemon.client.torrents.all());
  await run.event('error');
  assert.equal(await run.end(), 7);
});
