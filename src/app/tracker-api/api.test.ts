import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { openDatabase } from '../../db/index.ts';
import { trackerApi } from './api.ts';
import { FakeTracker } from './fakes.test.ts';
import type { ControlResponse, TrackerService } from './service.ts';

const { tracker: repository } = await openDatabase(':memory:');

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function ask(
  service: TrackerService,
  target: string,
  { method = 'GET', headers = {}, body = '' }: Asked = {},
): Promise<ControlResponse> {
  const all = { host: 'localhost', ...headers };
  return trackerApi(service)({ method, target, headers: all, body: Buffer.from(body), host: '192.0.2.1' });
}

const json = (response: ControlResponse): unknown => JSON.parse(response.body);

describe('the API of a tracker', () => {
  test('says at /health that all is well, or what is wrong', async () => {
    const tracker = new FakeTracker(repository);
    assert.deepEqual((json(await ask(tracker, '/health')) as { status: string }).status, 'ok');
    tracker.checks = { database: 'finished downloads are not stored: the disk is full' };
    const answer = await ask(tracker, '/health');
    assert.equal(answer.status, 200);
    const { status, checks } = json(answer) as { status: string; checks: object };
    const database = { status: 'degraded', detail: 'the database cannot be used' };
    assert.deepEqual([status, checks], ['degraded', { database }]);
  });

  test('is alive and ready also when it is degraded', async () => {
    const tracker = new FakeTracker(repository);
    tracker.checks = { threads: null, database: 'it is gone', loop: 'something' };
    for (const path of ['/health/live', '/health/ready']) assert.equal((await ask(tracker, path)).status, 200);
  });

  test('is alive, but not ready, while a thread does not answer', async () => {
    const tracker = new FakeTracker(repository);
    tracker.checks = { threads: 'thread 1 does not answer' };
    assert.equal((await ask(tracker, '/health/live')).status, 200);
    const { status, body } = await ask(tracker, '/health/ready');
    assert.deepEqual([status, JSON.parse(body)], [503, { status: 'unavailable', detail: 'not all threads answer' }]);
  });

  test('gives Prometheus the numbers of all protocols', async () => {
    const { body, headers } = await ask(new FakeTracker(repository), '/metrics');
    assert.match(headers['content-type'] ?? '', /^text\/plain/);
    for (const line of [
      'dst_tracker_up 1',
      'dst_tracker_swarms 1234',
      'dst_tracker_peers{family="ipv4"} 100000',
      'dst_tracker_peers{family="websocket"} 3',
      'dst_tracker_requests_total{protocol="udp",kind="announce"} 20',
      'dst_tracker_requests_total{protocol="http",kind="scrape"} 7',
      'dst_tracker_failures_total{protocol="http"} 8',
      'dst_tracker_udp_unproved_total 4',
    ]) {
      assert.ok(body.includes(`\n${line}\n`), line);
    }
  });

  test('has the metrics that docs/metrics.md lists, and no others', async () => {
    const { body } = await ask(new FakeTracker(repository), '/metrics');
    const page = await readFile(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
    const documented = [...page.matchAll(/^\| `(dst_tracker_\w+)` \| (\w+)/gm)].map(
      ([, name, kind]) => `${name} ${kind}`,
    );
    const told = [...body.matchAll(/^# TYPE (dst_tracker_\w+ \w+)$/gm)].map(([, text]) => text);
    assert.deepEqual(told.toSorted(), documented.toSorted());
  });

  test('counts from the same start each time it is asked', async () => {
    const api = trackerApi(new FakeTracker(repository));
    const headers = { host: 'localhost' };
    const request = { method: 'GET', target: '/metrics', headers, body: new Uint8Array(0), host: '' };
    await api(request);
    assert.match((await api(request)).body, /\ndst_tracker_udp_unproved_total 4\n/);
  });

  test('gives its statistics as JSON, and to a browser as a page', async () => {
    const tracker = new FakeTracker(repository);
    assert.match((await ask(tracker, '/stats')).headers['content-type'] ?? '', /^application\/json/);
    const page = await ask(tracker, '/stats', { headers: { accept: 'text/html,application/xhtml+xml' } });
    assert.match(page.headers['content-type'] ?? '', /^text\/html/);
    for (const row of [
      '<td>peers, IPv4</td><td>100,000</td>',
      '<td>announces and scrapes refused</td><td>25</td>',
      '<td>of these, asked too often</td><td>13</td>',
      '<td>memory of swarms and peers, MiB</td><td>1 of 256</td>',
    ]) {
      assert.ok(page.body.includes(row), row);
    }
  });

  test('has the numbers of its health and statistics under the names that docs/rest-api.md explains', async () => {
    const tracker = new FakeTracker(repository);
    const well = { threads: null, loop: null, disk: null, swarms: null, certificate: null, configuration: null };
    tracker.checks = { ...well, database: 'x' };
    tracker.threads = [{ busy: 0.25, lag: 1.5, webSockets: 3 }, null];
    const page = await readFile(new URL('../../../docs/rest-api.md', import.meta.url), 'utf8');
    const [example = ''] = /(?<=```json\n)[^]*?(?=```)/.exec(page) ?? [];
    const withoutNumbers = (text: string): object =>
      JSON.parse(text, (_name, value: unknown) => (typeof value === 'number' ? 0 : value)) as object;
    const stats = withoutNumbers((await ask(tracker, '/stats')).body);
    assert.deepEqual(stats, withoutNumbers(example));
    const ofStats = ['requests', 'failures', 'limited', 'udpUnproved', 'websocketRelays'];
    const rest = Object.entries(stats).filter(([name]) => !ofStats.includes(name));
    assert.deepEqual(withoutNumbers((await ask(tracker, '/health')).body), Object.fromEntries(rest));
  });

  test('tells use, limits and what was refused', async () => {
    const tracker = new FakeTracker(repository);
    const told = json(await ask(tracker, '/stats')) as Record<string, unknown>;
    assert.deepEqual([told['memoryUsedBytes'], told['memoryLimitBytes']], [2 ** 20, 2 ** 28]);
    assert.deepEqual(told['failures'], { udp: 5, http: 8, websocket: 12 });
    assert.deepEqual([told['limited'], told['udpUnproved'], told['websocketRelays']], [13, 4, 11]);
  });

  test('never lets words from elsewhere become a part of the page', async () => {
    const tracker = new FakeTracker(repository);
    tracker.checks = { [`<script>alert(1)</script><img src=x onerror='alert("1")'>&`]: 'x' };
    const page = await ask(tracker, '/stats', { headers: { accept: 'text/html' } });
    assert.doesNotMatch(page.body, /<script|<img/);
    assert.match(page.body, /&lt;script&gt;.*&#39;alert\(&quot;1&quot;\)&#39;&gt;&amp;/);
    assert.match(page.headers['content-security-policy'] ?? '', /default-src 'none'/);
  });

  test('answers a scrape by POST', async () => {
    const infoHash = 'AB'.repeat(20);
    const body = JSON.stringify({ infoHashes: [infoHash] });
    const answer = await ask(new FakeTracker(repository), '/scrape', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    assert.deepEqual(json(answer), {
      files: { ['ab'.repeat(20)]: { complete: 0xab, incomplete: 2, downloaders: 1, completed: 9 } },
    });
  });

  for (const [name, body, status] of [
    ['broken JSON', '{"infoHashes":', 400],
    ['no list', '{"infoHashes":"ab"}', 400],
    ['a hash that is none', '{"infoHashes":["zz"]}', 400],
    ['a list of numbers', '{"infoHashes":[1]}', 400],
    ['null', 'null', 400],
    ['more hashes than anyone needs', JSON.stringify({ infoHashes: Array<string>(101).fill('ab'.repeat(20)) }), 400],
    ['a prototype', '{"__proto__":{"infoHashes":[]}}', 400],
    ['deep nesting', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, 400],
    ['a long body', ' '.repeat(70_000), 413],
  ] as const) {
    test(`refuses a scrape with ${name}`, async () => {
      const headers = { 'content-type': 'application/json' };
      const answer = await ask(new FakeTracker(repository), '/scrape', { method: 'POST', headers, body });
      assert.equal(answer.status, status);
      assert.equal(typeof (json(answer) as { error: { message: string } }).error.message, 'string');
    });
  }

  test('has nothing at other paths', async () => {
    for (const target of ['/', '/health/../etc/passwd', '/%2e%2e/secret', '/stats?x=1&'.repeat(100), '/nothing']) {
      const { status } = await ask(new FakeTracker(repository), target);
      assert.ok(status === 404 || (status === 200 && target.startsWith('/stats')), `${target}: ${status}`);
    }
  });

  for (const [method, target, allow] of [
    ['POST', '/announce', 'GET'],
    ['POST', '/PASSKEY/announce?left=1', 'GET'],
    ['PUT', '/scrape', 'GET, POST'],
    ['POST', '/health', 'GET, HEAD'],
    ['DELETE', '/metrics/', 'GET, HEAD'],
    ['POST', '/api/v1/openapi.json', 'GET, HEAD'],
    ['POST', '/api/v1/tracker/bans?limit=1', 'DELETE, GET, HEAD, PUT'],
    ['PATCH', `/api/v1/tracker/torrents/${'ab'.repeat(20)}`, 'DELETE, GET, HEAD, PUT'],
    ['GET', '/api/v1/tracker/passkeys/x', 'DELETE'],
  ] as const) {
    test(`answers ${method} ${target} with the methods that there are`, async () => {
      // What is sent is of no interest, so the method is named first and not the type of the body.
      const asked = { method, headers: { 'content-type': 'text/plain' }, body: method === 'GET' ? '' : 'x' };
      const { status, headers, body } = await ask(new FakeTracker(repository), target, asked);
      assert.deepEqual([status, headers['allow']], [405, allow]);
      assert.ok(body.includes(`${method} does nothing here: this path takes ${allow}`), body);
      assert.match(headers['content-type'] ?? '', target.startsWith('/api/') ? /problem\+json/ : /^application\/json/);
    });
  }

  test('has nothing for any method where there is nothing', async () => {
    for (const target of ['/nothing', '/a/b/announce', '/api/v1/tracker/nothing', '/api/v1/tracker/bans/x']) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const { status, headers, body } = await ask(new FakeTracker(repository), target, { method });
        assert.deepEqual([status, headers['allow']], [404, undefined], `${method} ${target}`);
        assert.match(body, /there is nothing at this path/);
      }
    }
  });

  test('says of which type the body of a scrape is to be', async () => {
    const asked = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'x=1' };
    const { status, headers, body } = await ask(new FakeTracker(repository), '/scrape', asked);
    assert.deepEqual([status, headers['accept']], [415, 'application/json']);
    assert.match(body, /the body has to be application\/json, with the header Content-Type: application\/json/);
  });

  test('takes no compressed body', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const answer = await ask(new FakeTracker(repository), '/scrape', { method: 'POST', headers, body: '{}' });
    assert.deepEqual([answer.status, answer.headers['accept-encoding']], [415, 'identity']);
  });

  for (const target of ['http://[', 'http://a:99999/x', 'http://', 'http://user:pw@/']) {
    test(`answers ${JSON.stringify(target)}, which is no address, with a problem`, async () => {
      const tracker = new FakeTracker(repository);
      const answer = await ask(tracker, target);
      assert.deepEqual([answer.status, (json(answer) as { code: string }).code], [400, 'API_INVALID']);
      assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/);
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
      tracker.isBusy = true;
      assert.equal((await ask(tracker, target)).status, 429);
    });
  }

  test('answers a request that it can make nothing of as one that failed', async () => {
    const { status, body } = await ask(new FakeTracker(repository), '/health', { method: 'NONSENSE' });
    assert.equal(status, 500);
    assert.doesNotMatch(body, /NONSENSE|options/);
  });

  test('shows counts to nobody that may not scrape, and says why', async () => {
    const tracker = new FakeTracker(repository);
    const body = JSON.stringify({ infoHashes: ['ab'.repeat(20)] });
    const headers = { 'content-type': 'application/json' };
    for (const [refusal, words] of [
      ['banned', /your address is banned/],
      [
        'private',
        /this tracker is private: ask GET \/PASSKEY\/scrape, or with a token GET \/api\/v1\/tracker\/torrents\//,
      ],
    ] as const) {
      tracker.refusal = refusal;
      const answer = await ask(tracker, '/scrape', { method: 'POST', headers, body });
      assert.equal(answer.status, 403);
      assert.doesNotMatch(answer.body, /complete/);
      assert.match(answer.body, words);
    }
    for (const path of ['/stats', '/metrics', '/health']) assert.equal((await ask(tracker, path)).status, 200);
  });

  test('shows its numbers to no page that had its name lead here', async () => {
    const tracker = new FakeTracker(repository);
    for (const path of ['/stats', '/metrics', '/', '/nothing', '/api/v1/openapi.json']) {
      for (const host of ['evil.example', 'evil.example:6969', '']) {
        assert.equal((await ask(tracker, path, { headers: { host } })).status, 421, `${path} at ${host}`);
      }
    }
    const { body } = await ask(tracker, '/stats', { headers: { host: 'evil.example' } });
    assert.match(body, /"code":"UNKNOWN_HOST"/);
    for (const host of ['192.0.2.1:6969', '[2001:db8::1]', 'tracker:6969']) {
      for (const path of ['/stats', '/metrics'])
        assert.equal((await ask(tracker, path, { headers: { host } })).status, 200);
    }
  });

  test('tells its health, and answers scrapes, under any name', async () => {
    const tracker = new FakeTracker(repository);
    const headers = { host: 'tracker.example.org', 'content-type': 'application/json' };
    for (const path of ['/health', '/health/live', '/health/ready']) {
      assert.equal((await ask(tracker, path, { headers })).status, 200);
    }
    const body = JSON.stringify({ infoHashes: [] });
    assert.equal((await ask(tracker, '/scrape', { method: 'POST', headers, body })).status, 200);
  });

  for (const path of ['/stats', '/metrics', '/scrape', '/nothing', '/%zz', '/api/v1/openapi.json']) {
    test(`answers nothing but when to come back at ${path} to an address that asks too often`, async () => {
      const tracker = new FakeTracker(repository);
      tracker.isBusy = true;
      const answer = await ask(tracker, path, { headers: { host: 'localhost' } });
      assert.equal(answer.status, 429);
      assert.match(answer.headers['retry-after'] ?? '', /^\d+$/);
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    });
  }

  test('tells its health also to an address that asks too often', async () => {
    const tracker = new FakeTracker(repository);
    tracker.isBusy = true;
    for (const path of ['/health', '/health/live', '/health/ready']) {
      assert.equal((await ask(tracker, path)).status, 200);
    }
    // Only the path as it is taken counts, not what it looks like.
    assert.equal((await ask(tracker, '/health/../stats')).status, 429);
  });

  test('tells browsers to make nothing more of an answer', async () => {
    const { headers } = await ask(new FakeTracker(repository), '/health');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cache-control'], 'no-store');
  });
});
