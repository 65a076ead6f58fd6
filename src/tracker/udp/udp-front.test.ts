/** The UDP tracker, asked by our own client's codec. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressKey, type PeerAddress } from '../../base/address.ts';
import { announceRequest } from '../../codec/announce/arbitraries.test.ts';
import {
  type AnnounceSuccess,
  decodeUdpTrackerReply,
  encodeUdpTrackerRequest,
  type UdpTrackerReply,
} from '../../codec/announce/index.ts';
import {
  announceTo,
  client4,
  client6,
  countsOf,
  FakeUdp,
  hashOf,
  LateStore,
  newMemory,
  newTable,
  tableOn,
} from '../fakes.test.ts';
import { MOST_UDP_REPLY } from './udp-front.ts';

const client = (address: string): { address: string; port: number } => ({ address, port: 40_001 });
const keysOf = (peers: readonly PeerAddress[]): string[] => peers.map(addressKey).sort();

function successOf(reply: UdpTrackerReply | null): AnnounceSuccess {
  assert.equal(reply?.action, 'announce');
  return reply.success;
}

function errorOf(reply: UdpTrackerReply | null): string {
  assert.equal(reply?.action, 'error');
  return reply.message;
}

/** A table whose swarm 0 has so many downloaders of each family. */
function crowd(peers: number): ReturnType<typeof newTable> {
  const table = newTable();
  for (let i = 0; i < peers; i++) {
    announceTo(table, { port: 10_000 + i, now: 1000 });
    announceTo(table, { host: `2001:db8::${(i + 1).toString(16)}`, port: 10_000 + i, now: 1000 });
  }
  return table;
}

describe('connecting over UDP', () => {
  it('gives an id, under the transaction of the request', () => {
    const udp = new FakeUdp(newTable());
    const datagram = encodeUdpTrackerRequest({ action: 'connect', transactionId: 0xdeadbeef });
    for (const who of [client4, client6]) {
      const answer = udp.exchange(datagram, who) as Uint8Array;
      assert.equal(answer.length, 16);
      const reply = decodeUdpTrackerReply(answer, 4);
      assert.deepEqual([reply?.action, reply?.transactionId], ['connect', 0xdeadbeef]);
    }
  });

  it('needs the number of the protocol', () => {
    const udp = new FakeUdp(newTable());
    for (let i = 0; i < 8; i++) {
      const datagram = encodeUdpTrackerRequest({ action: 'connect', transactionId: 1 });
      datagram[i] = (datagram[i] as number) ^ 0x10;
      assert.equal(udp.exchange(datagram), null);
    }
  });
});

