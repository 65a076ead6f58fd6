import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testTorrent } from '../../../test/sim/test-torrent.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import type { PeerSession } from '../peer/peer-session.ts';
import type { Content } from './content.ts';
import { HashExchange } from './hash-exchange.ts';

/** Counts how often a piece layer is looked for. */
class CountedLayers extends Map<string, Uint8Array> {
  looks = 0;

  override has(root: string): boolean {
    this.looks++;
    return super.has(root);
  }
}

const peer = { id: 1, isV2: true, isSeed: true, have: { isEmpty: false }, send: () => {} } as unknown as PeerSession;

function exchange(hasPieceLayers: boolean): { exchange: HashExchange; layers: CountedLayers } {
  const files = Array.from({ length: 100 }, () => 40_000);
  const { metainfo, geometry } = testTorrent({ files, version: 'v2', pieceLength: 16_384, hasPieceLayers });
  const layers = new CountedLayers(metainfo.pieceLayers);
  const content = { metainfo, geometry, layers } as unknown as Content;
  const port = { now: () => 0, digests: nodeDigests, content: () => content, peers: () => [peer] };
  return { exchange: new HashExchange({ ...port, leavesKnown: () => {}, layersGrew: () => {} }), layers };
}

test('a torrent that has its piece layers does not look for them again and again', () => {
  const { exchange: hashes, layers } = exchange(true);
  for (let second = 0; second < 10; second++) hashes.tick(second * 1000);
  assert.equal(layers.looks, 100);
});

test('a peer that says the same again and again makes us look through the files once until the next tick', () => {
  const { exchange: hashes, layers } = exchange(false);
  hashes.fetchLayers();
  for (let i = 0; i < 1000; i++) {
    hashes.peerChanged(peer);
  }
  assert.ok(layers.looks <= 200, `${layers.looks} looks`);
});
