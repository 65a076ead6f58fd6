/** What every store of swarms must do. A store proves itself by running this suite over a maker of empty ones. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TICK_SECONDS } from '../../src/tracker/index.ts';
import { type AnnounceCall, MOST_WANTED, type SwarmCounts, type SwarmStore } from '../../src/tracker/swarm-store.ts';
import { type Announcement, callOf, hashOf, idOf, LIFETIME, peersIn } from '../../src/tracker/fakes.test.ts';

/** Makes an empty store, which takes so many peers of one address. */
export type StoreMaker = (peersPerAddress: number) => Promise<StoreUnderTest>;

/** An empty store whose peers are gone after LIFETIME ticks of silence. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: SwarmStore;
  /** Called after time has passed: the present tick. */
  passed(now: number): void;
  /** Makes sure that finished downloads are told. */
  settle(): void;
}

/** Ticks after its lifetime at which a silent peer is gone at the latest. */
const GRACE = 17;
const FIRST_TICK = 40_000;
const finish = { role: 'seeding', event: 'completed' } as const;
const none: SwarmCounts = { complete: 0, incomplete: 0, downloaders: 0, completed: 0 };
const at = (port: number, host = '192.0.2.1'): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

class Store implements AsyncDisposable {
  now = FIRST_TICK;
  readonly #under: StoreUnderTest;

  constructor(under: StoreUnderTest) {
    this.#under = under;
    under.passed(this.now);
  }

  async announce(announcement: Announcement = {}): Promise<AnnounceCall> {
    const call = callOf({ now: this.now, ...announcement });
    await this.send(call);
    return call;
  }

  async send(call: AnnounceCall): Promise<void> {
    await this.#under.store.announce(call);
  }

  async join(ports: readonly number[], announcement: Announcement = {}): Promise<void> {
    await Promise.all(ports.map((port) => this.announce({ ...announcement, port })));
  }

  async counts(swarm = 0): Promise<SwarmCounts> {
    this.#under.settle();
    const counts: SwarmCounts = { complete: -1, incomplete: -1, downloaders: -1, completed: -1 };
    await this.#under.store.scrape(new Int32Array(hashOf(swarm).buffer as ArrayBuffer), counts);
    return counts;
  }

  pass(ticks: number): void {
    this.now += ticks;
    this.#under.passed(this.now);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#under[Symbol.asyncDispose]();
  }
}

function assertIds(call: AnnounceCall, peers: readonly string[]): void {
  assert.equal(call.peerIds.at, 20 * peers.length);
  const own =
    call.family === 4 ? peers.filter((peer) => !peer.startsWith('[')) : peers.filter((peer) => peer.startsWith('['));
  const other = peers.filter((peer) => !own.includes(peer));
  for (const [i, peer] of [...own, ...other].entries()) {
    const colon = peer.lastIndexOf(':');
    const host = peer.slice(0, colon).replace(/^\[|\]$/g, '');
    const id = call.peerIds.bytes.slice(20 * i, 20 * i + 20);
    assert.deepEqual(id, idOf(host, Number(peer.slice(colon + 1))), peer);
  }
}

export function describeSwarmStore(name: string, make: StoreMaker, options: { skip?: string | false } = {}): void {
  const open = async (peersPerAddress = 1e9): Promise<Store> => new Store(await make(peersPerAddress));
  describe(`${name}, as a store of swarms`, options, () => {
    peerTests(open);
    choiceTests(open);
    completedTests(open);
    addressTests(open);
    timeTests(open);
  });
}

type Open = (peersPerAddress?: number) => Promise<Store>;

