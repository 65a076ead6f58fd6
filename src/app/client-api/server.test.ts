import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect, createServer, type ListenOptions, Server, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { FakeClient } from '../../../test/support/fake-client.ts';
import { memoryAccess, PASSWORD } from '../../../test/support/memory-access.ts';
import { until } from '../../../test/support/until.ts';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import { systemRandom } from '../../base/random.ts';
import { firstPair, secondPair } from '../served-certificate/certificate-fakes.test.ts';
import type { ApiMount } from './context.ts';
import { Listeners } from './listeners.ts';
import { qbittorrent } from './qbittorrent/index.ts';
import { ClientServer, type ClientServerOptions } from './server.ts';

const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
const skip = hasIPv6 ? false : 'this machine has no IPv6';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dst-api-'));
});
after(async () => await rm(folder, { recursive: true }));

interface Served extends AsyncDisposable {
  readonly server: ClientServer;
  readonly client: FakeClient;
  readonly token: string;
  readonly port: number;
}

async function serve(options: Partial<ClientServerOptions> = {}, mounts: readonly ApiMount[] = []): Promise<Served> {
  const client = new FakeClient();
  const { access } = await memoryAccess();
  const { token } = await access.addToken({ name: 'test', scope: 'admin', owner: null, expiresAt: null });
  const rest = { clock: systemClock, random: systemRandom, logger: silentLogger, hostNames: () => [], mounts };
  const parts = { client, access, ...rest };
  const server = await ClientServer.listen(
    { bind: ['127.0.0.1'], port: 0, socket: null, certificate: null, ...options },
    parts,
  );
  const [address] = server.addresses;
  return { server, client, token, port: address?.port ?? 0, [Symbol.asyncDispose]: () => server.close(0) };
}

