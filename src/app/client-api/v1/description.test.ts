/** What the description promises to a program that was made from it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as z from 'zod';
import { sampleTorrentFile } from '../../../../test/support/fake-client.ts';
import { type Answer, ApiClient } from '../fakes.test.ts';

const api = await ApiClient.create();
const files = { 'a.mkv': 100_000, 'sub/b.txt': 5 };
const { hash } = api.client.torrents.addSample({ name: 'film', files });
await api.ask('PUT', '/categories/films', { body: {} });
const document = (await api.ask('GET', '/openapi.json')).json as Document;

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: object };
}

const described = (method: string, path: string): Operation =>
  document.paths[`/api/v1${path}`]?.[method.toLowerCase()] as Operation;

/** What the description says of an answer with this status; null when that may be a problem alone. */
function contentOf({ responses }: Operation, { status }: Pick<Answer, 'status'>): Content | null {
  const answer = responses[status];
  return answer === undefined ? null : (answer.content ?? {});
}

/** The schema as something that a value can be held against. */
function schemaOf(schema: object): z.ZodType {
  const text = JSON.stringify({ ...schema, $defs: document.components.schemas });
  return z.fromJSONSchema(
    JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')) as z.core.JSONSchema.JSONSchema,
  );
}

describe('the description', () => {
  test('has a schema for each JSON that a GET answers with, and the answer fits it', async () => {
    let fitting = 0;
    for (const [path, operations] of Object.entries(document.paths)) {
      const { get } = operations;
      if (get === undefined || path === '/api/v1/events' || /\{(id|index)\}/.test(path)) continue;
      const query = /free-space|fs$/.test(path) ? '?path=/srv/downloads' : '';
      const answer = await api.askPath('GET', path.replace('{hash}', hash) + query);
      if (answer.status !== 200) continue;
      const type = (answer.headers['content-type'] ?? '').split(';', 1)[0] as string;
      const content = contentOf(get, answer)?.[type];
      assert.ok(content !== undefined, `${path}: ${type}`);
      if (type !== 'application/json') continue;
      assert.deepEqual(schemaOf(content.schema).safeParse(answer.json).error, undefined, path);
      fitting++;
    }
    assert.ok(fitting > 18, String(fitting));
  });

  test('says that a torrent that was there before is answered as a new one is', async () => {
    const body = { torrent: Buffer.from(sampleTorrentFile({ name: 'film', files })).toString('base64') };
    const again = await api.ask('POST', '/torrents', { body });
    assert.equal(again.status, 200);
    const schema = contentOf(described('POST', '/torrents'), again)?.['application/json']?.schema as object;
    assert.equal(schemaOf(schema).safeParse(again.json).error, undefined);
  });

  test('says that files come as any type, in parts, or not when they are known', async () => {
    const path = `/torrents/${hash}/files/0/content`;
    const operation = described('GET', '/torrents/{hash}/files/{index}/content');
    const parts = await api.ask('GET', path, { headers: { range: 'bytes=0-9' } });
    assert.deepEqual([parts.status, Object.keys(contentOf(operation, parts) ?? {})], [206, ['*/*']]);
    const known = await api.ask('GET', path, { headers: { 'if-none-match': '*' } });
    assert.deepEqual([known.status, contentOf(operation, known)], [304, {}]);
  });

  test('names the fields that stand in the address beside a torrent file, which is bytes and not JSON', async () => {
    const { parameters, requestBody } = described('POST', '/torrents');
    const names = parameters.map(({ name }) => name);
    for (const name of ['savePath', 'isStopped', 'category', 'labels']) assert.ok(names.includes(name), name);
    assert.ok(!names.includes('torrent') && !names.includes('propertyNames'));
    assert.equal(requestBody.content['application/x-bittorrent']?.schema.type, undefined);
    assert.equal(requestBody.content['application/json']?.schema.type, 'object');
  });

  test('names the fields of a form, whose values are texts', async () => {
    const { properties = {} } = described('POST', '/torrents').requestBody.content['multipart/form-data']?.schema ?? {};
    const fields = ['torrent', 'magnet', 'savePath', 'category', 'labels'];
    assert.deepEqual(
      fields.filter((name) => !(name in properties)),
      [],
    );
    assert.equal(properties['select']?.type, 'string');
  });

  test('names headers that count', () => {
    for (const [method, path, header] of [
      ['POST', '/torrents', 'idempotency-key'],
      ['GET', '/events', 'last-event-id'],
      ['GET', '/torrents/{hash}/files/{index}/content', 'range'],
    ] as const) {
      const place = described(method, path).parameters.find(({ name }) => name === header)?.in;
      assert.equal(place, 'header', header);
    }
  });

  test('says where the body may be left out', async () => {
    for (const [path, status] of [
      ['/torrents/{hash}/actions/stop', 204],
      ['/torrents/{hash}/actions/rename', 400],
      ['/torrents/{hash}/actions/start', 204],
      ['/torrents/actions/stop', 400],
    ] as const) {
      assert.equal(described('POST', path).requestBody.required, status === 400, path);
      assert.equal((await api.ask('POST', path.replace('{hash}', hash))).status, status, path);
    }
  });
});

test('whole numbers in addresses are digits and nothing else', async () => {
  for (const text of ['1e0', '0x1', '%201', '', '+1', '-1', '1.0', '9'.repeat(17)]) {
    for (const path of [
      `/torrents?offset=${text}`,
      `/torrents?limit=${text}`,
      `/torrents?since=${text}`,
      `/events?after=${text}`,
      `/torrents/${hash}/files/${text || '%20'}/content`,
    ]) {
      const { status, json } = await api.ask('GET', path);
      assert.deepEqual([status, json.code], [400, 'API_INVALID'], path);
    }
  }
  assert.equal((await api.ask('GET', '/torrents?offset=01&limit=5')).json.total, 1);
});

test('torrents have no order by what went wrong with a move', async () => {
  assert.equal((await api.ask('GET', '/torrents?sort=moveProblem')).status, 400);
});
