import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { fakeContent, type FakeTorrent } from '../../../../test/support/fake-client.ts';
import { until } from '../../../../test/support/until.ts';
import { silentLogger } from '../../../base/logger.ts';
import { systemRandom } from '../../../base/random.ts';
import { ApiClient } from '../fakes.test.ts';
import { clientApp } from '../server.ts';

const SIZE = 100_000;

async function withFilm(): Promise<{ api: ApiClient; torrent: FakeTorrent; path: string }> {
  const api = await ApiClient.create();
  const torrent = api.client.torrents.addSample({
    name: 'film',
    files: { 'a.mkv': SIZE, 'page.html': 500, 'empty.mp4': 0 },
  });
  return { api, torrent, path: `/torrents/${torrent.hash}/files/0/content` };
}

describe('a file', () => {
  test('comes whole, as what it is', async () => {
    const { api, path, torrent } = await withFilm();
    const { status, headers, bytes } = await api.ask('GET', path);
    assert.equal(status, 200);
    assert.deepEqual(bytes, fakeContent(0, 0, SIZE));
    assert.equal(headers['content-type'], 'video/x-matroska');
    assert.equal(headers['content-length'], String(SIZE));
    assert.equal(headers['accept-ranges'], 'bytes');
    assert.equal(headers['etag'], `"${torrent.hash}-0-${SIZE}"`);
    assert.equal(headers['content-disposition'], `inline; filename="a.mkv"; filename*=UTF-8''a.mkv`);
    assert.match(headers['content-security-policy'] ?? '', /^default-src 'none'.*; sandbox allow-same-origin$/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
  });

  test('that a browser would run is to be saved, and so is any on demand', async () => {
    const { api, torrent, path } = await withFilm();
    const page = await api.ask('GET', `/torrents/${torrent.hash}/files/1/content`);
    assert.equal(page.headers['content-type'], 'application/octet-stream');
    assert.match(page.headers['content-disposition'] ?? '', /^attachment/);
    assert.match((await api.ask('GET', `${path}?download=true`)).headers['content-disposition'] ?? '', /^attachment/);
  });

  test('tells its length to HEAD, and is not read for it', async () => {
    const { api, torrent, path } = await withFilm();
    const { status, headers, bytes } = await api.ask('HEAD', path, { headers: { range: 'bytes=0-9' } });
    assert.deepEqual([status, headers['content-length'], bytes.length], [200, String(SIZE), 0]);
    assert.equal(torrent.reading.bytes, 0);
  });

  test('comes in a range', async () => {
    const { api, torrent, path } = await withFilm();
    const { status, headers, bytes } = await api.ask('GET', path, { headers: { range: 'bytes=70000-70099' } });
    assert.deepEqual(
      [status, headers['content-range'], headers['content-length']],
      [206, `bytes 70000-70099/${SIZE}`, '100'],
    );
    assert.deepEqual(bytes, fakeContent(0, 70_000, 70_100));
    assert.equal(torrent.reading.bytes, 100);
  });

  test('comes in several ranges as parts, whose lengths are as announced', async () => {
    const { api, path } = await withFilm();
    const { status, headers, bytes } = await api.ask('GET', path, { headers: { range: 'bytes=0-9,50000-50019,-5' } });
    assert.equal(status, 206);
    const boundary = /^multipart\/byteranges; boundary=(\w+)$/.exec(headers['content-type'] ?? '')?.[1] as string;
    assert.equal(headers['content-length'], String(bytes.length));
    const text = Buffer.from(bytes).toString('latin1');
    const parts = text.split(`\r\n--${boundary}`).slice(1, -1);
    const read = parts.map((part) => {
      const [head, body] = [part.slice(0, part.indexOf('\r\n\r\n')), part.slice(part.indexOf('\r\n\r\n') + 4)];
      assert.match(head, /\r\nContent-Type: video\/x-matroska\r\n/);
      return [/bytes (\S+)/.exec(head)?.[1], new Uint8Array(Buffer.from(body, 'latin1'))];
    });
    assert.deepEqual(read, [
      [`0-9/${SIZE}`, fakeContent(0, 0, 10)],
      [`50000-50019/${SIZE}`, fakeContent(0, 50_000, 50_020)],
      [`99995-99999/${SIZE}`, fakeContent(0, 99_995, SIZE)],
    ]);
    assert.ok(text.endsWith(`\r\n--${boundary}--\r\n`));
  });

  test('says how long it is to who wants what it has not', async () => {
    const { api, torrent, path } = await withFilm();
    for (const range of [`bytes=${SIZE}-`, `bytes=${Array<string>(1000).fill('0-').join()}`, 'bytes=-0']) {
      const { status, headers, json } = await api.ask('GET', path, { headers: { range } });
      assert.deepEqual([status, headers['content-range'], json.code], [416, `bytes */${SIZE}`, 'API_RANGE']);
    }
    const empty = await api.ask('GET', `/torrents/${torrent.hash}/files/2/content`);
    assert.deepEqual([empty.status, empty.bytes.length], [200, 0]);
  });

  test('comes whole to who wants a range of another one, or no range at all', async () => {
    const { api, torrent, path } = await withFilm();
    const tag = `"${torrent.hash}-0-${SIZE}"`;
    const statusWith = async (headers: Record<string, string>): Promise<number> =>
      (await api.ask('GET', path, { headers })).status;
    const range = 'bytes=0-9';
    assert.equal(await statusWith({ range, 'if-range': tag }), 206);
    assert.equal(await statusWith({ range, 'if-range': '"other"' }), 200);
    assert.equal(await statusWith({ range, 'if-range': `W/${tag}` }), 200);
    assert.equal(await statusWith({ range, 'if-range': 'Wed, 21 Oct 2026 07:28:00 GMT' }), 200);
    assert.equal(await statusWith({ range: 'lines=1-2' }), 200);
    assert.equal(await statusWith({ 'if-none-match': `"x", W/${tag}` }), 304);
    assert.equal(await statusWith({ 'if-none-match': '"x"' }), 200);
    assert.equal(await statusWith({ 'if-match': '"x"' }), 412);
    assert.equal(await statusWith({ 'if-match': '*' }), 200);
  });

  test('of a torrent that does not run comes when it is complete', async () => {
    const { api, torrent, path } = await withFilm();
    await torrent.stop();
    const { status, json } = await api.ask('GET', path);
    assert.deepEqual([status, json.code], [409, 'API_CONFLICT']);
    torrent.setProgress(1);
    torrent.set({ state: 'stopped' });
    assert.equal((await api.ask('GET', path)).status, 200);
  });

  test('that there is not is told to be none', async () => {
    const { api, torrent } = await withFilm();
    for (const index of ['3', '999999']) {
      assert.equal((await api.ask('GET', `/torrents/${torrent.hash}/files/${index}/content`)).status, 404);
    }
    for (const index of ['-1', '1.5', 'x', '__proto__', '..%2f..%2fetc', '9'.repeat(30)]) {
      assert.equal((await api.ask('GET', `/torrents/${torrent.hash}/files/${index}/content`)).status, 400, index);
    }
  });
});

/** The API behind a real port, and a request to it. */
interface Served extends AsyncDisposable {
  get(path: string, token?: string): Promise<IncomingMessage>;
}

async function served(api: ApiClient, isLocal = true): Promise<Served> {
  const { client, access, clock } = api;
  const { app, handler } = clientApp(
    { client, access, clock, logger: silentLogger, random: systemRandom, hostNames: () => [] },
    () => isLocal,
  );
  await app.ready();
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    get: async (path, token) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const request = get({ port, host: '127.0.0.1', path: `/api/v1${path}`, headers });
      return ((await once(request, 'response')) as [IncomingMessage])[0];
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await app.close();
    },
  };
}

