import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat } from '../../base/bytes.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import type { HashRequest } from '../wire/index.ts';
import { HashTree } from './hash-tree.ts';
import { hashesOfLeaves, padHash } from './merkle.ts';

const block = 16384;

/** A file of so many blocks, by leaves that are made up: the tree never sees the blocks. */
function fileOf(blocks: number, pieceLength: number): { leaves: Uint8Array; seeder: HashTree; leecher: HashTree } {
  const leaves = new Uint8Array(32 * blocks).map((_, i) => (i * 31 + (i >> 5)) & 0xff);
  const { root, pieceLayer } = hashesOfLeaves(leaves, pieceLength, nodeDigests);
  const options = { piecesRoot: root, fileLength: blocks * block - 1, pieceLength };
  const layer = pieceLayer.length > 0 ? pieceLayer : undefined;
  return {
    leaves,
    seeder: new HashTree({ ...options, pieceLayer: layer }, nodeDigests),
    leecher: new HashTree(options, nodeDigests),
  };
}

/** Answers as the engine does: with the leaves of the pieces that the tree names. */
function answer(tree: HashTree, leaves: Uint8Array, request: HashRequest): Uint8Array | null {
  const [first, end] = tree.piecesForAnswer(request);
  const width = 32 * 2 ** tree.pieceHeight;
  return tree.answer(request, leaves.subarray(first * width, end * width));
}

test('the piece layer travels in runs that prove themselves', () => {
  for (const [blocks, pieceLength, runs] of [
    [5, block, 1],
    [9, 2 * block, 1],
    [512, block, 1],
    [513, block, 2],
    [2900, 2 * block, 3],
  ] as const) {
    const { leaves, seeder, leecher } = fileOf(blocks, pieceLength);
    const requests = leecher.missing();
    assert.equal(requests.length, runs);
    assert.equal(leecher.pieceLayer, null);
    assert.equal(leecher.pieceHash(0), null);
    for (const request of requests) {
      const hashes = answer(seeder, leaves, request);
      assert.ok(hashes !== null);
      assert.equal(leecher.accept(request, hashes), true);
    }
    assert.deepEqual(leecher.pieceLayer, seeder.pieceLayer);
    assert.deepEqual(leecher.missing(), []);
    assert.deepEqual(leecher.pieceHash(leecher.pieceCount - 1), seeder.pieceHash(seeder.pieceCount - 1));
  }
});

test('pieces of a run are known as soon as the run is', () => {
  const { leaves, seeder, leecher } = fileOf(1100, block);
  const [, second] = leecher.missing();
  assert.ok(second !== undefined);
  assert.equal(leecher.accept(second, answer(seeder, leaves, second) as Uint8Array), true);
  assert.equal(leecher.pieceHash(511), null);
  assert.deepEqual(leecher.pieceHash(512), leaves.subarray(512 * 32, 513 * 32));
  assert.equal(leecher.pieceHash(1100), null);
  assert.deepEqual(
    leecher.missing().map(({ index }) => index),
    [0, 1024],
  );
  const [first] = leecher.missing();
  assert.equal(answer(leecher, leaves, first as HashRequest), null, 'nothing is answered from half a layer');
});

test('requests have the form that BEP 52 and its implementations agree on', () => {
  const { leecher } = fileOf(2900, 2 * block);
  assert.deepEqual(
    leecher.missing().map(({ baseLayer, index, length, proofLayers }) => [baseLayer, index, length, proofLayers]),
    [
      [1, 0, 512, 10],
      [1, 512, 512, 10],
      [1, 1024, 512, 10],
    ],
  );
  const small = fileOf(9, 2 * block).leecher;
  assert.deepEqual(
    small.missing().map(({ index, length, proofLayers }) => [index, length, proofLayers]),
    [[0, 8, 2]],
  );
});

test('the leaves of a piece prove themselves against its hash', () => {
  for (const [blocks, pieceLength] of [
    [2900, 4 * block],
    [7, 4 * block],
    [3, 8 * block],
  ] as const) {
    const { leaves, seeder } = fileOf(blocks, pieceLength);
    for (const piece of [0, seeder.pieceCount - 1]) {
      const request = seeder.leavesRequest(piece);
      assert.ok(request !== null);
      const hashes = answer(seeder, leaves, request);
      assert.ok(hashes !== null);
      assert.equal(hashes.length, 32 * request.length, 'no proof is needed up to the piece');
      assert.equal(seeder.accept(request, hashes), true);
      assert.equal(seeder.accept(request, hashes.with(3, (hashes[3] as number) ^ 1)), false);
    }
  }
  assert.equal(fileOf(5, block).seeder.leavesRequest(0), null);
  assert.equal(fileOf(1, 2 * block).seeder.leavesRequest(0), null);
});

