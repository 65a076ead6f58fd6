/** Other save paths and other names, and what a crash in between leaves to the next start. */
import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { sampleTorrentFile } from '../../../../test/support/fake-client.ts';
import { DstError } from '../../../base/errors.ts';
import { encodeMagnet, magnetOf, type Metainfo } from '../../../codec/metainfo/index.ts';
import { dbErrors } from '../../../db/index.ts';
import { decodeTorrent } from '../../torrent-file/index.ts';
import type { EngineAddOptions } from '../engine-port.ts';
import { type FakeTorrent, smallTorrent, Stage, until } from '../fakes.test.ts';
import type { ManagedTorrent } from '../torrents.ts';

const last = (stage: Stage): FakeTorrent => stage.torrents.at(-1) as FakeTorrent;
const first = (stage: Stage): ManagedTorrent => stage.client.torrents.all()[0] as ManagedTorrent;

async function add(stage: Stage, files: readonly number[] = [100_000]): Promise<ManagedTorrent> {
  const { torrent } = await stage.client.torrents.add({ source: smallTorrent(1, { files }).bytes });
  await stage.clock.pass(0);
  return torrent;
}

/** A move that is under way until `resolve`. */
async function beginMove(stage: Stage, torrent: ManagedTorrent): Promise<{ to: string; resolve: () => void }> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stage.engine.moving = promise;
  const to = join(stage.folder, 'archive');
  await torrent.setSavePath(to, { movesData: true });
  return { to, resolve };
}

const refused = { code: 'CLIENT_PATH_REFUSED' };

describe('another save path', () => {
  test('takes the data along, and is told when it is there', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage);
    const { to, resolve } = await beginMove(stage, torrent);
    await stage.clock.pass(0);
    assert.deepEqual([torrent.view().state, torrent.view().savePath], ['moving', to]);
    await assert.rejects(torrent.setSavePath(stage.folder, { movesData: true }), { code: 'CLIENT_TORRENT_BUSY' });
    await assert.rejects(torrent.rename('test-1', 'other'), { code: 'CLIENT_TORRENT_BUSY' });
    resolve();
    await until(() => torrent.view().state !== 'moving');
    assert.deepEqual([torrent.view().state, torrent.view().contentPath], ['downloading', join(to, 'test-1')]);
    const [moved] = stage.events('torrent.moved');
    assert.deepEqual(moved?.data, { hash: torrent.hash, from: stage.settings.value.downloads, to });
  });

  test('is gone on with after a crash, from where the data was', async () => {
    await using stage = await Stage.open();
    await add(stage);
    stage.engine.moving = new Promise(() => {});
    const to = join(stage.folder, 'archive');
    await first(stage).setSavePath(to, { movesData: true });
    await stage.clock.pass(0);
    stage.kill();
    await stage.start();
    assert.equal(last(stage).options.directory, stage.settings.value.downloads);
    await until(() => stage.eventNames('torrent.moved').length === 1);
    assert.deepEqual(
      last(stage).calls.filter((call) => call.startsWith('move')),
      [`move ${to}`],
    );
    await stage.stop();
    await stage.start();
    assert.deepEqual([last(stage).options.directory, first(stage).view().savePath], [to, to]);
    assert.deepEqual(last(stage).calls, ['resume']);
  });

  test('that cannot be reached leaves the torrent where it is, and that is told', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage);
    last(stage).failures.set('move', Object.assign(new Error('no space'), { code: 'STORAGE_NO_SPACE' }));
    await torrent.setSavePath(join(stage.folder, 'archive'), { movesData: true });
    await until(() => torrent.view().warning !== null);
    const to = join(stage.folder, 'archive');
    const told = { code: 'STORAGE_NO_SPACE', message: `could not be moved to ${to}: no space` };
    assert.deepEqual([torrent.view().warning, torrent.view().moveProblem], [told.message, told]);
    const [failed] = stage.events('torrent.move-failed');
    const { hash } = torrent;
    assert.deepEqual(failed?.data, { hash, name: 'test-1', from: stage.settings.value.downloads, to, ...told });
    await until(() => torrent.view().state === 'downloading');
    assert.ok(torrent.why().findings.some(({ code }) => code === 'move-failed'));
    assert.equal(torrent.view().savePath, stage.settings.value.downloads);
    await stage.stop();
    await stage.start();
    assert.deepEqual([last(stage).calls, first(stage).view().moveProblem], [['resume'], told]);
  });

  test('may have the data already, which is looked for there', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage);
    const to = join(stage.folder, 'archive');
    await torrent.setSavePath(to, { movesData: false });
    assert.equal(last(stage).calls.at(-1), `setDirectory ${to}`);
    stage.kill();
    await stage.start();
    assert.equal(last(stage).options.directory, to);
  });

  test('lies below a root, wherever links lead', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage);
    await symlink('/etc', join(stage.folder, 'way-out'));
    for (const path of [
      '/etc',
      'relative',
      join(stage.folder, '..'),
      join(stage.folder, 'way-out', 'x'),
      '/a\0b',
      '',
    ]) {
      await assert.rejects(torrent.setSavePath(path, { movesData: true }), refused, path);
    }
    assert.equal(torrent.view().savePath, stage.settings.value.downloads);
  });
});

