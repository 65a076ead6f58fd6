/** What commands show of a daemon. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeDaemon } from './fake-daemon.ts';

interface Listed {
  readonly torrents: readonly { readonly id: number; readonly name: string }[];
}

/** A daemon with three torrents: ids 1 to 3. */
async function daemonWithThree(): Promise<FakeDaemon> {
  const daemon = await FakeDaemon.start();
  const { torrents } = daemon.client;
  torrents.addSample({ name: 'Big Film', files: { 'film.mkv': 900_000, 'subs/en.srt': 100_000 } }).set({
    state: 'seeding',
    downloadRate: 0,
    settings: { ...torrents.all()[0]?.view().settings, category: 'films', labels: ['hd'] } as never,
  });
  torrents.addSample({ name: 'alpha.iso' }).setProgress(0.25);
  torrents.addSample({ name: 'broken' }).set({
    state: 'failed',
    downloadRate: 0,
    uploadRate: 0,
    eta: null,
    problem: { code: 'STORAGE_NO_SPACE', message: 'the disk is full', healsItself: true },
  });
  return daemon;
}

test('the list has a line a torrent in the order of the queue, and a line of totals on stderr', async () => {
  await using daemon = await daemonWithThree();
  const { stdout, stderr } = await daemon.run(['ls']);
  assert.deepEqual(stdout.split('\n'), [
    'ID    DONE      SIZE    DOWN/s      UP/s  RATIO      ETA  STATE        NAME',
    ' 1   0.0 %   977 KiB         -  19.5 KiB   0.00    10:00  seeding      Big Film',
    ' 2  25.0 %   977 KiB   488 KiB  19.5 KiB   0.00    10:00  downloading  alpha.iso',
    ' 3   0.0 %   977 KiB         -         -   0.00        -  failed       broken',
    '',
  ]);
  assert.equal(stderr, '3 torrents, 2.86 MiB, down 488 KiB/s, up 39.1 KiB/s, 1 failed\n');
});

test('the list is filtered by the daemon and sorted here', async () => {
  await using daemon = await daemonWithThree();
  const names = async (...flags: string[]): Promise<string[]> =>
    (await daemon.json<Listed>(['ls', ...flags])).torrents.map(({ name }) => name);
  assert.deepEqual(await names('--state', 'failed'), ['broken']);
  assert.deepEqual(await names('--category', 'films'), ['Big Film']);
  assert.deepEqual(await names('--category', ''), ['alpha.iso', 'broken']);
  assert.deepEqual(await names('--label', 'hd'), ['Big Film']);
  assert.deepEqual(await names('--search', 'B'), ['Big Film', 'broken']);
  assert.deepEqual(await names('--sort', 'name'), ['alpha.iso', 'Big Film', 'broken']);
  assert.deepEqual(await names('--sort', 'name', '--reverse'), ['broken', 'Big Film', 'alpha.iso']);
  assert.deepEqual(await names('--sort', 'done'), ['alpha.iso', 'Big Film', 'broken']);
  assert.deepEqual(await names('--search', 'nothing'), []);
  await daemon.fails(['ls', '--state', 'lost'], 2, 'USAGE_VALUE');
});

test('a torrent is shown with all that is known of it, several one after the other', async () => {
  await using daemon = await daemonWithThree();
  const text = await daemon.text(['show', '3', 'film']);
  assert.match(text, /^Name {10}broken$/m);
  assert.match(text, /^State {9}failed\n {14}the disk is full \(STORAGE_NO_SPACE\)\n {14}it goes on by itself/m);
  assert.match(text, /\n\nName {10}Big Film\n/);
  assert.match(text, /^Labels {8}hd$/m);
  const lines = (await daemon.text(['show', '3', 'film', '--json'])).trim().split('\n');
  const shown = lines.map((line) => JSON.parse(line) as { id: number; magnetLink: string; savePath: string });
  assert.deepEqual(
    shown.map(({ id }) => id),
    [3, 1],
  );
  assert.match(shown[0]?.magnetLink ?? '', /^magnet:/);
});

