/** The library's session on real files: torrents that rest, are moved and renamed, are read while they come, and heal. */
import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import {
  type AddOptions,
  type CreatedTorrent,
  createSession,
  createTorrent,
  decodeTorrent,
  type Session,
  type SessionTorrent,
  type TorrentStatus,
  type TorrentSource,
} from '../../src/index.ts';
import { onTmpfs, TempFolder, withDrive } from '../storage/file-fixture.ts';

const MB = 1_000_000;
const content = seededRandom(5).bytes(3 * MB);

/** A folder with data, its torrent, and sessions that know each other. */
class Scene implements AsyncDisposable {
  readonly folder: TempFolder = new TempFolder();
  readonly #sessions: Session[] = [];

  constructor() {
    this.folder.write('seed/album/one.bin', content.subarray(0, 2 * MB));
    this.folder.write('seed/album/two/three.bin', content.subarray(2 * MB));
  }

  torrent(options: Parameters<typeof createTorrent>[1] = {}): Promise<CreatedTorrent> {
    return createTorrent(this.folder.join('seed/album'), { pieceLength: 65_536, ...options });
  }

  /** A session of its own process, as it were: what it keeps lies in a folder of its name. */
  async session(name: string): Promise<Session> {
    const stateDirectory = this.folder.join(`state-${name}`);
    const session = await createSession({ bind: ['127.0.0.1'], useTrackers: false, stateDirectory, diskWorkers: 1 });
    this.#sessions.push(session);
    return session;
  }

  async add(name: string, source: TorrentSource, options: AddOptions): Promise<SessionTorrent> {
    return (await this.session(name)).add(source, options);
  }

  /** A session that has everything, and its torrent. */
  async seed(source: TorrentSource, options: AddOptions = {}): Promise<[Session, SessionTorrent]> {
    const session = await this.session('seed');
    const torrent = await session.add(source, { directory: this.folder.join('seed'), ...options });
    if (options.isPaused !== true) await torrent.completed();
    return [session, torrent];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) await session.close();
    this.folder[Symbol.dispose]();
  }
}

async function readFrom(torrent: SessionTorrent, file: number, from = 0): Promise<Buffer> {
  const reader = torrent.openFile(file);
  const parts: Uint8Array[] = [];
  for await (const part of reader.read(from, reader.size)) parts.push(part);
  return Buffer.concat(parts);
}

/** Resolves when the torrent has failed, with the code of its error. */
async function failure(torrent: SessionTorrent): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const look = ({ state }: TorrentStatus): void => void (state.kind === 'failed' && resolve(state.error.code));
  using _ = torrent.on('state', () => look(torrent.status()));
  look(torrent.status());
  return await promise;
}

/** Nothing is forbidden to root: until this is disposed of, the process is somebody else where it was root. */
function withoutRootsRights(): Disposable {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  return { [Symbol.dispose]: () => void (isRoot && process.seteuid?.(0)) };
}

/** Fails at the first look, and then finds data; folders that were looked at go to `asked`. */
const onceAsked =
  (asked: string[], found: { directory: string; paths: Map<number, string[]> }): NonNullable<AddOptions['locate']> =>
  async (_, directory) => {
    asked.push(directory);
    if (asked.length === 1) throw new Error('not now');
    return found;
  };

describe('a torrent that is added paused', () => {
  it('tells what there is, and downloads the rest when it is started', async () => {
    await using scene = new Scene();
    const { bytes } = await scene.torrent();
    const [source] = await scene.seed(bytes);
    const directory = scene.folder.join('leech');
    const first = await scene.session('leech');
    const before = await first.add(bytes, { directory, select: [0], peers: source.listening });
    await before.completed();
    await first.close();
    const torrent = await scene.add('leech', bytes, { directory, isPaused: true, peers: source.listening });
    await torrent.ready();
    assert.equal(torrent.status().state.kind, 'paused');
    assert.equal(torrent.files()[0]?.done, 2 * MB);
    assert.ok((torrent.pieces()?.have.count ?? 0) >= (2 * MB) / 65_536);
    await torrent.start();
    await torrent.completed();
    assert.equal(torrent.status().done, 3 * MB);
  });

  it('is believed by the lengths of its files when that is wanted', async () => {
    await using scene = new Scene();
    const { bytes } = await scene.torrent();
    const [, torrent] = await scene.seed(bytes, { isPaused: true, trustsData: true });
    await torrent.ready();
    assert.equal(torrent.status().done, 3 * MB);
  });
});

