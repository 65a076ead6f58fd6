/** The HTTP tracker, asked by our own client's codec. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressKey } from '../../base/address.ts';
import { toHex, toText } from '../../base/bytes.ts';
import { announceRequest } from '../../codec/announce/arbitraries.test.ts';
import {
  type AnnounceRequest,
  type AnnounceSuccess,
  decodeAnnounceReply,
  decodeScrapeReply,
  encodeAnnounceQuery,
  encodeScrapeQuery,
  type ScrapeEntry,
  type TrackerFailure,
} from '../../codec/announce/index.ts';
import { BencodeDict, decode, decodeDict } from '../../codec/bencode/index.ts';
import {
  announceTo,
  FakeHttp,
  hashOf,
  idOf,
  LateStore,
  newMemory,
  newTable,
  requestOf,
  tableOn,
} from '../fakes.test.ts';

/** The dictionary of a body, which is canonical. */
function dictOf(body: Uint8Array): BencodeDict {
  const dict = decodeDict(body, { strict: true });
  assert.ok(dict?.isSorted, 'keys are in order');
  return dict;
}

const announceQuery = (changes: Partial<AnnounceRequest> = {}): string => encodeAnnounceQuery(requestOf(changes));

function successOf(body: Uint8Array): AnnounceSuccess {
  dictOf(body);
  const reply = decodeAnnounceReply(body);
  assert.equal(reply?.kind, 'success');
  return reply;
}

function failureOf(body: Uint8Array): TrackerFailure {
  dictOf(body);
  const reply = decodeAnnounceReply(body);
  assert.equal(reply?.kind, 'failure');
  return reply;
}

const announce = (http: FakeHttp, changes: Partial<AnnounceRequest> = {}, host?: string): AnnounceSuccess =>
  successOf(http.ask('announce', announceQuery(changes), host).body);

/** A table whose swarm 0 has so many downloaders of each family. */
function crowd(peers: number): ReturnType<typeof newTable> {
  const table = newTable();
  for (let i = 0; i < peers; i++) {
    announceTo(table, { host: `198.51.100.${i % 250}`, port: 10_000 + i, now: 1000 });
    announceTo(table, { host: `2001:db8:1::${(i + 1).toString(16)}`, port: 10_000 + i, now: 1000 });
  }
  return table;
}

