import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toHex } from '../../base/bytes.ts';
import { announceTo, callOf, countsOf, hashOf, LIFETIME, newMemory, peersIn, tableOn } from '../fakes.test.ts';
import { wordsOf } from '../swarm-store.ts';
import { SwarmRegistry, type TorrentFacts } from './swarm-registry.ts';
import type { SwarmTable } from './swarm-table.ts';
import { SMALLEST_TABLE, type TableMemory } from './table-memory.ts';

const GRACE = 17;
const nothing: TorrentFacts = { isRegistered: false, isDenied: false, aliasOf: null };
const registered: TorrentFacts = { ...nothing, isRegistered: true };
const denied: TorrentFacts = { ...nothing, isDenied: true };
const aliasOf = (swarm: number): TorrentFacts => ({ ...nothing, aliasOf: hashOf(swarm) });
const finish = { role: 'seeding', event: 'completed' } as const;

interface Parts {
  readonly memory: TableMemory;
  readonly table: SwarmTable;
  readonly registry: SwarmRegistry;
}

function newParts(options: Partial<SwarmTable['options']> = {}): Parts {
  const memory = newMemory();
  return { memory, table: tableOn(memory, options), registry: new SwarmRegistry(memory) };
}

describe('a registered torrent', () => {
  it('is served where only registered ones are, under its own hash', () => {
    const { table, registry } = newParts({ requiresRegistration: true });
    assert.ok(registry.set(hashOf(1), registered, 0));
    assert.equal(announceTo(table, { swarm: 1 }).outcome, 'served');
    assert.equal(countsOf(table, 1).incomplete, 1);
    assert.equal(announceTo(table, { swarm: 2 }).outcome, 'unknown');
  });

  it('is refused again when it is registered no more', () => {
    const { table, registry } = newParts({ requiresRegistration: true });
    registry.set(hashOf(1), registered, 0);
    announceTo(table, { swarm: 1 });
    registry.set(hashOf(1), nothing, 0);
    const call = announceTo(table, { swarm: 1, port: 2000, want: 9 });
    assert.deepEqual([call.outcome, peersIn(call)], ['unknown', []]);
  });

  it('stays without peers for as long as it is registered', () => {
    const { table, registry } = newParts({ requiresRegistration: true });
    registry.set(hashOf(1), registered, 0);
    announceTo(table, { swarm: 1 });
    for (let now = 0; now < 5000; now += 16) table.sweep(now);
    assert.deepEqual([table.use.swarms, table.use.peers4], [1, 0]);
    assert.equal(announceTo(table, { swarm: 1, now: 5000 }).outcome, 'served');
    registry.set(hashOf(1), nothing, 5000);
    for (let now = 5000; now < 7000; now += 16) table.sweep(now);
    assert.equal(table.use.swarms, 0);
  });

  it('keeps the peers that it had before', () => {
    const { table, registry } = newParts();
    for (let port = 2000; port < 2010; port++) announceTo(table, { port });
    registry.set(hashOf(0), registered, 0);
    assert.equal(countsOf(table).incomplete, 10);
  });

  it('is not taken in when there is no memory for it', () => {
    const memory = newMemory(SMALLEST_TABLE);
    const table = tableOn(memory);
    for (let swarm = 1; announceTo(table, { swarm }).outcome === 'served'; ) swarm++;
    const registry = new SwarmRegistry(memory);
    assert.equal(registry.set(hashOf(1e6), registered, 0), false);
    assert.equal(registry.set(hashOf(1), registered, 0), true);
  });
});

describe('a refused torrent', () => {
  it('is served to nobody, and its numbers are told to nobody, until it is allowed again', () => {
    const { table, registry } = newParts();
    announceTo(table, { port: 2001 });
    registry.set(hashOf(0), denied, 0);
    const call = announceTo(table, { port: 2002, want: 9 });
    assert.deepEqual([call.outcome, call.incomplete, peersIn(call)], ['denied', 0, []]);
    assert.equal(countsOf(table).incomplete, 0);
    registry.set(hashOf(0), nothing, 0);
    assert.equal(announceTo(table, { port: 2002 }).outcome, 'served');
  });

  it('is refused though it is registered, and stays refused without peers', () => {
    const { table, registry } = newParts({ requiresRegistration: true });
    registry.set(hashOf(0), { ...registered, isDenied: true }, 0);
    for (let now = 0; now < 3000; now += 16) table.sweep(now);
    assert.equal(announceTo(table, { now: 3000 }).outcome, 'denied');
  });
});