describe('announcing over UDP', () => {
  it('puts a peer into the swarm, at the address of its datagrams and the port that it says', () => {
    const table = newTable();
    const udp = new FakeUdp(table);
    udp.announce({ port: 7001 }, client('198.51.100.1'));
    udp.announce({ port: 7002 }, client('2001:db8::2'));
    const first = successOf(udp.announce({ port: 7003 }, client('198.51.100.3')));
    assert.deepEqual(first.peers, [{ host: '198.51.100.1', port: 7001 }]);
    const second = successOf(udp.announce({ port: 7004 }, client('2001:db8::4')));
    assert.deepEqual(second.peers, [{ host: '2001:db8::2', port: 7002 }]);
    assert.deepEqual([second.incomplete, second.complete], [4, 0]);
  });

  it('tells interval, seeders and leechers', () => {
    const udp = new FakeUdp(newTable(), { interval: 1234 });
    udp.announce({ left: 0 }, client('198.51.100.1'));
    udp.announce({ left: 0 }, client('2001:db8::9'));
    const { interval, complete, incomplete } = successOf(udp.announce());
    assert.deepEqual([interval, complete, incomplete], [1234, 2, 1]);
  });

  it('takes who has nothing left for a seeder, whichever word of the number says so', () => {
    for (const [left, complete] of [
      [0, 1],
      [1, 0],
      [2 ** 32, 0],
      [2 ** 40 + 5, 0],
    ] as const) {
      assert.equal(successOf(new FakeUdp(newTable()).announce({ left })).complete, complete, `${left}`);
    }
  });

  it('counts an IPv4 client on an IPv6 socket as IPv4', () => {
    const udp = new FakeUdp(newTable());
    udp.announce({ port: 7001 }, client('198.51.100.1'));
    const datagram = udp.announceOf({ port: 7002 }, client('::ffff:198.51.100.2'));
    const reply = decodeUdpTrackerReply(udp.exchange(datagram, client('::ffff:198.51.100.2')) as Uint8Array, 4);
    assert.deepEqual(successOf(reply).peers, [{ host: '198.51.100.1', port: 7001 }]);
  });

  it('lets a peer go, pause and finish', () => {
    const table = newTable();
    const udp = new FakeUdp(table);
    udp.announce({ event: 'started' });
    assert.deepEqual(countsOf(table), { complete: 0, incomplete: 1, downloaders: 1, completed: 0 });
    udp.announce({ event: 'paused' });
    assert.deepEqual(countsOf(table), { complete: 0, incomplete: 1, downloaders: 0, completed: 0 });
    udp.announce({ event: 'completed', left: 0 });
    assert.deepEqual(countsOf(table), { complete: 1, incomplete: 0, downloaders: 0, completed: 0 });
    assert.deepEqual(successOf(udp.announce({ event: 'stopped', left: 0 })).peers, []);
    assert.deepEqual(countsOf(table), { complete: 0, incomplete: 0, downloaders: 0, completed: 0 });
  });

  it('gives as many peers as are wanted, fifty to who does not say, two hundred at most', () => {
    const udp = new FakeUdp(crowd(300));
    for (const [numWant, count] of [
      [0, 0],
      [1, 1],
      [77, 77],
      [null, 50],
      [200, 200],
      [201, 200],
      [0x7fffffff, 200],
      [0xffffffff, 50],
      [0x80000000, 50],
    ] as const) {
      assert.equal(successOf(udp.announce({ numWant, port: 9999 })).peers.length, count, `${numWant} wanted`);
    }
  });

  it('never answers with more than a packet holds', () => {
    const udp = new FakeUdp(crowd(300));
    for (const who of [client4, client6]) {
      const answer = udp.exchange(udp.announceOf({ numWant: 200 }, who), who) as Uint8Array;
      assert.ok(answer.length <= MOST_UDP_REPLY, `${answer.length} bytes`);
      assert.equal((answer.length - 20) % (who === client4 ? 6 : 18), 0, 'whole addresses');
      assert.ok(answer.length > 1200, 'but as many as fit');
    }
  });

  it('reads an announce with options behind it (BEP 41) like one without', () => {
    const udp = new FakeUdp(newTable());
    const datagram = udp.announceOf();
    const longer = new Uint8Array(datagram.length + 12);
    longer.set(datagram);
    longer.set([2, 9, ...Buffer.from('/announce'), 0], datagram.length);
    assert.deepEqual(udp.exchange(longer), udp.exchange(datagram));
  });

  it('answers every announce of our client’s, under its transaction', () => {
    const udp = new FakeUdp(newTable());
    fc.assert(
      fc.property(announceRequest, fc.nat(0xffffffff), fc.constantFrom(client4, client6), (request, id, who) => {
        const reply = decodeUdpTrackerReply(udp.exchange(udp.announceOf(request, who, id), who) as Uint8Array, 4);
        const isGoodPort = request.port >= 1024 || request.port === 80 || request.port === 443;
        assert.deepEqual([reply?.action, reply?.transactionId], [isGoodPort ? 'announce' : 'error', id]);
      }),
    );
  });

  it('says why a swarm is not served', () => {
    const unknown = new FakeUdp(newTable({ requiresRegistration: true }));
    assert.match(errorOf(unknown.announce()), /not registered/);
    const table = tableOn(newMemory(0));
    for (let swarm = 1; announceTo(table, { swarm }).outcome === 'served'; ) swarm++;
    assert.match(errorOf(new FakeUdp(table).announce()), /full/);
  });
});

describe('scraping over UDP', () => {
  it('gives the numbers of each swarm in the order of the request', () => {
    const table = newTable();
    for (let port = 2000; port < 2003; port++) announceTo(table, { port, swarm: 1 });
    announceTo(table, { swarm: 2, role: 'seeding' });
    announceTo(table, { swarm: 2, role: 'paused', port: 2001 });
    const reply = new FakeUdp(table).scrape([hashOf(2), hashOf(7), hashOf(1), hashOf(2)]);
    assert.equal(reply?.action, 'scrape');
    const numbers = reply.entries.map(({ complete, incomplete, downloaded }) => [complete, incomplete, downloaded]);
    assert.deepEqual(numbers, [
      [1, 1, 0],
      [0, 0, 0],
      [0, 3, 0],
      [1, 1, 0],
    ]);
  });

  it('answers for as many swarms as a request may name, and ignores the rest', () => {
    for (const [asked, answered] of [
      [0, 0],
      [1, 1],
      [74, 74],
      [90, 74],
    ] as const) {
      const reply = new FakeUdp(newTable()).scrape(Array.from({ length: asked }, (_, i) => hashOf(i)));
      assert.equal(reply?.action === 'scrape' ? reply.entries.length : -1, answered);
    }
  });

  it('does not make a swarm', () => {
    const table = newTable();
    new FakeUdp(table).scrape([hashOf(1)]);
    assert.equal(table.use.swarms, 0);
  });
});