describe('a folder for what is not complete', () => {
  const open = async (): Promise<Stage> => {
    const stage = await Stage.open();
    await stage.settings.set({ incomplete: join(stage.folder, 'incomplete') });
    return stage;
  };

  test('has a download until it is complete', async () => {
    await using stage = await open();
    const torrent = await add(stage);
    const { downloads, incomplete } = stage.settings.value;
    assert.equal(last(stage).options.directory, incomplete);
    assert.deepEqual(
      [torrent.view().savePath, torrent.view().contentPath],
      [downloads, join(incomplete ?? '', 'test-1')],
    );
    last(stage).finish();
    await until(() => stage.eventNames('torrent.moved').length === 1);
    // Whoever waits for the end is not told the folder that it is about to leave.
    const states = stage.events('torrent.state').map(({ data }) => (data as { to: string }).to);
    assert.deepEqual(states.slice(-3), ['downloading', 'moving', 'seeding']);
    assert.equal(last(stage).calls.at(-1), `move ${downloads}`);
    assert.equal(torrent.view().contentPath, join(downloads, 'test-1'));
  });

  test('is tried to leave again when its data could not be moved', async () => {
    await using stage = await open();
    const torrent = await add(stage);
    const { downloads, incomplete } = stage.settings.value;
    last(stage).failures.set('move', Object.assign(new Error('no space'), { code: 'STORAGE_NO_SPACE' }));
    last(stage).finish();
    await until(() => torrent.view().warning !== null && torrent.view().state === 'seeding');
    assert.deepEqual(
      [torrent.view().savePath, torrent.view().contentPath],
      [downloads, join(incomplete ?? '', 'test-1')],
    );
    last(stage).failures.set('move', Object.assign(new Error('no space'), { code: 'STORAGE_NO_SPACE' }));
    await stage.clock.pass(61_000);
    await until(() => torrent.view().state === 'seeding');
    assert.equal(stage.eventNames('torrent.move-failed').length, 1);
    await stage.clock.pass(61_000);
    await until(() => stage.eventNames('torrent.moved').length === 1);
    assert.deepEqual([torrent.view().warning, torrent.view().contentPath], [null, join(downloads, 'test-1')]);
  });

  test('is still told to have been left in vain after a restart, until a further attempt goes well', async () => {
    await using stage = await open();
    const torrent = await add(stage);
    const { downloads } = stage.settings.value;
    const full = Object.assign(new Error('no space'), { code: 'STORAGE_NO_SPACE' });
    const told = { code: 'STORAGE_NO_SPACE', message: `could not be moved to ${downloads}: no space` };
    last(stage).failures.set('move', full);
    last(stage).finish();
    await until(() => torrent.view().moveProblem !== null && torrent.view().state === 'seeding');
    await torrent.stop();
    await stage.stop();
    stage.engine.prepare = (engine) => {
      engine.isComplete = true;
      engine.failures.set('move', full);
    };
    await stage.start();
    assert.deepEqual([first(stage).view().state, first(stage).view().moveProblem], ['stopped', told]);
    await first(stage).start();
    await stage.clock.pass(0);
    await until(() => last(stage).calls.includes(`move ${downloads}`) && first(stage).view().state === 'seeding');
    assert.deepEqual(stage.eventNames('torrent.move-failed'), [], 'told before');
    await stage.clock.pass(61_000);
    await until(() => stage.eventNames('torrent.moved').length === 1);
    await stage.stop();
    await stage.start();
    assert.equal(first(stage).view().moveProblem, null);
  });

  test('is left at the next start when a crash came between the end of the download and the move', async () => {
    await using stage = await open();
    await add(stage);
    stage.kill();
    stage.engine.prepare = (torrent) => {
      torrent.isComplete = true;
    };
    await stage.start();
    await until(() => stage.eventNames('torrent.moved').length === 1);
    assert.equal(last(stage).calls.at(-1), `move ${stage.settings.value.downloads}`);
  });

  test('does not have what lies at its save path already', async () => {
    await using stage = await open();
    await mkdir(stage.settings.value.downloads);
    await writeFile(join(stage.settings.value.downloads, 'test-1'), 'something');
    await add(stage);
    assert.equal(last(stage).options.directory, stage.settings.value.downloads);
  });

  test('keeps a download whose save path changes', async () => {
    await using stage = await open();
    const torrent = await add(stage);
    const to = join(stage.folder, 'archive');
    await torrent.setSavePath(to, { movesData: true });
    assert.deepEqual(last(stage).calls, ['resume']);
    last(stage).finish();
    await until(() => stage.eventNames('torrent.moved').length === 2);
    assert.equal(last(stage).calls.at(-1), `move ${to}`);
  });
});