describe('announcing over HTTP', () => {
  it('puts a peer into the swarm, at the address of its connection and the port that it says', () => {
    const http = new FakeHttp(newTable());
    announce(http, { port: 7001 }, '198.51.100.1');
    announce(http, { port: 7002 }, '2001:db8::2');
    const { peers } = announce(http, { port: 7003 }, '198.51.100.3');
    assert.deepEqual(peers.map(addressKey), ['198.51.100.1:7001', '[2001:db8::2]:7002']);
  });

  it('does not believe an address that the query claims', () => {
    const http = new FakeHttp(newTable());
    announce(http, { claimedHosts: ['203.0.113.66', '2001:db8::66'] }, '198.51.100.1');
    http.ask('announce', `${announceQuery({ port: 7000 })}&ip=203.0.113.66`, '198.51.100.1');
    const found = announce(http, {}, '198.51.100.3').peers.map(addressKey).sort();
    assert.deepEqual(found, ['198.51.100.1:6881', '198.51.100.1:7000']);
  });

  it('tells intervals, seeders, leechers and finished downloads', () => {
    const http = new FakeHttp(newTable(), { interval: 1234, minInterval: 77 });
    announce(http, { left: 0 }, '198.51.100.1');
    announce(http, { left: 0 }, '2001:db8::2');
    const { interval, minInterval, complete, incomplete, downloaded } = announce(http);
    assert.deepEqual([interval, minInterval, complete, incomplete, downloaded], [1234, 77, 2, 1, 0]);
  });

  it('tells who asks the address it was seen with (BEP 24)', () => {
    const http = new FakeHttp(newTable());
    for (const [host, seen] of [
      ['198.51.100.1', '198.51.100.1'],
      ['2001:db8::2', '2001:db8::2'],
      ['::ffff:198.51.100.7', '198.51.100.7'],
    ] as const) {
      assert.equal(announce(http, {}, host).externalHost, seen);
    }
  });

  it('gives peers in the compact form, six bytes for IPv4 and eighteen for IPv6 (BEP 23, 7)', () => {
    for (const host of ['192.0.2.1', '2001:db8::2']) {
      const { body } = new FakeHttp(crowd(20)).ask('announce', announceQuery({ numWant: 30 }), host);
      const dict = dictOf(body);
      const isFrom6 = host.includes(':');
      assert.equal(dict.bytes('peers')?.length, 6 * (isFrom6 ? 10 : 20), 'all of the own family, then the other');
      assert.equal(dict.bytes('peers6')?.length, 18 * (isFrom6 ? 20 : 10));
      for (const { host: peer, port } of successOf(body).peers) {
        const i = port - 10_000;
        assert.ok(peer === `198.51.100.${i}` || peer === `2001:db8:1::${(i + 1).toString(16)}`, peer);
      }
    }
  });

  it('leaves peers6 out when there are none, but never peers', () => {
    const { body } = new FakeHttp(newTable()).ask('announce', announceQuery());
    assert.equal(dictOf(body).bytes('peers')?.length, 0);
    assert.equal(dictOf(body).has('peers6'), false);
  });

  for (const host of ['192.0.2.1', '2001:db8::2']) {
    const name = host.includes(':') ? 'an IPv6' : 'an IPv4';
    const ask = (query: string): { ip: string; port: number; id: string | null }[] => {
      const { body } = new FakeHttp(crowd(20)).ask('announce', query, host);
      const list = dictOf(body).list('peers');
      assert.ok(list !== null);
      return [...list].map((item) => {
        assert.ok(item instanceof BencodeDict);
        const id = item.bytes('peer id');
        return { ip: item.text('ip') as string, port: item.int('port') as number, id: id && toText(id) };
      });
    };
    const bare = announceQuery({ isCompact: false, numWant: 35 }).replace('&no_peer_id=1', '');

    it(`gives peers as dictionaries with their own ids, to ${name} client that asks so (BEP 3)`, () => {
      const peers = ask(bare);
      assert.equal(peers.length, 35);
      for (const { ip, port, id } of peers) {
        assert.ok(ip === `198.51.100.${port - 10_000}` || ip === `2001:db8:1::${(port - 9999).toString(16)}`, ip);
        assert.equal(id, toText(idOf(ip, port)));
      }
      const own = peers.filter(({ ip }) => ip.includes(':') === host.includes(':'));
      assert.equal(own.length, 20, 'all of the own family, then those of the other');
    });

    it(`leaves the ids out for ${name} client that does not want them`, () => {
      const peers = ask(`${bare}&no_peer_id=1`);
      assert.equal(peers.length, 35);
      assert.ok(peers.every(({ id }) => id === null));
    });
  }

  it('gives as many peers as are wanted, fifty to who does not say, two hundred at most', () => {
    const http = new FakeHttp(crowd(240));
    for (const isCompact of [true, false]) {
      for (const [numWant, count] of [
        [0, 0],
        [1, 1],
        [77, 77],
        [null, 50],
        [200, 200],
        [201, 200],
        [2 ** 40, 200],
      ] as const) {
        assert.equal(announce(http, { numWant, isCompact }).peers.length, count, `${numWant} wanted`);
      }
    }
  });

  it('gives the longest answer there is whole', () => {
    const table = newTable();
    for (let i = 0; i < 300; i++) {
      const host = `2001:db8:ffff:ffff:ffff:ffff:ffff:${(0xf000 + i).toString(16)}`;
      announceTo(table, { host, port: 60_000 + i, now: 1000 });
    }
    const query = announceQuery({ isCompact: false, numWant: 200 }).replace('&no_peer_id=1', '');
    const { body } = new FakeHttp(table).ask('announce', query, '2001:db8::2');
    assert.equal(successOf(body).peers.length, 200);
  });

  it('answers every announce of our client’s with a canonical body', () => {
    const http = new FakeHttp(crowd(10));
    const hosts = fc.constantFrom('192.0.2.1', '2001:db8::2', '::ffff:192.0.2.9', '10.0.0.1', 'nowhere');
    fc.assert(
      fc.property(announceRequest, fc.boolean(), hosts, (request, isCompact, host) => {
        const { body } = http.ask('announce', encodeAnnounceQuery({ ...request, isCompact }), host);
        const isGoodPort = request.port >= 1024 || request.port === 80 || request.port === 443;
        const isGood = isGoodPort && host !== '10.0.0.1' && host !== 'nowhere';
        dictOf(body);
        assert.equal(decodeAnnounceReply(body)?.kind, isGood ? 'success' : 'failure');
      }),
    );
  });

  it('keeps a connection open, or says that it will not', () => {
    const http = new FakeHttp(newTable());
    assert.ok(!http.ask('announce', announceQuery()).head.includes('Connection'));
    assert.match(http.ask('announce', announceQuery(), '192.0.2.1', false).head, /\r\nConnection: close\r\n/);
  });
});

