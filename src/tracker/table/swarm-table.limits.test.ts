/** Limits of a table: peers of one address, and its memory. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { announceTo, countsOf, LIFETIME, newMemory, newTable, peersIn, tableOn } from '../fakes.test.ts';
import { SwarmRegistry } from './swarm-registry.ts';
import type { SwarmTable } from './swarm-table.ts';
import { SMALLEST_TABLE } from './table-memory.ts';

const GRACE = 17;

describe('peers of one address', () => {
  it('are counted over all swarms, and the one too many is not taken in', () => {
    const table = newTable({ peersPerAddress: 3 });
    for (let i = 0; i < 5; i++) announceTo(table, { swarm: i % 2, port: 2000 + i });
    assert.equal(countsOf(table, 0).incomplete + countsOf(table, 1).incomplete, 3);
  });

  it('leave other addresses alone', () => {
    const table = newTable({ peersPerAddress: 3 });
    for (let i = 0; i < 5; i++) announceTo(table, { port: 2000 + i });
    for (let i = 0; i < 5; i++) announceTo(table, { host: '192.0.2.2', port: 2000 + i });
    announceTo(table, { host: '192.0.2.3' });
    assert.equal(countsOf(table).incomplete, 3 + 3 + 1);
  });

  it('may come back when one of them has left', () => {
    const table = newTable({ peersPerAddress: 2 });
    for (const port of [2001, 2002, 2003]) announceTo(table, { port });
    announceTo(table, { port: 2001, event: 'stopped' });
    announceTo(table, { port: 2003 });
    announceTo(table, { port: 2004 });
    assert.deepEqual(
      peersIn(announceTo(table, { host: '192.0.2.9', want: 9 }))
        .map((peer) => peer.split(':')[1])
        .sort(),
      ['2002', '2003'],
    );
  });

  it('may come back when they were silent for their lifetime', () => {
    const table = newTable({ peersPerAddress: 2 });
    for (const port of [2001, 2002, 2003]) announceTo(table, { port });
    table.sweep(LIFETIME + GRACE);
    for (const port of [2003, 2004, 2005]) announceTo(table, { port, now: LIFETIME + GRACE });
    assert.equal(countsOf(table).incomplete, 2);
  });

  it('that are there already are not hindered', () => {
    const table = newTable({ peersPerAddress: 1 });
    for (let now = 0; now < 5; now++) announceTo(table, { now });
    announceTo(table, { role: 'seeding' });
    assert.deepEqual([countsOf(table).complete, countsOf(table).incomplete], [1, 0]);
  });

  it('are answered with peers even when they are not taken in', () => {
    const table = newTable({ peersPerAddress: 1 });
    announceTo(table, { port: 2001 });
    const call = announceTo(table, { port: 2002, want: 5 });
    assert.deepEqual([call.outcome, peersIn(call)], ['served', ['192.0.2.1:2001']]);
  });

  it('are for IPv6 those of a network of 64 bits', () => {
    const table = newTable({ peersPerAddress: 3 });
    for (let i = 1; i <= 9; i++) announceTo(table, { host: `2001:db8:0:1:${i}::${i}` });
    assert.equal(countsOf(table).incomplete, 3);
    announceTo(table, { host: '2001:db8:0:2::1' });
    assert.equal(countsOf(table).incomplete, 4);
    announceTo(table, { host: '2001:db8:0:1:1::1', event: 'stopped' });
    announceTo(table, { host: '2001:db8:0:1:9::9' });
    assert.equal(countsOf(table).incomplete, 4);
  });

  it('do not add up over many comings and goings', () => {
    const table = newTable({ peersPerAddress: 4 });
    for (let i = 0; i < 5000; i++) {
      announceTo(table, { port: 2000 + (i % 4), swarm: i % 7 });
      announceTo(table, { port: 2000 + (i % 4), swarm: i % 7, event: 'stopped' });
    }
    for (let i = 0; i < 4; i++) announceTo(table, { port: 2000 + i });
    assert.equal(countsOf(table).incomplete, 4);
  });
});

describe('a full table', () => {
  /** One peer in each swarm, until there is no memory for another swarm. */
  const fill = (table: SwarmTable): number => {
    let swarm = 0;
    while (announceTo(table, { swarm }).outcome === 'served') swarm++;
    return swarm;
  };

  it('refuses swarms that were not there, serves the others, and loses none', () => {
    const table = tableOn(newMemory(SMALLEST_TABLE));
    const swarms = fill(table);
    assert.ok(swarms > SMALLEST_TABLE / 128 / 2, `${swarms} swarms`);
    for (let i = 0; i < 50; i++) assert.equal(announceTo(table, { swarm: swarms + i }).outcome, 'full');
    for (let swarm = 0; swarm < swarms; swarm++) assert.equal(countsOf(table, swarm).incomplete, 1);
    assert.equal(table.use.swarms, swarms);
  });

  it('has room for a second peer where swarms have it, and for more in exchange', () => {
    const table = tableOn(newMemory(SMALLEST_TABLE));
    fill(table);
    for (let port = 2000; port < 2020; port++) {
      assert.equal(announceTo(table, { swarm: 5, port, want: 9 }).outcome, 'served');
    }
    assert.ok(countsOf(table, 5).incomplete >= 2);
    const first = announceTo(table, { swarm: 5, port: 2019, want: 9 });
    const last = announceTo(table, { swarm: 5, port: 9999, want: 9 });
    assert.equal(last.incomplete, first.incomplete, 'one came, one went');
  });

  it('lets a newcomer take the place of a peer that was silent for long', () => {
    const table = tableOn(newMemory(SMALLEST_TABLE));
    for (let i = 0; i < 20; i++) announceTo(table, { swarm: 1e6, port: 3000 + i, now: i < 10 ? 0 : 100 });
    const before = countsOf(table, 1e6).incomplete;
    fill(table);
    // As many newcomers as find room, and then some.
    let port = 4000;
    for (let count = before; ; count++, port++) {
      if (announceTo(table, { swarm: 1e6, port, now: 100 }).incomplete === count) break;
    }
    for (let i = 0; i < 6; i++) announceTo(table, { swarm: 1e6, port: 5000 + i, now: 100 });
    const found = peersIn(announceTo(table, { swarm: 1e6, port: 5000, now: 100, want: 200 }));
    for (let i = 1; i < 6; i++) assert.ok(found.includes(`192.0.2.1:${5000 + i}`), 'newcomers are in');
    const isThere = (i: number): boolean => found.includes(`192.0.2.1:${3000 + i}`);
    const silent = Array.from({ length: 10 }, (_, i) => i).filter(isThere).length;
    const recent = Array.from({ length: 10 }, (_, i) => 10 + i).filter(isThere).length;
    assert.ok(silent < recent, `${silent} of the silent, ${recent} of the others`);
  });

  it('gives the places of replaced peers back to their address', () => {
    const table = tableOn(newMemory(SMALLEST_TABLE), { peersPerAddress: 30 });
    const hosts = (i: number): string => `198.18.${i >> 8}.${i & 255}`;
    let swarm = 0;
    while (announceTo(table, { swarm, host: hosts(swarm) }).outcome === 'served') swarm++;
    // More newcomers of one address than it may have, because each displaces another of them in a swarm of two.
    for (let i = 0; i < 100; i++) announceTo(table, { swarm: 3, host: '203.0.113.1', port: 2000 + i, now: 5 + i });
    const last = announceTo(table, { swarm: 3, host: '203.0.113.2', port: 2000, now: 105, want: 9 });
    assert.ok(
      peersIn(last).some((peer) => peer.endsWith(':2099')),
      peersIn(last).join(' '),
    );
  });

  it('serves without taking in who has nobody to displace in its family', () => {
    const table = tableOn(newMemory(SMALLEST_TABLE));
    fill(table);
    const call = announceTo(table, { swarm: 3, host: '2001:db8::1', want: 9, isForBothFamilies: true });
    assert.deepEqual([call.outcome, peersIn(call)], ['served', ['192.0.2.1:6881']]);
    assert.equal(table.use.peers6, 0);
  });

  it('does not hold the attempts of who found no room against its address', () => {
    const table = tableOn(newMemory(SMALLEST_TABLE), { peersPerAddress: 5 });
    for (let i = 0; announceTo(table, { swarm: i, host: `198.18.${i >> 8}.${i & 255}` }).outcome === 'served'; ) i++;
    for (let i = 0; i < 10; i++) announceTo(table, { swarm: 3, host: '2001:db8::1' });
    assert.equal(table.use.peers6, 0);
    table.sweep(LIFETIME + GRACE);
    announceTo(table, { swarm: 3, host: '2001:db8::1', now: LIFETIME + GRACE });
    assert.equal(table.use.peers6, 1);
  });

  it('does not count a finished download of a peer that it cannot take in, and would count again and again', () => {
    const memory = newMemory(SMALLEST_TABLE);
    const table = tableOn(memory);
    fill(table);
    const finish = { swarm: 3, host: '2001:db8::1', role: 'seeding', event: 'completed' } as const;
    for (let i = 0; i < 3; i++) announceTo(table, finish);
    assert.deepEqual(new SwarmRegistry(memory).takeFinished(), []);
  });

  it('has room again when silent peers have gone', () => {
    const table = tableOn(newMemory(SMALLEST_TABLE));
    const swarms = fill(table);
    table.sweep(LIFETIME + GRACE);
    assert.equal(table.use.swarms, 0);
    for (let i = 0; i < swarms / 2; i++) {
      assert.equal(announceTo(table, { swarm: 1e7 + i, now: LIFETIME + GRACE }).outcome, 'served');
    }
  });

  it('goes on through any mix of announces', () => {
    const table = tableOn(newMemory(SMALLEST_TABLE));
    let full = 0;
    for (let i = 0; i < 60_000; i++) {
      const mixed = Math.imul(i + 1, 0x9e3779b1) >>> 0;
      const announcement = {
        swarm: mixed % 3 === 0 ? mixed % 5 : mixed % 9000,
        port: 1024 + (mixed % 60_000),
        host: mixed % 4 === 0 ? `2001:db8::${(mixed % 4099).toString(16)}` : `198.18.${mixed % 7}.${mixed % 251}`,
        event: mixed % 11 === 0 ? 'stopped' : 'none',
        role: mixed % 5 === 0 ? 'seeding' : 'downloading',
        want: 50,
        now: i >> 7,
        isForBothFamilies: true,
      } as const;
      if (announceTo(table, announcement).outcome === 'full') full++;
      if (i % 10_000 === 0) table.sweep(i >> 7);
    }
    assert.ok(full > 0);
    assert.ok(table.use.used <= table.use.capacity);
    for (let now = 480; now < 1500; now += 16) table.sweep(now);
    assert.deepEqual([table.use.swarms, table.use.peers4, table.use.peers6], [0, 0, 0]);
  });
});
