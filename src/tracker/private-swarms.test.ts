import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { AnnounceRules, defaultRules } from './announce-rules.ts';
import {
  type Announcement,
  callOf,
  FakeHttp,
  FakeUdp,
  hashOf,
  idOf,
  LateStore,
  LIFETIME,
  newMemory,
  tableOn,
} from './fakes.test.ts';
import { PrivateSwarms } from './private-swarms.ts';
import type { AnnounceCall, Outcome, SwarmStore } from './swarm-store.ts';
import { AccountRegistry } from './table/account-registry.ts';
import { AccountTable, type AccountTraffic } from './table/account-table.ts';
import { SwarmRegistry } from './table/swarm-registry.ts';
import type { SwarmTable } from './table/swarm-table.ts';
import { FakeBrowser } from './ws/fakes.test.ts';
import { WebFront } from './ws/web-front.ts';

const KEY = 'a'.repeat(32);
const OTHER_KEY = 'b'.repeat(32);
const sha256 = (data: string | Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest());
const GiB = 2 ** 30;

/** Account 1 with KEY, torrents 0 and 1 registered. */
class Private {
  readonly memory = newMemory();
  readonly table: SwarmTable = tableOn(this.memory, { requiresRegistration: true });
  readonly accounts = new AccountTable(this.memory);
  readonly registry = new AccountRegistry(this.memory);
  readonly torrents = new SwarmRegistry(this.memory);
  readonly swarms: PrivateSwarms;

  constructor(maxPeers: number | null = null, store: (table: SwarmTable) => SwarmStore = (table) => table) {
    const parts = { store: store(this.table), table: this.table, accounts: this.accounts, digests: { sha256 } };
    this.swarms = new PrivateSwarms(parts, true);
    this.registry.setAccount(1, { isEnabled: true, maxPeers }, 0);
    this.registry.setPasskey(sha256(KEY), 1, 0);
    for (const swarm of [0, 1]) this.register(swarm);
  }

  register(swarm: number, aliasOf: number | null = null): void {
    const facts = { isRegistered: true, isDenied: false, aliasOf: aliasOf === null ? null : hashOf(aliasOf) };
    this.torrents.set(hashOf(swarm), facts, 0);
  }

  announce(
    announcement: Announcement & { passkey?: string; uploaded?: number; downloaded?: number } = {},
  ): AnnounceCall {
    const { passkey = KEY, uploaded = 0, downloaded = 0, ...rest } = announcement;
    const call = callOf({ now: 1000, ...rest });
    Object.assign(call.member, { passkey, uploaded, downloaded });
    void this.swarms.announce(call);
    return call;
  }

  outcome(announcement: Parameters<Private['announce']>[0] = {}): Outcome {
    return this.announce(announcement).outcome;
  }

  traffic(): AccountTraffic[] {
    return this.accounts.takeTraffic();
  }
}

