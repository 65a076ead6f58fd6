import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { allows, scopes } from '../../access/index.ts';
import { ApiClient, routesOf } from '../fakes.test.ts';

const api = await ApiClient.create();
const routes = await routesOf(api);
/** Where a good answer can have one of several statuses. */
const otherStatuses: Readonly<Record<string, readonly string[]>> = {
  'post /api/v1/torrents': ['201'],
  'get /api/v1/torrents/{hash}/files/{index}/content': ['206', '304'],
  'head /api/v1/torrents/{hash}/files/{index}/content': ['206', '304'],
};
/** Routes that the description leaves out. */
const hidden = [
  { method: 'GET', path: '/openapi.json', scope: 'read' },
  { method: 'GET', path: '/docs', scope: 'read' },
] as const;

describe('each route of the API', () => {
  test('answers nobody without proof of who asks, but for the login', async () => {
    assert.ok(routes.length > 60);
    const open = routes.filter(({ scope }) => scope === null);
    assert.deepEqual(
      open.map(({ method, path }) => `${method} ${path}`),
      ['POST /sessions'],
    );
    for (const { method, path, scope } of [...routes, ...hidden]) {
      if (scope === null) continue;
      for (const headers of [
        {},
        { cookie: `dst_session=${'A'.repeat(43)}` },
        { authorization: `Bearer dst_${'A'.repeat(43)}` },
      ]) {
        const { status, headers: told } = await api.ask(method, path, { token: null, headers });
        assert.equal(status, 401, `${method} ${path}`);
        assert.match(told['www-authenticate'] ?? '', /^Bearer realm="dst"/);
      }
    }
  });

  test('refuses who has less than the scope that the description names, and no one else', async () => {
    for (const held of scopes) {
      const token = await api.tokenFor(held);
      for (const { method, path, scope } of [...routes, ...hidden]) {
        // What it would do is of no interest here.
        if (scope === null || path === '/shutdown' || path === '/events') continue;
        const { status, json } = await api.ask(method, path, { token });
        // Tokens are for persons, whatever their scope.
        if (path.startsWith('/tokens') && method !== 'GET' && held !== 'admin') continue;
        if (allows(held, scope)) assert.ok(status !== 401 && status !== 403, `${method} ${path}: ${status}`);
        else {
          assert.equal(status, 403, `${method} ${path} with ${held}`);
          if (method !== 'HEAD') assert.equal(json.code, 'API_SCOPE_MISSING');
        }
      }
    }
  });

  test('has a summary, a result and a problem in the description', async () => {
    const { json } = await api.ask('GET', '/openapi.json');
    assert.equal(json.openapi, '3.1.0');
    for (const [path, operations] of Object.entries(json.paths as object)) {
      for (const [method, operation] of Object.entries(operations as object)) {
        const at = `${method} ${path}`;
        assert.ok(operation.summary.length > 6, at);
        const [good, ...others] = Object.keys(operation.responses);
        assert.match(good as string, /^20[0124]$/, at);
        assert.deepEqual(others, [...(otherStatuses[at] ?? []), 'default'], at);
      }
    }
  });

  test('is in docs/api.md with its scope, and no other is', async () => {
    const page = await readFile(new URL('../../../../docs/api.md', import.meta.url), 'utf8');
    const documented = [...page.matchAll(/^\| `([A-Z]+) (\S+)` \| `(\w+)` \|/gm)].map((match) =>
      match.slice(1).join(' '),
    );
    const { json } = await api.ask('GET', '/openapi.json');
    type Operations = Record<string, { security: { token: [string] }[] }>;
    const described = Object.entries(json.paths as Record<string, Operations>).flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([method]) => method !== 'head')
        .map(
          ([method, { security }]) =>
            `${method.toUpperCase()} ${path.replace('/api/v1', '')} ${security[0]?.token[0] ?? 'anyone'}`,
        ),
    );
    assert.deepEqual(documented.toSorted(), described.toSorted());
  });
});

test('every reference in the description leads to a schema', async () => {
  const { text, json } = await api.ask('GET', '/openapi.json');
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1] as string);
  assert.ok(references.length > 20);
  assert.deepEqual(new Set(references), new Set(Object.keys(json.components.schemas as object)));
});

test('the page of the description runs no script and asks for nothing', async () => {
  const { text, headers } = await api.ask('GET', '/docs');
  assert.match(headers['content-type'] ?? '', /^text\/html/);
  assert.match(
    headers['content-security-policy'] ?? '',
    /^default-src 'none'; style-src 'sha256-[\w+/=]+'; frame-ancestors 'none'$/,
  );
  assert.doesNotMatch(text, /<script|\son\w+=|src=|@import|url\(/);
  for (const { path } of routes.filter((route) => !/[{]|ab{2}/.test(route.path)).slice(0, 5)) {
    assert.ok(text.includes(`/api/v1${path.replace('ab'.repeat(20), '{hash}')}`), path);
  }
});

test('what leads nowhere is told only to who may look', async () => {
  assert.equal((await api.ask('GET', '/nothing', { token: null })).status, 401);
  const { status, json } = await api.ask('GET', '/nothing');
  assert.deepEqual([status, json.code], [404, 'API_NOT_FOUND']);
  const other = await api.ask('PUT', '/torrents', { body: {} });
  assert.deepEqual([other.status, other.headers['allow']], [405, 'GET, HEAD, POST']);
});

test('a stream of events has no head', async () => {
  assert.equal((await api.ask('HEAD', '/events')).status, 405);
  assert.equal((await api.ask('HEAD', '/stats')).status, 200);
});
