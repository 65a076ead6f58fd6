import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { DaemonClient } from './daemon-client.ts';

/** What a client says of a server that answers everything so. */
async function askedOf(status: number, body: string, headers: Record<string, string> = {}): Promise<unknown> {
  const server = createServer((_request, response) => response.writeHead(status, headers).end(body));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  try {
    return await new DaemonClient({ url, token: null }).call('/stats');
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('an answer', () => {
  test('is an object, or nothing where that is said', async () => {
    assert.deepEqual(await askedOf(200, '{"a":1}', { 'x-dst-api': 'v1' }), { a: 1 });
    assert.equal(await askedOf(204, ''), null);
  });

  test('of another kind is that of no daemon', async () => {
    for (const body of ['', 'null', '[]', '"x"', '<html>']) {
      await assert.rejects(
        askedOf(200, body, { 'x-dst-api': 'v1' }),
        { code: 'DAEMON_UNREACHABLE', message: /is no daemon/ },
        body,
      );
    }
  });

  test('of another program is that of no daemon', async () => {
    for (const body of ['{}', '{"torrents":[]}']) {
      await assert.rejects(askedOf(200, body), { code: 'DAEMON_UNREACHABLE', message: /is no daemon/ }, body);
    }
  });

  test('that leads elsewhere says where to', async () => {
    const location = 'https://nas.example/api/v1/stats';
    const expected = { code: 'DAEMON_UNREACHABLE', message: /leads to https:\/\/nas\.example\/api\/v1\/stats$/ };
    await assert.rejects(askedOf(308, '', { location }), expected);
  });

  test('of a proxy that is no problem document is told with its status', async () => {
    for (const body of ['', 'null', '[]', '{"code":5,"detail":{}}', '<html>']) {
      await assert.rejects(askedOf(502, body), { code: 'HTTP_502', message: /status 502$/ }, body);
    }
  });
});