describe('a UDP tracker over a store that answers later', () => {
  /** Announces of several clients to swarms of their own, each with one peer in it, and scrapes. */
  const askAll = (udp: FakeUdp, count: number): void => {
    for (let i = 0; i < count; i++) {
      const who = client(i % 2 === 0 ? `198.51.100.${i}` : `2001:db8::${i}`);
      // Both datagrams in one go: nothing is answered yet but the connecting.
      const datagram = udp.announceOf({ infoHash: hashOf(i), port: 9000 }, who, 100 + i);
      udp.front.receive(datagram, who);
    }
  };

  for (const [order, pick] of [
    ['in their order', () => 0],
    ['in the reverse order', (waiting: number) => waiting - 1],
    ['in a mixed order', (waiting: number) => waiting >> 1],
  ] as const) {
    it(`answers announces that are under way together, each with its own peers, ${order}`, async () => {
      const table = newTable();
      const count = 20;
      for (let i = 0; i < count; i++) {
        announceTo(table, { swarm: i, host: i % 2 === 0 ? '192.0.2.1' : '2001:db8::1:0', port: 3000 + i, now: 1000 });
      }
      const store = new LateStore(table);
      const udp = new FakeUdp(store);
      askAll(udp, count);
      assert.equal(udp.sent.length, 0);
      assert.equal(store.waiting, count);
      await store.answer(pick);
      assert.equal(udp.sent.length, count);
      for (const { client: who, bytes } of udp.sent) {
        const reply = decodeUdpTrackerReply(bytes, who.address.includes(':') ? 6 : 4);
        const i = (reply?.transactionId ?? 0) - 100;
        assert.ok(who.address.endsWith(i % 2 === 0 ? `.${i}` : `:${i}`), 'to who asked');
        const host = i % 2 === 0 ? '192.0.2.1' : '2001:db8::1:0';
        assert.deepEqual(keysOf(successOf(reply).peers), [addressKey({ host, port: 3000 + i })]);
      }
    });
  }

  it('answers a scrape of many swarms with the numbers of each', async () => {
    const table = newTable();
    for (let swarm = 0; swarm < 5; swarm++) {
      for (let i = 0; i <= swarm; i++) announceTo(table, { swarm, port: 2000 + i });
    }
    const store = new LateStore(table);
    const udp = new FakeUdp(store);
    const connectionId = udp.connect();
    const infoHashes = [4, 0, 9, 2].map(hashOf);
    for (const transactionId of [1, 2]) {
      const ask = { action: 'scrape', connectionId, transactionId, infoHashes: infoHashes.toReversed() } as const;
      udp.front.receive(encodeUdpTrackerRequest(transactionId === 1 ? { ...ask, infoHashes } : ask), client4);
    }
    await store.answer();
    const replies = udp.sent.map(({ bytes }) => decodeUdpTrackerReply(bytes, 4));
    const numbers = replies.map((reply) => (reply?.action === 'scrape' ? reply.entries.map((e) => e.incomplete) : []));
    assert.deepEqual(numbers, [
      [5, 1, 0, 3],
      [3, 0, 1, 5],
    ]);
  });

  it('stays silent when the store fails, and answers again when it is back', async () => {
    const store = new LateStore(newTable());
    const udp = new FakeUdp(store);
    store.isDown = true;
    askAll(udp, 3);
    const connectionId = udp.connect();
    const scrape = { action: 'scrape', connectionId, transactionId: 9, infoHashes: [hashOf(1), hashOf(2)] } as const;
    udp.front.receive(encodeUdpTrackerRequest(scrape), client4);
    await store.answer();
    assert.equal(udp.sent.length, 0);
    store.isDown = false;
    askAll(udp, 3);
    await store.answer();
    assert.equal(udp.sent.length, 3);
  });
});