describe('what is refused over HTTP', () => {
  it('comes with its reason, and the advice never to ask again (BEP 31)', () => {
    const http = new FakeHttp(newTable());
    for (const [query, host, reason] of [
      ['', '192.0.2.1', /info_hash/],
      [announceQuery().replace('peer_id', 'id'), '192.0.2.1', /peer_id/],
      [announceQuery({ port: 0 }), '192.0.2.1', /port/],
      [announceQuery({ port: 25 }), '192.0.2.1', /port/],
      [announceQuery(), '10.0.0.1', /public/],
      [announceQuery(), '127.0.0.1', /public/],
      [announceQuery(), '224.0.0.1', /public/],
      [announceQuery(), 'fe80::1%eth0', /public/],
      [announceQuery(), '', /address/],
    ] as const) {
      const failure = failureOf(http.ask('announce', query, host).body);
      assert.match(failure.reason, reason);
      assert.equal(failure.retryIn, 'never');
    }
  });

  it('says when a full tracker may have room', () => {
    const table = tableOn(newMemory(0));
    for (let swarm = 1; announceTo(table, { swarm }).outcome === 'served'; ) swarm++;
    const failure = failureOf(new FakeHttp(table).ask('announce', announceQuery()).body);
    assert.match(failure.reason, /full/);
    assert.equal(failure.retryIn, 30);
  });

  it('is a torrent that is not registered, where registration is asked for', () => {
    const http = new FakeHttp(newTable({ requiresRegistration: true }));
    assert.match(failureOf(http.ask('announce', announceQuery()).body).reason, /not registered/);
  });

  it('leaves nothing in the swarms', () => {
    const table = newTable();
    const http = new FakeHttp(table);
    http.ask('announce', announceQuery(), '10.0.0.1');
    http.ask('announce', announceQuery({ port: 25 }));
    http.ask('announce', announceQuery().replace('left', 'right'));
    assert.equal(table.use.swarms, 0);
  });
});

