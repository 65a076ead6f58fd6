/**
 * Faults around a real daemon: a full disk, a drive that is unplugged, folders that are forbidden, a clock that jumps,
 * names that are not found, a tracker that is gone. Each is told (state and code of the torrent, event, health), other
 * torrents go on, and when the cause is gone everything goes on by itself, with all that it had.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { addressKey } from '../../src/base/address.ts';
import { createSession, type Session, type SessionTorrent } from '../../src/index.ts';
import { ensurePrograms, faketimeLibrary } from '../interop/setup.ts';
import { onTmpfs, withDrive } from '../storage/file-fixture.ts';
import { freePort } from '../support/free-port.ts';
import { DstRun, scratchFolder } from './cli-process.ts';
import { type DaemonOptions, DaemonProcess, type TorrentJson } from './daemon-process.ts';
import { type DiskTorrent, diskTorrent } from './disk-torrent.ts';
import { serveNames } from './name-server.ts';

const MB = 1_000_000;
const isRoot = process.getuid?.() === 0;
/** What is sent again after a fault at the most, bytes: what was on its way, or not written yet. */
const SENT_AGAIN = 2 * MB;
/** Longest wait for what the daemon does on its own: it looks around every 10 s, and asks trackers after up to 120 s. */
const PATIENCE_MS = 240_000;

interface Event {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Shown extends TorrentJson {
  readonly problem: { readonly code: string; readonly healsItself: boolean } | null;
  readonly piecesHave: number;
  readonly downloadedInRun: number;
}

/** A daemon, and a peer that has everything. */
class Scene implements AsyncDisposable {
  readonly folder: string;
  readonly seeder: Session;
  readonly #scratch: AsyncDisposable;
  readonly #options: DaemonOptions;
  daemon!: DaemonProcess;
  #events: Event[] = [];
  #torrents = 0;

  private constructor(folder: string, scratch: AsyncDisposable, seeder: Session, options: DaemonOptions) {
    this.folder = folder;
    this.#scratch = scratch;
    this.seeder = seeder;
    this.#options = options;
  }

  /** `roots`: folders besides its downloads where torrents may be saved; `rate`: of the peer, bytes a second. */
  static async open(
    { roots = [], rate = 0 }: { readonly roots?: readonly string[]; readonly rate?: number },
    options: DaemonOptions = {},
  ): Promise<Scene> {
    const scratch = await scratchFolder();
    const folder = scratch.path;
    await mkdir(join(folder, 'config/dst'), { recursive: true });
    const allowed = JSON.stringify([join(folder, 'downloads'), ...roots]);
    const config = `[api]\nroots = ${allowed}\n[peers]\nbind = ["127.0.0.1"]\n`;
    await writeFile(join(folder, 'config/dst/config.toml'), config);
    const directory = join(folder, 'seeder');
    const stateDirectory = `${directory}-state`;
    const seeder = await createSession({ bind: ['127.0.0.1'], directory, stateDirectory, uploadLimit: rate });
    const scene = new Scene(folder, scratch, seeder, options);
    try {
      await scene.start();
    } catch (error) {
      await scene[Symbol.asyncDispose]();
      throw error;
    }
    return scene;
  }

