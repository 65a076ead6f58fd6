/**
 * Damaged files of a real daemon: its database and its journals are spoiled while it is not running. The next one says
 * so (log, health, event), takes in again what was lost, finds the data of each torrent and downloads nothing again.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { addressKey } from '../../src/base/address.ts';
import { seededRandom } from '../../src/base/random.ts';
import { hybridIdentity, hybridRecipient } from '../../src/codec/dst/index.ts';
import { nodePrimitives } from '../../src/crypto/native/node-primitives.ts';
import { xWingPublicKeyOf } from '../../src/crypto/x-wing.ts';
import { openDatabase } from '../../src/db/index.ts';
import { createSealedTorrent, createSession, openSealedTorrent, type Session } from '../../src/index.ts';
import { scratchFolder } from './cli-process.ts';
import { DaemonProcess, type TorrentJson } from './daemon-process.ts';
import { type DiskTorrent, diskTorrent } from './disk-torrent.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
const random = seededRandom(seed);
const key = new Uint8Array(32).fill(7);
/** Longest wait for an event, ms. */
const PATIENCE_MS = 180_000;

/** Spoils a file that is there. */
type Damage = (path: string) => void;

/** A thousand bytes are others, anywhere. */
const flipped: Damage = (path) => {
  const bytes = readFileSync(path);
  for (let i = 0; i < 1000; i++) {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] as number) ^ 0xff;
  }
  writeFileSync(path, bytes);
};
/** In the first half, where it cannot be taken for what a kill leaves of the last record. */
const truncated: Damage = (path) => truncateSync(path, Math.min(120, Math.floor(readFileSync(path).length / 2)));
const emptied: Damage = (path) => truncateSync(path, 0);
const garbage: Damage = (path) => writeFileSync(path, random.bytes(20_000));
const deleted: Damage = (path) => rmSync(path);

/** A daemon that has torrents of all kinds, complete: by file, by link, elsewhere than usual, and sealed. */
class Scene implements AsyncDisposable {
  readonly folder: string;
  readonly #scratch: AsyncDisposable;
  readonly #seeder: Session;
  readonly torrents: readonly DiskTorrent[];
  daemon: DaemonProcess;
  hashes: readonly string[] = [];

  private constructor(
    scratch: Awaited<ReturnType<typeof scratchFolder>>,
    seeder: Session,
    daemon: DaemonProcess,
    torrents: readonly DiskTorrent[],
  ) {
    this.#scratch = scratch;
    this.folder = scratch.path;
    this.#seeder = seeder;
    this.daemon = daemon;
    this.torrents = torrents;
  }

