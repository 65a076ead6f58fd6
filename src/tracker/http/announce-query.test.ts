import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { equalBytes, toHex } from '../../base/bytes.ts';
import { announceRequest } from '../../codec/announce/arbitraries.test.ts';
import { decodeAnnounceQuery } from '../../codec/announce/http-announce.ts';
import { type AnnounceRequest, encodeAnnounceQuery } from '../../codec/announce/index.ts';
import { escapeAll, requestOf } from '../fakes.test.ts';
import { AnnounceCall } from '../swarm-store.ts';
import { AnnounceQuery, unescapeInto } from './announce-query.ts';

interface Read {
  readonly query: AnnounceQuery;
  readonly call: AnnounceCall;
}

const query = new AnnounceQuery();

function read(text: string, call = new AnnounceCall()): Read {
  query.read(`/announce?${text}`, 10, call);
  return { query, call };
}

/** The query of a good announce, with one parameter changed or (null) left out. */
function goodBut(name: string, value: string | null): string {
  const rest = encodeAnnounceQuery(requestOf()).split('&');
  const others = rest.filter((parameter) => !parameter.startsWith(`${name}=`));
  return (value === null ? others : [...others, `${name}=${value}`]).join('&');
}

const roleOf = ({ left, event }: AnnounceRequest): string =>
  left === 0 ? 'seeding' : event === 'paused' ? 'paused' : 'downloading';

