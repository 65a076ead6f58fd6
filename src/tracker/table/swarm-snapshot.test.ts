import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '../../base/random.ts';
import { AnnounceCall, type PeerRole, type SwarmCounts } from '../swarm-store.ts';
import { Arena } from './arena.ts';
import { restoreSection, snapshotSections } from './swarm-snapshot.ts';
import { SwarmTable } from './swarm-table.ts';
import { TableMemory } from './table-memory.ts';

const LIFETIME = 450;

function newTable(seed: number): { memory: TableMemory; table: SwarmTable } {
  const memory = TableMemory.create(4 * 1024 * 1024, seededRandom(seed));
  Arena.format(memory);
  const options = { requiresRegistration: false, lifetime: LIFETIME, peersPerAddress: 1e6 };
  return { memory, table: new SwarmTable(memory, options, seededRandom(seed)) };
}

const roles: readonly PeerRole[] = ['downloading', 'seeding', 'paused'];

/** 100 swarms, of 1 to 100 peers of both families and all roles, heard of at ticks 1000 to 1099. */
function fill(table: SwarmTable): void {
  const call = new AnnounceCall();
  for (let swarm = 0; swarm < 100; swarm++) {
    call.infoHash.fill(swarm + 1);
    for (let peer = 0; peer <= swarm; peer++) {
      call.family = peer % 4 === 3 ? 6 : 4;
      call.addressBytes.fill(0);
      call.addressBytes.set([32, 1, swarm, peer, 7, 8]);
      call.peerId.fill(1000 * swarm + peer);
      call.role = roles[peer % 3] as PeerRole;
      call.now = 1000 + peer;
      table.announce(call);
    }
  }
}

function countsOf(table: SwarmTable, swarm: number): SwarmCounts {
  const counts: SwarmCounts = { complete: 0, incomplete: 0, downloaders: 0, completed: 0 };
  table.scrape(new Int32Array(5).fill(swarm + 1), counts);
  return counts;
}

const restoreAll = (
  table: SwarmTable,
  sections: Iterable<Uint8Array>,
  now: number,
  away: number,
  most: number,
): number => [...sections].reduce((sum, section) => sum + restoreSection(table, section, now, away, most), 0);

describe('a snapshot', () => {
  test('brings back every swarm with its peers and their roles', () => {
    const [before, after] = [newTable(1), newTable(2)];
    fill(before.table);
    assert.equal(restoreAll(after.table, snapshotSections(before.memory, 1100), 5000, 0, LIFETIME), 5050);
    for (let swarm = 0; swarm < 100; swarm++) {
      assert.deepEqual(countsOf(after.table, swarm), countsOf(before.table, swarm));
    }
  });

  test('brings back the ids and the addresses of peers', () => {
    const [before, after] = [newTable(1), newTable(2)];
    fill(before.table);
    restoreAll(after.table, snapshotSections(before.memory, 1100), 5000, 0, LIFETIME);
    const peersIn = (table: SwarmTable): string[] => {
      const call = new AnnounceCall();
      call.infoHash.fill(100);
      Object.assign(call, { want: 200, isForBothFamilies: true, wantsPeerIds: true, event: 'none', now: 5000 });
      call.addressBytes.set([9, 9, 9, 9, 9, 9]);
      table.announce(call);
      return Array.from({ length: call.peers4.at / 6 }, (_, i) => {
        const address = call.peers4.bytes.slice(6 * i, 6 * i + 6);
        return `${address.join('.')} ${call.peerIds.bytes.slice(20 * i, 20 * i + 20).join('.')}`;
      }).sort();
    };
    assert.deepEqual(peersIn(after.table), peersIn(before.table));
  });

  test('leaves out who was silent for too long, the time of the restart included', () => {
    const [before, after] = [newTable(1), newTable(2)];
    fill(before.table);
    // Swarm 99 has peers that were silent for 1 to 100 ticks; 50 more passed while the tracker was away.
    restoreAll(after.table, snapshotSections(before.memory, 1100), 5000, 50, 100);
    const { complete, incomplete } = countsOf(after.table, 99);
    assert.equal(complete + incomplete, 50);
  });

  test('that breaks off or is garbage never throws', () => {
    const before = newTable(1);
    fill(before.table);
    const sections = [...snapshotSections(before.memory, 1100)];
    const longest = sections.reduce((a, b) => (a.length > b.length ? a : b));
    for (let length = 0; length < Math.min(longest.length, 700); length++) {
      restoreSection(newTable(3).table, longest.subarray(0, length), 5000, 0, LIFETIME);
    }
    restoreSection(newTable(3).table, new Uint8Array(1000).fill(0xff), 5000, 0, LIFETIME);
  });
});
