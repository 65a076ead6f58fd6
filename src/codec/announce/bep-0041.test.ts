import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concat, toBinary, utf8 } from '../../base/bytes.ts';
import { decodeUdpTrackerRequest, encodeUdpTrackerRequest } from './udp.ts';

const message = {
  action: 'announce',
  connectionId: new Uint8Array(8),
  transactionId: 1,
  request: {
    infoHash: new Uint8Array(20),
    peerId: new Uint8Array(20),
    port: 1,
    uploaded: 0,
    downloaded: 0,
    left: 0,
    event: 'none',
    numWant: null,
    key: '00000000',
    trackerId: null,
    isCompact: true,
    claimedHosts: [],
  },
} as const;
const options = (urlData: string): string => toBinary(encodeUdpTrackerRequest({ ...message, urlData }).subarray(98));
const plain = encodeUdpTrackerRequest({ ...message, urlData: null });
const urlDataIn = (...bytes: Uint8Array[]): string | null => {
  const decoded = decodeUdpTrackerRequest(concat([plain, ...bytes]));
  assert.equal(decoded?.action, 'announce');
  return decoded.action === 'announce' ? decoded.urlData : null;
};

describe('BEP 41', () => {
  it('puts path and query behind the announce, as in the example', () => {
    assert.equal(options('/dir?a=b&c=d'), '\x02\x0c/dir?a=b&c=d');
    assert.equal(options(''), '\x02\x00');
  });

  it('cuts long data into options of at most 255 bytes, which the tracker joins', () => {
    const long = `/${'x'.repeat(599)}`;
    assert.equal(
      options(long),
      `\x02\xff${long.slice(0, 255)}\x02\xff${long.slice(255, 510)}\x02\x5a${long.slice(510)}`,
    );
    assert.equal(urlDataIn(encodeUdpTrackerRequest({ ...message, urlData: long }).subarray(98)), long);
  });

  it('reads over padding up to the end of options', () => {
    const url = utf8('/dir?a=b&c=d');
    assert.equal(urlDataIn(Uint8Array.of(2, 12), url, Uint8Array.of(1, 1, 0)), '/dir?a=b&c=d');
    assert.equal(urlDataIn(Uint8Array.of(1, 0, 2, 12), url), null);
  });

  it('skips options that it does not know', () => {
    assert.equal(urlDataIn(Uint8Array.of(9, 3, 1, 2, 3, 2, 1, 0x2f)), '/');
  });

  it('ignores an option that is cut short', () => {
    assert.equal(urlDataIn(Uint8Array.of(2, 1, 0x2f, 2, 200, 0x2f)), '/');
    assert.equal(urlDataIn(Uint8Array.of(2)), null);
  });
});
