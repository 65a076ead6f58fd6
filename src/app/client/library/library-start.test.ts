/** What a start makes of what an earlier run has left. */
import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type FakeTorrent, smallTorrent, Stage, until } from '../fakes.test.ts';
import type { ManagedTorrent, NewTorrent } from '../torrents.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const keptFiles = async (stage: Stage): Promise<string[]> => (await readdir(stage.kept)).toSorted();
const last = (stage: Stage): FakeTorrent => stage.torrents.at(-1) as FakeTorrent;

async function add(stage: Stage, seed = 1, more: Partial<NewTorrent> = {}): Promise<ManagedTorrent> {
  const { torrent } = await stage.client.torrents.add({ source: smallTorrent(seed).bytes, ...more });
  await stage.clock.pass(0);
  return torrent;
}

describe('a start', () => {
  test('gives the engine all torrents as they were', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage, 1, { settings: { uploadLimit: 5, isFirstLast: true } });
    await torrent.setPriorities(new Map([[0, 7]]));
    await torrent.setTrackers([['udp://t.example:1']]);
    await stage.stop();
    await stage.start();
    const { options, source } = last(stage);
    assert.deepEqual([options.uploadLimit, options.isFirstLast, [...(options.priorities ?? [])]], [5, true, [[0, 7]]]);
    assert.deepEqual((source as { trackers: unknown }).trackers, [['udp://t.example:1']]);
    const [again] = stage.client.torrents.all();
    assert.deepEqual([again?.id, again?.view().settings.uploadLimit], [torrent.id, 5]);
  });

  test('has those run from the beginning whose turn it is, and no other even for a moment', async () => {
    await using stage = await Stage.open();
    await stage.settings.set({ 'queue.downloads': 1, 'queue.seeds': 1, 'queue.slowRate': 0 });
    await add(stage, 1);
    last(stage).finish();
    await add(stage, 2);
    last(stage).finish();
    await add(stage, 3);
    await add(stage, 4);
    await add(stage, 5, { isFirst: true });
    await add(stage, 6, { isStopped: true });
    await stage.clock.pass(1_000);
    await stage.stop();
    stage.engine.prepare = (torrent) => {
      torrent.isComplete = ['test-1', 'test-2'].includes(torrent.metainfo?.info.name ?? '');
    };
    await stage.start();
    await stage.clock.pass(20_000);
    const wereStarted = (isPaused: boolean): (string | undefined)[] =>
      stage.torrents
        .filter(({ options, calls }) => options.isPaused === isPaused && calls.includes('resume'))
        .map(({ metainfo }) => metainfo?.info.name);
    assert.deepEqual([wereStarted(false).toSorted(), wereStarted(true)], [['test-1', 'test-5'], []]);
  });

  test('drops torrent files without a torrent, and those half-written', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage, 1);
    await stage.stop();
    const orphan = `${'ab'.repeat(20)}.torrent`;
    await writeFile(join(stage.kept, orphan), 'x');
    await writeFile(join(stage.kept, `.${orphan}.0011.part`), 'x');
    await writeFile(join(stage.kept, 'note.txt'), 'mine');
    await stage.start();
    assert.deepEqual(await keptFiles(stage), [`${torrent.hash}.torrent`, 'note.txt'].toSorted());
  });

  test('a lost or damaged torrent file fails its torrent alone, and adding it again mends that', async () => {
    await using stage = await Stage.open();
    const [a, b] = [await add(stage, 1), await add(stage, 2)];
    await add(stage, 3);
    await a.change({ labels: ['kept'] });
    await stage.stop();
    await rm(join(stage.kept, `${a.hash}.torrent`));
    await writeFile(join(stage.kept, `${b.hash}.torrent`), 'no torrent');
    await stage.start();
    const { torrents } = stage.client;
    const shown = torrents.all().map((torrent) => [torrent.view().state, torrent.view().problem?.code]);
    const lost = ['failed', 'CLIENT_METAINFO_LOST'];
    assert.deepEqual(shown, [lost, lost, ['downloading', undefined]]);
    const { torrent, isDuplicate } = await torrents.add({ source: smallTorrent(1).bytes });
    await stage.clock.pass(0);
    assert.deepEqual([torrent.id, isDuplicate, torrent.view().state], [a.id, true, 'downloading']);
    assert.deepEqual(torrent.view().settings.labels, ['kept']);
  });

  test('of what is complete the hashes stay in the torrent file, and it is said when that is gone', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage, 1);
    last(stage).finish();
    await until(() => stage.eventNames('torrent.completed').length === 1);
    await stage.stop();
    await stage.start();
    const { metainfo } = last(stage);
    collect();
    assert.deepEqual(metainfo?.info.pieces, smallTorrent(1).metainfo.info.pieces);
    await rm(join(stage.kept, `${torrent.hash}.torrent`));
    collect();
    assert.throws(() => metainfo?.info.pieces, { code: 'CLIENT_METAINFO_LOST' });
  });

  test('counters go on where they were', async () => {
    await using stage = await Stage.open();
    await add(stage, 1);
    last(stage).figures = { downloaded: 1000, uploaded: 500, uploadRate: 10 };
    await stage.clock.pass(30_000);
    await stage.stop();
    await stage.start();
    const view = (): ReturnType<ManagedTorrent['view']> => (stage.client.torrents.all()[0] as ManagedTorrent).view();
    assert.deepEqual([view().downloaded, view().uploaded, view().ratio], [1000, 500, 0.5]);
    assert.deepEqual([view().secondsDownloading, view().secondsSeeding], [30, 0]);
    last(stage).figures = { uploaded: 250 };
    last(stage).finish();
    await stage.clock.pass(5_000);
    assert.deepEqual([view().uploaded, view().uploadedInRun, view().secondsSeeding], [750, 250, 5]);
    assert.deepEqual([view().secondsDownloading], [30]);
  });
});
