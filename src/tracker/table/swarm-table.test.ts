import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Announcement,
  announceTo,
  countsOf,
  LIFETIME,
  newMemory,
  newTable,
  peersIn,
  tableOn,
} from '../fakes.test.ts';
import { SwarmRegistry } from './swarm-registry.ts';
import type { SwarmTable } from './swarm-table.ts';
import { SHARDS, type TableMemory } from './table-memory.ts';

/** One more than a turn of the wheel: a peer is gone so long after its lifetime at the latest. */
const GRACE = 17;
const at = (port: number, host = '192.0.2.1'): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

/** Finished downloads of a swarm, once they are stored. */
function finishedOf(memory: TableMemory, swarm = 0): number {
  const registry = new SwarmRegistry(memory);
  registry.settle(registry.takeFinished(), 0);
  return countsOf(tableOn(memory), swarm).completed;
}

describe('a swarm', () => {
  it('has the peers that announced to it and no other', () => {
    const table = newTable();
    announceTo(table, { port: 2001 });
    announceTo(table, { port: 2002, swarm: 1 });
    assert.deepEqual(peersIn(announceTo(table, { port: 2003, want: 50 })), [at(2001)]);
  });

  it('tells peers of one host apart by port, and of one port by host', () => {
    const table = newTable();
    for (const host of ['192.0.2.1', '192.0.2.2']) for (const port of [2001, 2002]) announceTo(table, { host, port });
    assert.equal(countsOf(table).incomplete, 4);
  });

  it('has a peer once, however often it announces', () => {
    const table = newTable();
    for (let i = 0; i < 5; i++) announceTo(table, { now: i });
    assert.deepEqual(countsOf(table), { complete: 0, incomplete: 1, downloaders: 1, completed: 0 });
    assert.equal(table.use.peers4, 1);
  });

  it('lets a peer go that says so, and says so to who asks next', () => {
    const table = newTable();
    announceTo(table, { port: 2001 });
    const call = announceTo(table, { port: 2001, event: 'stopped', want: 50 });
    assert.deepEqual([call.outcome, call.incomplete, peersIn(call)], ['served', 0, []]);
    assert.deepEqual(peersIn(announceTo(table, { port: 2002, want: 50 })), []);
  });

  it('does not come into being by a departure', () => {
    const table = newTable();
    assert.equal(announceTo(table, { event: 'stopped' }).outcome, 'served');
    assert.deepEqual([table.use.swarms, table.use.used], [0, 0]);
  });

  it('is not changed by the departure of a peer that it has not', () => {
    const table = newTable();
    announceTo(table, { port: 2001 });
    announceTo(table, { port: 2002, event: 'stopped' });
    assert.equal(countsOf(table).incomplete, 1);
  });

  it('counts a paused peer as incomplete, but not as a downloader (BEP 21)', () => {
    const table = newTable();
    announceTo(table, { port: 2001, role: 'paused', event: 'paused' });
    announceTo(table, { port: 2002 });
    const call = announceTo(table, { port: 2003, role: 'seeding' });
    assert.deepEqual([call.complete, call.incomplete], [1, 2]);
    assert.deepEqual(countsOf(table), { complete: 1, incomplete: 2, downloaders: 1, completed: 0 });
  });

  it('follows a peer through all its roles', () => {
    const table = newTable();
    for (let port = 2001; port <= 2005; port++) announceTo(table, { port });
    const steps = [
      ['seeding', { complete: 1, incomplete: 5, downloaders: 5 }],
      ['paused', { complete: 0, incomplete: 6, downloaders: 5 }],
      ['downloading', { complete: 0, incomplete: 6, downloaders: 6 }],
      ['paused', { complete: 0, incomplete: 6, downloaders: 5 }],
      ['seeding', { complete: 1, incomplete: 5, downloaders: 5 }],
      ['downloading', { complete: 0, incomplete: 6, downloaders: 6 }],
    ] as const;
    for (const [role, counts] of steps) {
      announceTo(table, { port: 3000, role });
      assert.deepEqual(countsOf(table), { ...counts, completed: 0 }, role);
    }
  });

  it('has zeros for who asks about one that is not there', () => {
    assert.deepEqual(countsOf(newTable()), { complete: 0, incomplete: 0, downloaders: 0, completed: 0 });
  });

  it('can be found among many others, also after many of them have gone', () => {
    const table = newTable();
    for (let swarm = 0; swarm < 20_000; swarm++) announceTo(table, { swarm, now: swarm % 2 === 0 ? 0 : 400 });
    assert.equal(table.use.swarms, 20_000);
    for (let swarm = 0; swarm < 20_000; swarm++) assert.equal(countsOf(table, swarm).incomplete, 1, `${swarm}`);
    table.sweep(LIFETIME + GRACE);
    assert.equal(table.use.swarms, 10_000);
    for (let swarm = 0; swarm < 20_000; swarm++) assert.equal(countsOf(table, swarm).incomplete, swarm % 2, `${swarm}`);
  });
});