function peerTests(open: Open): void {
  test('has the peers of each swarm apart, each once', async () => {
    await using store = await open();
    for (let i = 0; i < 3; i++) await store.announce({ port: 2001 });
    await store.announce({ port: 2001, host: '192.0.2.2' });
    await store.announce({ port: 2002, swarm: 1 });
    const call = await store.announce({ port: 2003, want: 50 });
    assert.deepEqual(peersIn(call).sort(), [at(2001), at(2001, '192.0.2.2')]);
    assert.deepEqual([call.outcome, call.complete, call.incomplete], ['served', 0, 3]);
    assert.deepEqual(await store.counts(1), { ...none, incomplete: 1, downloaders: 1 });
  });

  test('follows a peer through its roles, in both families', async () => {
    await using store = await open();
    for (const host of ['192.0.2.1', '2001:db8::1']) {
      await store.join([2001, 2002], { host });
      const base = await store.counts();
      for (const role of ['seeding', 'paused', 'downloading', 'paused', 'seeding', 'downloading'] as const) {
        const call = await store.announce({ host, port: 3000, role });
        const [complete, downloaders] = [Number(role === 'seeding'), base.downloaders + Number(role === 'downloading')];
        assert.deepEqual(await store.counts(), {
          complete,
          incomplete: base.incomplete + 1 - complete,
          downloaders,
          completed: 0,
        });
        assert.deepEqual([call.complete, call.incomplete], [complete, base.incomplete + 1 - complete], role);
      }
      await store.announce({ host, port: 3000, event: 'stopped' });
    }
  });

  test('lets a peer go that says so, in whatever role', async () => {
    await using store = await open();
    await store.join([2001, 2002, 2003]);
    await store.announce({ port: 2002, role: 'paused' });
    await store.announce({ port: 2003, role: 'seeding' });
    await store.announce({ port: 2004 });
    const call = await store.announce({ port: 2003, role: 'downloading', event: 'stopped', want: 50 });
    assert.deepEqual([call.outcome, call.complete, call.incomplete, peersIn(call)], ['served', 0, 3, []]);
    await store.join([2001, 2002, 2005], { event: 'stopped' });
    assert.deepEqual(await store.counts(), { ...none, incomplete: 1, downloaders: 1 });
    await store.announce({ port: 2004, event: 'stopped', role: 'seeding' });
    assert.deepEqual(await store.counts(), none);
  });

  test('has zeros for a swarm that is not there, and a departure makes none', async () => {
    await using store = await open();
    const call = await store.announce({ event: 'stopped', want: 50 });
    assert.deepEqual([call.outcome, call.complete, call.incomplete], ['served', 0, 0]);
    assert.deepEqual(await store.counts(), none);
  });

  test('serves many announces at once, each by its own swarm', async () => {
    await using store = await open();
    const calls = await Promise.all(
      range(3000).map((i) => store.announce({ swarm: i % 7, port: 2000 + i, want: 200 })),
    );
    for (const [i, call] of calls.entries()) {
      for (const peer of peersIn(call)) assert.equal((Number(peer.split(':')[1]) - 2000) % 7, i % 7);
    }
    for (const swarm of range(7)) {
      const there = range(3000).filter((i) => i % 7 === swarm).length;
      assert.deepEqual(await store.counts(swarm), { ...none, incomplete: there, downloaders: there });
    }
  });
}

