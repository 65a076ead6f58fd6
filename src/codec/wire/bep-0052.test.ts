import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toHex } from '../../base/bytes.ts';
import { encodeHashes, encodeHashReject, encodeHashRequest } from './encoder.ts';

describe('BEP 52 messages', () => {
  const request = { piecesRoot: new Uint8Array(32).fill(0xab), baseLayer: 4, index: 512, length: 256, proofLayers: 9 };
  const content = `${'ab'.repeat(32)}00000004000002000000010000000009`;

  it('carry root, base layer, index, length and proof layers in this order', () => {
    assert.equal(toHex(encodeHashRequest(request)), `0000003115${content}`);
    assert.equal(toHex(encodeHashReject(request)), `0000003117${content}`);
  });

  it('append the hashes to the repeated request', () => {
    const hashes = new Uint8Array(64).fill(0xcd);
    assert.equal(toHex(encodeHashes(request, hashes)), `0000007116${content}${'cd'.repeat(64)}`);
  });
});