describe('peers for who asks', () => {
  const crowd = (): SwarmTable => {
    const table = newTable();
    for (let i = 0; i < 10; i++) announceTo(table, { port: 2000 + i });
    for (let i = 0; i < 10; i++) announceTo(table, { port: 3000 + i, role: 'seeding' });
    for (let i = 0; i < 10; i++) announceTo(table, { port: 4000 + i, role: 'paused' });
    return table;
  };
  const portsFor = (announcement: Announcement): number[] =>
    peersIn(announceTo(crowd(), { want: 200, ...announcement }))
      .map((peer) => Number(peer.split(':').at(-1)))
      .sort((a, b) => a - b);
  const range = (from: number): number[] => Array.from({ length: 10 }, (_, i) => from + i);

  it('are all others for a downloader', () => {
    assert.deepEqual(portsFor({ port: 5000 }), [...range(2000), ...range(3000), ...range(4000)]);
  });

  it('are only downloaders for a seeder', () => {
    assert.deepEqual(portsFor({ port: 5000, role: 'seeding' }), range(2000));
  });

  it('are only downloaders for a paused peer', () => {
    assert.deepEqual(portsFor({ port: 5000, role: 'paused' }), range(2000));
  });

  it('are never the asking peer itself', () => {
    assert.ok(!portsFor({ port: 2003 }).includes(2003));
  });

  it('are as many as are wanted', () => {
    for (const want of [0, 1, 7, 29]) assert.equal(portsFor({ port: 5000, want }).length, want);
  });

  it('are of the own family, and for who takes both of the other one where there is room', () => {
    const table = newTable();
    for (let i = 1; i <= 3; i++) announceTo(table, { port: 2000 + i });
    for (let i = 1; i <= 3; i++) announceTo(table, { host: `2001:db8::${i}`, port: 6000 });
    const own = peersIn(announceTo(table, { port: 5000, want: 5 })).sort();
    assert.deepEqual(own, [at(2001), at(2002), at(2003)]);
    const both = peersIn(announceTo(table, { port: 5000, want: 5, isForBothFamilies: true }));
    assert.deepEqual([both.slice(0, 3).sort(), both.length], [own, 5]);
    const from6 = announceTo(table, { host: '2001:db8::1', port: 6000, want: 5, isForBothFamilies: true });
    assert.deepEqual([from6.peers6.at, from6.peers4.at], [18 * 2, 6 * 3]);
  });

  it('come with their own ids', () => {
    const table = newTable();
    for (let i = 0; i < 40; i++) announceTo(table, { port: 2000 + i });
    const call = announceTo(table, { port: 5000, want: 40, wantsPeerIds: true });
    for (const [i, peer] of peersIn(call).entries()) {
      const [host = '', port] = peer.split(':');
      const id = Buffer.from(call.peerIds.bytes.subarray(20 * i, 20 * i + 20)).toString();
      assert.equal(id.replace(/\.+$/, ''), `${port}|${host}`);
    }
    assert.equal(call.peerIds.at, 20 * 40);
  });

  it('come with the id that a peer began anew with', () => {
    const table = newTable();
    announceTo(table, { port: 2001 });
    const again = announceTo(table, { port: 2001, event: 'started' });
    again.peerIdBytes.fill(0x41);
    table.announce(again);
    const call = announceTo(table, { port: 2002, want: 1, wantsPeerIds: true });
    assert.ok(call.peerIds.bytes.subarray(0, 20).every((byte) => byte === 0x41));
  });
});

