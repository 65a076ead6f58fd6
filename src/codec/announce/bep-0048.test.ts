import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { concat, utf8 } from '../../base/bytes.ts';
import { hash, scrapeEntry } from './arbitraries.test.ts';
import {
  decodeScrapeQuery,
  decodeScrapeReply,
  encodeScrapeQuery,
  encodeScrapeReply,
  scrapeUrl,
} from './http-scrape.ts';

describe('BEP 48 scrape URL', () => {
  const urls: [announce: string, scrape: string | null][] = [
    ['http://example.com/announce', 'http://example.com/scrape'],
    ['http://example.com/x/announce', 'http://example.com/x/scrape'],
    ['http://example.com/announce.php', 'http://example.com/scrape.php'],
    ['http://example.com/announce?x2%0644', 'http://example.com/scrape?x2%0644'],
    ['http://example.com/announce/passkey', 'http://example.com/scrape/passkey'],
    ['http://announce.example.com/announce', 'http://announce.example.com/scrape'],
    ['http://announce.example.com/a?announce', null],
    ['http://announce.example.com', null],
    ['http://example.com/a', null],
    ['announce', null],
  ];
  for (const [announce, scrape] of urls) {
    it(`of ${announce} is ${scrape}`, () => assert.equal(scrapeUrl(announce), scrape));
  }
});

describe('BEP 48 messages', () => {
  const x = utf8('xxxxxxxxxxxxxxxxxxxx');
  const y = utf8('yyyyyyyyyyyyyyyyyyyy');
  const example = utf8(
    'd5:filesd20:xxxxxxxxxxxxxxxxxxxxd8:completei11e10:downloadedi13772e10:incompletei19ee' +
      '20:yyyyyyyyyyyyyyyyyyyyd8:completei21e10:downloadedi206e10:incompletei20eeee',
  );

  it('are those of the example', () => {
    assert.equal(encodeScrapeQuery([x, y]), 'info_hash=xxxxxxxxxxxxxxxxxxxx&info_hash=yyyyyyyyyyyyyyyyyyyy');
    const reply = decodeScrapeReply(example);
    assert.deepEqual(reply, {
      kind: 'success',
      entries: [
        { infoHash: x, complete: 11, incomplete: 19, downloaded: 13772, downloaders: null },
        { infoHash: y, complete: 21, incomplete: 20, downloaded: 206, downloaders: null },
      ],
    });
    assert.deepEqual(encodeScrapeReply(reply), example);
  });

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.array(hash, { maxLength: 74 }), (hashes) =>
        assert.deepEqual(decodeScrapeQuery(encodeScrapeQuery(hashes)), hashes),
      ),
    );
    const entries = fc
      .uniqueArray(scrapeEntry, { selector: (entry) => entry.infoHash.join() })
      .map((list) => list.sort((a, b) => (a.infoHash.join() < b.infoHash.join() ? -1 : 1)));
    fc.assert(
      fc.property(entries, (list) => {
        const reply = decodeScrapeReply(encodeScrapeReply({ kind: 'success', entries: list }));
        assert.equal(reply?.kind, 'success');
        if (reply?.kind !== 'success') return;
        assert.deepEqual(
          [...reply.entries].sort((a, b) => (a.infoHash.join() < b.infoHash.join() ? -1 : 1)),
          list,
        );
      }),
    );
  });

  it('refuse a hash that has not 20 bytes', () => {
    assert.ok('reason' in decodeScrapeQuery('info_hash=abc'));
  });

  it('report a failure', () => {
    const failure = { kind: 'failure', reason: 'no', retryIn: null } as const;
    assert.deepEqual(decodeScrapeReply(encodeScrapeReply(failure)), failure);
  });

  it('never throw on spoilt bytes', () => {
    for (let length = 0; length < example.length; length++)
      assert.equal(decodeScrapeReply(example.subarray(0, length)), null);
    assert.equal(decodeScrapeReply(utf8('d5:filesi1ee')), null);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(example.length), (noise, at) => {
        decodeScrapeReply(concat([example.subarray(0, at), noise, example.subarray(at)]));
      }),
    );
  });
});
