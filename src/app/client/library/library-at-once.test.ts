/** What is done to one torrent at the same time, and what a database that is away for a while leaves behind. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { toHex } from '../../../base/bytes.ts';
import { DstError } from '../../../base/errors.ts';
import { dbErrors } from '../../../db/index.ts';
import { type FakeTorrent, smallTorrent, Stage, until } from '../fakes.test.ts';
import type { ManagedTorrent } from '../torrents.ts';

const away = new DstError('DB_UNREACHABLE', { ...dbErrors.DB_UNREACHABLE }, 'away');
const last = (stage: Stage): FakeTorrent => stage.torrents.at(-1) as FakeTorrent;

async function add(stage: Stage, seed = 1): Promise<ManagedTorrent> {
  const { torrent } = await stage.client.torrents.add({ source: smallTorrent(seed).bytes });
  await stage.clock.pass(0);
  return torrent;
}

describe('a torrent that is removed', () => {
  test('while it is checked is no error', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage);
    const check = Promise.withResolvers<void>();
    last(stage).recheck = () => check.promise;
    await torrent.verify();
    await stage.clock.pass(0);
    await stage.client.torrents.remove([torrent]);
    check.reject(new DstError('ENGINE_CLOSED', { category: 'usage', help: '' }, 'the torrent was closed'));
    await stage.clock.pass(0);
    assert.deepEqual(
      stage.log.lines.filter((line) => line.startsWith('error')),
      [],
    );
  });

  test('while it is being added leaves nothing in the engine', async () => {
    await using stage = await Stage.open();
    const adding = Promise.withResolvers<void>();
    stage.engine.adding = adding.promise;
    const added = stage.client.torrents.add({ source: smallTorrent(1).bytes });
    await until(() => stage.client.torrents.size === 1);
    const removed = stage.client.torrents.remove(stage.client.torrents.all(), { deleteData: true });
    await stage.clock.pass(0);
    adding.resolve();
    await added;
    await removed;
    assert.deepEqual([stage.torrents, await readdir(stage.kept)], [[], []]);
  });

  test('while its torrent file is being written leaves none', async () => {
    await using stage = await Stage.open();
    const { metainfo, bytes } = smallTorrent(1);
    stage.engine.files.set(metainfo, bytes);
    const source = toHex(metainfo.infoHashes.v1 as Uint8Array);
    const { torrent } = await stage.client.torrents.add({ source });
    await stage.clock.pass(0);
    last(stage).metadataArrives(metainfo);
    await until(() => readdirSync(stage.kept).length > 0);
    await stage.client.torrents.remove([torrent]);
    await stage.client.close();
    assert.deepEqual(await readdir(stage.kept), []);
  });

  test('while the database is away may be added again when it is back', async (t) => {
    await using stage = await Stage.open();
    const torrent = await add(stage);
    const deletion = t.mock.method(stage.database.client.torrents, 'delete', () => Promise.reject(away));
    await stage.client.torrents.remove([torrent], { deleteData: true });
    deletion.mock.restore();
    const again = await stage.client.torrents.add({ source: smallTorrent(1).bytes });
    assert.equal(again.isDuplicate, false);
    stage.kill();
    await stage.start();
    assert.equal(stage.client.torrents.size, 1);
  });
});

test('a torrent that the database does not take leaves no torrent file', async (t) => {
  await using stage = await Stage.open();
  const insertion = t.mock.method(stage.database.client.torrents, 'insert', () => Promise.reject(away));
  await assert.rejects(add(stage), { code: 'DB_UNREACHABLE' });
  assert.deepEqual(await readdir(stage.kept), []);
  insertion.mock.restore();
  await add(stage);
  assert.equal(stage.client.torrents.size, 1);
});

test('of two who move a torrent the second is told that it is being moved, also before that is stored', async (t) => {
  await using stage = await Stage.open();
  const torrent = await add(stage);
  const storing = Promise.withResolvers<void>();
  t.mock.method(stage.database.client.torrents, 'save', () => storing.promise);
  const to = join(stage.folder, 'first');
  const moved = torrent.setSavePath(to, { movesData: true });
  await until(() => torrent.view().state === 'moving');
  const second = torrent.setSavePath(stage.folder, { movesData: true });
  await assert.rejects(second, { code: 'CLIENT_TORRENT_BUSY' });
  storing.resolve();
  await moved;
  await until(() => torrent.view().state !== 'moving');
  assert.deepEqual([last(stage).directory, torrent.view().savePath], [to, to]);
});

test('a priority that is set while others are being set stays', async () => {
  await using stage = await Stage.open();
  const { torrent } = await stage.client.torrents.add({ source: smallTorrent(1, { files: [1000, 1000] }).bytes });
  const both = torrent.setPriorities(
    new Map([
      [0, 4],
      [1, 4],
    ]),
  );
  await Promise.all([both, torrent.setPriorities(new Map([[1, 0]]))]);
  const set = last(stage).calls.filter((call) => call.startsWith('setPriority 1'));
  assert.equal(set.at(-1), 'setPriority 1 0');
});

test('an order of the queue that the database does not take is taken back', async (t) => {
  await using stage = await Stage.open();
  const torrents = [await add(stage, 1), await add(stage, 2), await add(stage, 3)];
  t.mock.method(stage.database.client.torrents, 'save', () => Promise.reject(away));
  await assert.rejects(stage.client.torrents.moveInQueue(torrents.slice(0, 1), 'bottom'), away);
  assert.deepEqual(stage.client.torrents.all(), torrents);
});

test('a check that is asked for twice is done once, and not broken off', async () => {
  await using stage = await Stage.open();
  const torrent = await add(stage);
  await torrent.stop();
  await stage.clock.pass(0);
  const before = last(stage).calls.length;
  await torrent.verify();
  await stage.clock.pass(0);
  const [{ checked }] = [last(stage)];
  await torrent.verify();
  await stage.clock.pass(0);
  checked();
  await stage.clock.pass(0);
  assert.deepEqual([torrent.view().state, last(stage).calls.slice(before)], ['stopped', ['recheck']]);
});