function choiceTests(open: Open): void {
  for (const count of [5, 49, 50, 51, 60, 99, 127, 130, 700]) {
    for (const want of [1, 50, MOST_WANTED]) {
      test(`gives ${want} of ${count} peers: no double, not who asks, as many as there are`, async () => {
        await using store = await open();
        await store.join(range(count).map((i) => 2000 + i));
        for (let i = 0; i < 5; i++) {
          const peers = peersIn(await store.announce({ port: 2000 + Math.floor((i * count) / 5), want }));
          assert.equal(peers.length, Math.min(want, count - 1));
          assert.equal(new Set(peers).size, peers.length);
          assert.ok(!peers.includes(at(2000 + Math.floor((i * count) / 5))));
        }
      });
    }
  }

  test('gives seeders and paused peers to who downloads, and only downloaders to the others', async () => {
    await using store = await open();
    await store.join(
      range(30).map((i) => 2000 + i),
      { role: 'seeding' },
    );
    await store.join(range(30).map((i) => 3000 + i));
    await store.join(
      range(30).map((i) => 4000 + i),
      { role: 'paused' },
    );
    const toDownloader = peersIn(await store.announce({ port: 5000, want: 200 }));
    assert.equal(toDownloader.length, 90);
    const someOfAll = peersIn(await store.announce({ port: 5000, want: 60 }));
    for (const first of ['2', '3', '4']) assert.ok(someOfAll.some((peer) => peer.split(':')[1]?.startsWith(first)));
    assert.equal(someOfAll.length, 60);
    for (const role of ['seeding', 'paused'] as const) {
      const peers = peersIn(await store.announce({ port: 2000, role, want: 200 }));
      assert.deepEqual([peers.length, peers.every((peer) => /:(3...|5000)$/.test(peer))], [31, true]);
    }
  });

  test('gives each peer the same chance', async () => {
    await using store = await open();
    await store.join(
      range(300).map((i) => 2000 + i),
      { role: 'downloading' },
    );
    await store.join(
      range(100).map((i) => 3000 + i),
      { role: 'seeding' },
    );
    const times = new Map<string, number>();
    const calls = await Promise.all(range(800).map(() => store.announce({ port: 1999, want: 50 })));
    for (const peer of calls.flatMap(peersIn)) times.set(peer, (times.get(peer) ?? 0) + 1);
    assert.equal(times.size, 400);
    // 100 on average, with a deviation of 9.4.
    for (const [peer, count] of times) assert.ok(count > 45 && count < 165, `${peer} came ${count} times`);
  });

  test('fills up with the other family only when it may, the own one first', async () => {
    await using store = await open();
    await store.join(range(8).map((i) => 2000 + i));
    await store.join(
      range(8).map((i) => 2000 + i),
      { host: '2001:db8::1' },
    );
    const from4 = await store.announce({ port: 5000, want: 50 });
    assert.deepEqual([from4.peers4.at, from4.peers6.at], [6 * 8, 0]);
    const both = await store.announce({ port: 5000, want: 50, isForBothFamilies: true });
    assert.deepEqual([both.peers4.at, both.peers6.at], [6 * 8, 18 * 8]);
    const from6 = await store.announce({ host: '2001:db8::2', want: 12, isForBothFamilies: true });
    assert.deepEqual([from6.peers6.at, from6.peers4.at], [18 * 8, 6 * 4]);
    const enough = await store.announce({ port: 5000, want: 5, isForBothFamilies: true });
    assert.deepEqual([enough.peers4.at, enough.peers6.at], [6 * 5, 0]);
  });

  test('gives nothing to who wants nothing', async () => {
    await using store = await open();
    await store.join([2001, 2002]);
    const call = await store.announce({ port: 2003, want: 0, isForBothFamilies: true, wantsPeerIds: true });
    assert.deepEqual([call.peers4.at, call.peers6.at, call.peerIds.at, call.incomplete], [0, 0, 0, 3]);
  });

  test('gives each peer with its own id', async () => {
    await using store = await open();
    await store.join(range(140).map((i) => 2000 + i));
    await store.join(
      range(30).map((i) => 3000 + i),
      { role: 'seeding' },
    );
    await store.join(
      range(30).map((i) => 4000 + i),
      { host: '2001:db8::1' },
    );
    for (const host of ['192.0.2.1', '2001:db8::1']) {
      for (const want of [20, 100, 200]) {
        const call = await store.announce({ host, port: 5000, want, isForBothFamilies: true, wantsPeerIds: true });
        const peers = peersIn(call);
        assert.equal(peers.length, want);
        assertIds(call, peers);
      }
    }
  });

  test('gives the id that a peer began anew with, and keeps it through other announces', async () => {
    await using store = await open();
    const again = (event: 'started' | 'none', byte: number): AnnounceCall => {
      const call = callOf({ port: 2001, event, now: store.now, role: 'seeding' });
      call.peerIdBytes.fill(byte);
      return call;
    };
    await store.announce({ port: 2001 });
    for (const call of [again('started', 0x41), again('none', 0x42)]) await store.send(call);
    const call = await store.announce({ port: 2002, want: 1, wantsPeerIds: true });
    assert.deepEqual(call.peerIds.bytes.slice(0, 20), new Uint8Array(20).fill(0x41));
  });
}

function completedTests(open: Open): void {
  test('counts a finished download once, however often a peer says so', async () => {
    await using store = await open();
    await store.announce();
    for (let i = 0; i < 3; i++) await store.announce(finish);
    for (let i = 0; i < 3; i++) await store.announce({ ...finish, port: 2002 });
    assert.equal((await store.counts()).completed, 2);
    assert.equal((await store.announce({ port: 2002, role: 'seeding' })).completed, 2);
  });

  test('counts none for a seeder, for who has not everything, or for who says something else', async () => {
    await using store = await open();
    await store.announce({ port: 2001, role: 'seeding' });
    await store.announce({ ...finish, port: 2001 });
    await store.announce({ port: 2002, event: 'completed' });
    await store.announce({ port: 2003 });
    await store.announce({ port: 2003, role: 'seeding' });
    await store.announce({ port: 2004, role: 'seeding', event: 'stopped' });
    assert.equal((await store.counts()).completed, 0);
  });

  test('keeps the number of finished downloads when the swarm has gone', async () => {
    await using store = await open();
    await store.announce();
    await store.announce(finish);
    await store.announce({ ...finish, host: '2001:db8::1' });
    assert.equal((await store.counts()).completed, 2);
    await store.announce({ event: 'stopped' });
    await store.announce({ event: 'stopped', host: '2001:db8::1' });
    assert.deepEqual(await store.counts(), { ...none, completed: 2 });
    assert.equal((await store.announce()).completed, 2);
  });
}