test('a torrent whose files are on their way tells how far they are', async () => {
  await using daemon = await daemonWithThree();
  daemon.client.torrents.all()[0]?.set({ state: 'moving', moved: 0.456 });
  assert.match((await daemon.run(['ls', '--state', 'moving'])).stdout, / move 45 % +Big Film\n$/);
  assert.match(await daemon.text(['show', '1']), /^State {9}move 45 %$/m);
});

test('torrents whose last move failed are listed alone, whatever else they do', async () => {
  await using daemon = await daemonWithThree();
  const moveProblem = { code: 'STORAGE_NO_SPACE', message: 'could not be moved' };
  daemon.client.torrents.all()[0]?.set({ state: 'seeding', moveProblem });
  assert.match((await daemon.run(['ls', '--state', 'move-failed'])).stdout, /^.*NAME\n.* move failed +Big Film\n$/);
});

test('files are shown as a tree with numbers, and their priorities changed', async () => {
  await using daemon = await daemonWithThree();
  assert.deepEqual((await daemon.text(['files', '1'])).trim().split('\n'), [
    'Big Film',
    '#   DONE      SIZE  FILE',
    '   0.0 %   977 KiB  └─ Big Film/',
    '   0.0 %  97.7 KiB     ├─ subs/',
    '1  0.0 %  97.7 KiB     │  └─ en.srt',
    '0  0.0 %   879 KiB     └─ film.mkv',
  ]);
  const changed = await daemon.text(['files', '1', '--priority', 'all=low', '--priority', '1=skip']);
  assert.match(changed, /^1 .* skip .*en\.srt$/m);
  assert.match(changed, /^0 .* low .*film\.mkv$/m);
  const { files } = await daemon.json<{ files: { priority: number }[] }>(['files', '1', '--priority', '1=high']);
  assert.deepEqual(
    files.map(({ priority }) => priority),
    [1, 7],
  );
  await daemon.fails(['files', '1', '--priority', '9=high'], 3, 'CLIENT_NO_SUCH_FILE');
  await daemon.fails(['files', '1', '--priority', 'x'], 2, 'USAGE_VALUE');
});

test('peers are shown, those that move most first', async () => {
  await using daemon = await daemonWithThree();
  const torrent = daemon.client.torrents.all()[0];
  const [one, two] = torrent?.peerList ?? [];
  if (torrent !== undefined && one !== undefined && two !== undefined) {
    torrent.peerList = [one, { ...two, downloadRate: 5000 }];
  }
  const lines = (await daemon.text(['peers', '1'])).split('\n');
  assert.equal(lines[0], 'Big Film: 2 peers');
  assert.match(lines[2] ?? '', /^\[2001:db8::7\]:51413 +50\.0 % +4\.88 KiB +200 B +DUE +tracker +qBittorrent 5\.0\.5$/);
  const { peers } = await daemon.json<{ peers: { host: string }[] }>(['peers', '1']);
  assert.deepEqual(
    peers.map(({ host }) => host),
    ['2001:db8::7', '192.0.2.7'],
  );
});

test('peers are added by hand, and those that are refused told with the reason', async () => {
  await using daemon = await daemonWithThree();
  const args = ['peers', '1', '--add', '192.0.2.1:7', '--add', '127.0.0.1:7'];
  const { code, stdout, stderr } = await daemon.run(args);
  assert.deepEqual([code, stdout.split('\n')[0]], [0, 'Big Film: 2 peers']);
  assert.equal(stderr, 'warning: 127.0.0.1:7 is not added: not in `api.privateRanges`\nadded: 192.0.2.1:7\n');
  assert.deepEqual(daemon.client.torrents.all()[0]?.calls, ['peers 192.0.2.1:7']);
  const { added, refused } = await daemon.json<{ added: string[]; refused: object[] }>(args);
  assert.deepEqual(
    [added, refused],
    [['192.0.2.1:7'], [{ peer: '127.0.0.1:7', reason: 'not in `api.privateRanges`' }]],
  );
  await daemon.fails(['peers', '1', '--add', '127.0.0.1:7'], 12, 'CLIENT_PEER_REFUSED');
  await daemon.fails(['peers', '1', '--add', 'somewhere'], 2, 'USAGE_VALUE');
});

