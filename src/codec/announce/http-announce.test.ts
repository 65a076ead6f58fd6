import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { concat, toBinary, utf8 } from '../../base/bytes.ts';
import { announceRequest, announceSuccess, peer4, peer6 } from './arbitraries.test.ts';
import { decodeAnnounceQuery, decodeAnnounceReply, encodeAnnounceQuery, encodeAnnounceReply } from './http-announce.ts';
import type { AnnounceRequest, AnnounceSuccess, TrackerFailure } from './messages.ts';
import { addQuery, escapeBytes, unescapeBytes } from './query.ts';

const latin = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const infoHash = latin('\x12\x34\x56\x78\x9a\xbc\xde\xf1\x23\x45\x67\x89\xab\xcd\xef\x12\x34\x56\x78\x9a');
const request: AnnounceRequest = {
  infoHash,
  peerId: utf8('-DS0100-abcdefghijkl'),
  port: 6881,
  uploaded: 0,
  downloaded: 100,
  left: 16384,
  event: 'started',
  numWant: 50,
  key: '0a0b0c0d',
  trackerId: null,
  isCompact: true,
  claimedHosts: [],
};
const success = (reply: AnnounceSuccess | TrackerFailure | null): AnnounceSuccess => {
  assert.equal(reply?.kind, 'success');
  return reply;
};

describe('query values', () => {
  it('are bytes: only unreserved characters stay as they are', () => {
    assert.equal(escapeBytes(infoHash), '%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A');
    assert.equal(escapeBytes(latin('aZ09-_.~ +&=%/\n')), 'aZ09-_.~%20%2B%26%3D%25%2F%0A');
  });

  it('are read back, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.deepEqual(unescapeBytes(escapeBytes(bytes)), bytes)));
  });

  it('take a broken escape for itself', () => {
    assert.equal(toBinary(unescapeBytes('a+b%4')), 'a b%4');
    assert.equal(toBinary(unescapeBytes('%zz%41')), '%zzA');
  });

  it('join the query that a tracker URL has', () => {
    assert.equal(addQuery('http://t/announce', 'a=1'), 'http://t/announce?a=1');
    assert.equal(addQuery('http://t/announce?key=x', 'a=1'), 'http://t/announce?key=x&a=1');
    assert.equal(addQuery('http://t/announce?', 'a=1'), 'http://t/announce?a=1');
    assert.equal(addQuery('http://t/announce?key=x#top', 'a=1'), 'http://t/announce?key=x&a=1');
  });
});

describe('BEP 3 announce query', () => {
  it('has the keys of the BEP', () => {
    assert.equal(
      encodeAnnounceQuery(request),
      `info_hash=${escapeBytes(infoHash)}&peer_id=-DS0100-abcdefghijkl&port=6881&uploaded=0&downloaded=100&left=16384` +
        '&compact=1&no_peer_id=1&numwant=50&event=started&key=0a0b0c0d',
    );
  });

  it('leaves the event out of a regular announce', () => {
    assert.doesNotMatch(encodeAnnounceQuery({ ...request, event: 'none' }), /event/);
  });

  it('is read back as it was written', () => {
    const rich = fc
      .tuple(
        announceRequest,
        fc.option(fc.string(), { nil: null }),
        fc.boolean(),
        fc.subarray(['192.0.2.1', '2001:db8::1']),
      )
      .map(
        ([message, trackerId, isCompact, claimedHosts]): AnnounceRequest => ({
          ...message,
          trackerId,
          isCompact,
          claimedHosts,
        }),
      );
    fc.assert(
      fc.property(rich, (message) => assert.deepEqual(decodeAnnounceQuery(encodeAnnounceQuery(message)), message)),
    );
  });

  it('that lacks something is refused with its name', () => {
    const query = encodeAnnounceQuery(request);
    for (const name of ['info_hash', 'peer_id', 'port', 'left']) {
      const refused = decodeAnnounceQuery(query.replace(new RegExp(`${name}=[^&]*`), 'x=1'));
      assert.ok('reason' in refused && refused.reason.includes(name), name);
    }
    for (const [from, to] of [
      ['port=6881', 'port=65536'],
      ['left=16384', 'left=-1'],
      ['event=started', 'event=begun'],
      ['%12', ''],
    ] as const) {
      assert.ok('reason' in decodeAnnounceQuery(query.replace(from, to)), to);
    }
  });

  it('of any length and content is read or refused, never thrown at', () => {
    assert.ok('reason' in decodeAnnounceQuery('a=1&'.repeat(100_000)));
    assert.ok('reason' in decodeAnnounceQuery(Array.from({ length: 300 }, (_, i) => `a${i}=1`).join('&')));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        decodeAnnounceQuery(text);
        decodeAnnounceQuery(`${encodeAnnounceQuery(request)}&${text}`);
      }),
    );
  });
});

