import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalBytes } from '../../src/base/bytes.ts';
import { pieceHashes } from '../../src/codec/metainfo/index.ts';
import { nodeDigests } from '../../src/crypto/digests.ts';
import { testTorrent } from './test-torrent.ts';

for (const version of ['v1', 'v2', 'hybrid'] as const) {
  for (const files of [[300_001], [100_000, 0, 16_384, 131_072, 5, 70_000]]) {
    test(`a ${version} test torrent of ${files.length} files is a valid torrent of its content`, () => {
      const torrent = testTorrent({ version, files, pieceLength: 32_768, seed: 5 });
      const { metainfo, geometry, data } = torrent;
      assert.equal(
        metainfo.info.totalSize,
        files.reduce((sum, size) => sum + size),
      );
      assert.equal(geometry.length, data.length);
      assert.deepEqual([metainfo.info.hasV1, metainfo.info.hasV2], [version !== 'v2', version !== 'v1']);
      for (let piece = 0; piece < geometry.pieceCount; piece++) {
        const { sha1, merkle } = pieceHashes(metainfo.info, metainfo.pieceLayers, piece);
        const start = geometry.pieceOffset(piece);
        const bytes = data.subarray(start, start + geometry.pieceSize(piece));
        assert.equal(merkle !== null, version !== 'v1');
        if (sha1 !== null) assert.ok(equalBytes(sha1, nodeDigests.sha1(bytes)));
      }
    });
  }
}

test('the seed decides the content', () => {
  const [one, again, other] = [1, 1, 2].map((seed) => testTorrent({ seed }).metainfo.infoHashes.v1);
  assert.deepEqual(one, again);
  assert.notDeepEqual(one, other);
});
