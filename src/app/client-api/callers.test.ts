/** A body may take its time; meanwhile its sender may have lost what the head has shown. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { ApiClient } from './fakes.test.ts';
import { qbittorrent } from './qbittorrent/index.ts';
import { transmissionRpc } from './transmission/index.ts';

const noFetch = { fetchTorrent: () => Promise.reject(new Error('not here')) };
const mounts = [transmissionRpc({ ...noFetch, webFolder: () => null }), qbittorrent(noFetch)];
const FORM = 'application/x-www-form-urlencoded';
const BOUNDARY = '--x\r\ncontent-disposition: form-data; name="category"\r\n\r\nnew\r\n--x--\r\n';

/** What a change is answered whose token is revoked, or not, when half of the body is there. */
async function ask(url: string, type: string, body: string, isRevoked: boolean): Promise<number> {
  const api = await ApiClient.create({ mounts });
  const { token, stored } = await api.access.addToken({ name: 'x', scope: 'admin', owner: null, expiresAt: null });
  const headers = { host: 'localhost:8470', authorization: `Bearer ${token}`, 'content-type': type };
  const known = await api.app.inject({ method: 'POST', url, headers });
  async function* halves(): AsyncGenerator<string> {
    yield body.slice(0, 10);
    if (isRevoked) await api.access.revokeToken(stored.hash);
    yield body.slice(10);
  }
  const session = String(known.headers['x-transmission-session-id'] ?? '');
  const answer = await api.app.inject({
    method: 'POST',
    url,
    headers: { ...headers, 'x-transmission-session-id': session },
    payload: Readable.from(halves()),
  });
  return answer.statusCode;
}

describe('whose token is revoked while the body is on its way changes nothing', () => {
  for (const [url, type, body, done, refused] of [
    ['/api/v1/users', 'application/json', '{"name":"max","role":"admin","password":"long enough"}', 201, 401],
    ['/transmission/rpc', 'application/json', '{"method":"session-set","arguments":{}}', 200, 401],
    ['/api/v2/torrents/createCategory', FORM, 'category=new', 200, 403],
    ['/api/v2/torrents/createCategory', 'multipart/form-data; boundary=x', BOUNDARY, 200, 403],
  ] as const) {
    test(`at ${url} with ${type.split(';')[0]}`, async () => {
      assert.equal(await ask(url, type, body, false), done);
      assert.equal(await ask(url, type, body, true), refused);
    });
  }
});