describe('another name', () => {
  test('of a file or a folder is stored before the disk is touched, and given to the engine again', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage, [1000, 2000]);
    await torrent.rename('test-1/file-0001', 'second');
    await torrent.rename('test-1', 'album');
    const paths = [
      [0, ['album', 'file-0000']],
      [1, ['album', 'second']],
    ];
    assert.equal(last(stage).calls.at(-1), `setPaths ${JSON.stringify(paths)}`);
    assert.equal(torrent.view().contentPath, join(stage.settings.value.downloads, 'album'));
    stage.kill();
    await stage.start();
    assert.deepEqual([...(last(stage).options.paths ?? [])], paths);
    await first(stage).rename('album', 'test-1');
    await first(stage).rename('test-1/second', 'file-0001');
    assert.equal(last(stage).calls.at(-1), 'setPaths []');
  });

  test('that the disk refuses is taken back', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage);
    last(stage).failures.set('setPaths', Object.assign(new Error('no'), { code: 'STORAGE_TARGET_EXISTS' }));
    await assert.rejects(torrent.rename('test-1', 'other'), { code: 'STORAGE_TARGET_EXISTS' });
    stage.kill();
    await stage.start();
    assert.deepEqual([...(last(stage).options.paths ?? [])], []);
  });

  test('that the disk refuses takes nothing back of one that is asked for meanwhile, nor goes in with it', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage, [1000, 2000]);
    last(stage).failures.set('setPaths', Object.assign(new Error('no'), { code: 'STORAGE_TARGET_EXISTS' }));
    const renamings = [torrent.rename('test-1/file-0000', 'first'), torrent.rename('test-1/file-0001', 'second')];
    const results = await Promise.allSettled(renamings);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'fulfilled'],
    );
    const paths = [[1, ['test-1', 'second']]];
    assert.equal(last(stage).calls.at(-1), `setPaths ${JSON.stringify(paths)}`);
    stage.kill();
    await stage.start();
    assert.deepEqual([...(last(stage).options.paths ?? [])], paths);
  });

  test('is one element that every system can have and that is free', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage, [1000, 2000]);
    for (const name of ['', '.', '..', 'a/b', 'a\\b', 'a\0', 'con', 'FILE-0001']) {
      await assert.rejects(torrent.rename('test-1/file-0000', name), { code: 'CLIENT_BAD_NAME' }, name);
    }
    await assert.rejects(torrent.rename('test-1/file-0000', 'FILE-0001'), {
      message: 'the torrent has a test-1/FILE-0001 already',
    });
    await assert.rejects(torrent.rename('test-1/file-0000', 'a\u202eb'), {
      message: /^"a\\u202eb" is not a name that every system can have: it has U\+202E; /,
    });
    await assert.rejects(torrent.rename('test-1/file-0000', 'é'.repeat(128)), {
      message: /it has more than 255 bytes$/,
    });
    for (const path of ['', 'nothing', 'test-1/file', '../test-1']) {
      await assert.rejects(torrent.rename(path, 'new'), { code: 'CLIENT_NO_SUCH_FILE' }, path);
    }
  });
});

