import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { concat, toHex } from '../../base/bytes.ts';
import { announceRequest, announceSuccess, hash, peer4, peer6, scrapeEntry } from './arbitraries.test.ts';
import type { AnnounceRequest } from './messages.ts';
import {
  decodeUdpTrackerReply,
  decodeUdpTrackerRequest,
  encodeUdpTrackerReply,
  encodeUdpTrackerRequest,
  type UdpTrackerReply,
  type UdpTrackerRequest,
} from './udp.ts';

const connectionId = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const transactionId = 0xaabbccdd;
const announce: AnnounceRequest = {
  infoHash: new Uint8Array(20).fill(0x11),
  peerId: new Uint8Array(20).fill(0x22),
  port: 6881,
  uploaded: 2 ** 40,
  downloaded: 1,
  left: 2 ** 32,
  event: 'started',
  numWant: null,
  key: 'deadbeef',
  trackerId: null,
  isCompact: true,
  claimedHosts: [],
};
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const id = fc.uint8Array({ minLength: 8, maxLength: 8 });

const request: fc.Arbitrary<UdpTrackerRequest> = fc.oneof(
  u32.map((transaction): UdpTrackerRequest => ({ action: 'connect', transactionId: transaction })),
  fc.tuple(id, u32, announceRequest, fc.option(fc.string({ maxLength: 600 }), { nil: null })).map(
    ([connection, transaction, message, urlData]): UdpTrackerRequest => ({
      action: 'announce',
      connectionId: connection,
      transactionId: transaction,
      request: message,
      urlData,
    }),
  ),
  fc.tuple(id, u32, fc.array(hash, { maxLength: 74 })).map(
    ([connection, transaction, infoHashes]): UdpTrackerRequest => ({
      action: 'scrape',
      connectionId: connection,
      transactionId: transaction,
      infoHashes,
    }),
  ),
);
const replyTo = (peer: typeof peer4): fc.Arbitrary<UdpTrackerReply> =>
  fc.oneof(
    fc.tuple(id, u32).map(
      ([connection, transaction]): UdpTrackerReply => ({
        action: 'connect',
        transactionId: transaction,
        connectionId: connection,
      }),
    ),
    fc
      .tuple(u32, announceSuccess(fc.array(peer)))
      .map(([transaction, success]): UdpTrackerReply => ({ action: 'announce', transactionId: transaction, success })),
    fc.tuple(u32, fc.array(scrapeEntry)).map(
      ([transaction, entries]): UdpTrackerReply => ({
        action: 'scrape',
        transactionId: transaction,
        entries: entries.map(({ complete, incomplete, downloaded }) => ({
          complete,
          incomplete,
          downloaded,
          downloaders: null,
        })),
      }),
    ),
    fc
      .tuple(u32, fc.stringMatching(/^[a-z]{0,20}$/))
      .map(([transaction, message]): UdpTrackerReply => ({ action: 'error', transactionId: transaction, message })),
  );

describe('BEP 15 requests', () => {
  it('connect with the magic constant, action 0 and the transaction', () => {
    assert.equal(
      toHex(encodeUdpTrackerRequest({ action: 'connect', transactionId })),
      '0000041727101980' + '00000000' + 'aabbccdd',
    );
  });

  it('announce in 98 bytes', () => {
    const bytes = encodeUdpTrackerRequest({
      action: 'announce',
      connectionId,
      transactionId,
      request: announce,
      urlData: null,
    });
    assert.equal(bytes.length, 98);
    assert.equal(
      toHex(bytes),
      '0102030405060708' +
        '00000001' +
        'aabbccdd' +
        '11'.repeat(20) +
        '22'.repeat(20) +
        '0000000000000001' +
        '0000000100000000' +
        '0000010000000000' +
        '00000002' +
        '00000000' +
        'deadbeef' +
        'ffffffff' +
        '1ae1',
    );
  });

  it('number the events as the table does', () => {
    const numbers = (['none', 'completed', 'started', 'stopped', 'paused'] as const).map(
      (event) =>
        encodeUdpTrackerRequest({
          action: 'announce',
          connectionId,
          transactionId,
          request: { ...announce, event },
          urlData: null,
        })[83],
    );
    assert.deepEqual(numbers, [0, 1, 2, 3, 4]);
  });

  it('scrape with one info hash after the other', () => {
    const infoHashes = [new Uint8Array(20).fill(1), new Uint8Array(20).fill(2)];
    assert.equal(
      toHex(encodeUdpTrackerRequest({ action: 'scrape', connectionId, transactionId, infoHashes })),
      '0102030405060708' + '00000002' + 'aabbccdd' + '01'.repeat(20) + '02'.repeat(20),
    );
  });

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(request, (message) =>
        assert.deepEqual(decodeUdpTrackerRequest(encodeUdpTrackerRequest(message)), message),
      ),
    );
  });

  it('are no requests when cut short, of an unknown action or event, or without the magic constant', () => {
    const bytes = encodeUdpTrackerRequest({
      action: 'announce',
      connectionId,
      transactionId,
      request: announce,
      urlData: null,
    });
    for (let length = 0; length < 98; length++) assert.equal(decodeUdpTrackerRequest(bytes.subarray(0, length)), null);
    assert.equal(decodeUdpTrackerRequest(bytes.with(83, 9)), null);
    assert.equal(decodeUdpTrackerRequest(bytes.with(11, 7)), null);
    const connect = encodeUdpTrackerRequest({ action: 'connect', transactionId });
    assert.equal(decodeUdpTrackerRequest(connect.with(7, 0x81)), null);
  });

  it('claim an address in the field that a tracker may ignore', () => {
    const bytes = encodeUdpTrackerRequest({
      action: 'announce',
      connectionId,
      transactionId,
      request: announce,
      urlData: null,
    });
    bytes.set([192, 0, 2, 1], 84);
    const decoded = decodeUdpTrackerRequest(bytes);
    assert.deepEqual(decoded?.action === 'announce' ? decoded.request.claimedHosts : null, ['192.0.2.1']);
  });

  it('name at most 74 swarms in one scrape', () => {
    const bytes = concat([
      encodeUdpTrackerRequest({ action: 'scrape', connectionId, transactionId, infoHashes: [] }),
      new Uint8Array(20 * 100),
    ]);
    const decoded = decodeUdpTrackerRequest(bytes);
    assert.equal(decoded?.action === 'scrape' ? decoded.infoHashes.length : null, 74);
  });
});

