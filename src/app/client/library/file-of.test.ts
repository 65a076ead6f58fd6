import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallTorrent, Stage } from '../fakes.test.ts';

test('numbers of files are those of files: a pad and what is not there are refused', async () => {
  await using stage = await Stage.open();
  const { torrents } = stage.client;
  const source = smallTorrent(1, { files: [100_000, 100_000], version: 'hybrid' }).bytes;
  for (const file of [1, 3]) {
    const isRefused = { code: 'CLIENT_NO_SUCH_FILE', message: new RegExp(`no file ${file}`) };
    await assert.rejects(torrents.add({ source, select: [0, file] }), isRefused);
    await assert.rejects(torrents.add({ source, priorities: new Map([[file, 7]]) }), isRefused);
  }
  assert.equal(torrents.size, 0);
  await torrents.add({ source, select: [0, 2], priorities: new Map([[2, 7]]) });
  assert.deepEqual(stage.torrents.at(-1)?.options.select, [0, 2]);
});
