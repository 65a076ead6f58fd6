/** The UDP tracker against those who mean harm: it answers nobody else, with no more than it was sent, and never throws. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { writeU16, writeU32 } from '../../base/bytes.ts';
import { decodeUdpTrackerReply, encodeUdpTrackerRequest } from '../../codec/announce/index.ts';
import { announceTo, client4, client6, FakeUdp, hashOf, MIB, newTable } from '../fakes.test.ts';
import { MOST_UDP_REPLY } from './udp-front.ts';

const client = (address: string): { address: string; port: number } => ({ address, port: 40_001 });
const victim = client('203.0.113.66');

/** A datagram that looks much like a request: right words in the places that are looked at. */
const forged: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.uint8Array({ maxLength: 220, size: 'max' }),
    fc.constantFrom(0, 1, 2, 3, 4, 0xffffffff),
    fc.boolean(),
    fc.integer({ min: 0, max: 6 }),
  )
  .map(([bytes, action, isMagic, event]) => {
    if (bytes.length >= 16) writeU32(bytes, 8, action);
    if (bytes.length >= 16 && isMagic) bytes.set([0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80]);
    if (bytes.length >= 84) writeU32(bytes, 80, event);
    return bytes;
  });
const anyDatagram = fc.oneof(fc.uint8Array({ maxLength: 1500, size: 'max' }), forged);

function crowd(): ReturnType<typeof newTable> {
  const table = newTable();
  for (let i = 0; i < 250; i++) announceTo(table, { port: 10_000 + i, now: 1000 });
  return table;
}

describe('who has not proved its address over UDP', () => {
  it('gets no answer to an announce or a scrape, not even an error', () => {
    const table = newTable();
    const udp = new FakeUdp(table);
    const announce = udp.announceOf();
    const connectionId = udp.connect();
    const scrape = encodeUdpTrackerRequest({ action: 'scrape', connectionId, transactionId: 1, infoHashes: [] });
    for (const datagram of [announce, scrape]) {
      // An id that was given to somebody else: the source address is forged.
      assert.equal(udp.exchange(datagram, victim), null);
      assert.equal(udp.exchange(datagram, client6), null);
      for (let i = 0; i < 8; i++) {
        const wrong = datagram.slice();
        wrong[i] = (wrong[i] as number) ^ 1;
        assert.equal(udp.exchange(wrong), null);
      }
    }
    assert.equal(table.use.swarms, 0);
  });

  it('gets none for an id that is replayed later', () => {
    const udp = new FakeUdp(newTable());
    const datagram = udp.announceOf();
    udp.wall += 60;
    assert.ok(udp.exchange(datagram), 'a minute is fine');
    udp.wall += 60;
    assert.equal(udp.exchange(datagram), null);
  });

  it('gets none for an id of a tracker with another key', () => {
    const datagram = new FakeUdp(newTable(), {}, 8).announceOf();
    assert.equal(new FakeUdp(newTable()).exchange(datagram), null);
  });

  it('is accepted with an id of another tracker with the same key', () => {
    const datagram = new FakeUdp(newTable()).announceOf();
    assert.ok(new FakeUdp(newTable()).exchange(datagram));
  });

  it('is never sent more than it has sent, whatever that was', () => {
    const table = crowd();
    const udp = new FakeUdp(table);
    let answers = 0;
    fc.assert(
      fc.property(anyDatagram, fc.constantFrom(client4, client6), (datagram, who) => {
        const answer = udp.exchange(datagram, who);
        if (answer === null) return;
        answers++;
        assert.ok(answer.length <= datagram.length);
        assert.equal(answer.length, 16);
      }),
      { numRuns: 3000 },
    );
    assert.ok(answers > 0, 'some of it was a request to connect');
    assert.equal(table.use.swarms, 1);
  });
});

