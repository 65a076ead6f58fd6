import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import type { ByteCount, Millis } from '../../src/base/units.ts';
import type { Connection } from '../../src/net/transport.ts';
import { SimClock } from './sim-clock.ts';
import { SimNetwork, type SimHost } from './sim-network.ts';

const KB = 1000;
const MB = 1_000_000;

interface World {
  readonly clock: SimClock;
  readonly network: SimNetwork;
}

function world(options: { latency?: Millis; jitter?: Millis; loss?: number; seed?: number } = {}): World {
  const clock = new SimClock();
  return { clock, network: new SimNetwork({ clock, random: seededRandom(options.seed ?? 1), ...options }) };
}

/** What one end of a connection has seen. */
interface End {
  readonly connection: Connection;
  received: ByteCount;
  lastAt: Millis;
  closed: Error | null | undefined;
}

function watch(connection: Connection, clock: SimClock): End {
  const end: End = { connection, received: 0, lastAt: 0, closed: undefined };
  connection.open({
    data: (view) => {
      end.received += view.length;
      end.lastAt = clock.now();
    },
    drain: () => {},
    close: (error) => {
      end.closed = error;
    },
  });
  return end;
}

/** Connects two hosts. The clock stands at the moment when both ends are there. */
async function connect({ clock }: World, from: SimHost, to: SimHost): Promise<{ near: End; far: End }> {
  let far: End | null = null;
  const port = to.freePort();
  const listener = await to.transport.listen(
    { host: to.address, port },
    (connection) => (far = watch(connection, clock)),
  );
  const near = watch(await clock.finish(from.transport.dial({ host: to.address, port })), clock);
  await clock.until(() => far !== null);
  await listener.close();
  return { near, far: far as unknown as End };
}