describe('BEP 15 replies', () => {
  it('have the announced layout', () => {
    const success = {
      kind: 'success',
      interval: 1800,
      minInterval: null,
      complete: 3,
      incomplete: 2,
      downloaded: null,
      peers: [{ host: '192.0.2.1', port: 6881 }],
      trackerId: null,
      warning: null,
      externalHost: null,
    } as const;
    const hex = (message: UdpTrackerReply): string => toHex(encodeUdpTrackerReply(message, 4));
    assert.equal(hex({ action: 'connect', transactionId, connectionId }), '00000000aabbccdd0102030405060708');
    assert.equal(
      hex({ action: 'announce', transactionId, success }),
      '00000001aabbccdd' + '00000708' + '00000002' + '00000003' + 'c0000201' + '1ae1',
    );
    assert.equal(
      hex({
        action: 'scrape',
        transactionId,
        entries: [{ complete: 1, downloaded: 2, incomplete: 3, downloaders: null }],
      }),
      '00000002aabbccdd' + '00000001' + '00000002' + '00000003',
    );
    assert.equal(hex({ action: 'error', transactionId, message: 'no' }), '00000003aabbccdd6e6f');
  });

  it('carry peers of 18 bytes between IPv6 addresses', () => {
    const bytes = concat([
      new Uint8Array(20),
      Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x1a, 0xe1),
    ]);
    bytes[3] = 1;
    const reply = decodeUdpTrackerReply(bytes, 6);
    assert.deepEqual(reply?.action === 'announce' ? reply.success.peers : null, [{ host: '2001:db8::1', port: 6881 }]);
  });

  it('are read back as they were written, in both families', () => {
    fc.assert(
      fc.property(replyTo(peer4), (message) =>
        assert.deepEqual(decodeUdpTrackerReply(encodeUdpTrackerReply(message, 4), 4), message),
      ),
    );
    fc.assert(
      fc.property(replyTo(peer6), (message) =>
        assert.deepEqual(decodeUdpTrackerReply(encodeUdpTrackerReply(message, 6), 6), message),
      ),
    );
  });

  it('may be longer than their fields', () => {
    const bytes = encodeUdpTrackerReply({ action: 'connect', transactionId, connectionId }, 4);
    assert.deepEqual(decodeUdpTrackerReply(concat([bytes, Uint8Array.of(9, 9)]), 4), {
      action: 'connect',
      transactionId,
      connectionId,
    });
  });

  it('are bounded: 2,000 peers, 1,000 characters of printable words', () => {
    const many = concat([Uint8Array.of(0, 0, 0, 1), new Uint8Array(16), new Uint8Array(6 * 10_000).fill(7)]);
    const announceReply = decodeUdpTrackerReply(many, 4);
    assert.equal(announceReply?.action === 'announce' ? announceReply.success.peers.length : null, 2000);
    const words = decodeUdpTrackerReply(
      concat([Uint8Array.of(0, 0, 0, 3, 0, 0, 0, 1), new TextEncoder().encode(`\u001b[31m${'x'.repeat(5000)}`)]),
      4,
    );
    assert.equal(words?.action === 'error' ? words.message : null, `[31m${'x'.repeat(996)}`);
  });

  it('never throw, whatever the bytes', () => {
    const heads = fc
      .tuple(fc.nat(4), fc.uint8Array({ maxLength: 120 }))
      .map(([action, rest]) => concat([Uint8Array.of(0, 0, 0, action), rest]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), heads), (bytes) => {
        decodeUdpTrackerReply(bytes, 4);
        decodeUdpTrackerReply(bytes, 6);
        decodeUdpTrackerRequest(bytes);
      }),
      { numRuns: 500 },
    );
  });
});