describe('finished downloads', () => {
  const finish = { role: 'seeding', event: 'completed' } as const;

  it('count once for a downloader, however often it says so', () => {
    const memory = newMemory();
    const table = tableOn(memory);
    announceTo(table);
    for (let i = 0; i < 3; i++) announceTo(table, finish);
    assert.equal(finishedOf(memory), 1);
  });

  it('count once for a peer that was not known, however often it says so', () => {
    const memory = newMemory();
    const table = tableOn(memory);
    for (let i = 0; i < 3; i++) announceTo(table, finish);
    assert.equal(finishedOf(memory), 1);
  });

  it('do not count for a seeder or for who has not everything', () => {
    const memory = newMemory();
    const table = tableOn(memory);
    announceTo(table, { port: 2001, role: 'seeding' });
    announceTo(table, { ...finish, port: 2001 });
    announceTo(table, { port: 2002, event: 'completed' });
    assert.equal(finishedOf(memory), 0);
  });

  it('count for each peer and each swarm', () => {
    const memory = newMemory();
    const table = tableOn(memory);
    for (let port = 2000; port < 2005; port++) announceTo(table, { ...finish, port });
    announceTo(table, { ...finish, swarm: 1 });
    assert.deepEqual([finishedOf(memory), finishedOf(memory, 1)], [5, 1]);
  });

  it('do not count for a peer that is not taken in, because its address has enough already', () => {
    const memory = newMemory();
    const table = tableOn(memory, { peersPerAddress: 1 });
    announceTo(table, { port: 2001 });
    for (let i = 0; i < 3; i++) announceTo(table, { ...finish, port: 2002 });
    assert.equal(finishedOf(memory), 0);
  });

  it('are not told before they are stored', () => {
    const table = newTable();
    announceTo(table);
    assert.equal(announceTo(table, finish).completed, 0);
    assert.equal(countsOf(table).completed, 0);
  });
});

