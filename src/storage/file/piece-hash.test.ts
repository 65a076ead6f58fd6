import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hashesOfLeaves } from '../../codec/metainfo/index.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { FasterWay, PieceHasher, PieceVerifier } from './piece-hash.ts';

const scratch = Buffer.alloc(65_536);

/** Bytes in shared memory, as pieces lie there. */
function shared(length: number): Buffer {
  const bytes = Buffer.from(new SharedArrayBuffer(length));
  for (let i = 0; i < length; i++) bytes[i] = (i * 31) >> 3;
  return bytes;
}

describe('a piece', () => {
  it('is good when it has the expected SHA-1, whichever way it is hashed', () => {
    const verifier = new PieceVerifier(scratch);
    for (const length of [1, 16_384, 262_143, 262_144, 300_001]) {
      const data = shared(length);
      const expected = { sha1: nodeDigests.sha1(data), merkle: null };
      for (let i = 0; i < 40; i++) assert.equal(verifier.isGood(data, expected), true);
      data[length - 1] = (data[length - 1] as number) ^ 1;
      for (let i = 0; i < 40; i++) assert.equal(verifier.isGood(data, expected), false);
    }
  });

  it('is good when its blocks have the expected merkle root; bytes behind them do not count', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400_000 }), (length) => {
        const data = shared(524_288);
        const hasher = new PieceHasher(false, length);
        for (let at = 0; at < data.length; at += 65_536) hasher.update(data.subarray(at, at + 65_536));
        const { root } = hashesOfLeaves(hasher.leaves, 524_288, nodeDigests);
        const leaves = 2 ** Math.ceil(Math.log2(Math.ceil(length / 16_384)));
        assert.deepEqual(hasher.root(leaves), root);
        const verifier = new PieceVerifier(scratch);
        const expected = { sha1: null, merkle: { root, leaves, length } };
        assert.equal(verifier.isGood(data, expected), true);
        data[length - 1] = (data[length - 1] as number) ^ 1;
        assert.equal(verifier.isGood(data, expected), false);
        data[length - 1] = (data[length - 1] as number) ^ 1;
        if (length < data.length) data[length] = (data[length] as number) ^ 1;
        assert.equal(verifier.isGood(data, expected), true);
      }),
      { numRuns: 20 },
    );
  });

  it('of a hybrid torrent must have both', () => {
    const data = shared(40_000);
    const hasher = new PieceHasher(true, 40_000);
    hasher.update(data);
    const good = { sha1: hasher.sha1(), merkle: { root: hasher.root(4), leaves: 4, length: 40_000 } };
    const verifier = new PieceVerifier(scratch);
    assert.equal(verifier.isGood(data, good), true);
    assert.equal(verifier.isGood(data, { ...good, sha1: new Uint8Array(20) }), false);
    assert.equal(verifier.isGood(data, { ...good, merkle: { ...good.merkle, root: new Uint8Array(32) } }), false);
  });

  it('without any hash to compare with is not good', () => {
    assert.equal(new PieceVerifier(scratch).isGood(shared(10), { sha1: null, merkle: null }), false);
  });
});

describe('of two ways', () => {
  it('the faster one is mostly taken, and the other is tried now and then', () => {
    const way = new FasterWay();
    const taken = [0, 0];
    for (let i = 0; i < 320; i++) {
      const chosen = way.choose();
      taken[chosen] = (taken[chosen] as number) + 1;
      way.report(chosen, chosen === 0 ? 9 : 6);
    }
    assert.ok((taken[0] as number) >= 5 && (taken[0] as number) <= 15, `${taken[0]}`);
  });

  it('the choice follows when the other becomes the faster', () => {
    const way = new FasterWay();
    for (let i = 0; i < 3000; i++) {
      const chosen = way.choose();
      way.report(chosen, (chosen === 0) === i < 1000 ? 5 : 10);
    }
    const last = Array.from({ length: 32 }, () => way.choose());
    assert.equal(last.filter((chosen) => chosen === 1).length, 31);
  });
});