it('data is seeded under names of the torrent that are not safe on every system', {
  skip: process.platform === 'win32',
}, async () => {
  await using scene = new Scene();
  scene.folder.write('seed/a: b/why?/c.bin', content.subarray(0, MB));
  const { bytes } = await createTorrent(scene.folder.join('seed/a: b'));
  const [source, torrent] = await scene.seed(bytes);
  assert.equal(torrent.status().done, MB);
  const directory = scene.folder.join('leech');
  await (await scene.add('leech', bytes, { directory, peers: source.listening })).completed();
  assert.ok(existsSync(scene.folder.join('leech/a_ b/why_/c.bin')));
});

describe('a magnet link', { skip: process.platform === 'win32' }, () => {
  it('finds data under names of the torrent that are not safe on every system', async () => {
    await using scene = new Scene();
    for (const place of ['seed', 'leech']) scene.folder.write(`${place}/a: b/why?/c.bin`, content.subarray(0, MB));
    const { bytes } = await createTorrent(scene.folder.join('seed/a: b'));
    const [source, seed] = await scene.seed(bytes);
    const directory = scene.folder.join('leech');
    const torrent = await scene.add('leech', seed.magnetLink(), { directory, peers: source.listening });
    await torrent.completed();
    assert.equal(torrent.status().downloaded, 0);
    assert.deepEqual(torrent.files()[0]?.path, ['a: b', 'why?', 'c.bin']);
    assert.deepEqual(readdirSync(directory), ['a: b']);
  });

  it('whose data cannot be looked for fails, and looks again when it is started again', async () => {
    await using scene = new Scene();
    const { bytes } = await scene.torrent();
    const [source, seed] = await scene.seed(bytes);
    const asked: string[] = [];
    const other = { directory: scene.folder.join('other'), paths: new Map([[0, ['album', 'renamed.bin']]]) };
    const locate = onceAsked(asked, other);
    const directory = scene.folder.join('leech');
    const options = { directory, locate, peers: source.listening };
    const torrent = await scene.add('leech', seed.magnetLink(), options);
    assert.equal(await failure(torrent), 'ENGINE_STORAGE_FAILED');
    await torrent.resume();
    await torrent.completed();
    assert.deepEqual(asked, [directory, directory]);
    assert.ok(existsSync(scene.folder.join('other/album/renamed.bin')));
  });

  it('whose data was never looked for has none that could be deleted with it', async () => {
    await using scene = new Scene();
    const { bytes } = await scene.torrent();
    const [source, seed] = await scene.seed(bytes);
    const locate = onceAsked([], { directory: scene.folder.join('seed'), paths: new Map() });
    const directory = scene.folder.join('leech');
    const torrent = await scene.add('leech', seed.magnetLink(), { directory, locate, peers: source.listening });
    await failure(torrent);
    await torrent.remove({ deleteData: true });
    assert.ok(existsSync(scene.folder.join('seed/album/one.bin')));
  });
});

it('a file is read while it is downloaded, from any place', async () => {
  await using scene = new Scene();
  const { bytes } = await scene.torrent();
  const [source] = await scene.seed(bytes, { uploadLimit: 4 * MB });
  const torrent = await scene.add('leech', bytes, { directory: scene.folder.join('leech'), peers: source.listening });
  const [end, all] = await Promise.all([readFrom(torrent, 0, 1_900_000), readFrom(torrent, 1)]);
  assert.ok(end.equals(content.subarray(1_900_000, 2 * MB)));
  assert.ok(all.equals(content.subarray(2 * MB)));
});

