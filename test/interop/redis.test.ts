/** Swarms in a real Redis server. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers';
import { PeerPresence } from '../../src/app/tracker-server/redis/peer-presence.ts';
import { RedisSwarms, type StoreHealth } from '../../src/app/tracker-server/redis/redis-swarms.ts';
import { redisLink } from '../../src/app/tracker-server/redis/script-link.ts';
import { parseHost } from '../../src/base/address.ts';
import { systemClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { parseSwarmsUrl, type SwarmsAddress } from '../../src/base/swarms-url.ts';
import { type SwarmCounts, SwarmRegistry, type TableMemory, TICK_SECONDS } from '../../src/tracker/index.ts';
import { callOf, hashOf, idOf, LIFETIME, newMemory, peersIn, tableOn } from '../../src/tracker/fakes.test.ts';
import { describeSwarmStore } from '../tracker/swarm-store-compliance.ts';
import { enterNamespace } from './namespace.ts';
import { RedisServer } from './redis-server.ts';

const skip = await enterNamespace(import.meta.filename, ['redis']);

/** No test is to depend on how busy the machine is. */
const PATIENCE_MS = 30_000;
/** Lifetime, in ticks, of a tracker that tells its clients a far shorter interval than the others. */
const SHORT = 20;
const ADDRESS: Record<string, string> = { 'an IPv4 address': '10.99.0.2', 'the loopback': '127.0.0.1' };

let server: RedisServer;
before(async () => {
  if (skip === false) server = await RedisServer.start();
});
after(async () => {
  if (skip === false) await server[Symbol.asyncDispose]();
});

interface Wishes {
  readonly time?: () => number;
  readonly memory?: TableMemory;
  readonly presence?: SharedArrayBuffer;
  readonly peersPerAddress?: number;
  /** Ticks. */
  readonly lifetime?: number;
}

/** What each store has told of its server last. */
const healths = new WeakMap<RedisSwarms, StoreHealth>();

async function startOn(address: SwarmsAddress, wishes: Wishes = {}): Promise<RedisSwarms> {
  const { time, memory = newMemory(), presence = PeerPresence.memory() } = wishes;
  const { peersPerAddress = 1e9, lifetime = LIFETIME } = wishes;
  const swarms = new RedisSwarms({
    table: tableOn(memory, { peersPerAddress, lifetime }),
    presence: new PeerPresence(presence),
    link: (onLost) => redisLink(address, PATIENCE_MS, onLost),
    clock: systemClock,
    random: seededRandom(1),
    afterTurn: setImmediate,
    patience: PATIENCE_MS,
    onHealth: (health) => healths.set(swarms, health),
    ...(time !== undefined && { time }),
  });
  await swarms.start();
  return swarms;
}

async function swarmsOn(address: SwarmsAddress, wishes: Wishes = {}): Promise<RedisSwarms> {
  const swarms = await startOn(address, wishes);
  assert.deepEqual(healths.get(swarms), { status: 'ok', reason: '' });
  return swarms;
}

const wordsOf = (infoHash: Uint8Array): Int32Array => new Int32Array(infoHash.slice().buffer);

const entryOf = (host: string, port: number, role: string, silence: number): object => ({
  host: parseHost(host),
  port,
  peerId: idOf(host, port),
  role,
  silence,
});

async function countsOf(swarms: RedisSwarms): Promise<SwarmCounts> {
  const counts: SwarmCounts = { complete: -1, incomplete: -1, downloaders: -1, completed: -1 };
  await swarms.scrape(wordsOf(hashOf(0)), counts);
  return counts;
}

const completedOf = async (swarms: RedisSwarms): Promise<number> => (await countsOf(swarms)).completed;

/** Seconds after which the server forgets the first of its keys. */
function shortestTimeToLive(): number {
  const ttl = "t = math.min(t, redis.call('ttl', k))";
  return Number(server.command('eval', `local t = 1e9 ${forEachKey('*', ttl)} return t`, '0'));
}

/** Bytes as they stand in a text of Lua. */
const inLua = (bytes: Uint8Array): string => Array.from(bytes, (byte) => `\\${String(byte).padStart(3, '0')}`).join('');

const forEachKey = (pattern: string, work: string): string =>
  `for _, k in ipairs(redis.call('keys', '${pattern}')) do ${work} end`;

const addressOf = (url: string): SwarmsAddress => parseSwarmsUrl(url) as SwarmsAddress;

