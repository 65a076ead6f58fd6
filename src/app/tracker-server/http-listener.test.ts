/** The HTTP port of the tracker, with clients that are slow, greedy or never listen. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { SimClock } from '../../../test/sim/sim-clock.ts';
import { seededRandom } from '../../base/random.ts';
import { AnnounceRules, Arena, defaultRules, HttpFront, SwarmTable, TableMemory } from '../../tracker/index.ts';
import { HttpListener } from './http-listener.ts';
import { TrustedProxies } from './trusted-proxies.ts';

class Client {
  readonly socket: Socket;
  text = '';

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => {});
    this.socket.on('data', (data) => {
      this.text += data.toString('latin1');
    });
  }

  /** Resolves when so many responses have come. */
  async responses(count: number): Promise<void> {
    while (this.text.split('HTTP/1.1 ').length - 1 < count) await once(this.socket, 'data');
  }

  async closed(): Promise<void> {
    if (!this.socket.closed) await once(this.socket, 'close');
  }
}

async function listen(t: TestContext): Promise<{ clock: SimClock; open: () => Client }> {
  const clock = new SimClock();
  const memory = TableMemory.create(2 ** 20, 1);
  Arena.format(memory);
  const options = { requiresRegistration: false, lifetime: 1000, peersPerAddress: 1000 };
  const front = new HttpFront({
    store: new SwarmTable(memory, options, seededRandom(1)),
    rules: new AnnounceRules({ ...defaultRules, allowsPrivate: true }),
    tick: () => 1000,
  });
  const control = createServer();
  const parts = { front, control, clock, proxies: new TrustedProxies([]) };
  const listener = await HttpListener.listen({ host: '127.0.0.1', port: 0, isShared: false }, parts);
  const clients: Client[] = [];
  t.after(async () => {
    for (const { socket } of clients) socket.destroy();
    await listener[Symbol.asyncDispose]();
  });
  return {
    clock,
    open: () => {
      const client = new Client(listener.port);
      clients.push(client);
      return client;
    },
  };
}

const scrape = (infoHashes: number, headers = ''): string => {
  const hashes = Array.from({ length: infoHashes }, (_, i) => `info_hash=${String(i).padStart(20, 'x')}`);
  return `GET /scrape?${hashes.join('&')} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
};

describe('the HTTP port of a tracker', () => {
  test('answers requests that come together, and those that come in pieces', async (t) => {
    const client = (await listen(t)).open();
    const request = scrape(1);
    client.socket.write(request + request + request.slice(0, 30));
    await client.responses(2);
    client.socket.write(request.slice(30));
    await client.responses(3);
  });

  test('closes a connection on which a request does not come to its end', async (t) => {
    const { clock, open } = await listen(t);
    const client = open();
    client.socket.write(scrape(1));
    await client.responses(1);
    client.socket.write('GET /announce?x=');
    await turnOfListener(open);
    await clock.run(13_000);
    await client.closed();
  });

  test('gives a request its whole time, also on a connection that was idle for long', async (t) => {
    const { clock, open } = await listen(t);
    const client = open();
    client.socket.write(scrape(1));
    await client.responses(1);
    await clock.run(50_000);
    const request = scrape(1);
    client.socket.write(request.slice(0, 30));
    await turnOfListener(open);
    await clock.run(8_000);
    client.socket.write(request.slice(30));
    await client.responses(2);
  });

  test('ends with 431 when a head has no end, and reads no further', async (t) => {
    const client = (await listen(t)).open();
    client.socket.write(`GET /announce?${'x'.repeat(20_000)}`);
    await client.responses(1);
    for (let i = 0; i < 50 && !client.socket.destroyed; i++) client.socket.write('y'.repeat(100_000));
    await client.closed();
    assert.match(client.text, /^HTTP\/1\.1 431 /);
    assert.equal(client.text.split('HTTP/1.1').length, 2);
  });

  test('answers nothing behind a request that closes', async (t) => {
    const client = (await listen(t)).open();
    client.socket.write(scrape(1, 'Connection: close\r\n') + scrape(1));
    await client.closed();
    assert.equal(client.text.split('HTTP/1.1 200').length, 2);
  });

  test('lets go of a client that asks and asks and never reads', async (t) => {
    const client = (await listen(t)).open();
    client.socket.pause();
    const request = scrape(100).repeat(20);
    const isClosed = new Promise((resolve) => client.socket.once('close', resolve));
    while (!client.socket.destroyed) {
      if (client.socket.write(request)) continue;
      await Promise.race([new Promise((resolve) => client.socket.once('drain', resolve)), isClosed]);
    }
    assert.ok(client.socket.destroyed);
  });
});

/** What was written before has been read when a later connection is answered. */
async function turnOfListener(open: () => Client): Promise<void> {
  const other = open();
  other.socket.write(scrape(1));
  await other.responses(1);
}