test('what was moved while the database was away is where it is, and that is kept when it is back', async (t) => {
  await using stage = await Stage.open();
  const torrent = await add(stage);
  const { to, resolve } = await beginMove(stage, torrent);
  const away = new DstError('DB_UNREACHABLE', { ...dbErrors.DB_UNREACHABLE }, 'away');
  const { mock } = t.mock.method(stage.database.client.torrents, 'save', () => Promise.reject(away));
  resolve();
  await until(() => torrent.view().state !== 'moving');
  assert.deepEqual([torrent.view().moveProblem, torrent.view().contentPath], [null, join(to, 'test-1')]);
  assert.equal(stage.events('torrent.moved').length, 1);
  mock.restore();
  await stage.clock.pass(60_000);
  stage.kill();
  const [row] = (await stage.database.client.torrents.load().next()).value ?? [];
  assert.deepEqual([row?.directory, row?.pending], [to, null]);
});

describe('data that is there', { skip: process.platform === 'win32' }, () => {
  /** Something of a torrent at the save path, under names that not every system could have. */
  async function withData(): Promise<{ stage: Stage; source: Uint8Array; metainfo: Metainfo; link: string }> {
    const source = sampleTorrentFile({ name: 'a: b', files: { 'c?.bin': 10, 'd?.bin': 10 } });
    const metainfo = decodeTorrent(source);
    const stage = await Stage.open();
    await stage.settings.set({ incomplete: join(stage.folder, 'incomplete') });
    const { downloads } = stage.settings.value;
    await mkdir(join(downloads, 'a: b'), { recursive: true });
    await writeFile(join(downloads, 'a: b', 'c?.bin'), '');
    return { stage, source, metainfo, link: encodeMagnet(magnetOf(metainfo)) };
  }

  const names = [
    [0, ['a: b', 'c?.bin']],
    [1, ['a: b', 'd_.bin']],
  ];

  /** What the engine was told, or is answered, of where the files are. */
  function assertFound(stage: Stage, { directory, paths }: Partial<EngineAddOptions>): void {
    assert.equal(directory, stage.settings.value.downloads);
    assert.deepEqual([...(paths ?? [])], names);
  }

  test('keeps the names that it has, though not every system could have them', async () => {
    const { stage, source } = await withData();
    await using _ = stage;
    await stage.client.torrents.add({ source });
    assertFound(stage, last(stage).options);
  });

  test('is found by a magnet link when its metadata arrives, for good', async () => {
    const { stage, metainfo, link } = await withData();
    await using _ = stage;
    await stage.client.torrents.add({ source: link });
    const { options } = last(stage);
    assert.equal(options.directory, stage.settings.value.incomplete);
    assertFound(stage, (await options.locate?.(metainfo)) ?? {});
    stage.kill();
    await stage.start();
    assertFound(stage, last(stage).options);
  });

  test('is found by a magnet link also when the client ends before its files are opened', async () => {
    const { stage, source, metainfo, link } = await withData();
    await using _ = stage;
    stage.engine.files.set(metainfo, source);
    await stage.client.torrents.add({ source: link });
    await stage.clock.pass(0);
    last(stage).metadataArrives(metainfo);
    await until(() => stage.eventNames('torrent.metadata').length === 1);
    stage.kill();
    await stage.start();
    assertFound(stage, last(stage).options);
  });

  test('is found by a magnet link while the database is away', async (t) => {
    const { stage, metainfo, link } = await withData();
    await using _ = stage;
    await stage.client.torrents.add({ source: link });
    const away = new DstError('DB_UNREACHABLE', { ...dbErrors.DB_UNREACHABLE }, 'away');
    const { mock } = t.mock.method(stage.database.client.torrents, 'save', () => Promise.reject(away));
    assertFound(stage, (await last(stage).options.locate?.(metainfo)) ?? {});
    mock.restore();
    await stage.clock.pass(60_000);
    stage.kill();
    await stage.start();
    assertFound(stage, last(stage).options);
  });

  test('is found by a magnet link whose torrent file is added', async () => {
    const { stage, source, link } = await withData();
    await using _ = stage;
    await stage.client.torrents.add({ source: link });
    await stage.client.torrents.add({ source });
    assertFound(stage, last(stage).options);
    assert.equal(last(stage).options.locate, undefined);
  });
});
