/** What commands do with the torrents of a daemon. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeDaemon } from './fake-daemon.ts';
import { dstCommand } from '../support/dst-command.ts';
import { noTerminal, Terminal } from './terminal.ts';

async function daemonWith(...names: string[]): Promise<FakeDaemon> {
  const daemon = await FakeDaemon.start();
  for (const name of names) daemon.client.torrents.addSample({ name });
  return daemon;
}

const statesOf = (daemon: FakeDaemon): string[] => daemon.client.torrents.all().map((one) => one.view().state);

test('torrents are stopped and started, several at once and all', async () => {
  await using daemon = await daemonWith('one', 'two', 'three');
  const { stdout, stderr } = await daemon.run(['stop', 'one', '3']);
  assert.deepEqual([stdout, stderr], ['', 'stopped: 2 torrents\n']);
  assert.deepEqual(statesOf(daemon), ['stopped', 'downloading', 'stopped']);
  assert.equal((await daemon.run(['start', 'one', '--force'])).stderr, 'started: one\n');
  assert.equal(daemon.client.torrents.all()[0]?.view().settings.isForced, true);
  assert.deepEqual(await daemon.json(['stop', 'all']), { done: 3, failed: [] });
  assert.deepEqual(statesOf(daemon), ['stopped', 'stopped', 'stopped']);
});

test('`all` is no error where there is nothing', async () => {
  await using daemon = await daemonWith();
  assert.deepEqual(await daemon.json(['start', 'all']), { done: 0, failed: [] });
  assert.equal((await daemon.run(['rm', 'all', '--data'])).code, 0);
});

test('torrents are removed, with their data only when that is confirmed', async () => {
  await using daemon = await daemonWith('one', 'two', 'three');
  const { torrents } = daemon.client;
  const [one, two] = torrents.all().map(({ hash }) => hash);
  assert.deepEqual(await daemon.json(['rm', 'one']), { done: 1, failed: [] });
  assert.deepEqual(torrents.deleted, []);
  await daemon.fails(['rm', 'two', '--data'], 2, 'NOT_CONFIRMED');
  await daemon.fails(['rm', 'all'], 2, 'NOT_CONFIRMED');
  assert.equal(torrents.size, 2);
  await daemon.json(['rm', 'two', '--data', '-y']);
  assert.deepEqual(torrents.deleted, [two]);
  assert.notEqual(one, two);
  await daemon.fails(['rm', 'all'], 2, 'NOT_CONFIRMED');
  await daemon.json(['rm', 'all', '--yes']);
  assert.equal(torrents.size, 0);
});

test('at a terminal it asks before data is deleted', { skip: noTerminal }, async () => {
  await using daemon = await daemonWith('one');
  const command = [...dstCommand, 'rm', 'one', '--data', '--socket', daemon.socket];
  for (const [answer, code, left] of [
    ['n', 2, 1],
    ['y', 0, 0],
  ] as const) {
    await using terminal = new Terminal(command, daemon.cwd);
    await terminal.answer('Remove "one" and delete the data (0 B)? [y/N]', answer);
    assert.equal(await terminal.end(), code);
    assert.equal(daemon.client.torrents.size, left);
  }
});

test('settings are changed, and only those that are named', async () => {
  await using daemon = await daemonWith('one', 'two');
  const settings = (): unknown => daemon.client.torrents.all()[0]?.view().settings;
  const limits = ['--down-limit', '1M', '--up-limit', '500K', '--no-global-limits', '--max-peers', '7'];
  const goals = ['--seed-ratio', '1.5', '--seed-idle', 'none'];
  const order = [
    '--sequential',
    '--first-last',
    '--super-seeding',
    '--priority',
    'high',
    '--category',
    'films',
    '--label',
    'a',
    '--label',
    'b',
  ];
  await daemon.json(['set', 'one', ...limits, ...goals, ...order]);
  const changed = {
    category: 'films',
    labels: ['a', 'b'],
    downloadLimit: 1024 ** 2,
    uploadLimit: 500 * 1024,
    obeysGlobalLimits: false,
    bandwidthPriority: 'high',
    maxPeers: 7,
    goals: { ratio: 1.5, minutes: 'default', idleMinutes: 'none' },
    isSequential: true,
    isFirstLast: true,
    isSuperSeeding: true,
    isForced: false,
  };
  assert.deepEqual(settings(), changed);
  await daemon.json(['set', 'one', '--seed-time', '90', '--max-peers', 'default']);
  const goalsNow = { ratio: 1.5, minutes: 90, idleMinutes: 'none' };
  assert.deepEqual(settings(), { ...changed, maxPeers: null, goals: goalsNow });
  const back = [
    '--no-category',
    '--no-label',
    '--global-limits',
    '--no-sequential',
    '--no-first-last',
    '--no-super-seeding',
  ];
  await daemon.json(['set', 'one', ...back]);
  const taken = {
    category: '',
    labels: [],
    obeysGlobalLimits: true,
    isSequential: false,
    isFirstLast: false,
    isSuperSeeding: false,
  };
  assert.deepEqual(settings(), { ...changed, ...taken, maxPeers: null, goals: goalsNow });
});

test('labels are added and removed beside those that are there', async () => {
  await using daemon = await daemonWith('one', 'two');
  const labels = (): unknown[] => daemon.client.torrents.all().map((one) => one.view().settings.labels);
  await daemon.json(['set', 'two', '--label', 'x']);
  assert.deepEqual(await daemon.json(['set', 'all', '--add-label', 'a', '--add-label', 'x']), { done: 2, failed: [] });
  assert.deepEqual(labels(), [
    ['a', 'x'],
    ['x', 'a'],
  ]);
  await daemon.json(['set', 'all', '--remove-label', 'x']);
  assert.deepEqual(labels(), [['a'], ['a']]);
  await daemon.fails(['set', 'all', '--label', 'b', '--add-label', 'c'], 2, 'USAGE');
});

test('a name is for one torrent, and nothing to set is an error', async () => {
  await using daemon = await daemonWith('one', 'two');
  await daemon.json(['set', 'one', '--name', 'first']);
  assert.equal(daemon.client.torrents.all()[0]?.view().name, 'first');
  await daemon.fails(['set', 'all', '--name', 'x'], 2, 'USAGE');
  await daemon.fails(['set', 'two'], 2, 'USAGE');
  await daemon.fails(['set', 'two', '--seed-ratio', 'much'], 2, 'USAGE_VALUE');
});

test('data is moved; a folder is relative to where the command runs', async () => {
  await using daemon = await daemonWith('one', 'two');
  const torrent = daemon.client.torrents.all()[0];
  await daemon.json(['move', 'one', '/media/films']);
  assert.equal(torrent?.view().savePath, '/media/films');
  await daemon.json(['move', 'one', 'two', 'here', '--no-data']);
  assert.equal(torrent?.view().savePath, `${daemon.cwd}/here`);
  assert.deepEqual(torrent?.calls, ['moved', 'pointed elsewhere']);
  await daemon.fails(['move', 'one'], 2, 'USAGE');
  await daemon.fails(['move', 'one', ''], 2, 'USAGE_VALUE');
});

test('torrents that are in the folder already are told apart from those that are moved', async () => {
  await using daemon = await daemonWith('one', 'two', 'three');
  await daemon.json(['move', 'one', '/media/films']);
  const { code, stderr } = await daemon.run(['move', 'all', '/media/films']);
  assert.deepEqual([code, stderr], [0, 'already there: one\nto be moved: 2 torrents\n']);
  assert.deepEqual(daemon.client.torrents.all()[0]?.calls, ['moved']);
  assert.deepEqual(await daemon.json(['move', 'one', '/media/films/']), { done: 0, failed: [] });
  daemon.client.torrents.all()[0]?.set({ moveProblem: { code: 'STORAGE_NO_SPACE', message: 'full' } });
  assert.deepEqual(await daemon.json(['move', 'one', '/media/films']), { done: 1, failed: [] });
});

test('what fails for one torrent is told, and the exit code is that of the failure', async () => {
  await using daemon = await daemonWith('one', 'two');
  const { code, stderr, stdout } = await daemon.run(['move', 'all', '/etc']);
  assert.deepEqual([code, stdout], [4, '']);
  assert.match(
    stderr,
    /^dst: one: this folder is outside the allowed ones \(CLIENT_PATH_REFUSED\)\n {5}The folder lies.*`dst config set api\.roots ~\/Downloads /,
  );
  const { failed } = JSON.parse((await daemon.run(['move', 'all', '/etc', '--json'])).stdout) as { failed: object[] };
  assert.equal(failed.length, 2);
});

test('files and folders are renamed: by path, by the end of it, or by number', async () => {
  await using daemon = await FakeDaemon.start();
  const torrent = daemon.client.torrents.addSample({
    name: 'album',
    files: { 'cd1/a.flac': 10, 'cd2/a.flac': 10, 'b.txt': 5 },
  });
  const paths = (): string[] => torrent.files().map(({ path }) => path);
  await daemon.json(['rename', 'album', 'album/cd1', 'first']);
  await daemon.json(['rename', 'album', 'b.txt', 'notes.txt']);
  await daemon.json(['rename', 'album', '1', 'z.flac']);
  assert.deepEqual(paths(), ['album/first/a.flac', 'album/cd2/z.flac', 'album/notes.txt']);
  await daemon.fails(['rename', 'album', 'c.txt', 'x'], 3, 'CLIENT_NO_SUCH_FILE');
  await daemon.fails(['rename', 'album', '0', 'a/b'], 2, 'CLIENT_BAD_NAME');
  await daemon.fails(['rename', 'album', '0', 'a'.repeat(256)], 2, 'CLIENT_BAD_NAME');
});

test('a category is made with a folder, listed and removed', async () => {
  await using daemon = await daemonWith('one');
  const folder = `${daemon.client.settings.value.downloads}/films`;
  assert.match((await daemon.run(['category', 'ls'])).stderr, /^no categories yet/);
  assert.deepEqual(await daemon.json(['category', 'set', 'films', '--dir', folder]), {
    name: 'films',
    savePath: folder,
  });
  assert.equal((await daemon.run(['category', 'set', 'music/old'])).stderr, 'music/old: the folder of the client\n');
  assert.equal(await daemon.text(['category', 'ls']), `NAME       FOLDER\nfilms      ${folder}\nmusic/old  -\n`);
  assert.equal((await daemon.run(['category', 'set', 'films'])).stderr, `films: ${folder}\n`);
  await daemon.run(['category', 'set', 'music/old', '--dir', folder]);
  assert.equal(
    (await daemon.run(['category', 'set', 'music/old', '--dir', ''])).stderr,
    'music/old: the folder of the client\n',
  );
  for (const action of ['set', 'rm']) await daemon.fails(['category', action, ''], 2, 'USAGE_VALUE');
  await daemon.json(['set', 'one', '--category', 'films']);
  await daemon.fails(['category', 'set', 'films', '--dir', '/etc'], 4, 'CLIENT_PATH_REFUSED');
  assert.deepEqual(await daemon.json(['category', 'rm', 'films', 'music/old']), { removed: ['films', 'music/old'] });
  assert.equal(daemon.client.torrents.find(1)?.view().settings.category, '');
  assert.deepEqual(await daemon.json(['category', 'ls']), { categories: [] });
  await daemon.fails(['category', 'rm', 'films'], 3, 'API_NOT_FOUND');
  await daemon.fails(['category', 'ls', '--dir', folder], 2, 'USAGE');
});

test('torrents are checked, announced and moved in the queue', async () => {
  await using daemon = await daemonWith('one', 'two', 'three');
  const order = (): string[] => daemon.client.torrents.all().map((one) => one.view().name);
  await daemon.json(['reannounce', 'one']);
  await daemon.json(['recheck', 'one']);
  assert.deepEqual(daemon.client.torrents.find(1)?.calls, ['reannounce', 'verify']);
  await daemon.json(['queue', 'top', 'three']);
  assert.deepEqual(order(), ['three', 'one', 'two']);
  await daemon.json(['queue', 'down', 'three']);
  assert.deepEqual(order(), ['one', 'three', 'two']);
  await daemon.json(['queue', 'bottom', 'one']);
  assert.deepEqual(order(), ['three', 'two', 'one']);
  await daemon.fails(['queue', 'somewhere', 'one'], 2, 'USAGE_VALUE');
});

test('of a magnet link whose files are not known nothing is checked, and the others are', async () => {
  await using daemon = await daemonWith('one');
  await daemon.json(['add', `magnet:?xt=urn:btih:${'a1'.repeat(20)}&dn=link`]);
  const { code, stderr } = await daemon.run(['recheck', 'all']);
  assert.deepEqual(
    [code, stderr],
    [0, 'warning: link: which files it has is not known yet: nothing to check\nto be checked: 1 torrent\n'],
  );
  assert.ok(!daemon.client.torrents.find(2)?.calls.includes('verify'));
  assert.deepEqual(await daemon.json(['recheck', 'link']), { done: 0, failed: [] });
});

test('a torrent that is stopped is not said to be announced, and the others are', async () => {
  await using daemon = await daemonWith('one', 'two');
  await daemon.client.torrents.find(1)?.stop();
  const told = await daemon.run(['reannounce', 'all']);
  assert.equal(told.code, 7);
  assert.match(told.stderr, /^announced: 1 torrent$/m);
  assert.match(
    told.stderr,
    /^dst: one: nothing was announced: it does not run \(stopped\) \(CLIENT_NOT_RUNNING\)\n {5}.*`dst start`/m,
  );
  const { done, failed } = JSON.parse((await daemon.run(['reannounce', 'all', '--json'])).stdout) as {
    done: number;
    failed: { code: string }[];
  };
  assert.deepEqual([done, failed.map(({ code }) => code)], [1, ['CLIENT_NOT_RUNNING']]);
});

test('a torrent without trackers is not said to be announced', async () => {
  await using daemon = await daemonWith('one');
  await daemon.client.torrents.find(1)?.setTrackers([]);
  const { stderr } = await daemon.run(['reannounce', 'one']);
  assert.doesNotMatch(stderr, /^announced/m);
  assert.match(stderr, /^dst: one: nothing was announced: no tracker \(CLIENT_NO_TRACKER\)$/m);
});

test('the limits of all torrents together are shown and changed', async () => {
  await using daemon = await daemonWith();
  assert.match(await daemon.text(['limits']), /^Limits {8}down no limit, up no limit$/m);
  const text = await daemon.text([...'limits --down 5M --alt on --alt-up 100K --schedule'.split(' '), '00:00-00:00']);
  assert.match(text, /^Limits {8}down 5 MiB\/s, up no limit$/m);
  assert.match(text, /^Alternative {3}down 1 MiB\/s, up 100 KiB\/s \(on\)$/m);
  assert.match(text, /^Schedule {6}00:00-00:00 \(on\)$/m);
  const now = await daemon.json<object>(['limits', '--down', 'none', '--alt', 'off']);
  assert.deepEqual(now, {
    download: 0,
    upload: 0,
    altDownload: 1024 ** 2,
    altUpload: 100 * 1024,
    alternative: false,
    followSchedule: true,
    schedule: ['00:00-00:00'],
  });
  const other = await daemon.json<object>(['limits', '--schedule', 'off']);
  assert.deepEqual(other, { ...now, followSchedule: false });
  assert.deepEqual(await daemon.json<object>(['limits', '--schedule', 'on']), now);
});