describe('an announce reply', () => {
  it('in BEP 23 form gives IPv4 peers', () => {
    const reply = success(
      decodeAnnounceReply(
        latin(
          'd8:completei5e10:incompletei7e8:intervali1800e12:min intervali60e5:peers12:\xc0\x00\x02\x01\x1a\xe1\xc0\x00\x02\x02\x00\x00e',
        ),
      ),
    );
    assert.deepEqual(reply.peers, [{ host: '192.0.2.1', port: 6881 }]);
    assert.deepEqual([reply.interval, reply.minInterval, reply.complete, reply.incomplete], [1800, 60, 5, 7]);
  });

  it('in BEP 7 form gives peers of both families, as in the example', () => {
    const reply = success(decodeAnnounceReply(latin('d8:intervali1800e5:peers6:iiiipp6:peers618:iiiiiiiiiiiiiiiippe')));
    const six = Array.from({ length: 8 }, () => '6969').join(':');
    assert.deepEqual(reply.peers, [
      { host: '105.105.105.105', port: 0x7070 },
      { host: six, port: 0x7070 },
    ]);
  });

  it('in BEP 3 form gives peers by literal address only', () => {
    const reply = success(
      decodeAnnounceReply(
        utf8(
          'd8:intervali1800e5:peersl' +
            'd2:ip9:192.0.2.17:peer id20:aaaaaaaaaaaaaaaaaaaa4:porti6881ee' +
            'd2:ip11:2001:DB8::14:porti6882ee' +
            'd2:ip11:example.com4:porti6881ee' +
            'd2:ip9:192.0.2.34:porti0eei5e4:junkee',
        ),
      ),
    );
    assert.deepEqual(reply.peers, [
      { host: '192.0.2.1', port: 6881 },
      { host: '2001:db8::1', port: 6882 },
    ]);
  });

  it('tells the external address of BEP 24 in both families', () => {
    assert.equal(
      success(decodeAnnounceReply(latin('d11:external ip4:\xc0\x00\x02\x098:intervali1ee'))).externalHost,
      '192.0.2.9',
    );
    assert.equal(
      success(decodeAnnounceReply(latin(`d11:external ip16:\x20\x01\x0d\xb8${'\0'.repeat(11)}\x098:intervali1ee`)))
        .externalHost,
      '2001:db8::9',
    );
    assert.equal(success(decodeAnnounceReply(latin('d11:external ip3:abc8:intervali1ee'))).externalHost, null);
  });

  it('with a failure reason is a failure, with the retry of BEP 31', () => {
    const failure = (text: string): unknown => decodeAnnounceReply(utf8(text));
    assert.deepEqual(failure('d14:failure reason10:Overloaded8:retry in1:5e'), {
      kind: 'failure',
      reason: 'Overloaded',
      retryIn: 5,
    });
    assert.deepEqual(failure('d14:failure reason13:Not a tracker8:retry in5:nevere'), {
      kind: 'failure',
      reason: 'Not a tracker',
      retryIn: 'never',
    });
    assert.deepEqual(failure('d14:failure reason2:no8:retry ini7ee'), { kind: 'failure', reason: 'no', retryIn: 7 });
    assert.deepEqual(failure('d14:failure reason2:no8:retry ini-7ee'), {
      kind: 'failure',
      reason: 'no',
      retryIn: null,
    });
    assert.deepEqual(failure('d14:failure reason0:e'), { kind: 'failure', reason: 'no reason given', retryIn: null });
  });

  it('keeps the tracker id and makes a warning printable', () => {
    const reply = success(
      decodeAnnounceReply(utf8('d8:intervali1e10:tracker id3:xyz15:warning message8:\u001bbe\nwaree')),
    );
    assert.equal(reply.trackerId, 'xyz');
    assert.equal(reply.warning, 'beware');
  });

  it('without interval or with nonsense in its fields is read as far as it makes sense', () => {
    const reply = success(decodeAnnounceReply(utf8('d8:completei-1e8:interval3:abc5:peersi5e6:peers6lee')));
    assert.deepEqual([reply.interval, reply.complete, reply.peers], [1800, null, []]);
  });

  it('is read back as it was written, compact or not', () => {
    const rich = fc.tuple(
      announceSuccess(fc.tuple(fc.array(peer4), fc.array(peer6)).map(([four, six]) => [...four, ...six])),
      fc.boolean(),
    );
    fc.assert(
      fc.property(rich, ([reply, isCompact]) => {
        const full: AnnounceSuccess = {
          ...reply,
          minInterval: 60,
          downloaded: 3,
          trackerId: 'tid',
          warning: 'careful',
          externalHost: '192.0.2.1',
        };
        assert.deepEqual(decodeAnnounceReply(encodeAnnounceReply(full, isCompact)), full);
        assert.deepEqual(decodeAnnounceReply(encodeAnnounceReply(reply, isCompact)), reply);
      }),
    );
    for (const retryIn of [5, 'never', null] as const) {
      const failure: TrackerFailure = { kind: 'failure', reason: 'no', retryIn };
      assert.deepEqual(decodeAnnounceReply(encodeAnnounceReply(failure, true)), failure);
    }
  });

  it('gives at most 2,000 peers', () => {
    const compact = concat([
      utf8('d8:intervali1e5:peers60000:'),
      new Uint8Array(60000).fill(1),
      utf8('6:peers6180:'),
      new Uint8Array(180).fill(1),
      utf8('e'),
    ]);
    assert.equal(success(decodeAnnounceReply(compact)).peers.length, 2000);
    const dicts = utf8(`d8:intervali1e5:peersl${'d2:ip9:192.0.2.14:porti6881ee'.repeat(3000)}ee`);
    assert.equal(success(decodeAnnounceReply(dicts)).peers.length, 2000);
  });

  it('that is not a bencoded dictionary is none, and no bytes make it throw', () => {
    const good = encodeAnnounceReply(
      {
        kind: 'success',
        interval: 9,
        minInterval: null,
        complete: 1,
        incomplete: 1,
        downloaded: 1,
        peers: [{ host: '192.0.2.1', port: 1 }],
        trackerId: 't',
        warning: null,
        externalHost: null,
      },
      true,
    );
    for (let length = 0; length < good.length; length++)
      assert.equal(decodeAnnounceReply(good.subarray(0, length)), null);
    assert.equal(decodeAnnounceReply(utf8('<html>404</html>')), null);
    assert.equal(decodeAnnounceReply(utf8('l'.repeat(100_000))), null);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(good.length), (noise, at) => {
        decodeAnnounceReply(noise);
        decodeAnnounceReply(concat([good.subarray(0, at), noise, good.subarray(at)]));
      }),
      { numRuns: 500 },
    );
  });
});