describe('who has proved its address over UDP', () => {
  it('may send anything: at most one answer of a packet comes back, and nothing breaks', () => {
    const udp = new FakeUdp(crowd());
    const ids = new Map([client4, client6].map((who) => [who, udp.connect(who)]));
    let answers = 0;
    fc.assert(
      fc.property(anyDatagram, fc.constantFrom(client4, client6), (datagram, who) => {
        if (datagram.length >= 8) datagram.set(ids.get(who) as Uint8Array);
        const answer = udp.exchange(datagram, who);
        if (answer === null) return;
        answers++;
        assert.ok(answer.length <= MOST_UDP_REPLY);
        const reply = decodeUdpTrackerReply(answer, 4);
        const transaction = new DataView(datagram.buffer, datagram.byteOffset).getUint32(12);
        assert.equal(reply?.transactionId, transaction);
      }),
      { numRuns: 3000 },
    );
    assert.ok(answers > 0);
  });

  it('gets no answer to a datagram that was cut short, at whatever byte', () => {
    const udp = new FakeUdp(crowd());
    const announce = udp.announceOf();
    for (let length = 0; length < 98; length++) assert.equal(udp.exchange(announce.subarray(0, length)), null);
    const connect = encodeUdpTrackerRequest({ action: 'connect', transactionId: 1 });
    for (let length = 0; length < 16; length++) assert.equal(udp.exchange(connect.subarray(0, length)), null);
  });

  it('gets the numbers of the whole info hashes of a scrape that was cut short', () => {
    const udp = new FakeUdp(crowd());
    const infoHashes = [hashOf(0), hashOf(1), hashOf(2)];
    const scrape = { action: 'scrape', connectionId: udp.connect(), transactionId: 1, infoHashes } as const;
    const datagram = encodeUdpTrackerRequest(scrape);
    for (let length = 0; length <= datagram.length; length++) {
      const answer = udp.exchange(datagram.subarray(0, length));
      if (length < 16) assert.equal(answer, null);
      else assert.equal(answer?.length, 8 + 12 * Math.floor((length - 16) / 20), `${length} bytes`);
    }
  });

  it('gets an error for an event that does not exist', () => {
    const udp = new FakeUdp(newTable());
    for (const event of [5, 0x7fffffff, 0xffffffff]) {
      const datagram = udp.announceOf();
      writeU32(datagram, 80, event);
      assert.equal(decodeUdpTrackerReply(udp.exchange(datagram) as Uint8Array, 4)?.action, 'error');
    }
  });

  it('gets no answer to an action that does not exist', () => {
    const udp = new FakeUdp(newTable());
    for (const action of [3, 4, 0xffffffff]) {
      const datagram = udp.announceOf();
      writeU32(datagram, 8, action);
      assert.equal(udp.exchange(datagram), null);
    }
  });

  it('cannot have a third party attacked: low ports of other services are refused, web ports pass', () => {
    const table = newTable();
    const udp = new FakeUdp(table);
    for (const port of [0, 1, 22, 25, 53, 81, 444, 1023]) {
      assert.equal(udp.announce({ port })?.action, 'error', `${port}`);
    }
    assert.equal(table.use.peers4, 0);
    for (const port of [80, 443, 1024, 65_535]) assert.equal(udp.announce({ port })?.action, 'announce', `${port}`);
  });

  it('cannot claim the address of another: the one in the datagram is not looked at', () => {
    const table = newTable();
    const udp = new FakeUdp(table);
    const datagram = udp.announceOf({ port: 7001 });
    datagram.set([203, 0, 113, 66], 84);
    udp.exchange(datagram);
    const reply = udp.announce({ port: 7002 }, client('198.51.100.1'));
    assert.deepEqual(reply?.action === 'announce' ? reply.success.peers : [], [{ host: client4.address, port: 7001 }]);
  });

  it('is named with the port that it announces, not with the one of its datagrams', () => {
    const udp = new FakeUdp(newTable());
    const datagram = udp.announceOf();
    writeU16(datagram, 96, 7777);
    udp.exchange(datagram);
    const reply = udp.announce({ port: 7002 }, client('198.51.100.1'));
    assert.deepEqual(reply?.action === 'announce' ? reply.success.peers : [], [{ host: client4.address, port: 7777 }]);
  });
});

describe('a million peers of one address', () => {
  it('fill neither the memory nor the swarms of others, who go on as before', () => {
    const limit = 5000;
    const table = newTable({ peersPerAddress: limit });
    const udp = new FakeUdp(table);
    announceTo(table, { swarm: 7, host: '198.51.100.1', now: 1000 });
    const datagram = udp.announceOf();
    for (let i = 0; i < 1_000_000; i++) {
      writeU32(datagram, 16, Math.imul(i, 0x9e3779b1) >>> (i % 3 === 0 ? 31 : 12)); // in few swarms and in many
      writeU16(datagram, 96, 1024 + (i % 64_000));
      udp.front.receive(datagram, client4);
      udp.sent.length = 0;
    }
    const { peers4, swarms, used } = table.use;
    assert.ok(peers4 <= limit + 1, `${peers4} peers`);
    assert.ok(swarms <= limit + 1, `${swarms} swarms`);
    assert.ok(used <= 2 * MIB, `${used} bytes`);
    const other = client('198.51.100.9');
    assert.equal(udp.announce({ infoHash: hashOf(7) }, other)?.action, 'announce');
    assert.equal(table.use.peers4, peers4 + 1);
  });
});

describe('addresses that are none of the public network', () => {
  const inner = ['10.0.0.1', '192.168.1.1', '172.16.0.1', '100.64.0.1', '169.254.0.1', '127.0.0.1', '::1', 'fd00::1'];
  const inner6 = ['fe80::1', 'fe80::1%eth0', '::ffff:10.0.0.1', '::ffff:127.0.0.1'];
  const unusable = ['224.0.0.1', '239.255.255.250', '255.255.255.255', '0.0.0.0', 'ff02::1', '::', '::ffff:224.0.0.1'];

  it('are refused over UDP, and never named to others', () => {
    const table = newTable();
    const udp = new FakeUdp(table);
    for (const address of [...inner, ...inner6, ...unusable]) {
      assert.equal(udp.announce({}, client(address))?.action, 'error', address);
    }
    assert.equal(table.use.swarms, 0);
  });

  it('are served within one network, but for those that no host can have', () => {
    const udp = new FakeUdp(newTable(), { allowsPrivate: true });
    for (const address of [...inner, ...inner6]) {
      assert.equal(udp.announce({}, client(address))?.action, 'announce', address);
    }
    for (const address of unusable) assert.equal(udp.announce({}, client(address))?.action, 'error', address);
  });

  it('are left unanswered when they are no addresses at all', () => {
    const udp = new FakeUdp(newTable());
    const datagram = udp.announceOf();
    for (const address of ['', 'localhost', '1.2.3', '1.2.3.4.5', '1.2.3.256', '::g', '1.2.3.4 ', '....', '%']) {
      assert.equal(udp.exchange(datagram, client(address)), null, address);
      const connect = encodeUdpTrackerRequest({ action: 'connect', transactionId: 1 });
      assert.equal(udp.exchange(connect, client(address)), null, address);
    }
  });
});
