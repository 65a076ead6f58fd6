import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '../../base/random.ts';
import { callOf, hashOf } from '../fakes.test.ts';
import { AnnounceCall, type Outcome, type PeerRole, type SwarmCounts, wordsOf } from '../swarm-store.ts';
import { AccountRegistry } from './account-registry.ts';
import { AccountTable } from './account-table.ts';
import { Arena } from './arena.ts';
import { restoreSection, snapshotSections } from './swarm-snapshot.ts';
import { SwarmTable } from './swarm-table.ts';
import { TableMemory } from './table-memory.ts';

const LIFETIME = 450;

interface Parts {
  readonly memory: TableMemory;
  readonly table: SwarmTable;
  readonly accounts: AccountTable;
  readonly registry: AccountRegistry;
}

function newTable(seed: number): Parts {
  const memory = TableMemory.create(4 * 1024 * 1024, seededRandom(seed));
  Arena.format(memory);
  const options = { requiresRegistration: false, lifetime: LIFETIME, peersPerAddress: 1e6 };
  const table = new SwarmTable(memory, options, seededRandom(seed));
  return { memory, table, accounts: new AccountTable(memory), registry: new AccountRegistry(memory) };
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
  { table, accounts }: Parts,
  sections: Iterable<Uint8Array>,
  now: number,
  away: number,
  most: number,
): number =>
  [...sections].reduce((sum, section) => sum + restoreSection({ table, accounts, now, away, most }, section), 0);

describe('a snapshot', () => {
  test('brings back every swarm with its peers and their roles', () => {
    const [before, after] = [newTable(1), newTable(2)];
    fill(before.table);
    assert.equal(restoreAll(after, snapshotSections(before.memory, 1100), 5000, 0, LIFETIME), 5050);
    for (let swarm = 0; swarm < 100; swarm++) {
      assert.deepEqual(countsOf(after.table, swarm), countsOf(before.table, swarm));
    }
  });

  test('brings back the ids and the addresses of peers', () => {
    const [before, after] = [newTable(1), newTable(2)];
    fill(before.table);
    restoreAll(after, snapshotSections(before.memory, 1100), 5000, 0, LIFETIME);
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
    restoreAll(after, snapshotSections(before.memory, 1100), 5000, 50, 100);
    const { complete, incomplete } = countsOf(after.table, 99);
    assert.equal(complete + incomplete, 50);
  });

  test('that breaks off or is garbage never throws', () => {
    const before = newTable(1);
    fill(before.table);
    fillAccounts(before);
    const sections = [...snapshotSections(before.memory, 1100)];
    const longest = sections.reduce((a, b) => (a.length > b.length ? a : b));
    const garbage = Array.from({ length: 4 }, (_, i) => new Uint8Array(1000).fill(i === 3 ? 0xff : i));
    const breaking = Array.from({ length: Math.min(longest.length, 700) }, (_, i) => longest.subarray(0, i));
    for (const section of [...breaking, ...garbage]) restoreAll(newTable(3), [section], 5000, 0, LIFETIME);
  });
});

const passkeyOf = (account: number): Uint8Array => new Uint8Array(20).fill(100 + account);

/** An announce of a member: what is asked of it, and what the account says. */
function enter(
  { accounts }: Parts,
  account: number,
  { port = 7000, now = 1000, total = 0 }: { port?: number; now?: number; total?: number },
): Outcome {
  const call = callOf({ port, now });
  Object.assign(call.member, { uploaded: total, downloaded: 2 * total });
  return accounts.enter(wordsOf(passkeyOf(account)), wordsOf(hashOf(0)), call);
}

/** What the operator says of 20 accounts, which may each have 20 peers. */
function knowAccounts({ registry }: Parts, now = 1000): void {
  for (let id = 1; id <= 20; id++) {
    registry.setAccount(id, { isEnabled: true, maxPeers: 20 }, now);
    registry.setPasskey(passkeyOf(id), id, now);
  }
}

/** 20 accounts with a session for each up to their number, heard of at ticks 1001 to 1020, each with a total of its own. */
function fillAccounts(parts: Parts): void {
  knowAccounts(parts);
  for (let id = 1; id <= 20; id++) {
    for (let i = 1; i <= id; i++) enter(parts, id, { port: 7000 + i, now: 1000 + i, total: totalOf(id, i) });
  }
}

/** Above what 32 bits hold, for most. */
const totalOf = (account: number, session: number): number => account * 2 ** 33 + session * 3_000_000_001;