describe('another name of a torrent', () => {
  it('leads to the same swarm: announces and numbers are those of the one it names', () => {
    const { table, registry } = newParts();
    registry.set(hashOf(1), aliasOf(2), 0);
    announceTo(table, { swarm: 1, port: 2001 });
    announceTo(table, { swarm: 2, port: 2002, role: 'seeding' });
    for (const swarm of [1, 2]) {
      assert.deepEqual(countsOf(table, swarm), { complete: 1, incomplete: 1, downloaders: 1, completed: 0 });
    }
    assert.deepEqual(peersIn(announceTo(table, { swarm: 1, port: 2001, want: 9 })), ['192.0.2.1:2002']);
    announceTo(table, { swarm: 2, port: 2001, event: 'stopped' });
    assert.equal(countsOf(table, 1).incomplete, 0);
  });

  it('counts finished downloads for the one it names', () => {
    const { table, registry } = newParts();
    registry.set(hashOf(1), aliasOf(2), 0);
    announceTo(table, { ...finish, swarm: 1 });
    const finished = registry.takeFinished();
    assert.deepEqual(finished, [{ infoHash: hashOf(2), count: 1 }]);
  });

  it('stays without peers, however long nobody comes', () => {
    const { table, registry } = newParts();
    registry.set(hashOf(1), aliasOf(2), 0);
    for (let now = 0; now < 5000; now += 16) table.sweep(now);
    announceTo(table, { swarm: 1, now: 5000 });
    assert.equal(countsOf(table, 2).incomplete, 1);
  });

  it('has no peers of its own: those that it had are gone, with their memory and their share of the quota', () => {
    const { table, registry } = newParts({ peersPerAddress: 500 });
    announceTo(table, { swarm: 3 });
    for (let i = 0; i < 499; i++) announceTo(table, { swarm: 1, port: 2000 + i });
    for (let i = 1; i < 100; i++) announceTo(table, { swarm: 1, host: `2001:db8::${i}` });
    const { used } = table.use;
    registry.set(hashOf(1), aliasOf(2), 0);
    assert.deepEqual([table.use.peers4, table.use.peers6], [1, 0]);
    assert.ok(table.use.used <= used - 499 * 28 - 99 * 40);
    for (let i = 0; i < 499; i++) announceTo(table, { swarm: 1, port: 2000 + i });
    assert.equal(countsOf(table, 2).incomplete, 499);
  });

  it('becomes a swarm of its own again, an empty one', () => {
    const { table, registry } = newParts();
    registry.set(hashOf(1), aliasOf(2), 0);
    announceTo(table, { swarm: 1, port: 2001 });
    registry.set(hashOf(1), nothing, 0);
    assert.equal(countsOf(table, 1).incomplete, 0);
    for (let port = 3000; port < 3040; port++) announceTo(table, { swarm: 1, port });
    assert.deepEqual([countsOf(table, 1).incomplete, countsOf(table, 2).incomplete], [40, 1]);
  });

  it('may name another torrent later', () => {
    const { table, registry } = newParts();
    registry.set(hashOf(1), aliasOf(2), 0);
    registry.set(hashOf(1), aliasOf(3), 0);
    announceTo(table, { swarm: 1 });
    assert.deepEqual([countsOf(table, 2).incomplete, countsOf(table, 3).incomplete], [0, 1]);
  });

  it('is served as the one it names is: unknown or refused with it', () => {
    const { table, registry } = newParts({ requiresRegistration: true });
    registry.set(hashOf(1), aliasOf(2), 0);
    assert.equal(announceTo(table, { swarm: 1 }).outcome, 'unknown');
    registry.set(hashOf(2), registered, 0);
    assert.equal(announceTo(table, { swarm: 1 }).outcome, 'served');
    registry.set(hashOf(2), denied, 0);
    assert.equal(announceTo(table, { swarm: 1 }).outcome, 'denied');
  });

  it('leads on to the swarm while what it leads to is an alias too, for all that is asked of it', () => {
    const { table, registry } = newParts();
    for (const swarm of [1, 2, 3]) registry.set(hashOf(swarm), aliasOf(swarm + 1), 0);
    for (const swarm of [1, 2, 3, 4]) {
      assert.equal(announceTo(table, { ...finish, swarm, port: 2000 + swarm }).outcome, 'served');
    }
    assert.equal(table.resolve(wordsOf(hashOf(1))), 'served');
    assert.deepEqual(table.resolved, wordsOf(hashOf(4)));
    registry.settle(registry.takeFinished(), 0);
    assert.deepEqual(countsOf(table, 1), { complete: 4, incomplete: 0, downloaders: 0, completed: 4 });
  });

  it('leaves its peers on WebSockets too', () => {
    const { table, registry } = newParts();
    for (let port = 2000; port < 2040; port++) table.announceWeb(callOf({ swarm: 1, port }));
    announceTo(table, { swarm: 3 });
    registry.set(hashOf(1), aliasOf(2), 0);
    assert.deepEqual([table.use.webPeers, table.use.peers4], [0, 1]);
    table.announceWeb(callOf({ swarm: 1 }));
    assert.deepEqual([table.use.webPeers, countsOf(table, 2).incomplete], [1, 1]);
  });

  it('that leads back to itself harms nobody', () => {
    const { table, registry } = newParts();
    registry.set(hashOf(1), aliasOf(1), 0);
    registry.set(hashOf(2), aliasOf(3), 0);
    registry.set(hashOf(3), aliasOf(2), 0);
    for (const swarm of [1, 2, 3]) {
      assert.doesNotThrow(() => announceTo(table, { swarm }));
      assert.doesNotThrow(() => countsOf(table, swarm));
    }
  });
});

