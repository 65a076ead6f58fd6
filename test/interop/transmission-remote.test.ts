/** Debian's transmission-remote drives the daemon as it drives Transmission. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { scratchFolder } from '../e2e/cli-process.ts';
import { DaemonProcess } from '../e2e/daemon-process.ts';
import { diskTorrent, type DiskTorrent } from '../e2e/disk-torrent.ts';
import { ensurePrograms } from './setup.ts';

const missing = ensurePrograms(['transmission-remote']);
const options = { skip: missing ?? false, timeout: 480_000 };

class Scene {
  readonly daemon: DaemonProcess;
  readonly torrent: DiskTorrent;

  constructor(daemon: DaemonProcess, torrent: DiskTorrent) {
    this.daemon = daemon;
    this.torrent = torrent;
  }

  static async open(t: TestContext): Promise<Scene> {
    const scratch = await scratchFolder();
    t.after(() => scratch[Symbol.asyncDispose]());
    const source = join(scratch.path, 'source');
    await mkdir(source);
    const torrent = await diskTorrent(source, { files: [300_000, 200_000], pieceLength: 16_384 });
    const daemon = await DaemonProcess.start(scratch.path);
    t.after(() => daemon[Symbol.asyncDispose]());
    return new Scene(daemon, torrent);
  }

  /** What it prints. */
  async remote(...args: string[]): Promise<string> {
    const { name, password } = this.daemon.login;
    const address = this.daemon.url.replace('http://', '');
    const env = { ...process.env, LC_ALL: 'C.UTF-8', TR_AUTH: `${name}:${password}` };
    const run = promisify(execFile);
    const { stdout, stderr } = await run('transmission-remote', [address, '--authenv', ...args], { env });
    assert.equal(stderr, '');
    return stdout;
  }

  async succeeds(...args: string[]): Promise<void> {
    assert.match(await this.remote(...args), /responded: "success"/, args.join(' '));
  }
}

test('transmission-remote: from adding to removing', options, async (t) => {
  const scene = await Scene.open(t);
  const { daemon, torrent } = scene;

  await t.test('a torrent is added and listed, with all that is known of it', async () => {
    await scene.succeeds('--start-paused', '--add', torrent.file);
    // It was looked for data first.
    await daemon.untilState(torrent.infoHash, 'stopped');
    assert.match(await scene.remote('--list'), /^\s+1\s+0%\s+None\s+Unknown\s+0\.0\s+0\.0\s+None\s+Stopped\s+test-1$/m);
    const info = await scene.remote('-t1', '--info');
    assert.match(info, new RegExp(`Hash: ${torrent.infoHash}`));
    assert.match(info, /Total size: 500\.0 kB \(500\.0 kB wanted\)/);
    assert.match(info, /Public torrent: Yes/);
  });

  await t.test('files have priorities, and are wanted or not', async () => {
    await scene.succeeds('-t1', '--no-get', '1');
    await scene.succeeds('-t1', '--priority-high', '0');
    const files = await scene.remote('-t1', '--files');
    assert.match(files, /0:\s+0% High\s+Yes\s+300\.0 kB\s+test-1\/file-0000/);
    assert.match(files, /1:\s+0% Normal\s+No\s+200\.0 kB\s+test-1\/file-0001/);
    await scene.succeeds('-t1', '--get', 'all');
  });

  await t.test('limits of a torrent and of the client', async () => {
    await scene.succeeds('-t1', '--downlimit', '50');
    await scene.succeeds('-t1', '--seedratio', '1.5');
    await scene.succeeds('-t1', '--bandwidth-low');
    const info = await scene.remote('-t1', '--info');
    assert.match(info, /Download Limit: 50 kB\/s/);
    assert.match(info, /Ratio Limit: 1\.5/);
    assert.match(info, /Bandwidth Priority: Low/);
    await scene.succeeds('--uplimit', '70');
    await scene.succeeds('--alt-speed');
    const session = await scene.remote('--session-info');
    assert.match(session, /Daemon version: 4\.0\.\d+/);
    assert.match(session, /turtle/i);
    assert.deepEqual((await daemon.api<{ uploadRate: number }>('/stats')).uploadRate, 0);
    await scene.succeeds('--alt-speed-scheduler');
    await scene.succeeds('--no-alt-speed');
    const { alternative, followSchedule } = await daemon.api<Record<string, unknown>>('/limits');
    assert.deepEqual([alternative, followSchedule], [false, true]);
    await scene.succeeds('--no-alt-speed-scheduler');
  });

  await t.test('trackers are added, listed and removed', async () => {
    await scene.succeeds('-t1', '--tracker-add', 'http://127.0.0.1:1/announce');
    assert.match(await scene.remote('-t1', '--info-trackers'), /127\.0\.0\.1:1/);
    const { items } = await daemon.api<{ items: { id: number }[] }>(`/torrents/${torrent.infoHash}/trackers`);
    const [tracker] = items;
    await scene.succeeds('-t1', '--tracker-remove', String(tracker?.id));
  });

  await t.test('data that is there is found by a check', async () => {
    await cp(join(torrent.folder, 'test-1'), join(daemon.downloads, 'test-1'), { recursive: true });
    await scene.succeeds('-t1', '--verify');
    await daemon.until(
      'complete',
      () => scene.remote('--list'),
      (list) => /^\s+1\*?\s+100%/m.test(list),
    );
    await scene.succeeds('-t1', '--start');
    await daemon.untilState(torrent.infoHash, 'seeding');
  });

  await t.test('its data is moved', async () => {
    const elsewhere = join(daemon.downloads, 'elsewhere');
    await mkdir(elsewhere);
    await scene.succeeds('-t1', '--move', elsewhere);
    await daemon.until(
      'moved',
      () => scene.remote('-t1', '--info'),
      (info) => info.includes(`Location: ${elsewhere}\n`),
    );
    await daemon.untilState(torrent.infoHash, 'seeding');
    assert.equal((await stat(join(elsewhere, 'test-1/file-0001'))).size, 200_000);
    assert.deepEqual(await readdir(daemon.downloads), ['elsewhere']);
  });

  await t.test('it is removed with its data', async () => {
    await scene.succeeds('-t1', '--remove-and-delete');
    assert.doesNotMatch(await scene.remote('--list'), /test-1/);
    await daemon.until(
      'gone from the disk',
      () => readdir(join(daemon.downloads, 'elsewhere')),
      (names) => names.length === 0,
    );
  });

  await t.test('figures of the session, the port and the end', async () => {
    assert.match(await scene.remote('--session-stats'), /Started 1 times/);
    assert.match(await scene.remote('--port-test'), /Port is open: (?:Yes|No)/);
    await scene.succeeds('--exit');
    assert.equal(await daemon.run.end(), 0);
  });
});
