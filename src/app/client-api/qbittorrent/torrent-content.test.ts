import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stage } from './stage.test.ts';

test('a file that is complete is given by its number or its path', async () => {
  const stage = await Stage.open();
  const torrent = stage.torrent('film');
  const { hash } = torrent;
  assert.equal((await stage.get('torrents/downloadFile', { hash, file: 0 })).status, 409);
  torrent.setProgress(1);
  const size = torrent.files()[0]?.size;
  for (const file of ['0', 'film']) {
    const { status, headers, bytes } = await stage.get('torrents/downloadFile', { hash, file });
    assert.deepEqual([status, bytes.length], [200, size]);
    assert.match(String(headers['content-disposition']), /^attachment;.*film/);
  }
  const head = await stage.api.askPath('HEAD', `/api/v2/torrents/downloadFile?hash=${hash}&file=0`);
  assert.deepEqual([head.status, head.headers['content-length']], [200, String(size)]);
  assert.equal((await stage.get('torrents/downloadFile', { hash, file: '7' })).status, 404);
});

test('how many peers have each piece is told', async () => {
  const stage = await Stage.open();
  const torrent = stage.torrent();
  const counts: number[] = await stage.read('torrents/pieceAvailability', { hash: torrent.hash });
  assert.deepEqual(counts, Array.from(torrent.pieces()?.availability ?? []));
  assert.equal(counts.length, torrent.view().pieceCount);
});
