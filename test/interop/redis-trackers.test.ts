/** Several `dst tracker` on one Redis server, and what becomes of them when it dies. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  decodeUdpTrackerReply,
  encodeUdpTrackerRequest,
  type UdpTrackerReply,
} from '../../src/codec/announce/index.ts';
import { escapeAll, hashOf, idOf, requestOf } from '../../src/tracker/fakes.test.ts';
import { dstCommand } from '../support/dst-command.ts';
import { enterNamespace } from './namespace.ts';
import { Program } from './program.ts';
import { RedisServer } from './redis-server.ts';

const skip = await enterNamespace(import.meta.filename, ['redis']);
const [ONE, OTHER] = ['10.99.0.1', '10.99.0.2'] as const;
const PORT = 6971;
/** Longest wait for an answer, and for a change that will come, ms: what is fast enough is not measured by a clock. */
const PATIENCE_MS = 180_000;
/** So many answers show that Redis is not waited for: of the first few some may have been under way. */
const ENOUGH = 50;
const THREADS = 2;

interface Health {
  readonly status: string;
  readonly checks: { readonly swarms?: { readonly detail?: string } };
}

/** Two nodes, one Redis server, one key for connection ids. */
class Cluster implements AsyncDisposable {
  readonly redis: RedisServer;
  readonly programs: Program[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'dst-redis-nodes-'));

  private constructor(redis: RedisServer) {
    this.redis = redis;
  }

  static async start(): Promise<Cluster> {
    await using starting = new AsyncDisposableStack();
    const cluster = starting.use(new Cluster(await RedisServer.start()));
    writeFileSync(join(cluster.#folder, 'key'), `${'0123456789abcdef'.repeat(2)}\n`);
    for (const ip of [ONE, OTHER]) await cluster.startNode(ip);
    starting.move();
    return cluster;
  }

  async startNode(ip: string): Promise<void> {
    const folder = join(this.#folder, ip);
    mkdirSync(folder, { recursive: true });
    const where = ['--bind', ip, '--port', String(PORT), '--threads', String(THREADS), '--data', join(folder, 'data')];
    const shared = ['--swarms', this.redis.url, '--udp-key', join(this.#folder, 'key')];
    const program = new Program(folder, [...dstCommand, 'tracker', ...where, ...shared, '--json'], { stdout: 'pipe' });
    this.programs.push(program);
    let isListening = false; // over UDP too, which comes after TCP
    createInterface({ input: program.child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      isListening ||= (JSON.parse(line) as { event: string }).event === 'listening';
    });
    await program.until('listening', () => isListening);
  }

  /** Resolves when the node at `ip` says that all of its threads reach the shared swarms, or that none does. */
  async untilHealth(ip: string, status: 'ok' | 'degraded'): Promise<void> {
    let health = await healthOf(ip);
    const program = this.programs[0] as Program;
    const isReached = async (): Promise<boolean> => {
      health = await healthOf(ip);
      const { swarms } = health.checks;
      const away = swarms?.detail?.match(/thread \d+ does not reach the shared swarms/g)?.length ?? 0;
      return health.status === status && swarms !== undefined && away === (status === 'ok' ? 0 : THREADS);
    };
    await program.until(status, isReached, PATIENCE_MS).catch((error: unknown) => {
      throw new Error(`the health is ${JSON.stringify(health)}`, { cause: error });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.programs.map((program) => program.stop()));
    await this.redis[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The body of an answer, a character for each byte. Each request has a connection of its own. */
async function get(ip: string, target: string, localAddress = ip): Promise<string> {
  const timeout = PATIENCE_MS;
  const request = httpGet({ host: ip, port: PORT, path: target, localAddress, agent: false, timeout });
  request.on('timeout', () => request.destroy(new Error('no answer in time')));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.setEncoding('latin1');
  return (await response.toArray()).join('');
}

/** As somebody on the same machine sees it: strangers are not told why. */
async function healthOf(ip: string): Promise<Health> {
  return JSON.parse(await get(ip, '/health', '127.0.0.1')) as Health;
}

async function announceHttp(ip: string, swarm: number, port: number, more = '', left = 1): Promise<string> {
  const query = `info_hash=${escapeAll(hashOf(swarm))}&peer_id=${escapeAll(idOf(ip, port))}&port=${port}&left=${left}`;
  const text = await get(ip, `/announce?${query}${more}`);
  assert.ok(!text.includes('failure reason'), text);
  return text;
}

/** A UDP client: what it asks is sent once. */
class UdpClient implements AsyncDisposable {
  readonly #socket = createSocket('udp4');

  async open(ip: string): Promise<this> {
    this.#socket.bind(0, ip);
    await once(this.#socket, 'listening');
    return this;
  }

  async #ask(datagram: Uint8Array, node: string): Promise<UdpTrackerReply> {
    const answer = once(this.#socket, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) });
    this.#socket.send(datagram, PORT, node);
    const [message] = (await answer) as [Uint8Array];
    return decodeUdpTrackerReply(message, 4) as UdpTrackerReply;
  }

  async connect(node: string): Promise<Uint8Array> {
    const reply = await this.#ask(encodeUdpTrackerRequest({ action: 'connect', transactionId: 1 }), node);
    assert.equal(reply.action, 'connect');
    return reply.connectionId;
  }

  /** Peers in the answer, as `host:port`. */
  async announce(node: string, connectionId: Uint8Array, swarm: number, port: number): Promise<string[]> {
    const request = requestOf({ infoHash: hashOf(swarm), port, numWant: 50 });
    const datagram = encodeUdpTrackerRequest({
      action: 'announce',
      connectionId,
      transactionId: 2,
      request,
      urlData: null,
    });
    const reply = await this.#ask(datagram, node);
    assert.equal(reply.action, 'announce');
    return reply.success.peers.map((peer) => `${peer.host}:${peer.port}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}

/** Announces over HTTP and UDP to both nodes, one after the other, until it is stopped. */
class Load implements AsyncDisposable {
  answered = 0;
  readonly failures: string[] = [];
  readonly #done: Promise<void> = this.#run();
  #isStopped = false;

  async #run(): Promise<void> {
    await using client = await new UdpClient().open('10.99.0.9');
    for (let i = 0; !this.#isStopped; i++) {
      const node = i % 2 === 0 ? ONE : OTHER;
      try {
        if (i % 4 < 2) await announceHttp(node, i % 50, 2000 + (i % 1000));
        else await client.announce(node, await client.connect(node), i % 50, 2000 + (i % 1000));
        this.answered++;
      } catch (error) {
        this.failures.push(String(error));
      }
    }
  }

  /** Resolves when it was answered some more times. */
  async goesOn(): Promise<void> {
    const mark = this.answered + ENOUGH;
    while (this.answered < mark && this.failures.length === 0) await sleep(5);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * A node goes on alone while the server does not answer for half a second, as it may on a busy machine: what it was told
 * then is shared with the next announce.
 */
async function inTheEnd(look: () => Promise<void>): Promise<void> {
  for (let looks = 1; looks < 20; looks++) {
    const isSo = await look().then(
      () => true,
      () => false,
    );
    if (isSo) return;
    await sleep(500);
  }
  await look();
}

describe('two trackers on one Redis server', { skip }, () => {
  test('see the peers of each other over HTTP and UDP, with one connection id for both', async () => {
    await using cluster = await Cluster.start();
    await Promise.all([ONE, OTHER].map((node) => cluster.untilHealth(node, 'ok')));
    await using client = await new UdpClient().open('10.99.0.5');
    const id = await client.connect(ONE);
    await inTheEnd(async () => {
      await announceHttp(ONE, 1, 4242);
      assert.deepEqual(await client.announce(OTHER, id, 1, 4343), ['10.99.0.1:4242']);
      const dictionaries = await announceHttp(ONE, 1, 4242, '&compact=0');
      assert.match(dictionaries, /d2:ip9:10\.99\.0\.57:peer id20:.{20}4:porti4343ee/s);
      assert.match(await get(OTHER, `/scrape?info_hash=${escapeAll(hashOf(1))}`), /10:incompletei2e/);
    });
  });

  test('go on alone when it is killed, say so, and share again when it is back', async () => {
    await using cluster = await Cluster.start();
    await Promise.all([ONE, OTHER].map((node) => cluster.untilHealth(node, 'ok')));
    await using load = new Load();
    await load.goesOn();
    await cluster.redis.kill();
    await announceHttp(ONE, 902, 4001);
    await cluster.untilHealth(ONE, 'degraded');
    await cluster.untilHealth(OTHER, 'degraded');
    await announceHttp(ONE, 902, 4002);
    await load.goesOn();
    await cluster.redis.startAgain();
    await Promise.all([ONE, OTHER].map((node) => cluster.untilHealth(node, 'ok')));
    await inTheEnd(async () => {
      await announceHttp(ONE, 903, 4003);
      assert.match(await announceHttp(OTHER, 903, 4004), /10:incompletei2e/, 'peers are shared again');
    });
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.ok(cluster.programs.every((program) => !program.hasEnded));
  });

  test('answer while it hangs, and come back to it', async () => {
    await using cluster = await Cluster.start();
    await Promise.all([ONE, OTHER].map((node) => cluster.untilHealth(node, 'ok')));
    await using load = new Load();
    await load.goesOn();
    cluster.redis.pause();
    await Promise.all([ONE, OTHER].map((node) => cluster.untilHealth(node, 'degraded')));
    await load.goesOn();
    cluster.redis.resume();
    await Promise.all([ONE, OTHER].map((node) => cluster.untilHealth(node, 'ok')));
    await load.stop();
    assert.deepEqual(load.failures, []);
  });

  test('count a finished download where it was announced, and keep the number when the server loses everything', async () => {
    await using cluster = await Cluster.start();
    await Promise.all([ONE, OTHER].map((node) => cluster.untilHealth(node, 'ok')));
    await announceHttp(OTHER, 1, 4001);
    for (const node of [ONE, OTHER]) await announceHttp(node, 1, 4001, '&event=completed', 0);
    const downloaded = async (ip: string): Promise<string> =>
      /10:downloadedi(\d+)e/.exec(await get(ip, `/scrape?info_hash=${escapeAll(hashOf(1))}`))?.[1] ?? '';
    const [program] = cluster.programs as [Program];
    await program.until('stored', async () => (await downloaded(ONE)) === '1', PATIENCE_MS);
    cluster.redis.command('flushall');
    assert.equal(await downloaded(ONE), '1');
    assert.match(await announceHttp(ONE, 1, 4002), /10:downloadedi1e/);
  });

  test('start when it is not there, and find it later', async () => {
    await using cluster = await Cluster.start();
    await Promise.all(cluster.programs.splice(0).map((program) => program.stop()));
    await cluster.redis.kill();
    await cluster.startNode(ONE);
    await cluster.untilHealth(ONE, 'degraded');
    await announceHttp(ONE, 1, 4001);
    await cluster.redis.startAgain();
    await cluster.untilHealth(ONE, 'ok');
  });
});
