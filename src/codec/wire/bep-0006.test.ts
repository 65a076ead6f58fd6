import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toHex } from '../../base/bytes.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { allowedFastSet } from './allowed-fast.ts';
import { encodeAllowedFast, encodeReject, encodeSuggest, Frame } from './encoder.ts';

describe('BEP 6', () => {
  const infoHash = new Uint8Array(20).fill(0xaa);

  it("gives the example's allowed fast sets of 7 and 9 pieces", () => {
    const nine = [1059, 431, 808, 1217, 287, 376, 1188, 353, 508];
    assert.deepEqual(allowedFastSet('80.4.4.200', infoHash, 1313, 7, nodeDigests), nine.slice(0, 7));
    assert.deepEqual(allowedFastSet('80.4.4.200', infoHash, 1313, 9, nodeDigests), nine);
  });

  it('gives neighbours in one /24 the same set', () => {
    assert.deepEqual(
      allowedFastSet('80.4.4.1', infoHash, 1313, 7, nodeDigests),
      allowedFastSet('80.4.4.200', infoHash, 1313, 7, nodeDigests),
    );
    assert.notDeepEqual(
      allowedFastSet('80.4.5.1', infoHash, 1313, 7, nodeDigests),
      allowedFastSet('80.4.4.200', infoHash, 1313, 7, nodeDigests),
    );
  });

  it('ends with every piece when the torrent has fewer than the set', () => {
    assert.deepEqual(allowedFastSet('80.4.4.200', infoHash, 3, 10, nodeDigests).sort(), [0, 1, 2]);
    assert.deepEqual(allowedFastSet('80.4.4.200', infoHash, 0, 10, nodeDigests), []);
  });

  it('has no set for an IPv6 peer', () => {
    assert.deepEqual(allowedFastSet('2001:db8::1', infoHash, 1313, 7, nodeDigests), []);
  });

  it('encodes its five messages as given', () => {
    assert.equal(toHex(Frame.haveAll), '000000010e');
    assert.equal(toHex(Frame.haveNone), '000000010f');
    assert.equal(toHex(encodeSuggest(258)), '000000050d00000102');
    assert.equal(toHex(encodeReject({ piece: 1, begin: 2, length: 3 })), '0000000d10000000010000000200000003');
    assert.equal(toHex(encodeAllowedFast(258)), '000000051100000102');
  });
});