describe('a torrent that is moved', () => {
  it('serves its peers from either place, and is found by both afterwards', (context: TestContext) =>
    onTmpfs(context, '8m', async (drive) => {
      await using scene = new Scene();
      const { bytes } = await scene.torrent();
      const [session, torrent] = await scene.seed(bytes, { uploadLimit: 4 * MB });
      const other = await scene.add('leech', bytes, {
        directory: scene.folder.join('leech'),
        peers: session.listening,
      });
      const steps: number[] = [];
      await torrent.move(drive.path, { onProgress: (done) => void steps.push(done) });
      assert.equal(steps.at(-1), 3 * MB);
      assert.equal(torrent.directory, drive.path);
      assert.ok(existsSync(drive.join('album/one.bin')) && !existsSync(scene.folder.join('seed/album')));
      await other.completed();
      await session.close();
      const [, again] = await scene.seed(bytes, { isPaused: true });
      await again.ready();
      assert.deepEqual([again.directory, again.status().done], [drive.path, 3 * MB]);
    }));

  it('is looked for where it is said to be', async () => {
    await using scene = new Scene();
    const { bytes } = await scene.torrent();
    const torrent = await scene.add('leech', bytes, { directory: scene.folder.join('leech') });
    await torrent.setDirectory(scene.folder.join('seed'));
    await torrent.completed();
    assert.equal(torrent.directory, scene.folder.join('seed'));
  });

  it('is not taken for there although who hears that it rests starts it at once', async () => {
    await using scene = new Scene();
    const { bytes } = await scene.torrent();
    const [, torrent] = await scene.seed(bytes);
    const states: string[] = [];
    torrent.on('state', ({ kind }) => {
      states.push(kind);
      if (kind === 'paused') void torrent.resume();
    });
    await torrent.setDirectory(scene.folder.join('empty'));
    await torrent.ready();
    assert.deepEqual(states, ['paused', 'checking', 'downloading']);
    const { state, done } = torrent.status();
    assert.deepEqual([state.kind, done, torrent.directory], ['downloading', 0, scene.folder.join('empty')]);
    assert.equal(readFileSync(scene.folder.join('seed/album/one.bin')).length, 2 * MB);
    await torrent.setDirectory(scene.folder.join('seed'));
    await torrent.completed();
  });

  it('is not led away from there by where it went before, and what lies there stays', async () => {
    await using scene = new Scene();
    const { bytes } = await scene.torrent();
    const [session, torrent] = await scene.seed(bytes);
    const [first, second] = [scene.folder.join('seed'), scene.folder.join('second')];
    await torrent.move(second);
    await torrent.pause();
    await torrent.setDirectory(first);
    assert.deepEqual([torrent.directory, torrent.status().done], [first, 0]);
    await torrent.setDirectory(second);
    cpSync(second, first, { recursive: true });
    await torrent.setDirectory(first);
    await torrent.resume();
    await torrent.completed();
    await session.close();
    const [, again] = await scene.seed(bytes);
    assert.equal(again.directory, first);
    for (const place of ['seed', 'second']) {
      assert.deepEqual(scene.folder.list(place), ['album', 'album/one.bin', 'album/two', 'album/two/three.bin']);
    }
  });
});

it('files that are renamed are found by their new names', async () => {
  await using scene = new Scene();
  const { bytes } = await scene.torrent();
  const [session, torrent] = await scene.seed(bytes);
  const paths = new Map([[1, ['album', 'drei.bin']]]);
  await torrent.setPaths(paths);
  assert.deepEqual(scene.folder.list('seed'), ['album', 'album/drei.bin', 'album/one.bin']);
  await session.close();
  const [, again] = await scene.seed(bytes, { paths, isPaused: true });
  await again.ready();
  assert.deepEqual([again.status().done, again.files()[1]?.path], [3 * MB, ['album', 'drei.bin']]);
});

it('files that another torrent has are not renamed to be those of one that has other names for its own', async () => {
  await using scene = new Scene();
  const { bytes } = await scene.torrent();
  const [session] = await scene.seed(bytes);
  const { bytes: unlike } = await scene.torrent({ pieceLength: 131_072 });
  const paths = new Map([[0, ['album-2', 'one.bin']]]);
  const torrent = await session.add(unlike, { directory: scene.folder.join('seed'), paths, isPaused: true });
  await torrent.ready();
  assert.deepEqual(scene.folder.list('seed'), ['album', 'album/one.bin', 'album/two', 'album/two/three.bin']);
});