describe('finished downloads of a name that becomes an alias', () => {
  /** Numbers that are told for swarms 1 and 2, which are known from before. */
  function twoNames(first: number, second: number): Parts & { told: () => [number, number] } {
    const parts = newParts();
    parts.registry.raiseCompleted(hashOf(1), first, 0);
    parts.registry.raiseCompleted(hashOf(2), second, 0);
    return { ...parts, told: () => [countsOf(parts.table, 1).completed, countsOf(parts.table, 2).completed] };
  }

  it('are told by both names and never less than before, and the sum when the database tells it', () => {
    for (const [first, second] of [
      [100, 10],
      [10, 100],
    ] as const) {
      const { registry, told } = twoNames(first, second);
      registry.set(hashOf(1), aliasOf(2), 0);
      assert.deepEqual(told(), [100, 100]);
      registry.raiseCompleted(hashOf(2), 110, 0);
      assert.deepEqual(told(), [110, 110]);
    }
  });

  it('are added once, in whatever order and however often this is told', () => {
    const { registry, told } = twoNames(100, 10);
    registry.raiseCompleted(hashOf(2), 110, 0);
    for (let i = 0; i < 3; i++) registry.set(hashOf(1), aliasOf(2), 0);
    assert.deepEqual(told(), [110, 110]);
  });

  it('count for the joint swarm when they were not stored yet', () => {
    const { registry, table, told } = twoNames(0, 10);
    announceTo(table, { ...finish, swarm: 1 });
    announceTo(table, { ...finish, swarm: 1, port: 2000 });
    const taken = registry.takeFinished();
    announceTo(table, { ...finish, swarm: 1, port: 2001 });
    registry.set(hashOf(1), aliasOf(2), 0);
    registry.settle(taken, 0);
    registry.settle(registry.takeFinished(), 0);
    assert.deepEqual(told(), [13, 13]);
  });

  it('stay with the joint swarm when the names part, or when the alias leads elsewhere', () => {
    const { registry, table, told } = twoNames(100, 10);
    registry.set(hashOf(1), aliasOf(2), 0);
    registry.set(hashOf(1), aliasOf(3), 0);
    assert.deepEqual([told(), countsOf(table, 3).completed], [[0, 100], 0]);
    registry.set(hashOf(1), nothing, 0);
    assert.deepEqual(told(), [0, 100]);
  });
});

describe('finished downloads', () => {
  it('are taken once, by swarm, and told when they are stored', () => {
    const { table, registry } = newParts();
    for (let port = 2000; port < 2003; port++) announceTo(table, { ...finish, port });
    announceTo(table, { ...finish, swarm: 1 });
    const finished = registry.takeFinished();
    const counts = new Map(finished.map(({ infoHash, count }) => [toHex(infoHash), count]));
    assert.deepEqual(
      counts,
      new Map([
        [toHex(hashOf(0)), 3],
        [toHex(hashOf(1)), 1],
      ]),
    );
    assert.deepEqual(registry.takeFinished(), []);
    assert.equal(countsOf(table).completed, 0);
    registry.settle(finished, 0);
    assert.deepEqual([countsOf(table).completed, countsOf(table, 1).completed], [3, 1]);
    assert.equal(announceTo(table, { port: 4000 }).completed, 3);
    assert.deepEqual(registry.takeFinished(), []);
  });

  it('add up with those of earlier runs', () => {
    const { table, registry } = newParts();
    registry.raiseCompleted(hashOf(0), 1000, 0);
    announceTo(table, finish);
    assert.equal(countsOf(table).completed, 1000);
    registry.settle(registry.takeFinished(), 0);
    assert.equal(countsOf(table).completed, 1001);
  });

  it('outlive the swarm, before and after they are stored', () => {
    const { table, registry } = newParts();
    announceTo(table, finish);
    for (let now = 0; now < 2000; now += 16) table.sweep(now);
    const finished = registry.takeFinished();
    assert.deepEqual(finished, [{ infoHash: hashOf(0), count: 1 }]);
    for (let now = 2000; now < 4000; now += 16) table.sweep(now);
    registry.settle(finished, 4000);
    for (let now = 4000; now < 6000; now += 16) table.sweep(now);
    assert.deepEqual(countsOf(table), { complete: 0, incomplete: 0, downloaders: 0, completed: 1 });
  });

  it('of many swarms are all taken, whatever shard they lie in', () => {
    const { table, registry } = newParts();
    for (let swarm = 0; swarm < 3000; swarm++) announceTo(table, { ...finish, swarm });
    assert.equal(new Set(registry.takeFinished().map(({ infoHash }) => toHex(infoHash))).size, 3000);
  });

  it('let a swarm go that has none, though it had something to store', () => {
    const { table, registry } = newParts();
    announceTo(table, finish);
    registry.takeFinished();
    for (let now = 0; now <= LIFETIME + GRACE; now += 16) table.sweep(now);
    table.sweep(LIFETIME + GRACE);
    assert.equal(table.use.swarms, 0);
  });
});
