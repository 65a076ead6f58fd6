/** Swarms in a real Redis server. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers';
import { RedisSwarms } from '../../src/app/tracker-server/redis/redis-swarms.ts';
import { redisLink } from '../../src/app/tracker-server/redis/script-link.ts';
import { swarmScript } from '../../src/app/tracker-server/redis/swarm-script.ts';
import { parseSwarmsUrl, type SwarmsAddress } from '../../src/app/tracker-server/redis/swarms-url.ts';
import { systemClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { SwarmRegistry, TICK_SECONDS } from '../../src/tracker/index.ts';
import { callOf, hashOf, newMemory, peersIn, tableOn } from '../../src/tracker/fakes.test.ts';
import { describeSwarmStore } from '../tracker/swarm-store-compliance.ts';
import { enterNamespace } from './namespace.ts';
import { RedisServer } from './redis-server.ts';

const skip = await enterNamespace(import.meta.filename, ['redis']);

/** No test is to depend on how busy the machine is. */
const PATIENCE_MS = 30_000;
const ADDRESS: Record<string, string> = { 'an IPv4 address': '10.99.0.2', 'the loopback': '127.0.0.1' };

let server: RedisServer;
before(async () => {
  if (skip === false) server = await RedisServer.start();
});
after(async () => {
  if (skip === false) await server[Symbol.asyncDispose]();
});

async function swarmsOn(address: SwarmsAddress, time?: () => number, memory = newMemory()): Promise<RedisSwarms> {
  const swarms = new RedisSwarms({
    table: tableOn(memory),
    link: (onLost) => redisLink(address, swarmScript, PATIENCE_MS, onLost),
    clock: systemClock,
    random: seededRandom(1),
    afterTurn: setImmediate,
    patience: PATIENCE_MS,
    ...(time !== undefined && { time }),
  });
  await swarms.start();
  assert.deepEqual(swarms.health(), { status: 'ok', reason: '' });
  return swarms;
}

const addressOf = (url: string): SwarmsAddress => parseSwarmsUrl(url) as SwarmsAddress;

describeSwarmStore(
  'RedisSwarms',
  async () => {
    server.command('flushall');
    let tick = 0;
    const store = await swarmsOn(addressOf(server.url), () => tick * TICK_SECONDS);
    return {
      store,
      passed(now) {
        tick = now;
      },
      settle() {},
      [Symbol.asyncDispose]() {
        assert.equal(store.health().status, 'ok', 'the server has answered, not the table');
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
    assert.deepEqual([call.complete, swarms.health().status], [1, 'ok']);
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
    using swarms = await swarmsOn(addressOf(server.url), undefined, memory);
    const denied = callOf({ swarm: 1, want: 50 });
    await swarms.announce(denied);
    assert.equal(denied.outcome, 'denied');
    assert.equal(server.command('dbsize').trim(), '0');
    await swarms.announce(callOf({ swarm: 2, port: 2001 }));
    const call = callOf({ swarm: 3, port: 2002, want: 50 });
    await swarms.announce(call);
    assert.deepEqual(peersIn(call), ['192.0.2.1:2001']);
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