const about = (actual: number, expected: number, tolerance: number, what: string): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, expected ${expected} ± ${tolerance}`);

test('a dial takes one round trip and the other end hears of it half a round trip later', async () => {
  const w = world({ latency: 30 });
  const [a, b] = [w.network.host('10.0.0.1'), w.network.host('10.0.0.2')];
  await connect(w, a, b);
  assert.equal(w.clock.now(), 90);
});

test('a small message arrives after the latency', async () => {
  const w = world({ latency: 25 });
  const [a, b] = [w.network.host('10.0.0.1'), w.network.host('10.0.0.2')];
  const { near, far } = await connect(w, a, b);
  const start = w.clock.now();
  near.connection.send(new Uint8Array(100));
  await w.clock.until(() => far.received === 100);
  about(far.lastAt - start, 25, 1e-6, 'arrival');
});

for (const [up, down] of [
  [MB, Infinity],
  [Infinity, MB],
  [MB, MB],
  [MB, 5 * MB],
  [5 * MB, MB],
] as const) {
  test(`the slower of ${up} B/s up and ${down} B/s down decides, exactly`, async () => {
    const w = world({ latency: 40 });
    const { near, far } = await connect(w, w.network.host('10.0.0.1', { up }), w.network.host('10.0.0.2', { down }));
    const start = w.clock.now();
    near.connection.send(new Uint8Array(5 * MB));
    await w.clock.until(() => far.received === 5 * MB);
    about(far.lastAt - start, 5000 + 40, 1e-6, 'time of 5 MB at 1 MB/s and 40 ms');
  });
}

test('connections share an uplink equally', async () => {
  const w = world();
  const seed = w.network.host('10.0.0.1', { up: 800 * KB });
  const pairs = [];
  for (let i = 0; i < 8; i++) pairs.push(await connect(w, seed, w.network.host(`10.0.1.${i}`)));
  for (const { near } of pairs) near.connection.send(new Uint8Array(10 * MB));
  await w.clock.run(10_000);
  for (const { far } of pairs) about(far.received, MB, 20 * KB, 'one of eight shares');
});

test('connections share a downlink equally', async () => {
  const w = world();
  const leecher = w.network.host('10.0.0.1', { down: 800 * KB });
  const pairs = [];
  for (let i = 0; i < 8; i++) {
    pairs.push(await connect(w, w.network.host(`10.0.1.${i}`, { up: MB * (i + 1) }), leecher));
  }
  for (const { near } of pairs) near.connection.send(new Uint8Array(10 * MB));
  await w.clock.run(10_000);
  for (const { far } of pairs) about(far.received, MB, 20 * KB, 'one of eight shares');
});

test('what a slow receiver leaves of an uplink goes to the others', async () => {
  const w = world({ latency: 50 });
  const seed = w.network.host('10.0.0.1', { up: MB });
  const slow = await connect(w, seed, w.network.host('10.0.0.2', { down: 100 * KB }));
  const quick = await connect(w, seed, w.network.host('10.0.0.3'));
  for (const { near } of [slow, quick]) near.connection.send(new Uint8Array(20 * MB));
  await w.clock.run(10_000);
  about(slow.far.received, MB, 30 * KB, 'the slow one');
  about(quick.far.received, 9 * MB, 100 * KB, 'the quick one');
});

test('a small message does not wait behind the bulk of other connections', async () => {
  const w = world({ latency: 20 });
  const [a, b] = [w.network.host('10.0.0.1', { up: MB }), w.network.host('10.0.0.2', { down: MB })];
  const bulk = [await connect(w, a, b), await connect(w, a, b)];
  const talk = await connect(w, a, b);
  for (const { near } of bulk) near.connection.send(new Uint8Array(10 * MB));
  await w.clock.run(1000);
  const start = w.clock.now();
  talk.near.connection.send(new Uint8Array(17));
  await w.clock.until(() => talk.far.received === 17);
  assert.ok(talk.far.lastAt - start < 20 + 3 * 17, `${talk.far.lastAt - start} ms`);
});

test('a changed rate holds from the next segment on', async () => {
  const w = world({ latency: 10 });
  const host = w.network.host('10.0.0.1', { up: 100 * KB });
  const { near, far } = await connect(w, host, w.network.host('10.0.0.2'));
  near.connection.send(new Uint8Array(10 * MB));
  await w.clock.run(1000);
  about(far.received, 100 * KB, 10 * KB, 'before');
  host.up.rate = MB;
  const before = far.received;
  await w.clock.run(1000);
  about(far.received - before, MB, 60 * KB, 'after');
});

test('a receiver that does not read stops its sender', async () => {
  const w = world();
  const [a, b] = [w.network.host('10.0.0.1', { up: MB }), w.network.host('10.0.0.2')];
  const { near, far } = await connect(w, a, b);
  far.connection.pause();
  assert.equal(near.connection.send(new Uint8Array(5 * MB)), false);
  await w.clock.run(60_000);
  assert.equal(far.received, 0);
  assert.ok(a.sent < MB / 2, `${a.sent} bytes are under way`);
  far.connection.resume();
  await w.clock.run(60_000);
  assert.equal(far.received, 5 * MB);
});

test('jitter delays each segment by at most its amount', async () => {
  const w = world({ latency: 30, jitter: 20 });
  const { near, far } = await connect(w, w.network.host('10.0.0.1'), w.network.host('10.0.0.2'));
  const delays: Millis[] = [];
  for (let i = 0; i < 200; i++) {
    const start = w.clock.now();
    near.connection.send(new Uint8Array(1));
    await w.clock.run(1000);
    delays.push(far.lastAt - start);
  }
  assert.ok(Math.min(...delays) >= 30 && Math.min(...delays) < 31);
  assert.ok(Math.max(...delays) <= 50 && Math.max(...delays) > 49);
});

test('a lost segment arrives one retransmission timeout later, and those behind it wait', async () => {
  const clock = new SimClock();
  let draws: number[] = [];
  const random = {
    bytes: (count: number) => new Uint8Array(count),
    below: (bound: number) => draws.shift() ?? bound - 1,
  };
  const network = new SimNetwork({ clock, random, latency: 25, loss: 0.01 });
  const { near, far } = await connect({ clock, network }, network.host('10.0.0.1'), network.host('10.0.0.2'));
  const start = clock.now();
  draws = [0, 0];
  near.connection.send(new Uint8Array(1));
  await clock.run(10);
  near.connection.send(new Uint8Array(1));
  await clock.until(() => far.received === 2);
  about(far.lastAt - start, 25 + 200 + 400, 1e-6, 'arrival of both');
});

test('a partition holds everything up and healing delivers it', async () => {
  const w = world({ latency: 20 });
  const [a, b, c] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => w.network.host(address, { up: MB })) as [
    SimHost,
    SimHost,
    SimHost,
  ];
  const cut = await connect(w, a, b);
  const whole = await connect(w, a, c);
  for (const { near } of [cut, whole]) near.connection.send(new Uint8Array(4 * MB));
  await w.clock.run(1000);
  w.network.partition([a, c], b);
  const before = cut.far.received;
  await w.clock.run(60_000);
  assert.equal(cut.far.received, before);
  assert.equal(whole.far.received, 4 * MB);
  w.network.heal([a, c], b);
  await w.clock.run(60_000);
  assert.equal(cut.far.received, 4 * MB);
  assert.equal(cut.far.closed, undefined);
});

test('the end of a connection does not cross a partition before it heals', async () => {
  const w = world();
  const [a, b] = [w.network.host('10.0.0.1'), w.network.host('10.0.0.2')];
  const { near, far } = await connect(w, a, b);
  w.network.partition(a, b);
  near.connection.close();
  await w.clock.run(60_000);
  assert.equal(near.closed, null);
  assert.equal(far.closed, undefined);
  w.network.heal(a, b);
  await w.clock.run(1000);
  assert.equal(far.closed, null);
});

test('a dial across a partition times out after ten seconds', async () => {
  const w = world();
  const [a, b] = [w.network.host('10.0.0.1'), w.network.host('10.0.0.2')];
  w.network.partition(a, b);
  const dial = a.transport.dial({ host: b.address, port: 1 });
  await assert.rejects(w.clock.finish(dial), { code: 'NET_CONNECT_TIMEOUT' });
  assert.equal(w.clock.now(), 10_000);
});

test('a dial goes through when the partition heals in time', async () => {
  const w = world({ latency: 10 });
  const [a, b] = [w.network.host('10.0.0.1'), w.network.host('10.0.0.2')];
  await b.transport.listen({ host: b.address, port: 1 }, () => {});
  w.network.partition(a, b);
  w.clock.after(2500, () => w.network.heal(a, b));
  await w.clock.finish(a.transport.dial({ host: b.address, port: 1 }));
  assert.equal(w.clock.now(), 3000 + 20);
});

test('a host behind a NAT dials but cannot be dialled', async () => {
  const w = world();
  const [open, hidden] = [w.network.host('10.0.0.1'), w.network.host('10.0.0.2', { isReachable: false })];
  await connect(w, hidden, open);
  await hidden.transport.listen({ host: hidden.address, port: 1 }, () => {});
  const dial = open.transport.dial({ host: hidden.address, port: 1 });
  await assert.rejects(w.clock.finish(dial), { code: 'NET_CONNECT_TIMEOUT' });
});

test('a listener that closes during the handshake ends the connection', async () => {
  const w = world({ latency: 10 });
  const [a, b] = [w.network.host('10.0.0.1'), w.network.host('10.0.0.2')];
  const listener = await b.transport.listen({ host: b.address, port: 1 }, () => assert.fail('accepted'));
  const near = watch(await w.clock.finish(a.transport.dial({ host: b.address, port: 1 })), w.clock);
  await listener.close();
  await w.clock.run(1000);
  assert.equal(near.closed, null);
  assert.equal(w.network.connectionCount, 0);
});

test('a reset breaks the connections between two hosts at both ends', async () => {
  const w = world();
  const [a, b, c] = [w.network.host('10.0.0.1'), w.network.host('10.0.0.2'), w.network.host('10.0.0.3')];
  const broken = await connect(w, a, b);
  const other = await connect(w, a, c);
  let sent = 0;
  broken.near.connection.send(new Uint8Array(100), () => sent++);
  assert.equal(w.network.reset(b, a), 1);
  await w.clock.run(1000);
  for (const end of [broken.near, broken.far]) assert.equal((end.closed as { code?: string }).code, 'ECONNRESET');
  assert.equal(other.near.closed, undefined);
  assert.deepEqual([broken.far.received, sent], [0, 1]);
  assert.equal(w.network.reset(a), 1);
});

test('an unplugged host falls silent and comes back', async () => {
  const w = world();
  const [a, b] = [w.network.host('10.0.0.1'), w.network.host('10.0.0.2')];
  const { near, far } = await connect(w, a, b);
  w.network.unplug(b);
  near.connection.send(new Uint8Array(10));
  await w.clock.run(100_000);
  assert.deepEqual([far.received, far.closed], [0, undefined]);
  w.network.plugIn(b);
  await w.clock.run(1000);
  assert.equal(far.received, 10);
});

test('a reader that keeps a view finds it spoiled', async () => {
  const w = world();
  const [a, b] = [w.network.host('10.0.0.1'), w.network.host('10.0.0.2')];
  let kept = new Uint8Array();
  await b.transport.listen({ host: b.address, port: 1 }, (connection) =>
    connection.open({ data: (view) => (kept = view as typeof kept), drain() {}, close() {} }),
  );
  const near = watch(await w.clock.finish(a.transport.dial({ host: b.address, port: 1 })), w.clock);
  near.connection.send(Uint8Array.of(1, 2, 3));
  await w.clock.run(1000);
  assert.deepEqual(kept, Uint8Array.of(0xdd, 0xdd, 0xdd));
});

test('the same seed gives the same run and another seed another', async () => {
  const run = async (seed: number): Promise<string> => {
    const w = world({ latency: 20, jitter: 10, loss: 0.02, seed });
    const hosts = Array.from({ length: 5 }, (_, i) => w.network.host(`10.0.0.${i}`, { up: MB / (i + 1) }));
    for (const from of hosts) {
      for (const to of hosts) {
        if (from === to) continue;
        const { near } = await connect(w, from, to);
        near.connection.send(new Uint8Array(200 * KB));
      }
    }
    await w.clock.run(20_000);
    return `${w.network.fingerprint} ${w.clock.fired}`;
  };
  assert.equal(await run(1), await run(1));
  assert.notEqual(await run(1), await run(2));
});