describe('scraping over HTTP', () => {
  function entriesOf(body: Uint8Array): readonly ScrapeEntry[] {
    dictOf(body);
    const reply = decodeScrapeReply(body);
    assert.equal(reply?.kind, 'success');
    return reply.entries;
  }

  it('gives the numbers of each swarm, of those that download too (BEP 48, 21)', () => {
    const table = newTable();
    for (let port = 2000; port < 2003; port++) announceTo(table, { port, swarm: 1 });
    announceTo(table, { swarm: 2, role: 'seeding' });
    announceTo(table, { swarm: 2, role: 'paused', port: 2001 });
    announceTo(table, { swarm: 2, host: '2001:db8::1' });
    const { body } = new FakeHttp(table).ask('scrape', encodeScrapeQuery([hashOf(2), hashOf(7), hashOf(1)]));
    const byHash = new Map(entriesOf(body).map(({ infoHash, ...numbers }) => [toHex(infoHash), numbers]));
    assert.deepEqual(byHash.get(toHex(hashOf(1))), { complete: 0, incomplete: 3, downloaded: 0, downloaders: 3 });
    assert.deepEqual(byHash.get(toHex(hashOf(2))), { complete: 1, incomplete: 2, downloaded: 0, downloaders: 1 });
    assert.deepEqual(byHash.get(toHex(hashOf(7))), { complete: 0, incomplete: 0, downloaded: 0, downloaders: 0 });
    assert.equal(byHash.size, 3);
  });

  it('tells how often one may come', () => {
    const http = new FakeHttp(newTable(), { minInterval: 321 });
    const { body } = http.ask('scrape', encodeScrapeQuery([hashOf(1)]));
    assert.equal(dictOf(body).dict('flags')?.int('min_request_interval'), 321);
  });

  it('is canonical, with each swarm once, whatever the order and however often it is named', () => {
    const http = new FakeHttp(crowd(3));
    const hashes = fc.uint8Array({ minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(fc.oneof(hashes, fc.nat(3).map(hashOf)), { minLength: 1, maxLength: 100 }), (list) => {
        const entries = entriesOf(http.ask('scrape', encodeScrapeQuery(list)).body);
        assert.deepEqual(
          entries.map(({ infoHash }) => toHex(infoHash)),
          [...new Set(list.map(toHex))].sort(),
        );
      }),
    );
  });

  it('answers for a hundred swarms, and refuses more', () => {
    const http = new FakeHttp(newTable());
    const hashes = Array.from({ length: 101 }, (_, i) => hashOf(i));
    assert.equal(entriesOf(http.ask('scrape', encodeScrapeQuery(hashes.slice(1))).body).length, 100);
    assert.match(failureOf(http.ask('scrape', encodeScrapeQuery(hashes)).body).reason, /more than 100/);
  });

  it('is refused without info hashes, and with one that is none', () => {
    const http = new FakeHttp(newTable());
    for (const query of ['', 'x=1', 'info_hash=', 'info_hash=short', `info_hash=${'a'.repeat(21)}`]) {
      assert.match(failureOf(http.ask('scrape', query).body).reason, /info_hash/, query);
    }
  });

  it('serves who announces from nowhere: it names no address', () => {
    const http = new FakeHttp(newTable());
    assert.equal(entriesOf(http.ask('scrape', encodeScrapeQuery([hashOf(1)]), '10.0.0.1').body).length, 1);
  });
});

describe('an HTTP tracker and garbage', () => {
  const garbage = fc
    .array(
      fc.oneof(
        fc.constantFrom('info_hash=', 'peer_id=', 'port=6881', 'left=0', 'event=', 'compact=0', '&', '%', '%0'),
        fc.string({ unit: 'binary', maxLength: 25 }),
        fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => toHex(bytes).replaceAll(/../g, '%$&')),
      ),
      { maxLength: 30 },
    )
    .map((pieces) => pieces.join(''));

  it('answer each other with a whole, canonical response', () => {
    const http = new FakeHttp(crowd(5));
    const what = fc.constantFrom('announce', 'scrape');
    fc.assert(
      fc.property(what, garbage, fc.string(), fc.boolean(), (kind, query, host, isKeptAlive) => {
        const { body } = http.ask(kind, query, host, isKeptAlive);
        assert.ok(decode(body, { strict: true }) instanceof BencodeDict);
      }),
      { numRuns: 2000 },
    );
  });

  it('survive each other when a good request is cut at any character', () => {
    const http = new FakeHttp(crowd(5));
    const requests = { announce: announceQuery(), scrape: encodeScrapeQuery([hashOf(0), hashOf(1)]) };
    for (const kind of ['announce', 'scrape'] as const) {
      for (let end = 0; end <= requests[kind].length; end++) dictOf(http.ask(kind, requests[kind].slice(0, end)).body);
    }
  });
});

