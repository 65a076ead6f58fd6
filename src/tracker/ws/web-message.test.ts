/** Reading of messages: what clients send is understood, what nobody should send is refused with words. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { offerOf, webHash, webId } from './fakes.test.ts';
import { LONGEST_MESSAGE, MOST_OFFERS, readWebMessage } from './web-message.ts';

const announce = { action: 'announce', info_hash: webHash(1), peer_id: webId(1), left: 5 };
const read = (message: unknown): ReturnType<typeof readWebMessage> => readWebMessage(JSON.stringify(message));
const answer = {
  ...announce,
  answer: { type: 'answer', sdp: 'v=0' },
  to_peer_id: webId(2),
  offer_id: 'o'.repeat(20),
};

function reasonFor(message: unknown): string {
  const request = read(message);
  assert.equal(request.kind, 'failure');
  return request.kind === 'failure' ? request.reason : '';
}

describe('reading an announce over a WebSocket', () => {
  it('takes what bittorrent-tracker sends', () => {
    const offers = [offerOf('a'), offerOf('b')];
    const request = read({ ...announce, numwant: 2, uploaded: 1, downloaded: 2, event: 'started', offers });
    assert.deepEqual(request, {
      kind: 'announce',
      infoHash: webHash(1),
      peerId: webId(1),
      event: 'started',
      left: 5,
      uploaded: 1,
      downloaded: 2,
      offers: offers.map(({ offer, offer_id }) => ({ offer, offerId: offer_id })),
    });
  });

  it('takes every byte in hashes and ids', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
        const infoHash = String.fromCharCode(...bytes);
        const request = read({ ...announce, info_hash: infoHash });
        assert.ok(request.kind === 'announce' && request.infoHash === infoHash);
      }),
    );
  });

  it('takes left as not known when it is missing or null, and numbers as text', () => {
    for (const [left, expected] of [
      [undefined, null],
      [null, null],
      ['0', 0],
      [7, 7],
    ] as const) {
      const request = read({ ...announce, left });
      assert.ok(request.kind === 'announce' && request.left === expected, String(left));
    }
    for (const left of [-1, 'much', {}, [1], true])
      assert.equal(reasonFor({ ...announce, left }), 'left is not a number');
  });

  it('knows the events, and that an update is none', () => {
    for (const event of [undefined, null, '', 'update', 'none', 'empty']) {
      const request = read({ ...announce, event });
      assert.ok(request.kind === 'announce' && request.event === 'none', String(event));
    }
    assert.match(reasonFor({ ...announce, event: 'exploded' }), /^event is none of/);
    assert.match(reasonFor({ ...announce, event: 3 }), /^event is none of/);
  });

  it('looks at ten offers and at no more than are wanted', () => {
    const offers = Array.from({ length: 30 }, (_, i) => (i < MOST_OFFERS ? offerOf(`${i}`) : 'not looked at'));
    for (const [numwant, expected] of [
      [undefined, 10],
      [50, 10],
      [3, 3],
      [0, 0],
      ['x', 10],
      [2.5, 2],
    ] as const) {
      const request = read({ ...announce, numwant, offers });
      assert.ok(request.kind === 'announce' && request.offers.length === expected, String(numwant));
    }
  });

  it('refuses offers that are none', () => {
    const offer = { type: 'offer', sdp: 'v=0' };
    for (const one of [null, 1, [], {}, { offer }, { offer, offer_id: '' }, { offer, offer_id: 'x'.repeat(65) }]) {
      assert.match(reasonFor({ ...announce, offers: [one] }), /offer/);
    }
    for (const bad of [null, 'v=0', { type: 'answer', sdp: '' }, { type: 'offer', sdp: 1 }, { sdp: '' }]) {
      assert.match(reasonFor({ ...announce, offers: [{ offer: bad, offer_id: 'o' }] }), /no session description/);
    }
    const long = { type: 'offer', sdp: 'x'.repeat(16 * 1024 + 1) };
    assert.match(reasonFor({ ...announce, offers: [{ offer: long, offer_id: 'o' }] }), /no session description/);
    assert.equal(reasonFor({ ...announce, offers: {} }), 'offers is not a list');
  });

  it('passes on nothing of an offer but type and text', () => {
    const offer = { type: 'offer', sdp: 'v=0', more: { of: 'this' }, __proto__: { a: 1 } };
    const request = readWebMessage(
      JSON.stringify({ ...announce, offers: [{ offer, offer_id: 'o' }] }).replace('"more"', '"__proto__"'),
    );
    assert.ok(request.kind === 'announce');
    assert.deepEqual(Object.keys(request.offers[0]?.offer ?? {}), ['type', 'sdp']);
  });

  it('says what is wrong with hashes and ids', () => {
    for (const info_hash of [undefined, 5, 'short', 'x'.repeat(21), 'x'.repeat(19) + '\u0100', ['x'.repeat(20)]]) {
      assert.match(reasonFor({ ...announce, info_hash }), /^info_hash is missing or has not 20 bytes/);
    }
    assert.match(reasonFor({ ...announce, peer_id: '' }), /^peer_id/);
  });
});

describe('reading an answer', () => {
  it('takes what bittorrent-tracker sends', () => {
    assert.deepEqual(read(answer), {
      kind: 'answer',
      infoHash: webHash(1),
      peerId: webId(1),
      toPeerId: webId(2),
      offerId: 'o'.repeat(20),
      answer: { type: 'answer', sdp: 'v=0' },
    });
  });

  it('says what is missing', () => {
    assert.match(reasonFor({ ...answer, to_peer_id: undefined }), /^to_peer_id/);
    assert.match(reasonFor({ ...answer, offer_id: 7 }), /^offer_id/);
    assert.match(reasonFor({ ...answer, answer: { type: 'offer', sdp: '' } }), /^answer is no session/);
  });
});

describe('reading a scrape', () => {
  it('takes one hash or several', () => {
    assert.deepEqual(read({ action: 'scrape', info_hash: webHash(1) }), { kind: 'scrape', infoHashes: [webHash(1)] });
    const many = Array.from({ length: 100 }, (_, i) => webHash(i));
    assert.deepEqual(read({ action: 'scrape', info_hash: many }), { kind: 'scrape', infoHashes: many });
  });

  it('refuses to tell of all torrents, or of too many at once', () => {
    for (const info_hash of [undefined, []]) {
      assert.match(reasonFor({ action: 'scrape', info_hash }), /names its torrents/);
    }
    const many = Array.from({ length: 101 }, (_, i) => webHash(i));
    assert.match(reasonFor({ action: 'scrape', info_hash: many }), /^more than 100/);
    assert.match(reasonFor({ action: 'scrape', info_hash: [webHash(1), 'x'] }), /has not 20 bytes/);
  });
});

describe('reading anything else', () => {
  it('never throws, and what it gives is bounded', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json({ maxDepth: 6 })), (text) => {
        const request = readWebMessage(text);
        assert.ok(request.kind === 'failure' && request.reason.length < 100);
      }),
    );
  });

  it('never throws for messages that are nearly right', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom(webHash(1), webId(2), 'announce', 'scrape', [webHash(1)], [offerOf('a')], {
        type: 'offer',
        sdp: '',
      }),
    );
    const keys = [
      'action',
      'info_hash',
      'peer_id',
      'event',
      'left',
      'numwant',
      'offers',
      'answer',
      'to_peer_id',
      'offer_id',
    ];
    const changes = fc.dictionary(fc.constantFrom(...keys), value);
    fc.assert(
      fc.property(
        fc.constantFrom<object>(announce, answer, { action: 'scrape', info_hash: webHash(1) }),
        changes,
        (base, change) => {
          const request = read({ ...base, ...change });
          if (request.kind === 'announce') assert.ok(request.offers.length <= MOST_OFFERS);
          if (request.kind === 'failure') assert.ok(request.infoHash === null || request.infoHash.length === 20);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('refuses a long message without parsing it, and a deep one as what it is', () => {
    const long = JSON.stringify({ ...announce, padding: 'x'.repeat(LONGEST_MESSAGE) });
    assert.match(readWebMessage(long).kind === 'failure' ? 'failure' : '', /failure/);
    const deep = '['.repeat(LONGEST_MESSAGE / 2) + ']'.repeat(LONGEST_MESSAGE / 2);
    assert.equal(readWebMessage(deep).kind, 'failure');
    const nested = `{"a":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`;
    assert.ok(nested.length <= LONGEST_MESSAGE);
    assert.equal(readWebMessage(nested).kind, 'failure');
  });

  it('says which action it does not know', () => {
    assert.match(reasonFor({ action: 'dance' }), /neither announce nor scrape/);
    assert.match(reasonFor([]), /not a JSON object/);
    assert.match(reasonFor(null), /not a JSON object/);
  });
});