interface Told {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

async function ask(options: RequestOptions, body?: string, make = httpRequest): Promise<Told> {
  const request = make({ host: '127.0.0.1', agent: false, ...options });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) text += part as string;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

describe('the socket of the own user', () => {
  test('lets its owner do everything without a token, under any name, and nobody else in', async () => {
    const path = join(folder, 'own.sock');
    await using served = await serve({ socket: path, bind: [] });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const headers = { host: 'anything', origin: 'https://evil.example' };
    const { status, text } = await ask({ socketPath: path, path: '/api/v1/session', headers });
    assert.deepEqual([status, JSON.parse(text)], [200, { name: 'socket', kind: 'socket', scope: 'admin', csrf: null }]);
    assert.deepEqual(served.server.addresses, []);
    await served.server.close(0);
    assert.equal(existsSync(path), false);
  });

  test('has no address, and who logs in by it gets a session all the same', async () => {
    const path = join(folder, 'login.sock');
    await using _served = await serve({ socket: path, bind: [] });
    const options = {
      ...{ socketPath: path, path: '/api/v1/sessions', method: 'POST' },
      headers: { 'content-type': 'application/json' },
    };
    for (const [password, expected] of [
      ['wrong', 401],
      [PASSWORD, 201],
    ] as const) {
      const { status } = await ask(options, JSON.stringify({ name: 'ada', password }));
      assert.equal(status, expected);
    }
  });

  test('is made with its rights, whatever the mask of the process', async () => {
    const path = join(folder, 'mask.sock');
    const mask = process.umask(0);
    try {
      await using _served = await serve({ socket: path, bind: [] });
      assert.equal(statSync(path).mode & 0o777, 0o600);
    } finally {
      process.umask(mask);
    }
  });

  test('takes the place of one that nobody answers at', async () => {
    const path = join(folder, 'stale.sock');
    const dead = createServer().listen(path);
    await once(dead, 'listening');
    const kept = join(folder, 'kept.sock');
    await symlink(path, kept);
    // As a program leaves it that is killed: the socket is there, and nobody listens.
    const { link, unlink, rename } = await import('node:fs/promises');
    await link(path, `${path}.left`);
    dead.close();
    await once(dead, 'close');
    await rename(`${path}.left`, path);
    await unlink(kept);
    await using _served = await serve({ socket: path, bind: [] });
    assert.equal((await ask({ socketPath: path, path: '/api/v1/session' })).status, 200);
  });

  test('is not taken from a program that answers, and no file is ever removed for it', async () => {
    const path = join(folder, 'taken.sock');
    await using _served = await serve({ socket: path, bind: [] });
    await assert.rejects(serve({ socket: path }), { code: 'SOCKET_IN_USE' });
    const file = join(folder, 'file.sock');
    await writeFile(file, 'precious');
    await assert.rejects(serve({ socket: file }), { code: 'SOCKET_IN_USE' });
    assert.ok(existsSync(file));
    assert.equal((await ask({ socketPath: path, path: '/api/v1/session' })).status, 200);
  });

  test('that cannot be made is said to be so', async () => {
    await assert.rejects(serve({ socket: join(folder, 'missing', 'x.sock') }), { code: 'SOCKET_FAILED' });
    await assert.rejects(serve({ socket: join(folder, 'x'.repeat(200)) }), { code: 'SOCKET_FAILED' });
  });
});

describe('the addresses', () => {
  test('have the same port, and are taken all or none', { skip }, async () => {
    await using served = await serve({ bind: ['127.0.0.1', '::1'] });
    const [first, second] = served.server.addresses;
    assert.deepEqual([first?.host, second?.host, first?.port], ['127.0.0.1', '::1', second?.port]);
    assert.equal((await ask({ port: served.port, path: '/health/live' })).status, 200);
    const socket = join(folder, 'none.sock');
    await assert.rejects(serve({ port: served.port, socket }), { code: 'NET_PORT_IN_USE' });
    assert.equal(existsSync(socket), false);
  });

  test('are at another port when the one that was found is taken at one of them', { skip }, async (t) => {
    const taken = createServer().listen(0, '::1');
    await once(taken, 'listening');
    t.after(() => taken.close());
    const { port } = taken.address() as AddressInfo;
    const { listen } = Server.prototype;
    let isFirst = true;
    t.mock.method(Server.prototype, 'listen', function (this: Server, options: ListenOptions) {
      if (options.host === '::1' && isFirst) options.port = port;
      isFirst &&= options.host !== '::1';
      return listen.call(this, options);
    });
    await using served = await serve({ bind: ['127.0.0.1', '::1'] });
    assert.equal(isFirst, false);
    assert.deepEqual(
      served.server.addresses.map((address) => [address.host, address.port === served.port]),
      [
        ['127.0.0.1', true],
        ['::1', true],
      ],
    );
  });

  test('give nothing without a token, and no rights to who comes from this machine', async () => {
    await using served = await serve();
    assert.equal((await ask({ port: served.port, path: '/api/v1/session' })).status, 401);
    const headers = { authorization: `Bearer ${served.token}` };
    assert.equal((await ask({ port: served.port, path: '/api/v1/session', headers })).status, 200);
  });

  test('speak TLS with a certificate, and a newer one when it comes', async () => {
    await using served = await serve({ certificate: firstPair });
    const options = { port: served.port, path: '/api/v1/sessions', method: 'POST', rejectUnauthorized: false };
    const headers = { host: 'localhost', 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'ada', password: PASSWORD });
    const { status, headers: told } = await ask({ ...options, headers }, body, httpsRequest);
    assert.equal(status, 201);
    assert.match(String(told['set-cookie']), /^__Host-dst_session=.*; Secure$/);
    served.server.setCertificate(secondPair);
    const request = httpsRequest({ ...options, host: '127.0.0.1', method: 'GET', agent: false }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const shown = (response.socket as TLSSocket).getPeerX509Certificate();
    assert.equal(shown?.fingerprint256, new X509Certificate(secondPair.cert).fingerprint256);
    response.destroy();
  });
});

/** Bytes as they are written, and what comes back until the connection is closed. */
async function talk(port: number, write: (socket: Socket) => void): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (part: string) => {
    text += part;
  });
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  write(socket);
  await closed;
  return text;
}