describe('a private tracker', () => {
  test('serves who has a valid passkey, and nobody else', () => {
    const tracker = new Private();
    assert.equal(tracker.outcome(), 'served');
    for (const passkey of ['', OTHER_KEY, KEY.slice(1), KEY.toUpperCase()]) {
      assert.equal(tracker.outcome({ passkey }), 'stranger', passkey);
    }
    assert.equal(tracker.table.use.peers4, 1);
  });

  test('serves registered torrents only', () => {
    const tracker = new Private();
    assert.equal(tracker.outcome({ swarm: 5 }), 'unknown');
    assert.equal(tracker.outcome({ swarm: 5, passkey: OTHER_KEY }), 'stranger', 'who learns nothing of it');
    assert.equal(tracker.table.use.sessions, 0);
  });

  test('serves everybody again when it becomes an open one', () => {
    const tracker = new Private();
    tracker.swarms.isPrivate = false;
    assert.equal(tracker.outcome({ passkey: '' }), 'served');
  });

  test('knows all passkeys of an account, until they are revoked', () => {
    const tracker = new Private();
    tracker.registry.setPasskey(sha256(OTHER_KEY), 1, 0);
    assert.equal(tracker.outcome({ passkey: OTHER_KEY }), 'served');
    tracker.registry.setPasskey(sha256(KEY), null, 0);
    assert.equal(tracker.outcome(), 'stranger');
    assert.equal(tracker.outcome({ passkey: OTHER_KEY }), 'served');
  });

  test('tells a suspended account so, and serves none that is gone', () => {
    const tracker = new Private();
    tracker.registry.setAccount(1, { isEnabled: false, maxPeers: null }, 0);
    assert.equal(tracker.outcome(), 'suspended');
    tracker.registry.setAccount(1, null, 0);
    assert.equal(tracker.outcome(), 'stranger');
    tracker.registry.setAccount(1, { isEnabled: true, maxPeers: null }, 0);
    assert.equal(tracker.outcome(), 'served');
  });

  test('lets an account have no more peers than it may, over all torrents', () => {
    const tracker = new Private(2);
    assert.equal(tracker.outcome({ port: 7001 }), 'served');
    assert.equal(tracker.outcome({ port: 7001, swarm: 1 }), 'served');
    assert.equal(tracker.outcome({ port: 7002 }), 'crowded');
    assert.equal(tracker.outcome({ port: 7001 }), 'served', 'those it has come back');
    assert.equal(tracker.outcome({ port: 7001, event: 'stopped' }), 'served');
    assert.equal(tracker.outcome({ port: 7002 }), 'served');
    assert.equal(tracker.table.use.sessions, 2);
  });

  test('gives an account its place back when a peer has been silent', () => {
    const tracker = new Private(1);
    assert.equal(tracker.outcome({ port: 7001, now: 1000 }), 'served');
    assert.equal(tracker.outcome({ port: 7002, now: 1000 }), 'crowded');
    for (let now = 0; now <= 1000 + 2 * LIFETIME; now += 16) tracker.table.sweep(now);
    assert.equal(tracker.outcome({ port: 7002, now: 1000 + 2 * LIFETIME }), 'served');
    assert.equal(tracker.table.use.sessions, 1);
  });

  test('keeps accounts and passkeys though nobody announces', () => {
    const tracker = new Private();
    for (let now = 1000; now < 1000 + 20 * LIFETIME; now += LIFETIME / 3) tracker.table.sweep(now);
    assert.equal(tracker.outcome({ now: 1000 + 20 * LIFETIME }), 'served');
  });

  test('forgets accounts and passkeys that are gone', () => {
    const tracker = new Private();
    const { used } = tracker.table.use;
    for (let id = 2; id < 1000; id++) {
      tracker.registry.setAccount(id, { isEnabled: true, maxPeers: null }, 0);
      tracker.registry.setPasskey(sha256(`${id}`), id, 0);
    }
    assert.ok(tracker.table.use.used > used);
    for (let id = 2; id < 1000; id++) {
      tracker.registry.setAccount(id, null, 0);
      tracker.registry.setPasskey(sha256(`${id}`), null, 0);
    }
    for (let now = 0; now < 3 * LIFETIME; now += 16) tracker.table.sweep(now);
    assert.equal(tracker.table.use.swarms, 2, 'registered torrents');
    assert.ok(tracker.table.use.used <= used + 64 * 1024, `${tracker.table.use.used - used} bytes`);
  });

  test('counts neither accounts nor sessions as swarms and peers', () => {
    const tracker = new Private();
    tracker.announce();
    const { swarms, peers4, sessions } = tracker.table.use;
    assert.deepEqual({ swarms, peers4, sessions }, { swarms: 2, peers4: 1, sessions: 1 });
  });

  test('lets nobody announce into an account or passkey as if it were a torrent', () => {
    const tracker = new Private();
    tracker.table.options = { ...tracker.table.options, requiresRegistration: false };
    tracker.swarms.isPrivate = false;
    const before = tracker.table.use.swarms;
    for (const bytes of [sha256(KEY).slice(0, 20), new Uint8Array(20).fill(1, 0, 1)]) {
      const call = callOf({ now: 1000 });
      call.infoHashBytes.set(bytes);
      tracker.table.announce(call);
      assert.deepEqual([call.outcome, call.incomplete], ['served', 1]);
    }
    assert.equal(tracker.table.use.swarms, before + 2, 'they are swarms of their own');
  });

  test('counts a client once that announces over IPv4 and IPv6', () => {
    const tracker = new Private(1);
    const id = idOf('client', 1);
    for (const host of ['192.0.2.1', '2001:db8::1']) {
      assert.equal(tracker.outcome({ host, id, event: 'started' }), 'served');
      tracker.announce({ host, id, uploaded: 3000 });
    }
    assert.equal(tracker.table.use.sessions, 1);
    assert.equal(tracker.table.use.peers4 + tracker.table.use.peers6, 2);
  });

  test('lets leave who may not come back, and tells it nothing of the swarm', () => {
    const tracker = new Private();
    tracker.announce();
    tracker.registry.setAccount(1, { isEnabled: false, maxPeers: null }, 0);
    const call = tracker.announce({ event: 'stopped' });
    assert.equal(call.outcome, 'suspended');
    assert.equal(tracker.table.use.peers4, 0);
  });

  test('takes the sessions back of all announces that a slow store refuses', async () => {
    const late: LateStore[] = [];
    const tracker = new Private(null, (table) => {
      late.push(new LateStore(table));
      return late[0] as LateStore;
    });
    for (const swarm of [0, 1]) for (const port of [7001, 7002]) tracker.announce({ swarm, port });
    assert.equal(tracker.table.use.sessions, 4);
    for (const swarm of [0, 1]) {
      tracker.torrents.set(hashOf(swarm), { isRegistered: true, isDenied: true, aliasOf: null }, 0);
    }
    await late[0]?.answer();
    assert.equal(tracker.table.use.sessions, 0);
  });

  test('never counts sessions that replaced others in a full memory', () => {
    const tracker = new Private();
    for (let i = 0; i < 200_000; i++) {
      tracker.announce({ port: 1024 + (i % 60_000), id: idOf(`${i}`, i), swarm: i % 2 });
    }
    const { peers4, sessions } = tracker.table.use;
    assert.ok(peers4 > 0 && sessions > 0, `${peers4} peers, ${sessions} sessions`);
  });

  test('takes a session back when the swarm has no room after all', () => {
    const full = (table: SwarmTable): SwarmStore => ({
      announce: (call) => {
        call.outcome = 'full';
        return undefined;
      },
      scrape: (infoHash, counts) => table.scrape(infoHash, counts),
    });
    const tracker = new Private(1, full);
    assert.equal(tracker.outcome({ port: 7001 }), 'full');
    assert.equal(tracker.table.use.sessions, 0);
  });
});

