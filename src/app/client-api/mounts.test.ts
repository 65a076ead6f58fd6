import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PASSWORD } from '../../../test/support/memory-access.ts';
import { silentLogger } from '../../base/logger.ts';
import { allows } from '../access/index.ts';
import type { ApiMount } from './context.ts';
import { ApiClient } from './fakes.test.ts';

/** An API with a dialect of its own: Basic, errors in words, forms. */
const dialect: ApiMount = {
  prefix: '/other',
  add(app, { client, access, isLocal }) {
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
      done(null, new URLSearchParams(body as string));
    });
    app.setErrorHandler((_error, _request, reply) => reply.code(418).type('text/plain').send('no'));
    app.route({
      method: 'POST',
      url: '/do',
      handler: async (request) => {
        const [, pair = ''] = (request.headers.authorization ?? '').split(' ');
        const [name = '', password = ''] = Buffer.from(pair, 'base64').toString().split(':');
        const caller = isLocal(request) ? access.bySocket() : await access.byPassword(name, password, request.ip);
        const what = (request.body as URLSearchParams).get('what');
        return { size: client.torrents.size, who: caller.name, may: allows(caller.scope, 'control'), what };
      },
    });
  },
};

describe('another API', () => {
  const asked = (
    name: string,
    password = PASSWORD,
  ): { token: null; headers: Record<string, string>; body: string } => ({
    token: null,
    headers: {
      authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'what=x',
  });

  test('has its own way to ask who asks, its own bodies and its own errors', async () => {
    const api = await ApiClient.create({ mounts: [dialect] });
    const { status, json } = await api.askPath('POST', '/other/do', asked('vera'));
    assert.deepEqual([status, json], [200, { size: 0, who: 'vera', may: false, what: 'x' }]);
    const refused = await api.askPath('POST', '/other/do', asked('vera', 'a wrong password'));
    assert.deepEqual([refused.status, refused.text], [418, 'no']);
    const local = await ApiClient.create({ mounts: [dialect], isLocal: true });
    assert.equal((await local.askPath('POST', '/other/do', asked(''))).json.who, 'socket');
  });

  test('changes nothing for the API beside it', async () => {
    const api = await ApiClient.create({ mounts: [dialect] });
    const { status, json } = await api.ask('POST', '/labels', { ...asked('ada'), token: api.token });
    assert.deepEqual([status, json.code], [401, 'API_TOKEN_INVALID']);
  });

  test('is behind the same guards and has the same headers', async () => {
    const api = await ApiClient.create({ mounts: [dialect] });
    for (const headers of [
      { host: 'evil.example' },
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const { headers: own, ...rest } = asked('ada');
      const answer = await api.askPath('POST', '/other/do', { ...rest, headers: { ...own, ...headers } });
      assert.equal(answer.status, 418, JSON.stringify(headers));
    }
    const { headers } = await api.askPath('POST', '/other/do', asked('ada'));
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['x-frame-options'], 'DENY');
  });
});

describe('health', () => {
  test('says to who may look what is wrong', async () => {
    const api = await ApiClient.create();
    const token = await api.tokenFor('read');
    assert.equal((await api.askPath('GET', '/health', { token })).json.status, 'ok');
    api.client.checks = { disk: 'the disk is full', loop: null };
    const { json } = await api.askPath('GET', '/health', { token });
    assert.deepEqual(
      [json.status, json.checks],
      ['degraded', { disk: { status: 'degraded', detail: 'the disk is full' }, loop: { status: 'ok' } }],
    );
  });

  test('is one thing, to be ready another, to be alive a third', async () => {
    let database: string | null = null;
    const api = await ApiClient.create({ readiness: async () => ({ database, peers: null }) });
    const statuses = async (): Promise<number[]> => {
      const answers = ['/health', '/health/ready', '/health/live'].map((path) => api.askPath('GET', path));
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    api.client.checks = { disk: 'the disk is full' };
    assert.deepEqual(await statuses(), [200, 200, 200]);
    database = 'nobody answers at 192.0.2.1:5432';
    assert.deepEqual(await statuses(), [200, 503, 200]);
    assert.deepEqual((await api.askPath('GET', '/health/ready')).json, {
      status: 'unavailable',
      checks: { database: { status: 'degraded', detail: database }, peers: { status: 'ok' } },
    });
  });
});

test('the log has each change with who made it, each failure with its cause, and nothing else', async () => {
  const lines: unknown[][] = [];
  const note =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}): void => {
      lines.push([level, message, fields['caller'] ?? fields['error'], fields['path']]);
    };
  const api = await ApiClient.create({ logger: { ...silentLogger, info: note('info'), error: note('error') } });
  await api.ask('POST', '/labels', { body: { labels: ['x'] } });
  await api.ask('GET', '/labels');
  await api.ask('POST', '/labels', { body: {} });
  await api.ask('DELETE', '/labels/nothing');
  api.client.categories.addLabels = () => Promise.reject(new Error('the secret path'));
  const { status, text } = await api.ask('POST', '/labels', { body: { labels: ['x'] } });
  assert.equal(status, 500);
  assert.doesNotMatch(text, /secret/);
  assert.deepEqual(lines, [
    ['info', 'api change', 'test', '/api/v1/labels'],
    ['error', 'api failure', 'the secret path', '/api/v1/labels'],
  ]);
});
