import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeDigests } from '../../crypto/digests.ts';
import { testTorrent } from '../../../test/sim/test-torrent.ts';
import { decodeMetainfo } from './decode.ts';
import { encodeMetainfo, magnetOf } from './export.ts';

for (const version of ['v1', 'v2', 'hybrid'] as const) {
  test(`a ${version} torrent that was written again is the same torrent`, () => {
    const { metainfo } = testTorrent({ version, files: [300_000, 5000, 200_000] });
    const details = {
      trackers: [['http://a/announce', 'udp://b:1'], ['http://c/announce']],
      webSeeds: ['http://w/'],
      httpSeeds: ['http://h/'],
      nodes: [['n', 7] as const],
      comment: 'about',
      createdBy: 'us',
      creationDate: 1_700_000_000,
    };
    const written = { ...metainfo, ...details };
    assert.deepEqual(decodeMetainfo(encodeMetainfo(written), nodeDigests), written);
  });
}

test('the torrent file and the link of a sealed torrent are those of its carrier, and name no tracker', () => {
  const { metainfo, carrier } = testTorrent({ sealed: 'prefer' });
  const sealed = { ...metainfo, trackers: [['http://secret/announce']], comment: 'secret' };
  const decoded = decodeMetainfo(encodeMetainfo(sealed), nodeDigests);
  assert.deepEqual(decoded.info, carrier.info);
  assert.deepEqual([decoded.trackers, decoded.comment], [[], null]);
  assert.deepEqual(magnetOf(sealed).trackers, []);
  assert.equal(magnetOf(sealed).name, carrier.info.originalName);
});