describe('the traffic of an account', () => {
  test('is what its clients say more than the last time', () => {
    const tracker = new Private();
    tracker.announce({ event: 'started', uploaded: 5, downloaded: 7 });
    assert.deepEqual(tracker.traffic(), []);
    tracker.announce({ uploaded: 5 + 10 * GiB, downloaded: 7 + 20 * GiB });
    tracker.announce({ event: 'stopped', uploaded: 6 + 10 * GiB, downloaded: 7 + 20 * GiB });
    assert.deepEqual(tracker.traffic(), [{ accountId: 1, uploaded: 1 + 10 * GiB, downloaded: 20 * GiB }]);
    assert.deepEqual(tracker.traffic(), []);
  });

  test('counts nothing twice when a torrent has two names', () => {
    const tracker = new Private();
    tracker.register(2, 0);
    for (const swarm of [0, 2]) tracker.announce({ swarm, event: 'started' });
    for (const swarm of [0, 2]) tracker.announce({ swarm, uploaded: 100 });
    assert.deepEqual(tracker.traffic(), [{ accountId: 1, uploaded: 100, downloaded: 0 }]);
    assert.equal(tracker.table.use.sessions, 1);
  });

  test('goes on, within the limit of peers, when the torrent becomes another name of one', () => {
    const tracker = new Private();
    tracker.announce({ swarm: 1, port: 7001, uploaded: 1000 });
    for (const swarm of [0, 1]) tracker.announce({ swarm, port: 7002, uploaded: 50 });
    tracker.register(1, 0);
    tracker.registry.setAccount(1, { isEnabled: true, maxPeers: 2 }, 0);
    assert.equal(tracker.outcome({ swarm: 1, port: 7001, uploaded: 1007 }), 'served');
    for (const swarm of [0, 1]) assert.equal(tracker.outcome({ swarm, port: 7002, uploaded: 55 }), 'served');
    assert.deepEqual(tracker.traffic(), [{ accountId: 1, uploaded: 7 + 5, downloaded: 0 }]);
    assert.equal(tracker.table.use.sessions, 2);
    assert.equal(tracker.outcome({ swarm: 1, port: 7003 }), 'crowded');
  });

  test('begins anew with the client', () => {
    const tracker = new Private();
    tracker.announce({ event: 'started' });
    tracker.announce({ uploaded: 1000 });
    tracker.announce({ event: 'started', uploaded: 0 });
    tracker.announce({ uploaded: 10 });
    assert.deepEqual(tracker.traffic(), [{ accountId: 1, uploaded: 1010, downloaded: 0 }]);
  });

  test('never becomes more than arithmetic is safe with', () => {
    const tracker = new Private();
    for (let i = 0; i < 10; i++) tracker.announce({ uploaded: Number.MAX_SAFE_INTEGER - i });
    assert.deepEqual(tracker.traffic(), [{ accountId: 1, uploaded: Number.MAX_SAFE_INTEGER, downloaded: 0 }]);
  });

  test('is the sum over its peers', () => {
    const tracker = new Private();
    for (const port of [7001, 7002]) {
      for (const swarm of [0, 1]) {
        tracker.announce({ port, swarm, event: 'started' });
        tracker.announce({ port, swarm, uploaded: 1, downloaded: 2 });
      }
    }
    assert.deepEqual(tracker.traffic(), [{ accountId: 1, uploaded: 4, downloaded: 8 }]);
  });
});

