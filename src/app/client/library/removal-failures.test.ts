import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf } from '../../../base/errors.ts';
import { type FakeTorrent, smallTorrent, Stage } from '../fakes.test.ts';

test('a removal tells what could not be deleted', async () => {
  await using stage = await Stage.open();
  const { torrent } = await stage.client.torrents.add({ source: smallTorrent(1).bytes });
  stage.engine.removing = Promise.reject(new Error('permission denied'));
  const failures = await stage.client.torrents.remove([torrent], { deleteData: true });
  assert.deepEqual(
    failures.map(({ hash, error }) => [hash, codeOf(error), error.message]),
    [[torrent.hash, 'CLIENT_DATA_STAYS', 'not all data is deleted: permission denied']],
  );
  assert.equal(stage.client.torrents.size, 0);
});

test('a removal tells what stays because another torrent has it too, unless that goes as well', async () => {
  for (const goesToo of [false, true]) {
    await using stage = await Stage.open();
    const { torrents } = stage.client;
    const { torrent } = await torrents.add({ source: smallTorrent(1).bytes });
    const { torrent: other } = await torrents.add({ source: smallTorrent(2).bytes });
    const [leaving] = stage.torrents as [FakeTorrent];
    stage.engine.shared.set(leaving, {
      files: new Set([0, 2]),
      holders: [{ name: 'test-2', infoHashes: other.infoHashes }],
    });
    const failures = await torrents.remove(goesToo ? [torrent, other] : [torrent], { deleteData: true });
    const told = failures.map(({ hash, error }) => [hash, codeOf(error), error.message]);
    const stays = [torrent.hash, 'CLIENT_DATA_SHARED', '2 of its files stay, test-2 has them too'];
    assert.deepEqual(told, goesToo ? [] : [stays]);
  }
});