test('leaves prove themselves up to the root when the piece layer is not known', () => {
  const { leaves, seeder, leecher } = fileOf(100, 4 * block);
  const request = {
    piecesRoot: leecher.piecesRoot,
    baseLayer: 0,
    index: 96,
    length: 4,
    proofLayers: leecher.height - 1,
  };
  const hashes = answer(seeder, leaves, request);
  assert.ok(hashes !== null);
  assert.equal(leecher.accept(request, hashes), true);
  const unproved = { ...request, proofLayers: 1 };
  assert.equal(leecher.accept(unproved, hashes.subarray(0, 128)), false, 'a proof must reach something known');
});

test('a file of at most one piece needs no layer', () => {
  const { leecher } = fileOf(3, 4 * block);
  assert.deepEqual(leecher.missing(), []);
  assert.deepEqual(leecher.pieceHash(0), leecher.piecesRoot);
  assert.deepEqual([leecher.height, leecher.pieceHeight, leecher.pieceCount], [2, 2, 1]);
});

test('requests that break a rule of BEP 52 are neither answered nor accepted', () => {
  const { leaves, seeder } = fileOf(1024, 2 * block);
  const good = { piecesRoot: seeder.piecesRoot, baseLayer: 1, index: 0, length: 512, proofLayers: 8 };
  assert.ok(answer(seeder, leaves, good) !== null);
  const changes: Partial<HashRequest>[] = [
    { length: 1 },
    { length: 0 },
    { length: 3 },
    { length: 16384 },
    { length: 1024 },
    { index: 1 },
    { index: 512 },
    { index: 2 ** 32 - 512 },
    { baseLayer: 2 },
    { baseLayer: 40 },
    { proofLayers: 9 },
    { proofLayers: 2 ** 32 - 1 },
  ];
  for (const change of changes) {
    const request = { ...good, ...change };
    assert.equal(answer(seeder, leaves, request), null, JSON.stringify(change));
    assert.equal(seeder.accept(request, new Uint8Array(32 * 512)), false);
  }
});

test('hashes beyond the end of the file are pads', () => {
  const { leaves, seeder } = fileOf(5, block);
  const hashes = answer(seeder, leaves, {
    piecesRoot: seeder.piecesRoot,
    baseLayer: 0,
    index: 4,
    length: 4,
    proofLayers: 2,
  });
  const expected = concat([leaves.subarray(128), new Uint8Array(96)]);
  assert.deepEqual(hashes?.subarray(0, 128), expected);
  assert.equal(hashes?.length, 128 + 32);
  const wide = fileOf(9, 2 * block);
  const layer = answer(wide.seeder, wide.leaves, {
    piecesRoot: wide.seeder.piecesRoot,
    baseLayer: 1,
    index: 6,
    length: 2,
    proofLayers: 0,
  });
  assert.deepEqual(layer, concat([padHash(1, nodeDigests), padHash(1, nodeDigests)]));
});

test('any sound request is answered with hashes that prove themselves, and any flipped bit is noticed', () => {
  const input = fc.record({
    blocks: fc.integer({ min: 2, max: 1300 }),
    pieceBlocks: fc.constantFrom(1, 2, 8),
    atLeaves: fc.boolean(),
    rise: fc.integer({ min: 1, max: 11 }),
    place: fc.nat(),
    flip: fc.nat(),
  });
  fc.assert(
    fc.property(input, ({ blocks, pieceBlocks, atLeaves, rise, place, flip }) => {
      const { leaves, seeder, leecher } = fileOf(blocks, pieceBlocks * block);
      const baseLayer = atLeaves ? 0 : seeder.pieceHeight;
      const room = seeder.height - baseLayer;
      fc.pre(room > 0);
      const lengthHeight = Math.min(rise, room);
      const length = 2 ** lengthHeight;
      const index = (place % 2 ** (room - lengthHeight)) * length;
      const request = { piecesRoot: seeder.piecesRoot, baseLayer, index, length, proofLayers: room - 1 };
      const hashes = answer(seeder, leaves, request);
      assert.ok(hashes !== null);
      const bad = hashes.slice();
      bad[flip % bad.length] = (bad[flip % bad.length] as number) ^ (1 << (flip % 8));
      assert.equal(leecher.accept(request, bad), false);
      assert.equal(leecher.accept(request, hashes.subarray(32)), false);
      assert.equal(leecher.accept(request, hashes), true);
    }),
    { numRuns: 60 },
  );
});
