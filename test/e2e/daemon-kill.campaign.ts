/**
 * A daemon that adds, downloads, moves, renames, changes and removes torrents, and changes its settings, is killed
 * (SIGKILL) at random moments, now and then while it starts. What it had answered is found by the next one; the deeds
 * that were under way are done or are not, and nothing is half-done: the files of a torrent lie in one place, what is
 * verified is not fetched again, of what was removed nothing is left over.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../../src/base/errors.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { openDatabase } from '../../src/db/index.ts';
import { openWith } from '../../src/db/open-database.ts';
import { allMigrations } from '../../src/db/migrations/migrate.ts';
import { createSession, type Session } from '../../src/index.ts';
import { journalPath } from '../../src/storage/file/survey.ts';
import { campaignSize } from '../campaign.ts';
import { testTorrent } from '../sim/test-torrent.ts';
import { DaemonProcess } from './daemon-process.ts';
import { COMMENT, ListsSubject, QueueSubject, SettingsSubject } from './kill-subjects.ts';
import type { Story, Subject } from './kill-told.ts';
import { TorrentSubject } from './kill-torrent.ts';
import { SeederDoor } from './seeder-door.ts';

const KILLS = campaignSize(4, 180);
/** Of a daemon that brings an older database to the newest form. */
const MIGRATION_KILLS = campaignSize(2, 40);
const TORRENTS = 6;
/** Kills come up to so long after the daemon serves, ms. */
const LATEST_KILL = 1500;
/** One of so many kills comes while the daemon starts. */
const IN_START = 5;
/** Longest rest between two deeds, ms. */
const LONGEST_REST = 60;
/** What the seeder sends, bytes a second: a download takes a second or two. */
const RATE = 10_000_000;
/** A migration is over so long after it has begun, ms at most. */
const MIGRATION_TIME = 80;
/** Exit code of a program that SIGTERM has ended in order. */
const ENDED_BY_SIGTERM = 143;
/** Lines of what was done that are shown after a failure. */
const STORY_LENGTH = 150;

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
/** Another file system, where there is one. */
const elsewhere = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

class Scene implements AsyncDisposable {
  readonly home: string;
  readonly #elsewhere: string;
  readonly #seeder: Session;
  readonly #door: SeederDoor;
  readonly torrents: readonly TorrentSubject[];
  readonly queue: QueueSubject;
  readonly subjects: readonly Subject[];
  readonly story: Story = [];
  readonly #folders: readonly string[];