describe('a file that is still downloading', () => {
  test('comes as far as it is there, and goes on when more is', async () => {
    const { api, torrent, path } = await withFilm();
    torrent.holdsAt = 40_000;
    await using server = await served(api);
    const response = await server.get(path);
    const got: Buffer[] = [];
    response.on('data', (part: Buffer) => got.push(part));
    await until(() => Buffer.concat(got).length === 40_000);
    assert.equal(response.complete, false);
    torrent.release();
    await once(response, 'end');
    assert.deepEqual(new Uint8Array(Buffer.concat(got)), fakeContent(0, 0, SIZE));
    await until(() => torrent.reading.open === 0);
  });

  test('is not read any more when its reader has gone, even while it waits', async () => {
    const { api, torrent, path } = await withFilm();
    torrent.holdsAt = 40_000;
    await using server = await served(api);
    const response = await server.get(path);
    response.on('data', () => {});
    response.on('error', () => {});
    await until(() => torrent.reading.bytes === 40_000);
    assert.equal(torrent.reading.open, 1);
    response.destroy();
    await until(() => torrent.reading.open === 0);
    assert.equal(torrent.reading.bytes, 40_000);
  });

  test('is read no faster than its reader takes it', async () => {
    const { api } = await withFilm();
    const torrent = api.client.torrents.addSample({
      name: 'long',
      files: { 'a.mkv': 200_000_000 },
      pieceLength: 4_194_304,
    });
    await using server = await served(api);
    const response = await server.get(`/torrents/${torrent.hash}/files/0/content`);
    response.pause();
    let before = -1;
    // Until the buffers on the way are full, and nothing moves any more.
    for (let quiet = 0; quiet < 50; quiet = torrent.reading.bytes === before ? quiet + 1 : 0) {
      before = torrent.reading.bytes;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    assert.ok(torrent.reading.bytes < 50_000_000, `${torrent.reading.bytes} bytes were read`);
    response.destroy();
    await until(() => torrent.reading.open === 0);
  });

  test('ends with a closed connection when its torrent is removed', async () => {
    const { api, torrent, path } = await withFilm();
    const { open } = torrent;
    torrent.open = (file) => ({
      ...open.call(torrent, file),
      read: async function* () {
        yield new Uint8Array(1000);
        throw new Error('removed');
      },
    });
    await using server = await served(api);
    const response = await server.get(path);
    response.resume();
    const [error] = (await once(response, 'error')) as [Error & { code?: string }];
    assert.equal(error.code, 'ECONNRESET');
  });

  test('ends with a closed connection when the token of its reader is revoked', async () => {
    const { api, torrent, path } = await withFilm();
    torrent.holdsAt = 40_000;
    await using server = await served(api, false);
    const response = await server.get(path, api.token);
    response.resume();
    await until(() => torrent.reading.bytes === 40_000);
    for (const { hash } of api.access.tokens()) await api.access.revokeToken(hash);
    const ended = once(response, 'end');
    torrent.release();
    await assert.rejects(ended, { code: 'ECONNRESET' });
    await until(() => torrent.reading.open === 0);
  });

  test('has at most 64 readers at a time, and 32 of one caller', async () => {
    const { api, torrent, path } = await withFilm();
    torrent.holdsAt = 0;
    await using server = await served(api, false);
    const [first, other, third] = [api.token, await api.tokenFor('read', 'ada'), await api.tokenFor('read', 'oscar')];
    const readers = await Promise.all(Array.from({ length: 32 }, () => server.get(path, first)));
    const more = await server.get(path, first);
    assert.equal(more.statusCode, 503);
    more.resume();
    readers.push(...(await Promise.all(Array.from({ length: 32 }, () => server.get(path, other)))));
    for (const reader of readers) reader.on('error', () => {});
    const refused = await server.get(path, third);
    assert.deepEqual([refused.statusCode, refused.headers['retry-after']], [503, '5']);
    refused.resume();
    readers[0]?.destroy();
    await until(() => torrent.reading.open === 63);
    const taken = await server.get(path, third);
    assert.equal(taken.statusCode, 200);
    for (const reader of [...readers, taken]) reader.destroy();
  });
});

describe('a playlist', () => {
  test('has links to films and music that are good without a token, for a day', async () => {
    const { api, torrent } = await withFilm();
    const { text, headers } = await api.ask('GET', `/torrents/${torrent.hash}/playlist.m3u8`);
    assert.match(headers['content-type'] ?? '', /^audio\/x-mpegurl/);
    const [head, info, link, ...rest] = text.split('\n') as [string, string, string, ...string[]];
    assert.deepEqual([head, info, rest[0]], ['#EXTM3U', '#EXTINF:-1,a.mkv', '#EXTINF:-1,empty.mp4']);
    const { pathname, search, host } = new URL(link);
    assert.equal(host, 'localhost:8470');
    const answer = await api.askPath('GET', pathname + search, { token: null, headers: { range: 'bytes=0-9' } });
    assert.equal(answer.status, 206);
    assert.equal((await api.askPath('HEAD', pathname + search, { token: null })).status, 200);
    api.clock.advance(24 * 3_600_000);
    assert.equal((await api.askPath('GET', pathname + search, { token: null })).status, 401);
  });

  test('has tickets that are good for nothing else', async () => {
    const { api, torrent } = await withFilm();
    const { text } = await api.ask('GET', '/playlist.m3u8');
    const ticket = /ticket=(\S+)/.exec(text)?.[1];
    for (const path of [
      '/torrents',
      `/torrents/${torrent.hash}/files/1/content`,
      `/torrents/${torrent.hash}/files`,
      '/stats',
    ]) {
      assert.equal((await api.ask('GET', `${path}?ticket=${ticket}`, { token: null })).status, 401, path);
    }
  });

  test('has one line for a title, whatever the file is called', async () => {
    const api = await ApiClient.create();
    const torrent = api.client.torrents.addSample({ name: 'x', files: { 'a.mkv': 5 } });
    Object.assign(torrent.files()[0] as object, { path: 'x/evil\r\n#EXTINF:-1,\nhttp://evil.example/a\u202e.mkv' });
    const { text } = await api.ask('GET', '/playlist.m3u8');
    assert.deepEqual(text.trim().split('\n').length, 3);
  });
});