describe('the query of an announce', () => {
  it('is read as our client writes it', () => {
    fc.assert(
      fc.property(announceRequest, (request) => {
        const { query: got, call } = read(encodeAnnounceQuery(request));
        assert.equal(got.problem, null);
        assert.ok(equalBytes(call.infoHashBytes, request.infoHash));
        assert.ok(equalBytes(call.peerIdBytes, request.peerId));
        assert.deepEqual(
          [got.port, call.event, call.want, call.role],
          [request.port, request.event, request.numWant ?? -1, roleOf(request)],
        );
      }),
    );
  });

  it('is read in any order of its parameters, and with others among them', () => {
    const parameters = encodeAnnounceQuery(requestOf({ event: 'started', numWant: 7 })).split('&');
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...parameters, 'supportcrypto=1', 'x', '=', '=y', '', 'infohash=1', 'left2=0'], {
          minLength: parameters.length + 7,
        }),
        (shuffled) => {
          const { query: got, call } = read(shuffled.join('&'));
          assert.equal(got.problem, null);
          assert.deepEqual([got.port, call.event, call.want, call.role], [6881, 'started', 7, 'downloading']);
        },
      ),
    );
  });

  it('is judged as the codec of client and tracker judges it', () => {
    const number = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('0', '1', '6881', '65535') },
      fc.constantFrom('', '0', '-1', '1e3', '0x10', '+5', '6881', '65535', '65536', '9'.repeat(20), '1'.repeat(21)),
      fc.string({ maxLength: 4, unit: 'binary-ascii' }).map(encodeURIComponent),
    );
    const bytes = fc.oneof(
      { weight: 6, arbitrary: fc.uint8Array({ minLength: 20, maxLength: 20 }).map(escapeAll) },
      fc.uint8Array({ minLength: 19, maxLength: 21 }).map(escapeAll),
      fc.constant(''),
    );
    const some = (name: string, values: fc.Arbitrary<string>): fc.Arbitrary<string> =>
      fc.oneof(
        { weight: 9, arbitrary: values.map((value) => `${name}=${value}`) },
        { weight: 1, arbitrary: fc.constant(`${name}0=1`) },
      );
    const parameters = fc.tuple(
      some('info_hash', bytes),
      some('peer_id', bytes),
      some('port', number),
      some('left', number),
      some('event', fc.constantFrom('started', 'stopped', 'completed', 'paused', '', 'none', 'Started', 'x')),
      some('numwant', number),
    );
    let good = 0;
    fc.assert(
      fc.property(parameters, (list) => {
        const text = list.join('&');
        const expected = decodeAnnounceQuery(text);
        const { query: got, call } = read(text);
        if ('kind' in expected) {
          assert.equal(got.problem, expected.reason);
          return;
        }
        good++;
        assert.equal(got.problem, null);
        const want = Math.min(expected.numWant ?? -1, 0x7fffffff);
        assert.deepEqual(
          [got.port, call.event, call.want, call.role, toHex(call.infoHashBytes)],
          [expected.port, expected.event, want, roleOf(expected), toHex(expected.infoHash)],
        );
      }),
      { numRuns: 5000 },
    );
    assert.ok(good > 100, `${good} were good`);
  });

  it('never throws, whatever it is, and is never good without its hash', () => {
    const piece = fc.oneof(
      fc.constantFrom('info_hash=', 'peer_id=', 'port=', 'left=0', 'event=', 'numwant=', 'compact=', '&', '%', '%4'),
      fc.string({ unit: 'binary', maxLength: 30 }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
        (text) => {
          assert.ok(read(text).query.problem !== null || text.includes('info_hash='));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('never throws when it is cut short, and is good only as a whole', () => {
    const text = 'port=6881&left=1&numwant=5&peer_id=aaaaaaaaaaaaaaaaaaaa&info_hash=%01%02%03bbbbbbbbbbbbbbbbb';
    for (let end = 0; end < text.length; end++) assert.ok(read(text.slice(0, end)).query.problem !== null, `${end}`);
    assert.equal(read(text).query.problem, null);
  });

  it('does not inherit anything from the one that was read before', () => {
    const call = new AnnounceCall();
    read(encodeAnnounceQuery(requestOf({ left: 0, event: 'completed', numWant: 3, isCompact: false })), call);
    assert.deepEqual([call.role, call.event, call.want, query.isCompact], ['seeding', 'completed', 3, false]);
    read(encodeAnnounceQuery(requestOf()), call);
    assert.deepEqual([call.role, call.event, call.want, query.isCompact], ['downloading', 'none', -1, true]);
    for (const name of ['info_hash', 'peer_id', 'port', 'left']) {
      read(encodeAnnounceQuery(requestOf()), call);
      assert.match(read(goodBut(name, null), call).query.problem ?? '', new RegExp(name));
    }
  });

  for (const [name, bad] of [
    [
      'info_hash',
      ['', 'a'.repeat(19), 'a'.repeat(21), '%41'.repeat(19), '%41'.repeat(21), '%4'.repeat(9), 'a'.repeat(40)],
    ],
    ['peer_id', ['', 'a'.repeat(19), 'a'.repeat(21), '%00'.repeat(400)]],
    ['port', ['', '-1', '65536', '99999999999999999999', '1.5', 'x', '%36881', '6881x']],
    ['left', ['', '-1', 'x', '1e9', '1'.repeat(21)]],
    ['event', ['start', 'STARTED', 'stopped%00', '1']],
  ] as const) {
    it(`is refused when its ${name} is none, with words that name it`, () => {
      for (const value of bad)
        assert.match(read(goodBut(name, value)).query.problem ?? 'good', new RegExp(name), value);
    });
  }

  it('has the compact form and ids unless it says otherwise (BEP 23)', () => {
    const bare = goodBut('compact', null).replace('&no_peer_id=1', '');
    assert.deepEqual([read(bare).query.isCompact, query.wantsPeerIds], [true, true]);
    assert.deepEqual([read(`${bare}&compact=0`).query.isCompact, query.wantsPeerIds], [false, true]);
    assert.deepEqual([read(`${bare}&compact=1&no_peer_id=1`).query.isCompact, query.wantsPeerIds], [true, false]);
    assert.deepEqual([read(`${bare}&compact=0&no_peer_id=0`).query.isCompact, query.wantsPeerIds], [false, true]);
  });

  it('may leave the number of peers to the tracker, in any of the ways that clients know', () => {
    for (const numwant of [null, '', '-1', 'x', '1.5']) assert.equal(read(goodBut('numwant', numwant)).call.want, -1);
    assert.equal(read(goodBut('numwant', '0')).call.want, 0);
    assert.equal(read(goodBut('numwant', '99999999999')).call.want, 0x7fffffff);
  });

  it('of who has everything is a seeder’s, also when it is paused', () => {
    assert.equal(read(`${goodBut('left', '0')}&event=paused`).call.role, 'seeding');
    assert.equal(read(goodBut('left', '00')).call.role, 'seeding');
    assert.equal(read(`event=paused&${goodBut('left', '5')}`).call.role, 'paused');
  });

  it('takes the last of two values that contradict each other', () => {
    const good = encodeAnnounceQuery(requestOf());
    assert.equal(read(`${good}&port=80`).query.port, 80);
    assert.notEqual(read(`${good}&info_hash=short`).query.problem, null);
    assert.equal(read(`${goodBut('left', '0')}&left=5`).call.role, 'downloading');
  });
});

describe('a percent-encoded value', () => {
  const unescape = (text: string, room = 20): string | null => {
    const out = new Uint8Array(room);
    const length = unescapeInto(`xx${text}yy`, 2, 2 + text.length, out);
    return length < 0 ? null : toHex(out.subarray(0, length));
  };

  it('is the bytes it was made of, in either case of its digits and with or without needless escapes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.boolean(), (bytes, isUpper) => {
        const all = escapeAll(bytes);
        assert.equal(unescape(isUpper ? all.toUpperCase() : all), toHex(bytes));
        // As our client writes it: only what has to be is escaped.
        const { infoHash } = requestOf({ infoHash: bytes });
        const written = encodeAnnounceQuery(requestOf({ infoHash })).split('&', 1)[0]?.slice('info_hash='.length);
        assert.equal(unescape(written as string), toHex(bytes));
      }),
    );
  });

  it('has a space for a plus, and a plus for its escape', () => {
    assert.equal(unescape('a+b%2b%2B%20'), '6120622b2b20');
  });

  it('has what is no escape for itself', () => {
    assert.equal(unescape('%'), '25');
    assert.equal(unescape('%4'), '2534');
    assert.equal(unescape('%zz'), '257a7a');
    assert.equal(unescape('%4g%%41'), '2534672541');
    assert.equal(unescape('%:0%/0%@0%G0%`0'), toHex(Buffer.from('%:0%/0%@0%G0%`0')));
  });

  it('ends where it ends: an escape does not reach into what follows', () => {
    const out = new Uint8Array(20);
    assert.equal(unescapeInto('%41%4142', 0, 5, out), 3);
    assert.equal(toHex(out.subarray(0, 3)), '412534');
  });

  it('has bytes above 127 for the characters that a request line is read as', () => {
    assert.equal(unescape('\u00ff\u0080'), 'ff80');
  });

  it('is none when it is longer than there is room for, and may fill the room', () => {
    assert.equal(unescape('abcd', 4), '61626364');
    assert.equal(unescape('abcde', 4), null);
    assert.equal(unescape('%61%62%63%64%65', 4), null);
  });
});