describe('expiry', () => {
  it('removes a peer that was silent for its lifetime, and keeps one that was not', () => {
    const table = newTable();
    announceTo(table, { port: 2001, now: 100 });
    announceTo(table, { port: 2002, now: 100 });
    announceTo(table, { port: 2002, now: 300 });
    table.sweep(100 + LIFETIME);
    assert.equal(countsOf(table).incomplete, 2);
    table.sweep(100 + LIFETIME + GRACE);
    assert.equal(countsOf(table).incomplete, 1);
    assert.deepEqual(peersIn(announceTo(table, { port: 2003, want: 9, now: 600 })), [at(2002)]);
    table.sweep(300 + LIFETIME + GRACE);
    assert.deepEqual(peersIn(announceTo(table, { port: 2003, want: 9, now: 800 })), []);
  });

  it('removes no peer before its lifetime and each soon afterwards, with any rhythm of announces', () => {
    const table = newTable();
    const heard = new Map<number, number>();
    for (let now = 0; now < 6000; now += 8) {
      for (let port = 2000; port < 2020; port++) {
        if ((port * 7919 + now / 8) % (port - 1990) !== 0) continue;
        if (port % 3 === 0 && now > 3000) continue;
        announceTo(table, { port, now, role: port % 2 === 0 ? 'seeding' : 'downloading' });
        heard.set(port, now);
      }
      table.sweep(now);
      const there = table.use.peers4;
      const ages = [...heard.values()].map((time) => now - time);
      assert.ok(there >= ages.filter((age) => age <= LIFETIME).length, `${now}`);
      assert.ok(there <= ages.filter((age) => age < LIFETIME + GRACE).length, `${now}`);
    }
  });

  it('removes empty swarms, and gives all memory back to the last unit', () => {
    const table = newTable();
    for (let i = 0; i < 5000; i++) announceTo(table, { port: 2000 + i, role: i % 2 === 0 ? 'seeding' : 'paused' });
    for (let i = 1; i <= 700; i++) announceTo(table, { host: `2001:db8::${i}` });
    assert.ok(table.use.used > 5700 * 28);
    table.sweep(LIFETIME + GRACE);
    const { swarms, peers4, peers6, used } = table.use;
    assert.deepEqual([swarms, peers4, peers6, used], [0, 0, 0, 0]);
  });

  it('leaves no memory behind in swarms that come and go for long', () => {
    const table = newTable();
    for (let cycle = 0; cycle < 4; cycle++) {
      const now = cycle * 1000;
      for (let i = 0; i < 6000; i++) {
        announceTo(table, { swarm: i % 700, port: 2000 + (i % 97), host: `198.18.${i % 5}.${cycle}`, now });
        announceTo(table, { swarm: i % 300, port: 2000 + i, host: `2001:db8::${(i % 11) + 1}`, now });
      }
      assert.equal(table.use.swarms, 700);
      table.sweep(now + LIFETIME + GRACE);
      const { swarms, peers4, peers6, used } = table.use;
      assert.deepEqual([swarms, peers4, peers6, used], [0, 0, 0, 0], `cycle ${cycle}`);
    }
  });

  it('gives the memory of departed peers back when a swarm is looked at, and keeps who is there', () => {
    const table = newTable();
    for (let i = 0; i < 2000; i++) announceTo(table, { port: 2000 + i });
    const most = table.use.used;
    for (let i = 10; i < 2000; i++) announceTo(table, { port: 2000 + i, event: 'stopped' });
    for (let i = 0; i < 10; i++) announceTo(table, { port: 2000 + i, now: 400 });
    table.sweep(LIFETIME + GRACE);
    assert.ok(table.use.used < most / 50, `${table.use.used} of ${most}`);
    const there = peersIn(announceTo(table, { port: 5000, want: 50, now: 400 })).sort();
    assert.deepEqual(
      there,
      Array.from({ length: 10 }, (_, i) => at(2000 + i)),
    );
  });

  it('catches up after sweeping has paused for days', () => {
    const table = newTable();
    for (let swarm = 0; swarm < 1000; swarm++) announceTo(table, { swarm, now: swarm * 2 });
    const later = 100_000 - (100_000 % 16);
    // Ticks are stamps of 36 hours: what was silent for a multiple of them looks young, and is found afterwards.
    for (let now = later; now < later + 3000; now += 16) table.sweep(now);
    assert.deepEqual([table.use.swarms, table.use.peers4], [0, 0]);
  });

  it('does not hurt a peer that was heard of after the sweep had begun', () => {
    const table = newTable();
    announceTo(table, { port: 2001, now: 0 });
    const due = LIFETIME + GRACE;
    // The thread that sweeps has read the clock; another one reads it a tick later and is first at the swarm.
    announceTo(table, { port: 2002, now: due + 1 });
    table.sweep(due);
    assert.deepEqual(countsOf(table).incomplete, 1);
  });

  it('sweeps one shard without the others', () => {
    const table = newTable();
    for (let swarm = 0; swarm < 500; swarm++) announceTo(table, { swarm });
    let left = 500;
    for (let shard = 0; shard < SHARDS; shard++) {
      left -= table.sweepShard(shard, LIFETIME + GRACE);
      assert.equal(table.use.swarms, left);
    }
    assert.equal(left, 0);
  });
});

describe('a table that serves registered torrents only', () => {
  it('refuses all others, keeps nothing of them, and tells nothing about them', () => {
    const table = newTable({ requiresRegistration: true });
    const call = announceTo(table, { want: 50 });
    assert.deepEqual([call.outcome, call.incomplete, peersIn(call)], ['unknown', 0, []]);
    assert.equal(countsOf(table).incomplete, 0);
    assert.deepEqual([table.use.swarms, table.use.used], [0, 0]);
  });

  it('refuses swarms that were there before it asked for registration', () => {
    const table = newTable();
    announceTo(table, { port: 2001 });
    table.options = { ...table.options, requiresRegistration: true };
    const call = announceTo(table, { port: 2002, want: 50 });
    assert.deepEqual([call.outcome, peersIn(call)], ['unknown', []]);
  });
});
