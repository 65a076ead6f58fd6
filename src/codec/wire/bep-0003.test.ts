import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toHex } from '../../base/bytes.ts';
import * as encode from './encoder.ts';
import { decodeHandshake, encodeHandshake, isHandshakePrefix } from './handshake.ts';

const infoHash = Uint8Array.from({ length: 20 }, (_, i) => i);
const peerId = Uint8Array.from({ length: 20 }, (_, i) => 100 + i);

describe('BEP 3 messages', () => {
  it('have a four-byte length and an id', () => {
    assert.equal(toHex(encode.Frame.keepAlive), '00000000');
    assert.equal(toHex(encode.Frame.choke), '0000000100');
    assert.equal(toHex(encode.Frame.unchoke), '0000000101');
    assert.equal(toHex(encode.Frame.interested), '0000000102');
    assert.equal(toHex(encode.Frame.notInterested), '0000000103');
  });

  it('carry big-endian integers', () => {
    assert.equal(toHex(encode.encodeHave(0x01020304)), '000000050401020304');
    assert.equal(
      toHex(encode.encodeRequest({ piece: 1, begin: 0x4000, length: 0x4000 })),
      '0000000d06000000010000400000004000',
    );
    assert.equal(
      toHex(encode.encodeCancel({ piece: 1, begin: 0x4000, length: 0x4000 })),
      '0000000d08000000010000400000004000',
    );
    assert.equal(toHex(encode.encodePort(6881)), '00000003091ae1');
    assert.equal(toHex(encode.encodeBitfield(Uint8Array.of(0xf0, 0x80))), '0000000305f080');
  });

  it('can be packed, request after request, into one buffer', () => {
    const ranges = [
      { piece: 1, begin: 0, length: 16384 },
      { piece: 2, begin: 16384, length: 5 },
    ];
    assert.equal(toHex(encode.encodeHaves([7, 0x01020304])), '000000050400000007' + '000000050401020304');
    assert.equal(
      toHex(encode.encodeRequests(ranges)),
      ranges.map((range) => toHex(encode.encodeRequest(range))).join(''),
    );
  });

  it('put the head of a piece message into the gap before its data', () => {
    const bytes = new Uint8Array(20);
    encode.encodePieceHeader(bytes, 3, 5, 0x4000, 0x4000);
    assert.equal(toHex(bytes), '000000' + '00004009' + '07' + '00000005' + '00004000' + '00000000');
  });
});

describe('the handshake', () => {
  it('is 19, the protocol name, eight reserved bytes, the info hash and the peer id', () => {
    const bytes = encodeHandshake({ infoHash, peerId, fast: false, extended: false, dht: false, v2: false });
    assert.equal(
      toHex(bytes),
      `13${toHex(new TextEncoder().encode('BitTorrent protocol'))}0000000000000000${toHex(infoHash)}${toHex(peerId)}`,
    );
  });

  it('carries each capability in its bit', () => {
    const none = { infoHash, peerId, fast: false, extended: false, dht: false, v2: false };
    assert.equal(toHex(encodeHandshake({ ...none, fast: true }).subarray(20, 28)), '0000000000000004');
    assert.equal(toHex(encodeHandshake({ ...none, extended: true }).subarray(20, 28)), '0000000000100000');
    assert.equal(toHex(encodeHandshake({ ...none, dht: true }).subarray(20, 28)), '0000000000000001');
    assert.equal(toHex(encodeHandshake({ ...none, v2: true }).subarray(20, 28)), '0000000000000010');
  });

  it('is decoded to what was encoded, for every set of capabilities', () => {
    for (let bits = 0; bits < 16; bits++) {
      const handshake = {
        infoHash,
        peerId,
        fast: (bits & 1) > 0,
        extended: (bits & 2) > 0,
        dht: (bits & 4) > 0,
        v2: (bits & 8) > 0,
      };
      assert.deepEqual(decodeHandshake(encodeHandshake(handshake)), handshake);
    }
  });

  it('is refused when a byte of its head differs or it is cut short', () => {
    const bytes = encodeHandshake({ infoHash, peerId, fast: true, extended: true, dht: true, v2: true });
    for (let i = 0; i < 20; i++) {
      const changed = bytes.slice();
      changed[i] = (changed[i] as number) ^ 0x20;
      assert.equal(decodeHandshake(changed), null);
      assert.equal(isHandshakePrefix(changed.subarray(0, i + 1)), false);
      assert.equal(isHandshakePrefix(bytes.subarray(0, i + 1)), true);
    }
    for (let length = 0; length < 68; length++) assert.equal(decodeHandshake(bytes.subarray(0, length)), null);
  });
});
