import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiClient } from './fakes.test.ts';
import { bodyLimitOf, bodyLimits, busyAnswer } from './request-limits.ts';
import { routesOf } from './v1/routes.test.ts';

const API = '/api/v1/tracker';
const authorization = `Bearer dst_${'a'.repeat(43)}`;
const withToken = { authorization };

const filled = (path: string): string => path.replace('{infoHash}', 'ab'.repeat(20)).replace('{id}', '1');

describe('the limits of a body', () => {
  test('are those of the routes, and a byte more is refused by them too', async () => {
    const client = await ApiClient.create();
    const routes = (await routesOf(client)).filter(({ method }) => ['POST', 'PUT', 'PATCH'].includes(method));
    assert.ok(routes.length > 5);
    for (const { method, path } of routes) {
      const target = filled(path);
      const { most } = bodyLimitOf({ method, url: API + target, headers: withToken });
      const isFile = method === 'POST' && path === '/torrents';
      const headers = isFile ? { 'content-type': 'application/x-bittorrent' } : {};
      const isTooLong = async (length: number): Promise<boolean> =>
        (await client.ask(method, target, { headers, body: ' '.repeat(length) })).status === 413;
      assert.deepEqual([await isTooLong(most), await isTooLong(most + 1)], [false, true], `${method} ${path}`);
    }
  });

  test('have room for all that the description allows, in any spelling', async () => {
    const client = await ApiClient.create();
    const name = String.raw`\u00e9`.repeat(500);
    const change = `{"infoHash":"%","name":"${name}","isRegistered":false,"isDenied":false,"aliasOf":null}`;
    const changes = Array.from({ length: 1000 }, (_, i) => change.replace('%', i.toString(16).padStart(64, '0')));
    const body = `{"changes":[${changes.join()}]}`;
    const { most } = bodyLimitOf({ method: 'PATCH', url: `${API}/torrents`, headers: withToken });
    assert.ok(body.length <= most);
    assert.equal((await client.ask('PATCH', '/torrents', { body })).status, 204);
  });

  test('are small for who shows no token, who is told so as a problem', () => {
    for (const headers of [{}, { authorization: 'Bearer x' }, { authorization: `Basic ${authorization}` }]) {
      const { most, refusal } = bodyLimitOf({ method: 'POST', url: `${API}/torrents`, headers });
      assert.equal(most, bodyLimits.open);
      assert.equal(refusal.status, 401);
      assert.equal(refusal.headers['www-authenticate'], 'Bearer realm="tracker"');
      assert.equal((JSON.parse(refusal.body) as { code: string }).code, 'API_TOKEN_MISSING');
    }
  });

  test('are small outside the administration, with a token too', () => {
    for (const url of [
      '/scrape',
      '/',
      '/api/v1/openapi.json',
      '/x/api/v1/tracker/torrents',
      '/%61pi/v1/tracker/bans',
    ]) {
      assert.equal(bodyLimitOf({ method: 'POST', url, headers: withToken }).most, bodyLimits.open);
    }
  });

  test('are large for a torrent file only by POST at its place', () => {
    const mostOf = (method: string, url: string): number => bodyLimitOf({ method, url, headers: withToken }).most;
    assert.equal(mostOf('POST', `${API}/torrents?x=1`), bodyLimits.torrentFile);
    assert.equal(mostOf('PUT', `${API}/torrents`), bodyLimits.json);
    assert.equal(mostOf('POST', `${API}/torrents/x`), bodyLimits.json);
  });

  test('are told as a problem below /api/, and in words elsewhere', () => {
    const problems = [
      bodyLimitOf({ method: 'PUT', url: `${API}/bans`, headers: withToken }).refusal,
      bodyLimitOf({ method: 'PUT', url: '/api/x', headers: {} }).refusal,
      busyAnswer({ url: `${API}/bans`, headers: {} }),
    ];
    const told = problems.map(({ status, headers, body }) => {
      assert.match(headers['content-type'] ?? '', /^application\/problem\+json/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      const problem = JSON.parse(body) as { code: string; status: number };
      assert.equal(problem.status, status);
      return [status, problem.code, headers['retry-after']];
    });
    assert.deepEqual(told, [
      [413, 'API_TOO_LARGE', undefined],
      [413, 'API_TOO_LARGE', undefined],
      [503, 'API_BUSY', '5'],
    ]);
    for (const { headers } of [bodyLimitOf({ url: '/scrape', headers: {} }).refusal, busyAnswer({ headers: {} })]) {
      assert.match(headers['content-type'] ?? '', /^text\/plain/);
    }
  });
});
