/** WebSockets of a tracker: upgrades, many of them at once, and those that misbehave. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { type RawData, WebSocket } from 'ws';
import { SimClock } from '../../../../test/sim/sim-clock.ts';
import { seededRandom } from '../../../base/random.ts';
import { AnnounceRules, Arena, defaultRules, SwarmTable, TableMemory, WebFront } from '../../../tracker/index.ts';
import { TrackerServer } from '../tracker-server.ts';
import { WebSockets } from './web-sockets.ts';

const MIB = 1024 * 1024;
const infoHash = 'h'.repeat(20);
const announceOf = (peer: number, rest: object = {}): string =>
  JSON.stringify({ action: 'announce', info_hash: infoHash, peer_id: `${peer}`.padEnd(20, '.'), left: 1, ...rest });

const startTracker = (threads = 1): Promise<TrackerServer> =>
  TrackerServer.start({ bind: ['127.0.0.1'], port: 0, threads, memory: 4 * MIB });

const portOf = (tracker: TrackerServer): number => tracker.listening[0]?.port ?? 0;

async function open(port: number, path = '/announce'): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false });
  await once(socket, 'open');
  return socket;
}

const textOf = (data: RawData): string => (data as Buffer).toString();

async function until(isReached: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 60_000;
  while (!isReached()) {
    assert.ok(performance.now() < end, `not ${what}`);
    await sleep(5);
  }
}

async function ask(socket: WebSocket, message: string): Promise<Record<string, unknown>> {
  const answered = once(socket, 'message');
  socket.send(message);
  return JSON.parse(String((await answered)[0])) as Record<string, unknown>;
}

/** What a raw request is answered with. */
async function exchange(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(request);
  let text = '';
  for await (const data of socket) text += String(data);
  return text;
}

/** WebSockets on a clock of the test, without a tracker around them. */
async function openSockets({
  most = 10,
} = {}): Promise<{ sockets: WebSockets; clock: SimClock; port: number } & AsyncDisposable> {
  const clock = new SimClock();
  const memory = TableMemory.create(MIB, seededRandom(1));
  Arena.format(memory);
  const swarms = new SwarmTable(
    memory,
    { requiresRegistration: false, lifetime: 1000, peersPerAddress: 1000 },
    seededRandom(1),
  );
  const rules = new AnnounceRules(defaultRules);
  const front = new WebFront({ swarms, rules, tick: () => 1000, thread: 0, relay: () => {} });
  const sockets = new WebSockets({
    front,
    perAddress: 10,
    most,
    clock,
    clientOf: ({ socket }) => socket.remoteAddress ?? '',
  });
  const server = createServer().listen(0, '127.0.0.1');
  sockets.serve(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    sockets,
    clock,
    port,
    async [Symbol.asyncDispose]() {
      server.close();
      const closed = sockets[Symbol.asyncDispose]();
      await clock.finish(closed);
    },
  };
}