test('trackers are shown, replaced, removed and added', async () => {
  await using daemon = await daemonWithThree();
  const urls = async (...flags: string[]): Promise<string[]> => {
    const { trackers } = await daemon.json<{ trackers: { tier: number; url: string }[] }>(['trackers', '2', ...flags]);
    return trackers.map(({ tier, url }) => `${tier} ${url}`);
  };
  const [old, next] = ['http://tracker.example/announce', 'udp://a.example:1'];
  assert.match(await daemon.text(['trackers', '2']), /^ +1 {2}ok .*http:\/\/tracker\.example\/announce$/m);
  assert.deepEqual(await urls('--add', 'udp://b.example:1,udp://c.example:1', '--replace', `${old},${next}`), [
    `0 ${next}`,
    '1 udp://b.example:1',
    '1 udp://c.example:1',
  ]);
  assert.deepEqual(await urls('--remove', next), ['0 udp://b.example:1', '0 udp://c.example:1']);
  await daemon.fails(['trackers', '2', '--remove', next], 2, 'USAGE_VALUE');
  await daemon.fails(['trackers', '2', '--add', 'mailto:x'], 2, 'USAGE_VALUE');
});

test('why says what stands in the way and what can be done', async () => {
  await using daemon = await daemonWithThree();
  const finding = {
    code: 'no-peers-known',
    weight: 'blocks',
    message: 'No peer is known.',
    advice: 'Wait.',
    facts: {},
  };
  const torrent = daemon.client.torrents.all()[1];
  if (torrent !== undefined) torrent.diagnosis = { summary: 'Nothing moves.', findings: [finding as never] };
  assert.equal(
    await daemon.text(['why', 'alpha']),
    'alpha.iso: Nothing moves.\nblocks  No peer is known.\n        Wait.\n',
  );
  const { id, findings } = await daemon.json<{ id: number; findings: { code: string }[] }>(['why', 'alpha']);
  assert.deepEqual([id, findings[0]?.code], [2, 'no-peers-known']);
});

test('the figures of the daemon are shown', async () => {
  await using daemon = await daemonWithThree();
  const text = await daemon.text(['stats']);
  assert.match(text, /^Torrents {6}3: 2 active, 0 stopped, 1 failed$/m);
  assert.match(text, /^Free space {4}466 GiB$/m);
  const { peersConnected } = await daemon.json<{ peersConnected: number }>(['stats']);
  assert.equal(peersConnected, 6);
});

test('names that try to take over the terminal are shown harmless', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.client.torrents.addSample({ name: 'a\u001b[2J\u202eb', trackers: [['http://x.example/\u009bm']] });
  for (const command of ['ls', 'show', 'files', 'trackers', 'why', 'peers']) {
    const text = await daemon.text(command === 'ls' ? ['ls'] : [command, 'all']);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are looked for
    assert.doesNotMatch(text, /[\u001b\u009b\u202e]/, command);
  }
});

test('a torrent that is not there, and a daemon that is not there, have exit codes of their own', async () => {
  await using daemon = await daemonWithThree();
  await daemon.fails(['show', '9'], 3, 'TORRENT_UNKNOWN');
  const { stderr } = await daemon.fails(['show', 'b'], 2, 'TORRENT_AMBIGUOUS');
  assert.match(stderr, /"b" fits 2 torrents: 1 Big Film, 3 broken/);
  await daemon.fails(['ls', '--socket', 'absent.sock'], 11, 'DAEMON_UNREACHABLE');
  await daemon.fails(['ls', '--url', 'http://127.0.0.1:1'], 11, 'DAEMON_UNREACHABLE');
});