  private constructor(home: string, other: string, seeder: Session) {
    this.home = home;
    this.#elsewhere = other;
    this.#seeder = seeder;
    const save = [join(home, 'downloads'), join(home, 'a'), join(other, 'b')];
    const incomplete = join(home, 'incomplete');
    this.#folders = [...save, incomplete];
    const [address] = seeder.listening;
    assert.ok(address !== undefined);
    this.#door = new SeederDoor(address);
    const places = { save, all: this.#folders, torrentFiles: join(home, 'data/torrents') };
    this.torrents = Array.from({ length: TORRENTS }, (_, i) => new TorrentSubject(i, places, this.#door, this.story));
    this.queue = new QueueSubject(
      [1, 2, 3].map((number) => testTorrent({ files: [100_000, 1], seed: number }).bytes),
      this.story,
    );
    const settings = new SettingsSubject(this.#configFile, incomplete, this.story);
    this.subjects = [...this.torrents, this.queue, settings, new ListsSubject(save[0] as string, this.story)];
  }

  static async open(): Promise<Scene> {
    const [home, other] = [tmpdir(), elsewhere].map((folder) => mkdtempSync(join(folder, 'dst-kills-')));
    const folder = join(home as string, 'seeder');
    const seeder = await createSession({
      ...{ bind: ['127.0.0.1'], useTrackers: false, directory: folder, stateDirectory: `${folder}-state` },
      uploadLimit: RATE,
    });
    const scene = new Scene(home as string, other as string, seeder);
    for (const { sample } of scene.torrents) {
      for (const { path, offset, length } of sample.metainfo.info.files) {
        await mkdir(join(folder, ...path.slice(0, -1)), { recursive: true });
        await writeFile(join(folder, ...path), sample.data.subarray(offset, offset + length));
      }
      await (await seeder.add(sample.bytes)).completed();
    }
    await mkdir(join(home as string, 'config/dst'), { recursive: true });
    await writeFile(scene.#configFile, scene.#config);
    return scene;
  }

  get #configFile(): string {
    return join(this.home, 'config/dst/config.toml');
  }

  get #config(): string {
    return `${COMMENT}
incomplete = ${JSON.stringify(this.#folders.at(-1))}
[api]
roots = ${JSON.stringify(this.#folders)}
[queue]
enabled = false # everything runs
[peers]
bind = ["127.0.0.1"]
`;
  }

  /** A daemon that goes on with what the last one has left; what that had answered is there. */
  async start(): Promise<DaemonProcess> {
    const daemon = await DaemonProcess.start(this.home);
    assert.equal(daemon.listening.recovered, null, 'the database was damaged');
    return daemon;
  }

  /** Kills one while it starts; `time`: what a start takes, ms. */
  async killInStart(time: number, random: Random): Promise<void> {
    const run = DaemonProcess.spawn(this.home);
    await sleep(time * 0.4 + random.below(time * 0.7));
    run.child.kill('SIGKILL');
    await run.end();
  }

  /** What the killed one had answered is there, and nothing besides. */
  async check(daemon: DaemonProcess): Promise<void> {
    for (const subject of this.subjects) await subject.check(daemon);
    await daemon.until(
      'free of leftovers',
      () => Promise.resolve(this.#leftovers()),
      (paths) => paths.length === 0,
    );
  }

  /** Does deeds of all kinds beside each other until the daemon is killed at its random time. Resolves with their number. */
  async act(daemon: DaemonProcess, random: Random): Promise<number> {
    await this.#door.open();
    for (const torrent of this.torrents) await torrent.feed(daemon);
    this.story.push('---- a daemon serves');
    const killing = new AbortController();
    const killed = sleep(random.below(LATEST_KILL)).then(() => {
      killing.abort();
      return daemon.kill();
    });
    let deeds = 0;
    const works = this.subjects.map(async (subject) => {
      for (;;) {
        await sleep(random.below(LONGEST_REST));
        if (killing.signal.aborted) return;
        await subject.act(daemon, random);
        deeds++;
      }
    });
    const observing = async (): Promise<void> => {
      while (!killing.signal.aborted) {
        const torrents = await daemon.torrents();
        for (const torrent of this.torrents) torrent.observe(torrents);
        await sleep(30);
      }
    };
    const ended = await Promise.allSettled([...works, observing()]);
    await killed;
    this.#door.close();
    for (const end of ended)
      if (end.status === 'rejected' && codeOf(end.reason) !== 'DAEMON_UNREACHABLE') throw end.reason;
    return deeds;
  }

  /** Data that belongs to no torrent or lies in more than one place; torrent files and journals of torrents that are gone. */
  #leftovers(): readonly string[] {
    const tops = this.#folders.flatMap((folder) => namesIn(folder).map((name) => [folder, name] as const));
    const expected = this.torrents.flatMap((torrent) => torrent.top ?? []);
    const isOnce = (name: string): boolean => tops.filter(([, other]) => other === name).length === 1;
    const stray = tops.filter(([, name]) => !expected.includes(name) || !isOnce(name));
    const held = this.torrents.filter(({ isHeld }) => isHeld).map(({ hash }) => hash);
    const files = namesIn(join(this.home, 'data/torrents')).filter((name) => {
      const hash = name.slice(0, 40);
      return !held.includes(hash) && !this.queue.has(hash);
    });
    const resume = join(this.home, 'data/resume');
    const journals = this.torrents
      .filter(({ isHeld }) => !isHeld)
      .flatMap(({ name, sample: { metainfo } }) =>
        this.#folders
          .filter((folder) => existsSync(journalPath({ ...metainfo, stateDirectory: resume }, folder) ?? ''))
          .map((folder) => `journal of ${name} in ${folder}`),
      );
    return [...stray.map((path) => path.join('/')), ...files, ...journals];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#door.close();
    await this.#seeder.close();
    for (const folder of [this.home, this.#elsewhere]) rmSync(folder, { recursive: true, force: true });
  }
}

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

test(`${KILLS} kills of a daemon lose nothing and leave nothing half-done (seed ${seed})`, async (t: TestContext) => {
  const random = seededRandom(seed);
  await using scene = await Scene.open();
  let deeds = 0;
  const begun = performance.now();
  let daemon = await scene.start();
  const startTime = performance.now() - begun;
  await scene.queue.begin(daemon);
  try {
    for (let kills = 0; kills < KILLS; kills++) {
      deeds += await scene.act(daemon, random);
      for (; kills + 1 < KILLS && random.below(IN_START) === 0; kills++) await scene.killInStart(startTime, random);
      daemon = await scene.start();
      await scene.check(daemon);
    }
    assert.equal(await daemon.stop(), ENDED_BY_SIGTERM);
  } catch (error) {
    t.diagnostic(scene.story.slice(-STORY_LENGTH).join('\n'));
    throw error;
  } finally {
    await daemon[Symbol.asyncDispose]();
  }
  await using database = await openDatabase(join(scene.home, 'data/client.db'));
  await database.checkWhole();
  const downloads = scene.torrents.reduce((sum, { completed }) => sum + completed, 0);
  t.diagnostic(`${KILLS} kills, ${deeds} deeds answered, ${downloads} downloads completed`);
});

/** What a client has in a database of the form of its first migration. */
const OF_CLIENT: Readonly<Record<string, Readonly<Record<string, string | number | Uint8Array>>>> = {
  client_torrents: {
    ...{ hash: 'ab'.repeat(20), hash_v1: new Uint8Array(20).fill(0xab), has_metainfo: 0, name: 'a torrent' },
    ...{ save_path: '/films', directory: '/films', wanted: 'stopped', goal: 'ahead', queue_position: 0 },
    ...{ settings: '{"category":"films"}', choices: '{}', trackers: '[["http://a.example/"]]', added_at: 500 },
    ...{ downloaded: 1, uploaded: 2, seconds_downloading: 3, seconds_seeding: 4 },
  },
  client_categories: { name: 'films', save_path: '/films' },
  client_labels: { name: 'new' },
  client_users: { name: 'Ada', name_folded: 'ada', hash: '$argon2id$x', role: 'admin', created_at: 500 },
  client_webhooks: { url: 'http://a.example/', events: '*', secret: 'x', created_at: 500 },
  client_bans: { host: '203.0.113.7', created_at: 500 },
};

function insertOfClient(path: string): void {
  using file = new DatabaseSync(path);
  for (const [table, row] of Object.entries(OF_CLIENT)) {
    const names = Object.keys(row);
    const insert = `insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`;
    file.prepare(insert).run(...Object.values(row));
  }
}

function assertOfClient(path: string): void {
  using file = new DatabaseSync(path);
  for (const [table, row] of Object.entries(OF_CLIENT)) {
    const found = file.prepare(`select ${Object.keys(row).join(', ')} from ${table}`).all();
    assert.deepEqual(
      found.map((one) => ({ ...one })),
      [row],
      table,
    );
  }
}

test(`${MIGRATION_KILLS} kills while an older database is brought to the newest form leave it whole (seed ${seed})`, async (t: TestContext) => {
  const random = seededRandom(seed + 1);
  const older = allMigrations.slice(0, -1);
  const home = mkdtempSync(join(tmpdir(), 'dst-kills-'));
  try {
    const [original, path] = [join(home, 'older.db'), join(home, 'data/client.db')];
    const before = await openWith(original, older);
    await before.tracker.bans.put([{ prefix: '203.0.113.0/24', reason: 'x', expiresAt: null }]);
    await before.close();
    insertOfClient(original);
    let migrated = 0;
    for (let kill = 0; kill < MIGRATION_KILLS; kill++) {
      rmSync(join(home, 'data'), { recursive: true, force: true });
      await mkdir(join(home, 'data'));
      await copyFile(original, path);
      const run = DaemonProcess.spawn(home);
      // It is opened then, and copied, and brought to the newest form some milliseconds later.
      while (run.child.exitCode === null && !existsSync(`${path}-wal`)) await sleep(1);
      await sleep(random.below(MIGRATION_TIME));
      run.child.kill('SIGKILL');
      await run.end();
      const still = await openWith(path, older).catch((error: unknown) => {
        assert.equal(codeOf(error), 'DB_TOO_NEW');
        return null;
      });
      await still?.close();
      if (still === null) migrated++;
      await using database = await openDatabase(path);
      await database.checkWhole();
      assert.equal((await database.tracker.bans.list({ limit: 10 })).length, 1);
      assertOfClient(path);
    }
    t.diagnostic(`${migrated} were brought to the newest form before the kill`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