describe('an HTTP tracker over a store that answers later', () => {
  for (const [order, pick] of [
    ['in their order', () => 0],
    ['in the reverse order', (waiting: number) => waiting - 1],
  ] as const) {
    it(`answers announces that are under way together, each in its own form, ${order}`, async () => {
      const table = newTable();
      const count = 12;
      for (let i = 0; i < count; i++) announceTo(table, { swarm: i, port: 3000 + i, now: 1000 });
      const store = new LateStore(table);
      const http = new FakeHttp(store);
      for (let i = 0; i < count; i++) {
        const query = announceQuery({ infoHash: hashOf(i), port: 9000, isCompact: i % 2 === 0 });
        http.send('announce', i % 3 === 0 ? query.replace('&no_peer_id=1', '') : query, `198.51.100.${i}`);
      }
      assert.deepEqual([http.responses.length, store.waiting], [0, count]);
      await store.answer(pick);
      const seen = http.responses.map(({ body }) => {
        const { externalHost, peers } = successOf(body);
        const i = Number(externalHost?.split('.')[3]);
        assert.deepEqual(peers, [{ host: '192.0.2.1', port: 3000 + i }]);
        const list = dictOf(body).list('peers');
        assert.equal(list === null, i % 2 === 0, 'the form that was asked for');
        const [first] = list ?? [];
        if (first instanceof BencodeDict) assert.equal(first.has('peer id'), i % 3 === 0);
        return i;
      });
      const expected = Array.from({ length: count }, (_, i) => (pick(2) === 0 ? i : count - 1 - i));
      assert.deepEqual(seen, expected);
    });
  }

  it('answers scrapes that are under way together', async () => {
    const table = newTable();
    for (let swarm = 0; swarm < 5; swarm++) {
      for (let i = 0; i <= swarm; i++) announceTo(table, { swarm, port: 2000 + i });
    }
    const store = new LateStore(table);
    const http = new FakeHttp(store);
    for (const swarms of [[4, 0, 2], [1], [3, 1]]) http.send('scrape', encodeScrapeQuery(swarms.map(hashOf)));
    await store.answer((waiting) => waiting >> 1);
    const answers = http.responses.map(({ body }) => {
      const reply = decodeScrapeReply(body);
      const entries = reply?.kind === 'success' ? reply.entries : [];
      return entries.map(({ infoHash, incomplete }) => [new DataView(infoHash.buffer).getUint8(16) + 1, incomplete]);
    });
    assert.deepEqual(answers.map(({ length }) => length).sort(), [1, 2, 3]);
    for (const [expected, incomplete] of answers.flat()) assert.equal(incomplete, expected);
  });

  it('says that the store cannot be reached, when to come back, and serves again afterwards', async () => {
    const store = new LateStore(newTable());
    const http = new FakeHttp(store);
    store.isDown = true;
    http.send('announce', announceQuery());
    http.send('scrape', encodeScrapeQuery([hashOf(1), hashOf(2)]));
    await store.answer();
    for (const { body } of http.responses.splice(0)) {
      const { reason, retryIn } = failureOf(body);
      assert.match(reason, /store/);
      assert.equal(retryIn, 5);
    }
    store.isDown = false;
    http.send('announce', announceQuery());
    await store.answer();
    assert.equal(successOf(http.responses[0]?.body as Uint8Array).incomplete, 1);
  });
});