describe('a WebSocket', () => {
  it('is opened on the port of HTTP, whatever the path', async () => {
    await using tracker = await startTracker();
    for (const path of ['/', '/announce', '/announce?info_hash=x', '/scrape', '/some/where']) {
      const socket = await open(portOf(tracker), path);
      assert.equal((await ask(socket, announceOf(1)))['complete'], 0, path);
      socket.terminate();
    }
  });

  it('is opened for what came with another announce on the connection before', async () => {
    await using tracker = await startTracker();
    const announce = `GET /announce?info_hash=${infoHash}&peer_id=${'p'.repeat(20)}&port=6881&left=1 HTTP/1.1\r\n\r\n`;
    const upgrade = [
      'GET /announce HTTP/1.1',
      'Host: x',
      'connection: keep-alive, Upgrade',
      'upgrade: WebSocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ];
    const text = await exchange(portOf(tracker), `${announce}${upgrade.join('\r\n')}\r\n\r\n`);
    assert.match(text, /^HTTP\/1.1 200 OK[^]*HTTP\/1.1 101 Switching Protocols/);
  });

  it('is not what a client that wants another version of HTTP gets', async () => {
    await using tracker = await startTracker();
    const wish = 'Host: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n';
    assert.match(await exchange(portOf(tracker), `GET /announce?x=1 HTTP/1.1\r\n${wish}`), /^HTTP\/1.1 200 OK/);
    assert.match(await exchange(portOf(tracker), `GET /health HTTP/1.1\r\n${wish}`), /^HTTP\/1.1 200 OK/);
  });

  it('is refused when its request is none of the protocol', async () => {
    await using tracker = await startTracker();
    const bad = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    assert.match(await exchange(portOf(tracker), bad), /^HTTP\/1.1 4\d\d /);
  });

  it('is closed for a message that is too long', async () => {
    await using tracker = await startTracker();
    const socket = await open(portOf(tracker));
    const closed = once(socket, 'close');
    socket.send('x'.repeat(100_000));
    assert.equal((await closed)[0], 1009);
  });

  it('is closed after bad messages in a row, with words before', async () => {
    await using tracker = await startTracker();
    const socket = await open(portOf(tracker));
    const closed = once(socket, 'close');
    assert.deepEqual(await ask(socket, 'garbage'), { 'failure reason': 'the message is not a JSON object' });
    for (let i = 0; i < 20; i++) socket.send('garbage');
    assert.equal((await closed)[0], 1008);
    assert.equal(tracker.status().counters.webFailures, 10);
  });

  it('ends with its peers leaving the swarms', async () => {
    await using tracker = await startTracker();
    const sockets = await Promise.all([1, 2, 3].map(() => open(portOf(tracker))));
    for (const [i, socket] of sockets.entries()) await ask(socket, announceOf(i));
    assert.equal(tracker.status().use.webPeers, 3);
    sockets[0]?.terminate();
    const closed = once(sockets[1] as WebSocket, 'close');
    sockets[1]?.close(1000);
    assert.equal((await closed)[0], 1000);
    await until(() => tracker.status().use.webPeers === 1, 'gone');
  });

  it('is told that the tracker ends', async () => {
    const tracker = await startTracker(2);
    const sockets = await Promise.all([1, 2, 3, 4].map(() => open(portOf(tracker))));
    const closed = Promise.all(sockets.map((socket) => once(socket, 'close')));
    await tracker[Symbol.asyncDispose]();
    assert.deepEqual(
      (await closed).map(([code]) => code as number),
      [1001, 1001, 1001, 1001],
    );
  });
});

describe('WebSockets of two threads', () => {
  it('exchange offers and answers', async () => {
    await using tracker = await startTracker(2);
    const sockets = await Promise.all(Array.from({ length: 8 }, () => open(portOf(tracker))));
    const [maker, ...others] = sockets as [WebSocket, ...WebSocket[]];
    for (const [i, socket] of others.entries()) {
      await ask(socket, announceOf(i));
      socket.on('message', (data) => {
        const { offer_id, peer_id } = JSON.parse(textOf(data)) as Record<string, string>;
        const answer = { type: 'answer', sdp: `${i}` };
        socket.send(announceOf(i, { answer, offer_id, to_peer_id: peer_id }));
      });
    }
    const answers = new Set<string>();
    maker.on('message', (data) => {
      const { answer } = JSON.parse(textOf(data)) as { answer?: { sdp: string } };
      if (answer !== undefined) answers.add(answer.sdp);
    });
    const offers = others.map((_, i) => ({ offer: { type: 'offer', sdp: 'v=0' }, offer_id: `${i}`.padEnd(20, '.') }));
    maker.send(announceOf(99, { offers }));
    await until(() => answers.size === others.length, 'answered by all');
    for (const socket of sockets) socket.terminate();
  });
});

describe('thousands of WebSockets', () => {
  it('are held at once, and found by each other', async () => {
    const count = 2000;
    await using tracker = await startTracker(2);
    const port = portOf(tracker);
    const sockets: WebSocket[] = [];
    for (let i = 0; i < count; i += 100) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => open(port)))));
    }
    let offered = 0;
    for (const [i, socket] of sockets.entries()) {
      socket.on('message', (data) => {
        if (textOf(data).includes('"offer"')) offered++;
      });
      socket.send(announceOf(i, { left: i % 2 }));
    }
    await until(() => tracker.status().use.webPeers === count, 'all in the swarm');
    const offers = Array.from({ length: 10 }, (_, i) => ({ offer: { type: 'offer', sdp: 'v=0' }, offer_id: `${i}` }));
    sockets[0]?.send(announceOf(0, { left: 0, offers }));
    await until(() => offered === 10, 'offered');
    const url = `http://127.0.0.1:${port}/scrape?info_hash=${infoHash}`;
    const text = await (await fetch(url)).text();
    assert.match(text, /8:completei1000e10:downloadedi0e11:downloadersi1000e10:incompletei1000e/);
    for (const socket of sockets) socket.terminate();
    await until(() => tracker.status().use.webPeers === 0, 'all gone');
  });
});

