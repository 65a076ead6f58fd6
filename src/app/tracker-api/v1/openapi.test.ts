import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { ApiClient } from '../fakes.test.ts';
import { scopes } from './auth.ts';
import { routesOf } from './routes.test.ts';

const client = await ApiClient.create();

test('the API describes itself as OpenAPI 3.1 to everybody', async () => {
  const { status, json, headers } = await client.askPath('GET', '/api/v1/openapi.json', { token: null });
  assert.equal(status, 200);
  assert.match(headers['content-type'] ?? '', /^application\/json/);
  assert.equal(json.openapi, '3.1.0');
  assert.equal(json.components.securitySchemes.token.scheme, 'bearer');
});

test('every operation has a summary, a result, a problem and one scope', async () => {
  const { json } = await client.askPath('GET', '/api/v1/openapi.json');
  for (const [path, operations] of Object.entries(json.paths as object)) {
    for (const [method, operation] of Object.entries(operations as object)) {
      const at = `${method} ${path}`;
      assert.ok(operation.summary.length > 10, at);
      const [good, ...others] = Object.keys(operation.responses);
      assert.match(good as string, /^20[014]$/, at);
      assert.deepEqual(others, ['default'], at);
      assert.ok(operation.responses.default.content['application/problem+json'], at);
      assert.equal(operation.security.length, 1, at);
      assert.ok(scopes.includes(operation.security[0].token[0]), at);
    }
  }
});

test('every reference in the description leads to a schema', async () => {
  const { text, json } = await client.askPath('GET', '/api/v1/openapi.json');
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1] as string);
  assert.ok(references.length > 20);
  const { schemas } = json.components;
  assert.deepEqual(new Set(references), new Set(Object.keys(schemas as object)));
});

test('docs/rest-api.md lists the routes of the description with their scopes, and no others', async () => {
  const page = await readFile(new URL('../../../../docs/rest-api.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `([A-Z]+) (\S+)` \| `([\w:]+)` \|/gm)].map((match) =>
    match.slice(1).join(' '),
  );
  const described = (await routesOf(client)).map(({ method, path, scope }) => `${method} ${path} ${scope}`);
  assert.deepEqual(documented.toSorted(), described.toSorted());
});