for (const format of ['v1', 'v2', 'hybrid'] as const) {
  it(`a ${format} torrent can be handed on as a file and as a link`, async () => {
    await using scene = new Scene();
    const { bytes } = await scene.torrent({ format, trackers: [['http://127.0.0.1:1/announce']] });
    const [source, torrent] = await scene.seed(bytes);
    torrent.setTrackers([['http://127.0.0.1:2/announce'], ['http://127.0.0.1:3/announce']]);
    const link = torrent.magnetLink();
    assert.equal((link.match(/xt=/g) ?? []).length, format === 'hybrid' ? 2 : 1);
    assert.equal((link.match(/tr=/g) ?? []).length, 2);
    const copy = await scene.add('leech', link, { directory: scene.folder.join('leech'), peers: source.listening });
    assert.equal(copy.torrentFile(), null);
    await copy.completed();
    for (const one of [torrent, copy]) {
      const decoded = decodeTorrent(one.torrentFile() as Uint8Array);
      assert.deepEqual(decoded.infoHashes, torrent.infoHashes);
      assert.deepEqual(decoded.trackers.flat(), ['http://127.0.0.1:2/announce', 'http://127.0.0.1:3/announce']);
      assert.equal(decoded.pieceLayers.size, format === 'v1' ? 0 : 2);
    }
  });
}

describe('a torrent whose data is gone for a while', () => {
  it('fails when the drive is unplugged, makes nothing in its place, and goes on when it is back', (context: TestContext) =>
    withDrive(context, async (drive) => {
      await using scene = new Scene();
      const { bytes } = await scene.torrent();
      const [session, torrent] = await scene.seed(bytes);
      await torrent.move(drive.path);
      drive.unplug();
      await scene.add('leech', bytes, {
        directory: scene.folder.join('leech'),
        peers: session.listening,
      });
      assert.equal(await failure(torrent), 'STORAGE_MISSING');
      assert.deepEqual(readdirSync(drive.path), []);
      await torrent.resume();
      assert.equal(await failure(torrent), 'STORAGE_MISSING');
      drive.plug();
      await torrent.resume();
      await torrent.completed();
      assert.equal(torrent.status().done, 3 * MB);
      const options = { directory: scene.folder.join('other'), peers: session.listening };
      const other = await scene.add('other', bytes, options);
      await other.completed();
    }));

  it('goes on when it may be read again', async () => {
    using _ = withoutRootsRights();
    await using scene = new Scene();
    const { bytes } = await scene.torrent();
    chmodSync(scene.folder.join('seed'), 0);
    const torrent = await scene.add('seed', bytes, { directory: scene.folder.join('seed') });
    assert.equal(await failure(torrent), 'STORAGE_ACCESS_DENIED');
    chmodSync(scene.folder.join('seed'), 0o700);
    await torrent.resume();
    await torrent.completed();
  });

  it('goes on with all that it had when the disk is full no more', (context: TestContext) =>
    onTmpfs(context, '2m', async (drive) => {
      await using scene = new Scene();
      const { bytes } = await scene.torrent();
      const [session] = await scene.seed(bytes);
      const torrent = await scene.add('leech', bytes, { directory: drive.path, peers: session.listening });
      assert.equal(await failure(torrent), 'STORAGE_NO_SPACE');
      const had = torrent.status().piecesHave;
      const checked: number[] = [];
      torrent.on('state', (state) => void (state.kind === 'checking' && checked.push(state.total)));
      await torrent.move(scene.folder.join('elsewhere'));
      await torrent.resume();
      torrent.addPeer(session.listening[0] as { host: string; port: number });
      await torrent.completed();
      assert.ok(had > 0 && checked.every((total) => total < 10), checked.join());
      assert.ok(readFileSync(scene.folder.join('elsewhere/album/one.bin')).equals(content.subarray(0, 2 * MB)));
    }));
});
