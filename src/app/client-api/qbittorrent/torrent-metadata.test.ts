import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleTorrentFile } from '../../../../test/support/fake-client.ts';
import { Stage } from './stage.test.ts';

/** A form of files. */
async function form(files: Readonly<Record<string, Uint8Array>>): Promise<{ body: Uint8Array; type: string }> {
  const parts = new FormData();
  for (const [name, bytes] of Object.entries(files)) parts.append('file', new Blob([new Uint8Array(bytes)]), name);
  const request = new Request('http://localhost/', { method: 'POST', body: parts });
  return { body: new Uint8Array(await request.arrayBuffer()), type: String(request.headers.get('content-type')) };
}

test('torrent files that are sent are told of in their order, and nothing is added', async () => {
  const stage = await Stage.open();
  const { body, type } = await form({
    'a.torrent': sampleTorrentFile({ name: 'show', files: { 'one.mkv': 200_000, 'two.mkv': 100_000 } }),
    'b.torrent': sampleTorrentFile({ name: 'film' }),
  });
  const { json } = await stage.post('torrents/parseMetadata', {}, { body, headers: { 'content-type': type } });
  const [show, film] = json;
  assert.deepEqual(show.info.files, [
    { path: 'show/one.mkv', length: 200_000 },
    { path: 'show/two.mkv', length: 100_000 },
  ]);
  assert.deepEqual([show.info.length, show.info.name, show.info.private], [300_000, 'show', false]);
  assert.deepEqual(
    film.info.files.map(({ path }: { path: string }) => path),
    ['film'],
  );
  assert.equal(stage.client.torrents.size, 0);
  const broken = await form({ 'c.torrent': new Uint8Array([1, 2, 3]) });
  const refused = await stage.post(
    'torrents/parseMetadata',
    {},
    { body: broken.body, headers: { 'content-type': broken.type } },
  );
  assert.equal(refused.status, 415);
  await stage.refuses('torrents/parseMetadata', {}, 400);
});

test('metadata is fetched from the web and of torrents that are here, and saved as a file', async () => {
  const stage = await Stage.open();
  const torrent = stage.torrent('here');
  for (const [source, name] of [
    ['http://192.0.2.1/x.torrent', 'fetched'],
    [torrent.hash, 'here'],
    [torrent.magnetLink(), 'here'],
  ] as const) {
    const { status, json } = await stage.post('torrents/fetchMetadata', { source });
    assert.deepEqual([status, json.info.name], [200, name]);
    const saved = await stage.get('torrents/saveMetadata', { source });
    assert.equal(saved.headers['content-disposition']?.includes(`${name}.torrent`), true);
  }
  const unknown = `magnet:?xt=urn:btih:${'ab'.repeat(20)}`;
  for (const source of [unknown, 'http://192.0.2.1/broken'])
    await stage.refuses('torrents/fetchMetadata', { source }, 409);
  await stage.refuses('torrents/fetchMetadata', { source: '/etc/passwd' }, 400);
  assert.equal(stage.client.torrents.size, 1);
});
