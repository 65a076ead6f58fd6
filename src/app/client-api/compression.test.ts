import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type Answer, ApiClient } from './fakes.test.ts';
import { qbittorrent } from './qbittorrent/index.ts';
import { transmissionRpc } from './transmission/index.ts';

const fetchTorrent = (): Promise<never> => Promise.reject(new Error('not here'));
const mounts = [qbittorrent({ fetchTorrent }), transmissionRpc({ fetchTorrent, webFolder: () => null })];

async function withTorrents(count: number): Promise<ApiClient> {
  const api = await ApiClient.create({ mounts });
  for (let i = 0; i < count; i++) api.client.torrents.addSample({ name: `t${i}` });
  return api;
}

const ask = (api: ApiClient, path: string, accepted: string, method = 'GET'): Promise<Answer> =>
  api.askPath(method, path, { headers: { 'accept-encoding': accepted } });

const isPacked = ({ headers }: Answer): boolean => headers['content-encoding'] === 'gzip';

test('long answers are gzip for those who ask for it, in every dialect and however they are sent', async () => {
  for (const count of [20, 250]) {
    const api = await withTorrents(count);
    const rpc = { method: 'torrent-get', arguments: { fields: ['id', 'name', 'magnetLink'] } };
    const { headers: first } = await api.askPath('POST', '/transmission/rpc', { body: {} });
    const session = { 'x-transmission-session-id': String(first['x-transmission-session-id']) };
    const body = { body: rpc };
    for (const get of [
      (headers: Record<string, string>) => api.ask('GET', '/torrents', { headers }),
      (headers: Record<string, string>) => api.ask('GET', '/torrents?fields=hash,name,addedAt', { headers }),
      (headers: Record<string, string>) => api.askPath('GET', '/api/v2/torrents/info', { headers }),
      (headers: Record<string, string>) => api.askPath('GET', '/api/v2/sync/maindata', { headers }),
      (headers: Record<string, string>) =>
        api.askPath('POST', '/transmission/rpc', { ...body, headers: { ...headers, ...session } }),
    ]) {
      const plain = await get({});
      assert.deepEqual([plain.status, isPacked(plain), plain.headers['vary']], [200, false, 'Accept-Encoding']);
      const packed = await get({ 'accept-encoding': 'deflate, gzip;q=0.5' });
      assert.deepEqual([packed.status, isPacked(packed), packed.headers['vary']], [200, true, 'Accept-Encoding']);
      assert.ok(packed.bytes.length < plain.bytes.length / 2);
      assert.equal(gunzipSync(packed.bytes).length, plain.bytes.length);
    }
  }
});

test('gzip is what is asked for by name', async () => {
  const api = await withTorrents(20);
  const packs = async (accepted: string): Promise<boolean> => isPacked(await ask(api, '/api/v1/torrents', accepted));
  for (const accepted of ['gzip', 'x-gzip', 'br, GZIP ; q=1.0', 'gzip;q=0.001']) {
    assert.equal(await packs(accepted), true, accepted);
  }
  for (const accepted of ['', '*', 'br', 'gzip;q=0', 'gzip; q=0.000, br', 'notgzip']) {
    assert.equal(await packs(accepted), false, accepted);
  }
});

test('what is short, a file, and the answer to HEAD stay as they are', async () => {
  const api = await withTorrents(250);
  const [torrent] = api.client.torrents.all();
  for (const path of ['/api/v2/app/version', `/api/v1/torrents/${torrent?.hash}/metainfo`]) {
    assert.equal(isPacked(await ask(api, path, 'gzip')), false, path);
  }
  assert.equal(isPacked(await ask(api, '/api/v1/torrents', 'gzip', 'HEAD')), false);
});
