import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sampleTorrentFile } from '../../../../test/support/fake-client.ts';
import type { Caller } from '../../access/index.ts';
import { type Answer, ApiClient } from '../fakes.test.ts';
import { RepeatedRequests } from './repeated-requests.ts';

const magnet = 'ab'.repeat(20);
const post = (api: ApiClient, key: string, body: object, token = api.token): Promise<Answer> =>
  api.ask('POST', '/webhooks', {
    body: { url: 'https://hooks.example/x', events: ['*'], secret: 's'.repeat(32), ...body },
    token,
    headers: { 'idempotency-key': key },
  });

describe('a request with an Idempotency-Key', () => {
  test('is done once, and answered again', async () => {
    const api = await ApiClient.create();
    const first = await post(api, 'k', {});
    const second = await post(api, 'k', {});
    assert.deepEqual([second.status, second.json], [201, first.json]);
    assert.equal(second.headers['idempotent-replayed'], 'true');
    assert.equal(first.headers['idempotent-replayed'], undefined);
    assert.equal(api.client.webhooks.all().length, 1);
    assert.notDeepEqual((await post(api, 'other', {})).json, first.json);
  });

  test('is answered again with its status and place', async () => {
    const api = await ApiClient.create();
    const asked = { body: { magnet }, headers: { 'idempotency-key': 'k' } };
    const [first, second] = [await api.ask('POST', '/torrents', asked), await api.ask('POST', '/torrents', asked)];
    assert.deepEqual([second.status, second.headers['location']], [201, `/api/v1/torrents/${magnet}`]);
    assert.deepEqual(second.json, first.json);
    const stop = { headers: { 'idempotency-key': 'k' } };
    for (let i = 0; i < 2; i++) {
      const { status, text } = await api.ask('POST', `/torrents/${magnet}/actions/stop`, stop);
      assert.deepEqual([status, text], [204, '']);
    }
  });

  test('is refused when it is another one', async () => {
    const api = await ApiClient.create();
    await post(api, 'k', {});
    const { status, json } = await post(api, 'k', { events: ['torrent.*'] });
    assert.deepEqual([status, json.code], [422, 'API_KEY_REUSED']);
  });

  test('is refused when only its priorities or paths of files are other ones', async () => {
    const api = await ApiClient.create();
    const torrent = Buffer.from(sampleTorrentFile({ name: 'x' })).toString('base64');
    const add = (body: object): Promise<Answer> =>
      api.ask('POST', '/torrents', { body: { torrent, ...body }, headers: { 'idempotency-key': 'k' } });
    const first = { priorities: { 0: 1 }, paths: { 0: 'a' } };
    assert.equal((await add(first)).status, 201);
    assert.equal((await add({ ...first, priorities: { 0: 7 } })).json.code, 'API_KEY_REUSED');
    assert.equal((await add({ ...first, paths: { 0: 'b' } })).json.code, 'API_KEY_REUSED');
    assert.equal((await add(first)).status, 201);
  });

  test('is that of its caller and its path', async () => {
    const api = await ApiClient.create();
    await post(api, 'k', {});
    const token = await api.tokenFor('admin');
    assert.equal((await post(api, 'k', { events: ['torrent.*'] }, token)).status, 201);
    const elsewhere = await api.ask('POST', '/labels', {
      body: { labels: ['x'] },
      headers: { 'idempotency-key': 'k' },
    });
    assert.equal(elsewhere.status, 201);
  });

  test('is not that of another token of the same name, nor of the socket', async () => {
    const api = await ApiClient.create();
    const [first, second] = [await api.tokenFor('admin'), await api.tokenFor('admin')];
    const answers = [
      await post(api, 'k', {}, first),
      await post(api, 'k', {}, second),
      await post(api, 'k', {}, first),
    ];
    assert.deepEqual(
      answers.map(({ json, headers }) => [json.id, headers['idempotent-replayed']]),
      [
        [1, undefined],
        [2, undefined],
        [1, 'true'],
      ],
    );
  });

  test('is never answered again with a secret', async () => {
    const api = await ApiClient.create();
    const asked = { body: { name: 'x', scope: 'read' }, headers: { 'idempotency-key': 'k' } };
    const [first, second] = [await api.ask('POST', '/tokens', asked), await api.ask('POST', '/tokens', asked)];
    assert.deepEqual([second.status, second.headers['idempotent-replayed']], [201, undefined]);
    assert.notEqual(second.json.token, first.json.token);
  });

  test('is answered again to nobody who may not ask it', async () => {
    const api = await ApiClient.create();
    const token = await api.tokenFor('admin');
    await post(api, 'k', {}, token);
    const stored = api.access.tokens().find(({ name }) => name === 'admin');
    await api.access.revokeToken(stored?.hash as Uint8Array);
    assert.equal((await post(api, 'k', {}, token)).status, 401);
  });

  test('that failed is done again', async () => {
    const api = await ApiClient.create();
    const { addLabels } = api.client.categories;
    api.client.categories.addLabels = () => Promise.reject(new Error('x'));
    const asked = { body: { labels: ['x'] }, headers: { 'idempotency-key': 'k' } };
    assert.equal((await api.ask('POST', '/labels', asked)).status, 500);
    api.client.categories.addLabels = addLabels;
    assert.equal((await api.ask('POST', '/labels', asked)).status, 201);
  });

  test('comes while the first one is under way', async () => {
    const api = await ApiClient.create();
    const waiting = Promise.withResolvers<void>();
    api.client.categories.addLabels = () => waiting.promise;
    const asked = { body: { labels: ['x'] }, headers: { 'idempotency-key': 'k' } };
    const first = api.ask('POST', '/labels', asked);
    const second = await api.ask('POST', '/labels', asked);
    assert.deepEqual([second.status, second.json.code], [409, 'API_CONFLICT']);
    waiting.resolve();
    assert.equal((await first).status, 201);
  });

  test('is forgotten after a day, or when a thousand others came', async () => {
    const api = await ApiClient.create();
    await post(api, 'k', {});
    api.clock.advance(24 * 3_600_000);
    assert.equal((await post(api, 'k', { events: ['torrent.*'] })).status, 201);
    for (let i = 0; i < 1001; i++) {
      const asked = { body: { labels: ['x'] }, headers: { 'idempotency-key': `k${i}` } };
      await api.ask('POST', '/labels', asked);
    }
    assert.equal((await post(api, 'k', { events: ['settings.*'] })).status, 201);
  });

  test('counts for what is kept only while it is kept', async () => {
    const repeated = new RepeatedRequests({ now: () => 0 });
    const caller: Caller = { kind: 'socket', name: '', user: null, scope: 'admin', csrf: null, isValid: () => true };
    const ask = (key: string, handle: () => Promise<string>): Promise<{ isRepeated: boolean }> => {
      const told: string[] = [];
      const request = { headers: { 'idempotency-key': key }, url: '/', body: {} } as unknown as FastifyRequest;
      const reply = {
        statusCode: 201,
        getHeader: () => undefined,
        code: () => reply,
        header: (name: string) => told.push(name),
      };
      const answer = repeated.answer(request, reply as unknown as FastifyReply, caller, handle);
      return answer.then(() => ({ isRepeated: told.includes('idempotent-replayed') }));
    };
    const slow = Promise.withResolvers<string>();
    const first = ask('slow', () => slow.promise);
    for (let i = 0; i <= 1000; i++) await ask(`k${i}`, async () => 'x');
    slow.resolve('x'.repeat(5 * 1024 * 1024));
    await first;
    assert.deepEqual(await ask('k1000', async () => 'x'), { isRepeated: true });
    await ask('next', async () => 'x');
    assert.deepEqual(await ask('next', async () => 'x'), { isRepeated: true });
  });

  test('has a key of visible characters', async () => {
    const api = await ApiClient.create();
    for (const key of ['', ' ', 'x'.repeat(256), 'é']) assert.equal((await post(api, key, {})).status, 400, key);
  });
});
