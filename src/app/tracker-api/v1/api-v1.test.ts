import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DstError } from '../../../base/errors.ts';
import { type Logger, silentLogger } from '../../../base/logger.ts';
import { dbErrors } from '../../../db/index.ts';
import { ApiClient } from '../fakes.test.ts';

type Line = readonly [level: string, message: string, fields: unknown];

async function loggedClient(): Promise<{ client: ApiClient; lines: Line[] }> {
  const lines: Line[] = [];
  const note =
    (level: string) =>
    (message: string, fields?: unknown): void => {
      lines.push([level, message, fields]);
    };
  const logger: Logger = { ...silentLogger, info: note('info'), error: note('error') };
  return { client: await ApiClient.create({ logger }), lines };
}

/** A client whose database fails in a way. */
async function failingClient(fault: Error): Promise<{ client: ApiClient; lines: Line[] }> {
  const logged = await loggedClient();
  logged.client.tracker.repository.bans.list = async () => {
    throw fault;
  };
  return logged;
}

describe('the log of the API', () => {
  test('has the change that was made and that the tracker could not take over', async () => {
    const { client, lines } = await loggedClient();
    client.tracker.refresh = () => Promise.reject(new Error('x'));
    await client.ask('PUT', '/bans', { body: { bans: [{ prefix: '192.0.2.0/24' }] } });
    assert.deepEqual(
      lines.map(([, message]) => message),
      ['api change', 'api failure'],
    );
  });

  test('has no line for what was only read or refused', async () => {
    const { client, lines } = await loggedClient();
    await client.ask('GET', '/bans');
    await client.ask('DELETE', '/accounts/1');
    await client.ask('POST', '/accounts', { body: {} });
    await client.ask('POST', '/accounts', { body: { name: 'Ada' }, token: null });
    assert.deepEqual(lines, []);
  });

  test('has the cause of a failure, which the answer has not', async () => {
    const { client, lines } = await failingClient(new Error('the secret path'));
    const { status, text } = await client.ask('GET', '/bans');
    assert.equal(status, 500);
    assert.doesNotMatch(text, /secret/);
    const fields = { method: 'GET', path: '/api/v1/tracker/bans', code: null, error: 'the secret path' };
    assert.deepEqual(lines, [['error', 'api failure', fields]]);
  });
});

test('while the database is away the API says when to come back', async () => {
  for (const code of ['DB_UNREACHABLE', 'DB_BUSY'] as const) {
    const { client } = await failingClient(new DstError(code, dbErrors[code], 'x'));
    const { status, headers, json } = await client.ask('GET', '/bans');
    assert.deepEqual([status, json.code], [503, code]);
    assert.match(headers['retry-after'] ?? '', /^\d+$/);
  }
});

test('a change that the tracker could not take over is not answered as made', async () => {
  const client = await ApiClient.create();
  client.tracker.refresh = () => Promise.reject(new Error('x'));
  assert.equal((await client.ask('POST', '/accounts', { body: { name: 'Ada' } })).status, 500);
});

test('a change is taken over before it is answered', async () => {
  const client = await ApiClient.create();
  const { promise, resolve } = Promise.withResolvers<void>();
  let isAnswered = false;
  let tellCalled = (): void => {};
  const called = new Promise<void>((tell) => {
    tellCalled = tell;
  });
  client.tracker.refresh = () => {
    tellCalled();
    return promise;
  };
  const answer = client.ask('POST', '/accounts', { body: { name: 'Ada' } }).then(() => {
    isAnswered = true;
  });
  await Promise.race([called, answer]);
  assert.equal(isAnswered, false);
  resolve();
  await answer;
});

test('an address that asks too often is told so as a problem', async () => {
  const client = await ApiClient.create();
  client.tracker.isBusy = true;
  const { status, json } = await client.ask('GET', '/bans');
  assert.deepEqual([status, json.code], [429, 'API_TOO_MANY_REQUESTS']);
});