describe('a request that is made to hurt', () => {
  const head = (token: string, more: string): string =>
    `POST /api/v1/torrents HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/x-bittorrent\r\n${more}\r\n`;

  test('with a body of 1 GiB is refused before it is sent, and its connection closed', async () => {
    await using served = await serve();
    const length = `Content-Length: ${2 ** 30}\r\n`;
    assert.match(await talk(served.port, (socket) => socket.write(head(served.token, length))), /^HTTP\/1.1 413 /);
    const refused = await talk(served.port, (socket) => socket.write(head('x', length)));
    assert.match(refused, /^HTTP\/1.1 401 [^]*\r\nconnection: close\r\n/i);
  });

  test('with a body without end is refused when it is too long', async () => {
    await using served = await serve();
    const part = `100000\r\n${'x'.repeat(0x10_0000)}\r\n`;
    let sent = 0;
    const told = await talk(served.port, (socket) => {
      socket.write(head(served.token, 'Transfer-Encoding: chunked\r\n'));
      const more = (): void => {
        while (!socket.destroyed && socket.write(part)) sent++;
      };
      socket.on('drain', more);
      more();
    });
    assert.match(told, /^(HTTP\/1.1 413 |$)/);
    assert.ok(sent < 200, `${sent} MiB were taken`);
    assert.equal(served.client.torrents.size, 0);
  });

  test('that is a form for the qBittorrent API, broken off within a file, is no failure of ours', async () => {
    const { promise: status, resolve } = Promise.withResolvers<number>();
    const { prefix, add } = qbittorrent({ fetchTorrent: () => Promise.reject(new Error('not here')) });
    const mount: ApiMount = {
      prefix,
      add: async (app, context) => {
        app.addHook('onSend', async (_request, reply) => resolve(reply.statusCode));
        await add(app, context);
      },
    };
    await using served = await serve({}, [mount]);
    const form = 'multipart/form-data; boundary=b';
    const more = `Authorization: Bearer ${served.token}\r\nContent-Type: ${form}\r\nContent-Length: 1000\r\n\r\n`;
    const part = '--b\r\nContent-Disposition: form-data; name="torrents"; filename="a"\r\n\r\nd8:announce';
    await talk(served.port, (socket) => {
      const start = `POST /api/v2/torrents/add HTTP/1.1\r\nHost: localhost\r\n${more}`;
      socket.write(start + part, () => socket.destroy());
    });
    assert.equal(await status, 400);
  });

  test('with too long a head, without a host, or in another language is refused', async () => {
    await using served = await serve();
    const line = 'GET /health/live HTTP/1.1\r\n';
    for (const [text, status] of [
      [`${line}Host: localhost\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`, 431],
      [`GET /${'x'.repeat(17_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431],
      [`${line}\r\n`, 400],
      [`GET /health/live HTTP/1.0\r\n\r\n`, 421],
      [`${line}Host:\r\nConnection: close\r\n\r\n`, 421],
      [`${line}Host: localhost\r\nHost: evil.example\r\n\r\n`, 421],
      [`${line}Host: localhost\r\nContent-Length : 5\r\n\r\n`, 400],
      [`${line}Host: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
      ['hello\r\n\r\n', 400],
      ['\x16\x03\x01\x02\x00\x01', 400],
    ] as const) {
      const told = await talk(served.port, (socket) => socket.end(text));
      assert.match(told, new RegExp(`^HTTP/1.1 ${status} `), JSON.stringify(text.slice(0, 60)));
    }
  });

  test('that does not come whole in time ends, and others are answered meanwhile', async () => {
    const listeners = new Listeners((_request, response) => response.end('x'), {
      headersTimeout: 1000,
      requestTimeout: 2000,
      connectionsCheckingInterval: 10,
    });
    await listeners.listen(['127.0.0.1'], 0, null);
    const { port } = listeners.addresses[0] as { port: number };
    const slow = talk(port, (socket) => socket.write('GET / HTTP/1.1\r\nHost: x\r\n'));
    assert.equal((await ask({ port })).text, 'x');
    assert.match(await slow, /^HTTP\/1.1 408 /);
    await listeners.close(systemClock, 0);
  });
});

describe('the end', () => {
  /** Asks for what takes until `waiting` is settled; resolves when that is under way. */
  async function underWay({ client, port, token }: Served, waiting: Promise<number>): Promise<{ told: Promise<Told> }> {
    const begun = Promise.withResolvers<void>();
    client.refreshBlocklist = () => {
      begun.resolve();
      return waiting;
    };
    const headers = { authorization: `Bearer ${token}` };
    const told = ask({ port, path: '/api/v1/blocklist/refresh', method: 'POST', headers });
    told.catch(() => {}); // Looked at by the test.
    await begun.promise;
    return { told };
  }

  test('lets requests end that are under way, and takes no more from its beginning on', async () => {
    const waiting = Promise.withResolvers<number>();
    const ending = Promise.withResolvers<void>();
    const slow: ApiMount = { prefix: '/slow', add: async (app) => void app.addHook('onClose', () => ending.promise) };
    const served = await serve({}, [slow]);
    const { told } = await underWay(served, waiting.promise);
    const closing = served.server.close(10_000);
    await assert.rejects(ask({ port: served.port, path: '/health/live' }), { code: 'ECONNREFUSED' });
    ending.resolve();
    waiting.resolve(5);
    assert.deepEqual([(await told).status, (await told).text], [200, '{"ranges":5}']);
    await closing;
  });

  test('ends streams of events', async () => {
    const served = await serve();
    const headers = { authorization: `Bearer ${served.token}` };
    const request = httpRequest({
      host: '127.0.0.1',
      port: served.port,
      path: '/api/v1/events',
      headers,
      agent: false,
    }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    assert.equal(response.headers['content-type'], 'text/event-stream; charset=utf-8');
    assert.equal(response.headers['x-content-type-options'], 'nosniff');
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    served.client.events.emit('torrent.added', { hash: 'ab', name: 'x' });
    await until(() => text.includes('event: torrent.added'));
    const ended = once(response, 'end');
    await served.server.close(60_000);
    await ended;
    assert.equal(served.client.events.listeners, 0);
  });

  test('does not wait longer than it is told', async () => {
    const served = await serve();
    const { told } = await underWay(served, new Promise(() => {}));
    await served.server.close(20);
    await assert.rejects(told, { code: 'ECONNRESET' });
  });
});

test('of long lists that nobody reads only so many are under way, and others are answered', async () => {
  const socketPath = join(folder, 'lists.sock');
  await using served = await serve({ socket: socketPath, bind: [] });
  for (let i = 0; i < 1000; i++) served.client.torrents.addSample({ name: `${i}` });
  const slow: Socket[] = [];
  for (let i = 0; i < 8; i++) {
    const socket = connect(socketPath);
    socket.write('GET /api/v1/torrents HTTP/1.1\r\n\r\n');
    await once(socket, 'readable'); // it has begun, and nothing is read
    slow.push(socket);
  }
  const asked = (query: string): Promise<Told> => ask({ socketPath, path: `/api/v1/torrents${query}` });
  const refused = await asked('');
  assert.deepEqual([refused.status, (JSON.parse(refused.text) as { code: string }).code], [503, 'API_BUSY']);
  assert.equal((await asked('?limit=100')).status, 200);
  for (const socket of slow) socket.destroy();
  while ((await asked('')).status !== 200) await sleep(10);
});

test('events come by name, and from the one on that the listener knows', async () => {
  await using served = await serve();
  for (const name of ['a', 'b', 'c']) {
    served.client.events.emit('piece.verified', { hash: 'ab', piece: 1 });
    served.client.events.emit('torrent.added', { hash: 'ab', name });
  }
  const listen = async (query: string, id?: string): Promise<{ status: number; first: string }> => {
    const headers = { authorization: `Bearer ${served.token}`, ...(id !== undefined && { 'last-event-id': id }) };
    const options = { host: '127.0.0.1', port: served.port, path: `/api/v1/events${query}`, headers, agent: false };
    const [response] = (await once(httpRequest(options).end(), 'response')) as [IncomingMessage];
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    const first = (): string => /id: (\d+)\nevent: \S+/.exec(text)?.[0].replace('\n', ' ') ?? '';
    if (response.statusCode === 200) await until(() => first() !== '');
    response.destroy();
    return { status: response.statusCode ?? 0, first: first() };
  };
  assert.equal((await listen('?after=0')).first, 'id: 1 event: piece.verified');
  assert.equal((await listen('?names=torrent.*&after=0')).first, 'id: 2 event: torrent.added');
  assert.equal((await listen('?names=torrent.*&after=0', '4')).first, 'id: 6 event: torrent.added');
  assert.equal((await listen('?names=piece.verified,health.changed', '1')).first, 'id: 3 event: piece.verified');
  for (const query of ['?names=', '?names=x', '?after=-1', '?names=torrent.*,%0a']) {
    assert.equal((await listen(query)).status, 400, query);
  }
  assert.equal((await listen('', 'x')).status, 400);
});
