import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf } from '../../../base/errors.ts';
import { smallTorrent, Stage } from '../fakes.test.ts';

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