/** The same as `from` after a restart, with the key of session names. */
function restart(from: Parts, away = 0): Parts {
  const after = newTable(2);
  after.memory.sessionKey.set(from.memory.sessionKey);
  knowAccounts(after, 5000);
  restoreAll(after, snapshotSections(from.memory, 1100), 5000, away, LIFETIME);
  return after;
}

describe('sessions of accounts in a snapshot', () => {
  test('go on where they were: what counts is the traffic since their last announce, and nothing else', () => {
    const before = newTable(1);
    fillAccounts(before);
    const after = restart(before);
    const { sessions, peers4 } = after.table.use;
    assert.deepEqual({ sessions, peers4 }, { sessions: 210, peers4: 0 });
    for (let id = 1; id <= 20; id++) {
      for (let i = 1; i <= id; i++) {
        assert.equal(enter(after, id, { port: 7000 + i, now: 5000, total: totalOf(id, i) + 7 }), 'served');
      }
    }
    const traffic = after.accounts.takeTraffic().sort((a, b) => a.accountId - b.accountId);
    const expected = Array.from({ length: 20 }, (_, i) => i + 1).map((id) => ({
      accountId: id,
      uploaded: 7 * id,
      downloaded: 14 * id,
    }));
    assert.deepEqual(traffic, expected);
    assert.equal(after.table.use.sessions, 210);
  });

  test('count towards the limit of their account', () => {
    const before = newTable(1);
    fillAccounts(before);
    const after = restart(before);
    assert.equal(enter(after, 20, { port: 8000 }), 'crowded');
    assert.equal(enter(after, 19, { port: 8000 }), 'served');
  });

  test('mean nothing under another key, and the key is in no section', () => {
    const before = newTable(1);
    fillAccounts(before);
    const after = newTable(2);
    assert.notDeepEqual(after.memory.sessionKey, before.memory.sessionKey);
    knowAccounts(after);
    const sections = [...snapshotSections(before.memory, 1100)];
    restoreAll(after, sections, 5000, 0, LIFETIME);
    assert.equal(enter(after, 20, { port: 7001 }), 'crowded');
    const key = Buffer.from(before.memory.sessionKey);
    assert.ok(!sections.some((section) => Buffer.from(section).includes(key)));
  });

  test('come back as long as a tracker that never stopped knew them, and end when they are silent', () => {
    const before = newTable(1);
    fillAccounts(before);
    // Session i of each account was silent for 100 − i ticks; those from the eleventh on are within their lifetime now.
    const after = restart(before, LIFETIME - 89);
    assert.equal(after.table.use.sessions, 55);
    for (let now = 5000; now < 5100; now += 16) after.table.sweep(now);
    assert.equal(after.table.use.sessions, 0);
  });

  test('come back to a suspended account, and to none that is gone', () => {
    const before = newTable(1);
    fillAccounts(before);
    const after = newTable(2);
    after.memory.sessionKey.set(before.memory.sessionKey);
    knowAccounts(after);
    after.registry.setAccount(3, { isEnabled: false, maxPeers: 20 }, 1000);
    after.registry.setAccount(5, null, 1000);
    restoreAll(after, snapshotSections(before.memory, 1100), 5000, 0, LIFETIME);
    assert.equal(after.table.use.sessions, 210 - 5);
    assert.equal(enter(after, 3, { port: 7001 }), 'suspended');
    after.registry.setAccount(3, { isEnabled: true, maxPeers: 20 }, 1000);
    assert.equal(enter(after, 3, { port: 7001, now: 5000, total: totalOf(3, 1) + 5 }), 'served');
    assert.deepEqual(after.accounts.takeTraffic(), [{ accountId: 3, uploaded: 5, downloaded: 10 }]);
    // A snapshot that says so twice says it once.
    restoreAll(after, snapshotSections(before.memory, 1100), 5000, 0, LIFETIME);
    assert.equal(after.table.use.sessions, 210 - 5);
  });

  test('are never counted wrong when there is no room for them', () => {
    const before = newTable(1);
    fillAccounts(before);
    const after = newTable(2);
    knowAccounts(after);
    for (let i = 0; after.table.use.used < after.table.use.capacity - 64; i++) {
      const call = new AnnounceCall();
      call.infoHash.fill(i + 1000);
      Object.assign(call, { now: 5000 });
      after.table.announce(call);
      if (call.outcome === 'full') break;
    }
    restoreAll(after, snapshotSections(before.memory, 1100), 5000, 0, LIFETIME);
    const { sessions, peers4, swarms } = after.table.use;
    assert.ok(sessions > 0 && sessions < 210, `${sessions} sessions`);
    assert.equal(peers4, swarms);
  });
});
