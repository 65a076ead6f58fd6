/** Words of strangers (in torrents, from trackers and peers) through each API: no browser takes them for a page. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scriptPayloads } from '../../../test/support/script-payloads.ts';
import { type Answer, ApiClient } from './fakes.test.ts';
import { qbittorrent } from './qbittorrent/index.ts';
import { transmissionRpc } from './transmission/index.ts';

const fetchTorrent = (): Promise<never> => Promise.reject(new Error('nothing is fetched here'));
const api = await ApiClient.create({
  mounts: [qbittorrent({ fetchTorrent }), transmissionRpc({ fetchTorrent, webFolder: () => null })],
});
const line = '"><script>alert(1)</script>';
const words = `\n\ndata: x${line}`;
const url = `http://t.example/${words}`;
const torrent = api.client.torrents.addSample();
await torrent.setName(words);
await torrent.change({ labels: [line], category: line });
await api.client.categories.put({ name: line, savePath: '' });
await torrent.setTrackers([[url]]);
torrent.set({
  comment: words,
  creator: words,
  state: 'failed',
  problem: { code: 'STORAGE_IO', message: words, healsItself: false },
});
Object.assign(torrent.files()[0] as object, { path: words });
Object.assign(torrent.peers()[0] as object, { client: words });
Object.assign(torrent.trackers()[0] as object, { message: words, state: 'failed' });
api.client.events.emit('tracker.failed', { hash: torrent.hash, url, message: words });

const sessionId = (await api.askPath('POST', '/transmission/rpc', { body: {} })).headers['x-transmission-session-id'];

const rpc = (body: object): Promise<Answer> =>
  api.askPath('POST', '/transmission/rpc', { body, headers: { 'x-transmission-session-id': sessionId as string } });

/** An answer that has the words as often as wanted, each in a JSON text of its own, and that no browser takes for a page. */
function assertJson({ status, text, headers, json }: Answer, times: number): void {
  assert.equal(status, 200);
  assert.match(headers['content-type'] ?? '', /^application\/json/);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.match(headers['content-security-policy'] ?? '', /^default-src 'none'/);
  const found: string[] = [];
  JSON.stringify(json, (key, value: unknown) => {
    found.push(...[key, value].filter((one): one is string => typeof one === 'string' && one.includes(line)));
    return value;
  });
  assert.ok(found.length >= times, `${found.length} times: ${text}`);
}

describe('words of strangers', () => {
  const { hash } = torrent;
  for (const [path, times] of [
    ['/api/v1/torrents', 7],
    [`/api/v1/torrents/${hash}`, 7],
    [`/api/v1/torrents/${hash}/files`, 1],
    [`/api/v1/torrents/${hash}/peers`, 1],
    [`/api/v1/torrents/${hash}/trackers`, 2],
    ['/api/v2/torrents/info', 5],
    [`/api/v2/torrents/properties?hash=${hash}`, 2],
    [`/api/v2/torrents/files?hash=${hash}`, 1],
    [`/api/v2/torrents/trackers?hash=${hash}`, 2],
    ['/api/v2/torrents/categories', 2],
    ['/api/v2/torrents/tags', 1],
    ['/api/v2/sync/maindata', 7],
    [`/api/v2/sync/torrentPeers?hash=${hash}`, 1],
    ['/api/v2/log/main', 1],
  ] as const) {
    test(`come out of ${path.replace(hash, '…')} as JSON`, async () => {
      assertJson(await api.askPath('GET', path, { headers: { accept: 'text/html' } }), times);
    });
  }

  const fields = ['name', 'comment', 'creator', 'labels', 'errorString', 'files', 'peers', 'trackers', 'trackerStats'];

  test('come out of Transmission’s RPC as JSON in either dialect', async () => {
    const ids = [hash];
    assertJson(await rpc({ method: 'torrent-get', arguments: { fields: [...fields, 'trackerList'], ids } }), 10);
    const named = [
      'comment',
      'creator',
      'error_string',
      'files',
      'labels',
      'name',
      'peers',
      'tracker_stats',
      'trackers',
    ];
    assertJson(await rpc({ jsonrpc: '2.0', id: 1, method: 'torrent_get', params: { fields: named, ids } }), 10);
    assertJson(await rpc({ method: words, tag: 1 }), 0);
    assertJson(await rpc({ jsonrpc: '2.0', id: words, method: 'x' }), 1);
  });

  test('of the caller come back as a plain text or a problem, if at all', async () => {
    for (const payload of scriptPayloads) {
      const said = encodeURIComponent(payload);
      for (const path of [
        `/api/v1/torrents?filter=${said}`,
        `/api/v2/torrents/properties?hash=${said}`,
        `/api/v2/torrents/info?filter=${said}&sort=${said}`,
        `/api/v2/${said}`,
        `/transmission/web/${said}`,
        `/transmission/${said}`,
      ]) {
        const { headers } = await api.askPath('GET', path, { headers: { accept: 'text/html' } });
        assert.match(headers['content-type'] ?? 'text/plain', /^(text\/plain|application\/(problem\+)?json)/, path);
        assert.equal(headers['x-content-type-options'], 'nosniff');
        assert.match(headers['content-security-policy'] ?? '', /^default-src 'none'/);
      }
    }
  });

  test('in an event neither end it nor make another one, and are no page', async () => {
    const response = await api.app.inject({
      method: 'GET',
      url: '/api/v1/events?after=0',
      headers: { host: 'localhost', authorization: `Bearer ${api.token}`, accept: 'text/html' },
      payloadAsStream: true,
    });
    assert.match(String(response.headers['content-type']), /^text\/event-stream/);
    assert.equal(response.headers['x-content-type-options'], 'nosniff');
    assert.match(String(response.headers['content-security-policy']), /^default-src 'none'/);
    const { last } = api.client.events;
    let text = '';
    for await (const part of response.stream()) {
      text += String(part);
      if (text.includes(`id: ${last}\n`) && text.endsWith('\n\n')) break;
    }
    const events = text.split('\n\n').filter((event) => event.startsWith('id: '));
    assert.equal(events.length, last);
    const [, , data = ''] = (events.at(-1) as string).split('\n');
    assert.equal((JSON.parse(data.replace('data: ', '')) as { message: string }).message, words);
    assert.doesNotMatch(text, /^data: x/m);
  });
});