describe('the fronts of a private tracker', () => {
  const rulesOf = (tracker: Private): AnnounceRules =>
    new AnnounceRules(defaultRules, { isMember: (passkey) => tracker.swarms.isMember(passkey) });

  test('take the passkey from the options of a datagram (BEP 41)', () => {
    const tracker = new Private();
    const udp = new FakeUdp(tracker.swarms);
    for (const [urlData, action] of [
      [`/${KEY}/announce`, 'announce'],
      [`/${KEY}/announce?x=1&y=${'z'.repeat(600)}`, 'announce'],
      [`/${OTHER_KEY}/announce`, 'error'],
      [`/announce?passkey=${KEY}`, 'error'],
      [null, 'error'],
    ] as const) {
      assert.equal(udp.announce({}, undefined, urlData)?.action, action, String(urlData));
    }
  });

  test('survive any options', () => {
    const tracker = new Private();
    const udp = new FakeUdp(tracker.swarms);
    for (let seed = 0; seed < 2000; seed++) {
      const options = Uint8Array.from(
        { length: seed % 40 },
        (_, i) => (Math.imul(seed * 40 + i, 0x9e3779b1) >>> 24) % 5,
      );
      const datagram = Uint8Array.of(...udp.announceOf(), ...options);
      assert.ok(udp.exchange(datagram) !== null);
    }
  });

  test('take it from the path of a request and of a WebSocket', () => {
    const tracker = new Private();
    const http = new FakeHttp(tracker.swarms);
    const id = '%70'.repeat(20);
    const query = `info_hash=${escapeHash(0)}&peer_id=${id}&port=6881&left=1`;
    const ask = (passkey: string): string =>
      Buffer.from(http.ask('announce', query, undefined, true, passkey).body).toString();
    assert.match(ask(KEY), /8:interval/);
    assert.match(ask(''), /failure reason.*private/);
    const { swarms } = tracker;
    const front = new WebFront({ swarms, rules: rulesOf(tracker), tick: () => 1000, thread: 0, relay: () => {} });
    for (const [passkey, field] of [
      [KEY, 'interval'],
      [OTHER_KEY, 'failure reason'],
    ] as const) {
      const browser = new FakeBrowser(front, passkey.slice(0, 20), { passkey });
      browser.announce();
      assert.ok(field in (browser.got[0] as object), JSON.stringify(browser.got));
    }
  });

  test('close the WebSocket of a member that is suspended, and none of its peers stays', () => {
    const tracker = new Private();
    const { swarms } = tracker;
    const front = new WebFront({ swarms, rules: rulesOf(tracker), tick: () => 1000, thread: 0, relay: () => {} });
    const browser = new FakeBrowser(front, '-WW0001-............', { passkey: KEY });
    browser.announce();
    assert.equal(tracker.table.use.webPeers, 1);
    tracker.registry.setAccount(1, { isEnabled: false, maxPeers: null }, 0);
    browser.announce();
    assert.ok(browser.isDropped);
    assert.equal(tracker.table.use.webPeers, 0);
  });

  test('let members scrape, and nobody over UDP, where no passkey comes with it', () => {
    const tracker = new Private();
    const http = new FakeHttp(tracker.swarms, {}, rulesOf(tracker));
    const ask = (passkey: string): string =>
      Buffer.from(http.ask('scrape', `info_hash=${escapeHash(0)}`, undefined, true, passkey).body).toString();
    assert.match(ask(KEY), /^d5:files/);
    assert.match(ask(OTHER_KEY), /failure reason/);
    const udp = new FakeUdp(tracker.swarms, {}, 7, rulesOf(tracker));
    assert.equal(udp.scrape([hashOf(0)])?.action, 'error');
  });
});

const escapeHash = (swarm: number): string => Buffer.from(hashOf(swarm)).toString('hex').replaceAll(/../g, '%$&');