  /** A daemon that goes on with what the last one has left. */
  async start(): Promise<void> {
    const daemon = await DaemonProcess.start(this.folder, this.#options);
    this.daemon = daemon;
    this.#events = [];
    const listen = async (): Promise<void> => {
      const query = { names: 'torrent.*,tracker.*,health.*', after: 0 };
      for await (const { name, data } of daemon.client.events('/events', { query })) {
        this.#events.push({ name, data: JSON.parse(data) as Event['data'] });
      }
    };
    void listen().catch(() => {}); // It ends with the daemon.
  }

  /** A torrent that the peer has and the daemon is given. */
  async add(
    files: readonly number[],
    body: object = {},
    trackers: readonly string[] = [],
  ): Promise<{ readonly torrent: DiskTorrent; readonly hash: string; readonly seeded: SessionTorrent }> {
    const directory = join(this.folder, 'seeder');
    const torrent = await diskTorrent(directory, { files, seed: ++this.#torrents, pieceLength: 65_536 });
    const seeded = await this.seeder.add(torrent.bytes);
    await seeded.completed();
    if (trackers.length > 0) seeded.setTrackers([trackers]);
    const source = { torrent: Buffer.from(torrent.bytes).toString('base64') };
    const peers = trackers.length > 0 ? {} : { peers: this.peers };
    await this.daemon.api('/torrents', { method: 'POST', body: { ...source, ...peers, ...body } });
    return { torrent, hash: torrent.infoHash, seeded };
  }

  get peers(): readonly string[] {
    return this.seeder.listening.map(addressKey);
  }

  show(hash: string): Promise<Shown> {
    return this.daemon.api<Shown>(`/torrents/${hash}`);
  }

  async until<T>(what: string, ask: () => T | Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
    return await this.daemon.until(what, async () => await ask(), isWanted, PATIENCE_MS);
  }

  untilSeeding(hash: string): Promise<Shown> {
    return this.until(
      `seeding ${hash}`,
      () => this.show(hash),
      ({ state }) => state === 'seeding',
    );
  }

  /** Resolves when a torrent has failed and that is told in all places. */
  async untilFailed(hash: string, code: string): Promise<void> {
    const { problem } = await this.until(
      `failed ${hash}`,
      () => this.show(hash),
      ({ state }) => state === 'failed',
    );
    assert.deepEqual([problem?.code, problem?.healsItself], [code, true]);
    await this.untilEvent('torrent.failed', (data) => data['hash'] === hash && data['code'] === code);
    await this.until(
      'ill',
      () => this.health('torrents'),
      (text) => text !== null,
    );
  }

  async untilHealed(hash: string, code: string): Promise<Shown> {
    await this.untilEvent('torrent.healed', (data) => data['hash'] === hash && data['code'] === code);
    const shown = await this.untilSeeding(hash);
    assert.equal(shown.problem, null);
    return shown;
  }

  untilEvent(name: string, isWanted: (data: Event['data']) => boolean): Promise<unknown> {
    const isIt = (event: Event): boolean => event.name === name && isWanted(event.data);
    return this.until(
      name,
      () => this.#events,
      (events) => events.some(isIt),
    );
  }

  /** What is wrong with something that is looked after; null: nothing. */
  async health(check: string): Promise<string | null> {
    const { checks } = await this.daemon.api<{ checks: Record<string, { detail?: string }> }>('/health', {
      prefix: '',
    });
    return checks[check]?.detail ?? null;
  }

  assertContent({ torrent }: { readonly torrent: DiskTorrent }, directory: string): void {
    for (const { path, offset, length } of torrent.metainfo.info.files) {
      const found = readFileSync(join(directory, ...path));
      assert.ok(found.equals(torrent.data.subarray(offset, offset + length)), path.join('/'));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon?.[Symbol.asyncDispose]();
    await this.seeder.close();
    await this.#scratch[Symbol.asyncDispose]();
  }
}

describe('a daemon goes on by itself', { concurrency: true, timeout: 540_000 }, () => {
  test('when there is space again on a disk that was full', (t: TestContext) =>
    onTmpfs(t, '16m', async (drive) => {
      await using scene = await Scene.open({ roots: [drive.path], rate: 3 * MB });
      drive.write('ballast', new Uint8Array(10 * MB));
      const full = await scene.add([7 * MB, 5 * MB], { savePath: drive.path });
      const other = await scene.add([2 * MB]);
      await scene.untilFailed(full.hash, 'STORAGE_NO_SPACE');
      await scene.untilSeeding(other.hash);
      const { piecesHave } = await scene.show(full.hash);
      assert.ok(piecesHave > 0, 'what fits is kept');
      await scene.daemon.untilLogged(/STORAGE_NO_SPACE/);
      const told = scene.daemon.run.stderr.split('\n').filter((line) => line.includes('STORAGE_NO_SPACE'));
      assert.equal(told.length, 1, told.join('\n'));
      rmSync(drive.join('ballast'));
      await scene.untilHealed(full.hash, 'STORAGE_NO_SPACE');
      scene.assertContent(full, drive.path);
      const { uploaded } = full.seeded.status();
      assert.ok(uploaded <= 12 * MB + SENT_AGAIN, `${uploaded} bytes were sent`);
      await scene.until(
        'well',
        () => scene.health('torrents'),
        (text) => text === null,
      );
    }));

  test('when a drive is plugged in again, and writes nothing where it was', (t: TestContext) =>
    withDrive(t, async (drive) => {
      await using scene = await Scene.open({ roots: [drive.path] });
      const complete = await scene.add([MB], { savePath: drive.path });
      await scene.untilSeeding(complete.hash);
      // Of the next daemon's seed nothing is left to flush: it has no work of its own that would tell that its data is gone.
      await scene.daemon.stop();
      await scene.start();
      await scene.untilSeeding(complete.hash);
      const settings = { downloadLimit: 250_000 };
      const growing = await scene.add([2 * MB], { savePath: drive.path, settings });
      await scene.until(
        'under way',
        () => scene.show(growing.hash),
        ({ piecesHave }) => piecesHave > 4,
      );
      drive.unplug();
      // Nobody wants anything of what is complete.
      for (const { hash } of [complete, growing]) await scene.untilFailed(hash, 'STORAGE_MISSING');
      const other = await scene.add([2 * MB]);
      await scene.untilSeeding(other.hash);
      await scene.daemon.kill();
      await scene.start();
      for (const { hash } of [complete, growing]) await scene.untilFailed(hash, 'STORAGE_MISSING');
      assert.deepEqual(readdirSync(drive.path), []);
      drive.plug();
      const { downloadedInRun } = await scene.untilHealed(complete.hash, 'STORAGE_MISSING');
      assert.equal(downloadedInRun, 0);
      await scene.daemon.api(`/torrents/${growing.hash}/peers`, { method: 'POST', body: { peers: scene.peers } });
      await scene.untilHealed(growing.hash, 'STORAGE_MISSING');
      for (const one of [complete, growing]) scene.assertContent(one, drive.path);
      const { uploaded } = growing.seeded.status();
      assert.ok(uploaded <= 2 * MB + SENT_AGAIN / 2, `${uploaded} bytes were sent`);
    }));

  test('when its folder is allowed to it again', async (t: TestContext) => {
    // Nothing is forbidden to root that has all capabilities.
    const within = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search', '--'];
    if (isRoot && !canRun([...within, 'true'])) return t.skip('it takes setpriv to forbid something to root');
    await using folder = await scratchFolder();
    const path = join(folder.path, 'drive');
    await mkdir(path);
    await using scene = await Scene.open({ roots: [path], rate: MB / 2 }, isRoot ? { within } : {});
    const forbidden = await scene.add(
      Array.from({ length: 100 }, () => 30_000),
      { savePath: path },
    );
    await scene.until(
      'under way',
      () => scene.show(forbidden.hash),
      ({ piecesHave }) => piecesHave > 4,
    );
    chmodSync(path, 0);
    await scene.untilFailed(forbidden.hash, 'STORAGE_ACCESS_DENIED');
    const other = await scene.add([MB]);
    await scene.untilSeeding(other.hash);
    chmodSync(path, 0o700);
    await scene.untilHealed(forbidden.hash, 'STORAGE_ACCESS_DENIED');
    scene.assertContent(forbidden, path);
    const { uploaded } = forbidden.seeded.status();
    assert.ok(uploaded <= 3 * MB + SENT_AGAIN, `${uploaded} bytes were sent`);
  });

  test('when a disk that was mounted for reading only can be written again', (t: TestContext) =>
    onTmpfs(t, '16m', async ({ path }) => {
      await using scene = await Scene.open({ roots: [path], rate: MB / 2 });
      const complete = await scene.add([MB], { savePath: path });
      await scene.untilSeeding(complete.hash);
      const growing = await scene.add(
        Array.from({ length: 100 }, () => 30_000),
        { savePath: path },
      );
      await scene.until(
        'under way',
        () => scene.show(growing.hash),
        ({ piecesHave }) => piecesHave > 4,
      );
      using disk = readOnly(path);
      await scene.untilFailed(growing.hash, 'STORAGE_READ_ONLY');
      const other = await scene.add([MB]);
      await scene.untilSeeding(other.hash);
      assert.equal((await scene.show(complete.hash)).state, 'seeding', 'to be read is all that it takes to serve it');
      disk[Symbol.dispose]();
      await scene.untilHealed(growing.hash, 'STORAGE_READ_ONLY');
      scene.assertContent(growing, path);
      const { uploaded } = growing.seeded.status();
      assert.ok(uploaded <= 3 * MB + SENT_AGAIN, `${uploaded} bytes were sent`);
    }));

  test('whatever the clock of the machine says', async (t: TestContext) => {
    const missing = ensurePrograms(['faketime']);
    if (missing !== undefined) return t.skip(missing);
    await using folder = await scratchFolder();
    const offset = join(folder.path, 'offset');
    writeFileSync(offset, '+0');
    const env = {
      LD_PRELOAD: faketimeLibrary() ?? '',
      FAKETIME_TIMESTAMP_FILE: offset,
      FAKETIME_NO_CACHE: '1',
      NO_FAKE_STAT: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_RESET: '1',
    };
    await using scene = await Scene.open({ rate: 400_000 }, { env });
    const DAY = 86_400;
    for (const [days, shift] of [
      [3, '+3d'],
      [-3, '-3d'],
    ] as const) {
      writeFileSync(offset, '+0');
      const one = await scene.add([2 * MB]);
      await scene.until(
        'under way',
        () => scene.show(one.hash),
        ({ piecesHave }) => piecesHave > 4,
      );
      writeFileSync(offset, shift);
      const shown = await scene.untilSeeding(one.hash);
      const now = Date.now() / 1000 + days * DAY;
      assert.ok(Math.abs((shown['completedAt'] as number) - now) < 600, 'it is told when it was completed');
      assert.ok((shown['secondsDownloading'] as number) < 600, 'it has not been downloading for days');
      const { uploaded } = one.seeded.status();
      assert.ok(uploaded <= 2 * MB + SENT_AGAIN / 2, `${uploaded} bytes were sent`);
    }
    // The clock is set right again while it does not run.
    await scene.daemon.kill();
    writeFileSync(offset, '+0');
    await scene.start();
    for (const torrent of await scene.daemon.torrents()) {
      const { downloadedInRun } = await scene.untilSeeding(torrent.hash);
      assert.equal(downloadedInRun, 0);
    }
  });

  test('when the name of its tracker is found again', async (t: TestContext) => {
    const resolvers = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
    const within = (path: string): string[] => ['unshare', '--mount', 'sh', '-c', resolvers, path];
    await using folder = await scratchFolder();
    const file = join(folder.path, 'resolv.conf');
    const [server, name] = ['127.0.7.53', 'tracker.example'];
    writeFileSync(file, `nameserver ${server}\noptions timeout:1 attempts:1\n`);
    if (!isRoot || !canRun([...within(file), 'true'])) return t.skip('it takes root to have another name server');
    await using tracker = await startTracker(folder.path, 0);
    await using scene = await Scene.open({}, { within: within(file) });
    const [byName, byAddress] = [name, '127.0.0.1'].map((host) => `http://${host}:${tracker.port}/announce`);
    const named = await scene.add([MB], { trackers: [[byName]] }, [byAddress as string]);
    await scene.untilEvent('tracker.failed', (data) => data['hash'] === named.hash);
    const shown = await scene.show(named.hash);
    assert.equal(shown.state, 'downloading');
    assert.match(String(shown['warning']), /tracker\.example/);
    const other = await scene.add([MB]);
    await scene.untilSeeding(other.hash);
    using _names = await serveNames(server, { host: name, ipv4: '127.0.0.1', ipv6: '::1' }, () => {});
    await scene.untilSeeding(named.hash);
    await scene.untilEvent('tracker.recovered', (data) => data['hash'] === named.hash);
    assert.equal((await scene.show(named.hash))['warning'], null);
  });

  test('when its tracker is there again', async () => {
    await using folder = await scratchFolder();
    const port = await freePort();
    const first = await startTracker(folder.path, port);
    const tracker = `http://127.0.0.1:${port}/announce`;
    await first[Symbol.asyncDispose]();
    await using scene = await Scene.open({});
    const tracked = await scene.add([MB], { trackers: [[tracker]] }, [tracker]);
    await scene.untilEvent('tracker.failed', (data) => data['hash'] === tracked.hash);
    assert.notEqual((await scene.show(tracked.hash))['warning'], null);
    const other = await scene.add([MB]);
    await scene.untilSeeding(other.hash);
    await using _again = await startTracker(folder.path, port);
    await scene.untilSeeding(tracked.hash);
    await scene.untilEvent('tracker.recovered', (data) => data['hash'] === tracked.hash);
    assert.equal((await scene.show(tracked.hash))['warning'], null);
  });
});

/** A tracker that tells its clients of peers on this machine. */
async function startTracker(folder: string, port: number): Promise<AsyncDisposable & { readonly port: number }> {
  const args = ['tracker', '--bind', '127.0.0.1', '--port', String(port), '--allow-private'];
  const run = new DstRun(args, { cwd: folder });
  const { urls } = (await run.event('listening')) as unknown as { urls: string[] };
  return {
    port: Number(new URL(urls[0] as string).port),
    [Symbol.asyncDispose]: async () => {
      run.child.kill('SIGKILL');
      if (run.child.exitCode === null && run.child.signalCode === null) await once(run.child, 'close');
    },
  };
}

/** What is opened from now on can only be read, until it is disposed. (A mount with files that are open for writing stays.) */
function readOnly(path: string): Disposable {
  execFileSync('mount', ['--bind', path, path]);
  let isMounted = true;
  execFileSync('mount', ['-o', 'remount,bind,ro', path]);
  return {
    [Symbol.dispose]: () => {
      if (isMounted) execFileSync('umount', ['--lazy', path]);
      isMounted = false;
    },
  };
}

function canRun([program = '', ...args]: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