  static async open(): Promise<Scene> {
    const scratch = await scratchFolder();
    const directory = join(scratch.path, 'seeder');
    const config = join(scratch.path, 'config/dst');
    await mkdir(config, { recursive: true });
    const roots = JSON.stringify([join(scratch.path, 'downloads'), join(scratch.path, 'archive')]);
    await writeFile(join(config, 'config.toml'), `[api]\nroots = ${roots}\n[peers]\nbind = ["127.0.0.1"]\n`);
    const torrents = [];
    for (const number of [1, 2, 3]) {
      torrents.push(await diskTorrent(directory, { files: [700_000, 1000, 200_000], seed: number }));
    }
    const options = { bind: ['127.0.0.1'], useTrackers: false, directory, stateDirectory: `${directory}-state` };
    const seeder = await createSession(options);
    const daemon = await DaemonProcess.start(scratch.path);
    const scene = new Scene(scratch, seeder, daemon, torrents);
    try {
      for (const { bytes } of torrents) await (await seeder.add(bytes)).completed();
      await scene.#fill();
      return scene;
    } catch (error) {
      await scene[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #fill(): Promise<void> {
    const { daemon } = this;
    const [plain, linked, elsewhere] = this.torrents as readonly [DiskTorrent, DiskTorrent, DiskTorrent];
    const peers = this.#seeder.listening.map(addressKey);
    const archive = join(this.folder, 'archive');
    const bodies = [
      { torrent: base64(plain.bytes), settings: { labels: ['mine'] }, peers },
      { magnet: `magnet:?xt=urn:btih:${linked.infoHash}`, peers },
      { torrent: base64(elsewhere.bytes), savePath: archive, peers },
      { sealedContent: base64(await this.#sealed()) },
    ];
    const hashes: string[] = [];
    for (const body of bodies) hashes.push((await this.#add(body)).hash);
    for (const hash of hashes) await daemon.untilState(hash, 'seeding');
    this.hashes = hashes;
  }

  async #add(body: object): Promise<TorrentJson> {
    return (await this.daemon.api<{ torrent: TorrentJson }>('/torrents', { method: 'POST', body })).torrent;
  }

  /** What was sealed in a torrent whose content lies among the downloads. */
  async #sealed(): Promise<Uint8Array> {
    const content = join(this.daemon.downloads, 'private');
    await mkdir(content);
    await writeFile(join(content, 'diary.txt'), random.bytes(100_000));
    const recipients = [hybridRecipient(nodePrimitives, random, xWingPublicKeyOf(nodePrimitives, key))];
    const { bytes } = await createSealedTorrent(content, { recipients });
    return (await openSealedTorrent(bytes, [hybridIdentity(nodePrimitives, key)])).content;
  }

  get database(): string {
    return join(this.folder, 'data/client.db');
  }

  /** Bytes that peers have got from the seeder. */
  get sent(): number {
    return this.#seeder.stats().uploaded;
  }

  async restart(): Promise<void> {
    this.daemon = await DaemonProcess.start(this.folder);
  }

  /** It is reported in all places where people look. */
  async assertTold(words: RegExp): Promise<void> {
    const { daemon } = this;
    assert.match(daemon.listening.recovered ?? '', words);
    await daemon.untilLogged(/"level":"error".*database recovered/);
    const { checks } = await daemon.api<{ checks: { database: { status: string; detail: string } } }>('/health', {
      prefix: '',
    });
    assert.equal(checks.database.status, 'degraded');
    assert.match(checks.database.detail, words);
    const events = daemon.client.events('/events', {
      query: { names: 'health.changed', after: 0 },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    for await (const { data } of events) if (data.includes('"database"')) break;
  }

  /** All torrents are there; they seed when they are started, and nothing was fetched for that. */
  async assertAllSeed(): Promise<void> {
    const { daemon } = this;
    const sent = this.sent;
    const found = await daemon.torrents();
    assert.deepEqual(new Set(found.map(({ hash }) => hash)), new Set(this.hashes));
    const peers = this.#seeder.listening.map(addressKey);
    for (const hash of this.hashes) {
      await daemon.api(`/torrents/${hash}/peers`, { method: 'POST', body: { peers } });
      await daemon.api(`/torrents/${hash}/actions/start`, { method: 'POST' });
    }
    for (const hash of this.hashes) {
      const { name, ...torrent } = await daemon.untilState(hash, 'seeding');
      assert.equal(torrent['downloadedInRun'], 0, `${name} was downloaded again`);
      assert.equal(torrent['isSealed'], name === 'private');
    }
    assert.equal(this.sent, sent);
    assert.equal(found.find(({ hash }) => hash === this.hashes[2])?.['savePath'], join(this.folder, 'archive'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon[Symbol.asyncDispose]();
    await this.#seeder.close();
    await this.#scratch[Symbol.asyncDispose]();
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

describe(`a damaged database (seed ${seed})`, { timeout: 540_000 }, () => {
  test('is replaced, and its torrents are taken in again', async () => {
    await using scene = await Scene.open();
    for (const damage of [flipped, truncated, garbage, emptied, deleted]) {
      await scene.daemon.stop();
      damage(scene.database);
      await scene.restart();
      await scene.assertTold(/in its place is a new one/);
      await scene.assertAllSeed();
    }
    await scene.daemon.kill();
    await scene.restart();
    assert.equal(scene.daemon.listening.recovered, null);
    await scene.assertAllSeed();
  });

  test('is told from one without torrents when the log that a kill has left is lost, or rows are', async () => {
    await using scene = await Scene.open();
    await scene.daemon.kill();
    garbage(`${scene.database}-wal`);
    await scene.restart();
    await scene.assertTold(/in its place is a new one/);
    await scene.assertAllSeed();
    await scene.daemon.stop();
    {
      await using database = await openDatabase(scene.database);
      for await (const rows of database.client.torrents.load()) {
        await database.client.torrents.delete(rows.slice(0, 2).map(({ id }) => id));
      }
    }
    await scene.restart();
    await scene.assertTold(/has lost 2 torrents/);
    await scene.assertAllSeed();
  });

  test('is that of the last day again, and newer torrents are taken in', async () => {
    await using scene = await Scene.open();
    const [plain, newer] = scene.hashes as readonly [string, string];
    await scene.daemon.api(`/torrents/${newer}`, { method: 'DELETE' });
    await scene.daemon.stop();
    {
      await using database = await openDatabase(scene.database);
      await database.backUp('daily');
    }
    await scene.restart();
    const body = { torrent: base64((scene.torrents[1] as DiskTorrent).bytes) };
    await scene.daemon.api('/torrents', { method: 'POST', body });
    await scene.daemon.untilState(newer, 'seeding');
    await scene.daemon.stop();
    garbage(scene.database);
    await scene.restart();
    await scene.assertTold(/in its place is a copy/);
    const { settings } = (await scene.daemon.untilState(plain, 'seeding')) as TorrentJson & {
      readonly settings: { readonly labels: readonly string[] };
    };
    assert.deepEqual(settings.labels, ['mine']);
    assert.equal((await scene.daemon.untilState(newer, 'stopped'))['downloadedInRun'], 0);
    await scene.assertAllSeed();
  });
});

describe(`damaged journals (seed ${seed})`, { timeout: 540_000 }, () => {
  test('cost a check, and no download', async () => {
    await using scene = await Scene.open();
    const folder = join(scene.folder, 'data/resume');
    for (const damage of [flipped, truncated, garbage, emptied, deleted]) {
      await scene.daemon.kill();
      for (const name of readdirSync(folder)) damage(join(folder, name));
      await scene.restart();
      await scene.assertAllSeed();
      const told = /a resume journal is damaged:/;
      if (damage === deleted) assert.doesNotMatch(scene.daemon.run.stderr, told);
      else await scene.daemon.untilLogged(told);
    }
  });

  test('cost no download either when the database is damaged too', async () => {
    await using scene = await Scene.open();
    const folder = join(scene.folder, 'data/resume');
    await scene.daemon.kill();
    for (const path of [...readdirSync(folder).map((name) => join(folder, name)), scene.database]) garbage(path);
    await scene.restart();
    await scene.assertAllSeed();
  });
});
