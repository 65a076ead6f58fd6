import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTorrent, content, leavesOf } from '../../../test/conformance/build-torrent.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { decodeMetainfo } from './decode.ts';
import { heightOf, rootOf } from './merkle.ts';
import { pieceHashes } from './piece-hashes.ts';

const KiB = 1024;
const files = [
  { path: 'a', content: content(100 * KiB + 5, 1) },
  { path: 'b', content: content(0, 2) },
  { path: 'c', content: content(20 * KiB, 3) },
  { path: 'd', content: content(64 * KiB, 4) },
  { path: 'e', content: content(32 * KiB, 5) },
  { path: 'f', content: content(0, 6) },
];

for (const format of ['v1', 'v2', 'hybrid'] as const) {
  test(`each piece of a ${format} torrent hashes to what is expected of it`, () => {
    const { bytes, plan, pieceBytes } = buildTorrent(files, { format, pieceLength: 32 * KiB });
    const { info, pieceLayers } = decodeMetainfo(bytes, nodeDigests);
    for (let piece = 0; piece < plan.pieceCount; piece++) {
      const { sha1, merkle } = pieceHashes(info, pieceLayers, piece);
      const data = pieceBytes(piece);
      assert.deepEqual(sha1, format === 'v2' ? null : nodeDigests.sha1(data));
      if (format === 'v1') {
        assert.equal(merkle, null);
        continue;
      }
      assert.ok(merkle !== null);
      const leaves = leavesOf(data.subarray(0, merkle.length));
      assert.deepEqual(merkle.root, rootOf(leaves, 0, heightOf(merkle.leaves), nodeDigests), `piece ${piece}`);
    }
  });
}

test('a piece of a small file spans the leaves of the file, one of a large file those of the piece', () => {
  const { bytes } = buildTorrent(files, { format: 'hybrid', pieceLength: 64 * KiB });
  const { info, pieceLayers } = decodeMetainfo(bytes, nodeDigests);
  const shapes = Array.from({ length: info.pieceCount }, (_, piece) => {
    const { merkle } = pieceHashes(info, pieceLayers, piece);
    return [merkle?.leaves, merkle?.length];
  });
  assert.deepEqual(shapes, [
    [4, 64 * KiB],
    [4, 36 * KiB + 5],
    [2, 20 * KiB],
    [4, 64 * KiB],
    [2, 32 * KiB],
  ]);
});

test('without its piece layer a large file has no merkle hash yet, a small one has', () => {
  const { bytes } = buildTorrent(files, { format: 'v2', pieceLength: 32 * KiB });
  const { info } = decodeMetainfo(bytes, nodeDigests);
  assert.equal(pieceHashes(info, new Map(), 0).merkle, null);
  assert.notEqual(pieceHashes(info, new Map(), 4).merkle, null);
});