describeSwarmStore(
  'RedisSwarms',
  async (peersPerAddress) => {
    server.command('flushall');
    let tick = 0;
    const memory = newMemory();
    const registry = new SwarmRegistry(memory);
    const store = await swarmsOn(addressOf(server.url), { time: () => tick * TICK_SECONDS, memory, peersPerAddress });
    return {
      store,
      passed(now) {
        tick = now;
      },
      settle() {
        registry.settle(registry.takeFinished(), tick);
      },
      [Symbol.asyncDispose]() {
        assert.equal(healths.get(store)?.status, 'ok', 'the server has answered, not the table');
        store[Symbol.dispose]();
        return Promise.resolve();
      },
    };
  },
  { skip },
);

describe('swarms in Redis', { skip }, () => {
  test('are shared, and vanish from the server by themselves', async () => {
    server.command('flushall');
    using one = await swarmsOn(addressOf(server.url));
    using other = await swarmsOn(addressOf(server.url));
    await one.announce(callOf({ port: 2001 }));
    const call = callOf({ port: 2002, want: 50 });
    await other.announce(call);
    assert.deepEqual(peersIn(call), ['192.0.2.1:2001']);
    const keys = server.command('--no-raw', 'keys', '*').trim().split('\n');
    assert.equal(keys.length, 3, keys.join(' '));
    const script = "for _, k in ipairs(redis.call('keys', '*')) do if redis.call('ttl', k) < 1 then return k end end";
    assert.equal(server.command('eval', script, '0').trim(), '', 'each key has its time');
    await one.announce(callOf({ port: 2001, event: 'stopped' }));
    await one.announce(callOf({ port: 2002, event: 'stopped' }));
    assert.equal(server.command('dbsize').trim(), '0');
  });

  test('have names that stay in one slot of a cluster, whatever the info hash', async () => {
    server.command('flushall');
    using swarms = await swarmsOn(addressOf(server.url));
    for (const byte of [0x7d, 0x7b, 0x0a, 0, 0xff]) {
      const call = callOf({ event: 'completed', role: 'seeding' });
      call.infoHashBytes.fill(byte);
      await swarms.announce(call);
    }
    const tag = "local t = {} for _, k in ipairs(redis.call('keys', '*')) do t[string.match(k, '{(.-)}') or k] = 1 end";
    assert.match(server.command('eval', `${tag} local n = 0 for _ in pairs(t) do n = n + 1 end return n`, '0'), /^5\n/);
    assert.match(server.command('eval', `${tag} return t[''] or 0`, '0'), /^0\n/);
  });

  test('come back from a server that has forgotten its scripts', async () => {
    using swarms = await swarmsOn(addressOf(server.url));
    server.command('script', 'flush');
    const call = callOf({ swarm: 9, port: 2001, role: 'seeding' });
    await swarms.announce(call);
    assert.deepEqual([call.complete, healths.get(swarms)?.status], [1, 'ok']);
  });

  test('are set right when the server has evicted their counts', async () => {
    server.command('flushall');
    using swarms = await swarmsOn(addressOf(server.url));
    for (const port of [2001, 2002]) await swarms.announce(callOf({ port }));
    server.command('eval', "for _, k in ipairs(redis.call('keys', '*}')) do redis.call('del', k) end", '0');
    const call = callOf({ port: 2003, want: 9 });
    await swarms.announce(call);
    assert.deepEqual([call.incomplete, peersIn(call).length], [3, 2]);
  });

  test('are asked for only when the torrent is served, and by its own name', async () => {
    server.command('flushall');
    const memory = newMemory();
    const registry = new SwarmRegistry(memory);
    registry.set(hashOf(1), { isRegistered: false, isDenied: true, aliasOf: null }, 0);
    registry.set(hashOf(2), { isRegistered: false, isDenied: false, aliasOf: hashOf(3) }, 0);
    using swarms = await swarmsOn(addressOf(server.url), { memory });
    const denied = callOf({ swarm: 1, want: 50 });
    await swarms.announce(denied);
    assert.equal(denied.outcome, 'denied');
    assert.equal(server.command('dbsize').trim(), '0');
    await swarms.announce(callOf({ swarm: 2, port: 2001 }));
    const call = callOf({ swarm: 3, port: 2002, want: 50 });
    await swarms.announce(call);
    assert.deepEqual(peersIn(call), ['192.0.2.1:2001']);
  });

  test('have the finished downloads that this tracker has stored, and keep them when the server loses everything', async () => {
    server.command('flushall');
    const [memory, otherMemory] = [newMemory(), newMemory()];
    using one = await swarmsOn(addressOf(server.url), { memory });
    using other = await swarmsOn(addressOf(server.url), { memory: otherMemory });
    await one.announce(callOf({ port: 2001 }));
    await other.announce(callOf({ port: 2001, event: 'completed', role: 'seeding' }));
    await one.announce(callOf({ port: 2001, event: 'completed', role: 'seeding' }));
    const registry = new SwarmRegistry(otherMemory);
    assert.equal(await completedOf(other), 0, 'it is not stored yet');
    registry.settle(registry.takeFinished(), 0);
    server.command('flushall');
    assert.equal(await completedOf(other), 1);
    const call = callOf({ port: 2002 });
    await other.announce(call);
    assert.equal(call.completed, 1);
    assert.deepEqual(new SwarmRegistry(memory).takeFinished(), [], 'the other tracker has counted it');
  });

  test('count a finished download by the name of its own swarm', async () => {
    server.command('flushall');
    const memory = newMemory();
    const registry = new SwarmRegistry(memory);
    registry.set(hashOf(2), { isRegistered: false, isDenied: false, aliasOf: hashOf(3) }, 0);
    using swarms = await swarmsOn(addressOf(server.url), { memory });
    await swarms.announce(callOf({ swarm: 2, event: 'completed', role: 'seeding' }));
    assert.deepEqual(registry.takeFinished(), [{ infoHash: hashOf(3), count: 1 }]);
  });

  test('have one limit for an address in all threads of a tracker', async () => {
    server.command('flushall');
    const [memory, presence] = [newMemory(), PeerPresence.memory()];
    using one = await swarmsOn(addressOf(server.url), { memory, presence, peersPerAddress: 3 });
    using other = await swarmsOn(addressOf(server.url), { memory, presence, peersPerAddress: 3 });
    for (const port of [2001, 2002]) await one.announce(callOf({ port }));
    for (const port of [2003, 2004]) await other.announce(callOf({ port }));
    await one.announce(callOf({ port: 2005 }));
    assert.equal(server.command('eval', "return redis.call('zcard', redis.call('keys', '*d4')[1])", '0').trim(), '3');
  });

  test('are listed for the operator: role, id and silence of each peer, by any name of the swarm', async () => {
    server.command('flushall');
    const memory = newMemory();
    new SwarmRegistry(memory).set(hashOf(9), { isRegistered: false, isDenied: false, aliasOf: hashOf(0) }, 0);
    let now = 1000;
    using swarms = await swarmsOn(addressOf(server.url), { memory, time: () => now });
    await swarms.announce(callOf({ port: 2000 }));
    now += TICK_SECONDS * LIFETIME;
    await swarms.announce(callOf({ port: 2001 }));
    now += 10;
    await swarms.announce(callOf({ port: 2002, role: 'seeding' }));
    await swarms.announce(callOf({ port: 2003, host: '2001:db8::1', role: 'paused' }));
    now += 5;
    assert.deepEqual(await swarms.peersOf(wordsOf(hashOf(9)), 10), [
      entryOf('192.0.2.1', 2001, 'downloading', 15),
      entryOf('192.0.2.1', 2002, 'seeding', 5),
      entryOf('2001:db8::1', 2003, 'paused', 5),
    ]);
    assert.equal((await swarms.peersOf(wordsOf(hashOf(9)), 2)).length, 2);
    assert.deepEqual(await swarms.peersOf(wordsOf(hashOf(1)), 10), []);
  });

  test('are listed up to a thousand peers', async () => {
    server.command('flushall');
    using swarms = await swarmsOn(addressOf(server.url));
    const calls = Array.from({ length: 1500 }, (_, i) => callOf({ port: 2000 + i }));
    await Promise.all(calls.map(async (call) => swarms.announce(call)));
    assert.equal((await swarms.peersOf(wordsOf(hashOf(0)), 1e9)).length, 1000);
  });

  test('keep each peer as long as the tracker says that it announced to, whoever else asks', async () => {
    server.command('flushall');
    let now = 1000;
    const time = (): number => now;
    using patient = await swarmsOn(addressOf(server.url), { time });
    using short = await swarmsOn(addressOf(server.url), { time, lifetime: SHORT });
    await patient.announce(callOf({ port: 2001 }));
    await short.announce(callOf({ port: 2002 }));
    now += TICK_SECONDS * SHORT + 1;
    const call = callOf({ port: 2003, want: 9 });
    await short.announce(call);
    assert.deepEqual(peersIn(call), ['192.0.2.1:2001']);
    now += TICK_SECONDS * (LIFETIME - SHORT);
    assert.equal((await countsOf(patient)).incomplete, 0);
  });

  test('keep their keys as long as the tracker with the longest interval needs them', async () => {
    for (const evicted of ['none', '*}']) {
      server.command('flushall');
      using patient = await swarmsOn(addressOf(server.url));
      using short = await swarmsOn(addressOf(server.url), { lifetime: SHORT });
      await short.announce(callOf({ port: 2001 }));
      await patient.announce(callOf({ port: 2002 }));
      server.command('eval', forEachKey(evicted, "redis.call('del', k)"), '0');
      await short.announce(callOf({ port: 2003 }));
      const seconds = shortestTimeToLive();
      assert.ok(seconds > TICK_SECONDS * LIFETIME, `${seconds} s, evicted: ${evicted}`);
    }
  });

  test('are listed with the right silence when a tracker with another interval heard of the peer', async () => {
    server.command('flushall');
    let now = 1000;
    const time = (): number => now;
    using patient = await swarmsOn(addressOf(server.url), { time });
    using short = await swarmsOn(addressOf(server.url), { time, lifetime: SHORT });
    await patient.announce(callOf({ port: 2001 }));
    now += 50;
    await short.announce(callOf({ port: 2002 }));
    now += 5;
    const listed = [entryOf('192.0.2.1', 2001, 'downloading', 55), entryOf('192.0.2.1', 2002, 'downloading', 5)];
    for (const swarms of [patient, short]) assert.deepEqual(await swarms.peersOf(wordsOf(hashOf(0)), 10), listed);
  });

  test('have names by which those that are kept another way are not misread', async () => {
    server.command('flushall');
    const counts = "struct.pack('>I4I4I4I4I4I4I4', 0, 9, 0, 0, 0, 0, redis.call('time')[1])";
    server.command('eval', `redis.call('set', '{t${inLua(hashOf(0))}}', ${counts})`, '0');
    using swarms = await swarmsOn(addressOf(server.url));
    assert.equal((await countsOf(swarms)).complete, 0);
  });

  test('answer an announce from memory whose keys are of another kind, and all others of its batch', async () => {
    server.command('flushall');
    using swarms = await swarmsOn(addressOf(server.url));
    await Promise.all([0, 1].map(async (swarm) => swarms.announce(callOf({ swarm, port: 2001, role: 'seeding' }))));
    const spoil = `if k:find('${inLua(hashOf(0))}', 1, true) then redis.call('set', k, 'x') end`;
    server.command('eval', forEachKey('*s4', spoil), '0');
    const calls = Array.from({ length: 64 }, (_, i) => callOf({ swarm: i === 9 ? 0 : 1, port: 3000 + i, want: 9 }));
    await Promise.all(calls.map(async (call) => swarms.announce(call)));
    assert.deepEqual([...new Set(calls.map(({ complete }) => complete))], [1, 0]);
    assert.deepEqual([calls[9]?.complete, calls[9]?.outcome, calls[9]?.incomplete], [0, 'served', 1]);
    assert.match(healths.get(swarms)?.reason ?? '', /^WRONGTYPE .* \(swarm [\da-f]{40}\)$/);
  });

  test('are answered from memory while the server is full, and shared again when it has room', async () => {
    server.command('flushall');
    using swarms = await swarmsOn(addressOf(server.url));
    server.command('config', 'set', 'maxmemory', '1');
    using late = await startOn(addressOf(server.url));
    assert.match(healths.get(late)?.reason ?? '', /^OOM /);
    for (const port of [2001, 2002]) {
      const call = callOf({ port });
      await swarms.announce(call);
      assert.deepEqual([call.outcome, call.incomplete], ['served', port - 2000]);
    }
    const { status, reason } = healths.get(swarms) as StoreHealth;
    assert.equal(status, 'degraded');
    assert.match(reason, /^OOM /);
    server.command('config', 'set', 'maxmemory', '0');
    await swarms.announce(callOf({ port: 2003 }));
    using other = await swarmsOn(addressOf(server.url));
    assert.equal((await countsOf(other)).incomplete, 1);
  });

  test('are not looked for on a server that is only read', async () => {
    await using replica = await RedisServer.start('--replicaof', '127.0.0.1 1');
    using swarms = await startOn(addressOf(replica.url));
    assert.match(healths.get(swarms)?.reason ?? '', /^READONLY /);
    const call = callOf({ port: 2001 });
    assert.equal(swarms.announce(call), undefined);
    assert.equal(call.incomplete, 1);
  });

  for (const [name, ip] of Object.entries(ADDRESS)) {
    test(`are reached over TCP at ${name}, with a password, in another database`, async () => {
      await using guarded = await RedisServer.start('--port', '6390', '--bind', ip, '--requirepass', 'p@ss word');
      using swarms = await swarmsOn(addressOf(`redis://:p%40ss%20word@${ip}:6390/3`));
      const call = callOf({ role: 'seeding' });
      await swarms.announce(call);
      assert.equal(call.complete, 1);
      assert.match(guarded.command('--no-auth-warning', '-a', 'p@ss word', 'info', 'keyspace'), /db3:keys=3/);
    });
  }
});
