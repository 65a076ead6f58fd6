/** Which changes of state are told after a start. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DstError } from '../../../base/errors.ts';
import { type FakeTorrent, smallTorrent, Stage } from '../fakes.test.ts';
import type { ManagedTorrent, NewTorrent } from '../torrents.ts';

async function add(stage: Stage, seed: number, more: Partial<NewTorrent> = {}): Promise<ManagedTorrent> {
  const { torrent } = await stage.client.torrents.add({ source: smallTorrent(seed).bytes, ...more });
  await stage.clock.pass(0);
  return torrent;
}

/** Starts again after a kill, with torrents that have nothing unless `prepare` says otherwise. */
async function restart(stage: Stage, prepare: (torrent: FakeTorrent) => void = () => {}): Promise<void> {
  stage.kill();
  stage.engine.prepare = prepare;
  await stage.start();
  await stage.clock.pass(1_000);
}

const told = (stage: Stage): [from: string, to: string][] =>
  stage.events('torrent.state').map(({ data }) => {
    const { from, to } = data as { from: string; to: string };
    return [from, to];
  });

describe('after a start', () => {
  test('nothing is told of torrents that do what they did before', async () => {
    await using stage = await Stage.open();
    await add(stage, 1);
    stage.torrents[0]?.finish();
    await add(stage, 2);
    await add(stage, 3, { isStopped: true });
    await add(stage, 4, { source: `magnet:?xt=urn:btih:${'ab'.repeat(20)}` });
    await restart(stage, (torrent) => {
      torrent.isComplete = torrent.metainfo?.info.name === 'test-1';
    });
    const states = stage.client.torrents.all().map((torrent) => torrent.view().state);
    assert.deepEqual(states, ['seeding', 'downloading', 'stopped', 'fetching-metadata']);
    assert.deepEqual(told(stage), []);
  });

  test('nothing is told of torrents that wait in the queue, until it is their turn', async () => {
    await using stage = await Stage.open();
    await stage.settings.set({ 'queue.downloads': 1, 'queue.slowRate': 0 });
    const [first] = [await add(stage, 1), await add(stage, 2)];
    await restart(stage);
    assert.deepEqual(told(stage), []);
    await stage.client.torrents.find(first.hash)?.stop();
    await stage.clock.pass(1_000);
    assert.deepEqual(told(stage), [
      ['downloading', 'stopped'],
      ['queued', 'downloading'],
    ]);
  });

  test('it is told when data is gone', async () => {
    await using stage = await Stage.open();
    await add(stage, 1);
    stage.torrents[0]?.finish();
    await restart(stage);
    assert.deepEqual(told(stage), [['seeding', 'downloading']]);
  });

  test('it is told when a torrent fails', async () => {
    await using stage = await Stage.open();
    const error = new DstError('STORAGE_MISSING', { category: 'storage', help: '' }, 'no drive');
    const { hash } = await add(stage, 1);
    await restart(stage, (torrent) => {
      torrent.resume = async () => torrent.become({ kind: 'failed', error });
    });
    assert.deepEqual(told(stage), [['downloading', 'failed']]);
    assert.deepEqual(
      stage.events('torrent.failed').map(({ data }) => data),
      [{ hash, name: 'test-1', code: 'STORAGE_MISSING', message: 'no drive' }],
    );
  });

  test('it is told when data is hashed', async () => {
    await using stage = await Stage.open();
    await add(stage, 1);
    await restart(stage, (torrent) => {
      torrent.resume = async () => {
        torrent.become({ kind: 'checking', done: 0, total: 0 });
        torrent.become({ kind: 'checking', done: 0, total: 7 });
        torrent.become({ kind: 'downloading' });
      };
    });
    assert.deepEqual(told(stage), [
      ['downloading', 'checking'],
      ['checking', 'downloading'],
    ]);
  });
});
