import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answer, ApiClient, type Asked } from './fakes.test.ts';

const SECRET = 'connect ECONNREFUSED db.internal.example:5432';
const checks = { threads: null, database: SECRET, disk: '/var/lib/dst is nearly full', other: SECRET };

async function degraded(): Promise<ApiClient> {
  const client = await ApiClient.create({ hostNames: () => ['tracker.example'] });
  client.tracker.checks = checks;
  return client;
}

const html = { accept: 'text/html' };

/** What the pages say: `/health`, and `/stats` in both forms. */
async function pages(client: ApiClient, { headers = {}, ...asked }: Asked): Promise<Answer[]> {
  const told: Answer[] = [];
  for (const [path, accept] of [
    ['/health', {}],
    ['/stats', {}],
    ['/stats', html],
  ] as const) {
    told.push(await client.askPath('GET', path, { token: null, ...asked, headers: { ...headers, ...accept } }));
  }
  return told;
}

const showsWords = ({ text }: Answer): boolean => text.includes('db.internal') && text.includes('/var/lib');

describe('what is wrong', () => {
  test('is told to strangers by what it is about, and never in the words of a database or system', async () => {
    const client = await degraded();
    const told = await pages(client, {});
    for (const { status, text } of told) {
      assert.equal(status, 200);
      assert.doesNotMatch(text, /internal|5432|ECONN|\/var/);
      assert.match(text, /the database cannot be used/);
    }
    const [{ json }] = told as [Answer];
    const phrases = ['the database cannot be used', 'the disk is nearly full or cannot be used'];
    const other = 'other: something is wrong';
    const bad = (detail: string | undefined): object => ({ status: 'degraded', detail });
    assert.equal(json.status, 'degraded');
    assert.deepEqual(json.checks, {
      threads: { status: 'ok' },
      database: bad(phrases[0]),
      disk: bad(phrases[1]),
      other: bad(other),
    });
  });

  test('is told in all words to who has a valid token, whatever its scope', async () => {
    const client = await degraded();
    for (const answer of await pages(client, { token: await client.tokenFor('bans:read') })) {
      assert.ok(showsWords(answer));
    }
    for (const token of [`dst_${'A'.repeat(43)}`, '', 'x']) {
      for (const answer of await pages(client, { token })) assert.ok(!showsWords(answer), token);
    }
  });

  test('is told in all words on the machine itself', async () => {
    const client = await degraded();
    for (const from of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      for (const answer of await pages(client, { from })) assert.ok(showsWords(answer), from);
    }
  });

  test('is told only in phrases through a proxy on the machine, and to a page that had its name lead here', async () => {
    const client = await degraded();
    for (const headers of [
      { 'x-forwarded-for': '198.51.100.1' },
      { forwarded: 'for=198.51.100.1' },
      { via: '1.1 proxy' },
      { host: 'tracker.example' },
    ]) {
      for (const answer of await pages(client, { from: '127.0.0.1', headers })) assert.ok(!showsWords(answer));
    }
    const rebound = { from: '127.0.0.1', token: null, headers: { host: 'evil.example' } };
    const health = await client.askPath('GET', '/health', rebound);
    assert.equal(health.status, 200);
    assert.ok(!showsWords(health));
  });

  test('is told in phrases while tokens cannot be looked up', async () => {
    const client = await degraded();
    client.tracker.repository.apiTokens.find = () => Promise.reject(new Error('x'));
    for (const answer of await pages(client, { token: client.token })) {
      assert.equal(answer.status, 200);
      assert.ok(!showsWords(answer));
    }
  });

  test('costs no look at the database for who asks too often, or when all is well', async () => {
    const client = await degraded();
    let looks = 0;
    const { apiTokens } = client.tracker.repository;
    const find = apiTokens.find.bind(apiTokens);
    apiTokens.find = (hash) => {
      looks++;
      return find(hash);
    };
    client.tracker.isBusy = true;
    assert.ok(!showsWords(await client.askPath('GET', '/health')));
    client.tracker.isBusy = false;
    client.tracker.checks = { database: null };
    assert.equal((await client.askPath('GET', '/health')).json.status, 'ok');
    assert.equal(looks, 0);
  });
});