function addressTests(open: Open): void {
  test('takes no more peers of an address than it may, over all swarms, and answers the others', async () => {
    await using store = await open(3);
    await store.join([2001, 2002]);
    await store.announce({ port: 2003, swarm: 1 });
    for (const more of [finish, { role: 'downloading' } as const]) {
      const refused = await store.announce({ ...more, port: 2004, want: 50 });
      assert.deepEqual([refused.outcome, refused.incomplete], ['served', 2]);
      assert.deepEqual(peersIn(refused).sort(), [at(2001), at(2002)]);
    }
    assert.deepEqual(await store.counts(), { ...none, incomplete: 2, downloaders: 2 });
    const other = await store.announce({ port: 2004, host: '192.0.2.2', want: 50 });
    assert.equal(peersIn(other).length, 2);
    assert.deepEqual(await store.counts(), { ...none, incomplete: 3, downloaders: 3 });
  });

  test('counts an IPv6 network of 64 bits as one address', async () => {
    await using store = await open(2);
    for (const host of ['2001:db8:1:1::1', '2001:db8:1:1:ffff::2', '2001:db8:1:1::3']) await store.announce({ host });
    await store.announce({ host: '2001:db8:1:2::1' });
    assert.equal((await store.counts()).incomplete, 3);
  });

  test('keeps an address within its limit when all its peers come at once', async () => {
    await using store = await open(20);
    await store.join(range(500).map((i) => 2000 + i));
    assert.equal((await store.counts()).incomplete, 20);
  });

  test('keeps the peers of an address at its limit for as long as they come back, in whatever role', async () => {
    await using store = await open(2);
    await store.join([2001, 2002]);
    const roles = ['seeding', 'paused', 'downloading', 'downloading', 'seeding'] as const;
    for (const role of [...roles, ...roles]) {
      store.pass(LIFETIME / 3);
      await store.announce({ port: 2003 });
      await store.join([2001, 2002], { role });
      assert.deepEqual(peersIn(await store.announce({ host: '192.0.2.2', want: 50 })).sort(), [at(2001), at(2002)]);
    }
  });

  test('takes another peer of an address when one has left, or was silent for long', async () => {
    await using store = await open(2);
    await store.join([2001, 2002]);
    await store.announce({ port: 2001, event: 'stopped' });
    await store.announce({ port: 2009, event: 'stopped' });
    await store.join([2003, 2004]);
    const there = async (): Promise<string[]> => peersIn(await store.announce({ host: '192.0.2.2', want: 50 })).sort();
    assert.deepEqual(await there(), [at(2002), at(2003)]);
    for (let passed = 0; passed <= 2 * LIFETIME; passed += 150) {
      store.pass(150);
      await store.announce({ port: 2003 });
    }
    await store.join([2005, 2006]);
    assert.deepEqual(await there(), [at(2003), at(2005)]);
  });
}

function timeTests(open: Open): void {
  test('forgets a peer that is silent for its lifetime, in each role and family, and keeps the others', async () => {
    await using store = await open();
    for (const host of ['192.0.2.1', '2001:db8::1']) {
      await store.announce({ host, port: 2001, role: 'seeding' });
      await store.announce({ host, port: 2002 });
      await store.announce({ host, port: 2003, role: 'paused' });
      await store.announce({ host, port: 2004 });
    }
    store.pass(300);
    await store.announce({ port: 2004 });
    store.pass(LIFETIME - 300);
    assert.deepEqual(await store.counts(), { complete: 2, incomplete: 6, downloaders: 4, completed: 0 });
    store.pass(GRACE);
    assert.deepEqual(await store.counts(), { ...none, incomplete: 1, downloaders: 1 });
    const call = await store.announce({ port: 2005, want: 50, isForBothFamilies: true, wantsPeerIds: true });
    assert.deepEqual(peersIn(call), [at(2004)]);
    assertIds(call, [at(2004)]);
  });

  test('forgets a whole swarm, also a large one', async () => {
    await using store = await open();
    await store.join(range(1000).map((i) => 2000 + i));
    store.pass(LIFETIME + GRACE);
    for (let i = 0; i < 10; i++) await store.counts();
    assert.deepEqual(await store.counts(), none);
    await store.join([2001, 2002]);
    assert.deepEqual(peersIn(await store.announce({ port: 2001, want: 50 })), [at(2002)]);
  });

  test('keeps a peer for days that comes back in time', async () => {
    await using store = await open();
    assert.ok(TICK_SECONDS * LIFETIME < 86_400);
    for (let i = 0; i < 150; i++) {
      store.pass(LIFETIME - 50);
      await store.announce({ port: 2001, role: 'seeding' });
    }
    assert.deepEqual(await store.counts(), { ...none, complete: 1 });
  });
}