describe('the WebSockets of one address', () => {
  const behindProxy = { headers: { 'X-Forwarded-For': '198.51.100.7' } };
  /** Status with which an upgrade is answered. */
  const statusOf = async (port: number): Promise<number> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, behindProxy);
    socket.on('error', () => {});
    const answer = new Promise<IncomingMessage>((resolve) => {
      socket.on('upgrade', resolve);
      socket.on('unexpected-response', (_request, response) => resolve(response));
    });
    return (await answer).statusCode ?? 0;
  };

  it('have a limit in each thread, in which those of a thread that has ended by an error count no more', async () => {
    const workers: Worker[] = [];
    const onWorker = (worker: Worker): unknown => workers.push(worker);
    process.on('worker', onWorker);
    await using tracker = await TrackerServer.start({
      bind: ['127.0.0.1'],
      port: 0,
      threads: 2,
      memory: 4 * MIB,
      peersPerAddress: 1,
      trustedProxies: ['127.0.0.1'],
    });
    process.off('worker', onWorker);
    assert.equal(await statusOf(portOf(tracker)), 101);
    let last = 0;
    for (let i = 0; i < 50 && last !== 503; i++) last = await statusOf(portOf(tracker));
    assert.equal(last, 503);
    await Promise.all(workers.map((worker) => worker.terminate()));
    await until(() => tracker.status().threads.every((thread) => thread === null), 'ended');
    await until(() => tracker.status().threads.every((thread) => thread !== null), 'started again');
    assert.equal(await statusOf(portOf(tracker)), 101);
  });
});

describe('the WebSockets of a thread', () => {
  it('are bounded in number', async () => {
    await using made = await openSockets({ most: 1 });
    const first = await open(made.port);
    await assert.rejects(open(made.port), /503/);
    first.terminate();
    await until(() => made.sockets.count === 0, 'closed');
    (await open(made.port)).terminate();
  });

  it('are pinged, and closed when they do not answer', async () => {
    await using made = await openSockets();
    const { sockets, clock, port } = made;
    const alive = await open(port);
    let pings = 0;
    alive.on('ping', () => pings++);
    const deaf = await openDeaf(port);
    await until(() => sockets.count === 2, 'open');
    for (let i = 0; i < 12; i++) {
      await clock.run(20_000);
      await roundTrip(alive); // it has the ping
      await roundTrip(alive); // its answer is there
    }
    assert.ok(pings >= 4 && pings <= 6, `${pings} pings in four minutes`);
    assert.equal(sockets.count, 1);
    await until(() => deaf.closed, 'closed');
    alive.terminate();
  });

  it('are closed when they let too much wait', async () => {
    await using made = await openSockets();
    const { sockets, port } = made;
    const deaf = await openDeaf(port);
    deaf.pause();
    const scrape = JSON.stringify({
      action: 'scrape',
      info_hash: Array.from({ length: 100 }, (_, i) => `${i}`.padEnd(20, '\u00ff')),
    });
    const frame = maskedFrame(Buffer.from(scrape));
    const end = performance.now() + 60_000;
    while (sockets.count === 1 && performance.now() < end) {
      for (let i = 0; i < 20; i++) deaf.write(frame);
      await sleep(5);
    }
    assert.equal(sockets.count, 0);
    deaf.destroy();
  });
});

/** What the other side had sent before has come, and it has read what this one had. */
async function roundTrip(socket: WebSocket): Promise<void> {
  const answered = once(socket, 'pong');
  socket.ping();
  await answered;
}

/** A client that reads nothing of what comes, pings neither. */
async function openDeaf(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  const head = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
  socket.write(`GET / HTTP/1.1\r\n${head}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
  await once(socket, 'data');
  socket.resume();
  return socket;
}

/** A text message of a client, masked with zeros (RFC 6455, 5.2). */
function maskedFrame(payload: Buffer): Buffer {
  const head = Buffer.from([0x81, 0xfe, payload.length >>> 8, payload.length & 0xff, 0, 0, 0, 0]);
  return Buffer.concat([head, payload]);
}
