import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testTorrent } from '../../../test/sim/test-torrent.ts';
import { Bitfield } from '../../base/bitfield.ts';
import { seededRandom } from '../../base/random.ts';
import { BLOCK_LENGTH } from '../../codec/metainfo/index.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { BufferPool } from '../../storage/index.ts';
import type { PeerSession } from '../peer/peer-session.ts';
import type { Content } from './content.ts';
import { Download, type DownloadPort } from './download.ts';
import { PieceMemory } from './piece-memory.ts';

const { metainfo, geometry } = testTorrent({ files: [BLOCK_LENGTH], pieceLength: BLOCK_LENGTH });
const peer = { id: 1, have: Bitfield.full(1), rate: 0, mayRequest: () => true } as unknown as PeerSession;

test('a piece that fails and is begun anew at once gives its memory back when the download ends', async () => {
  const pool = new BufferPool({ budget: 2 ** 20 });
  const failed = Promise.withResolvers<void>();
  const content = {
    metainfo,
    geometry,
    have: new Bitfield(1),
    storage: { commit: async () => 'mismatch' },
    hashesOf: () => ({ sha1: new Uint8Array(20), merkle: null }),
  } as unknown as Content;
  const port = {
    now: () => 0,
    pieceFailed: () => {
      download.next(peer, 1);
      failed.resolve();
    },
    guilty: () => {},
  } as unknown as DownloadPort;
  const memory = new PieceMemory(pool, 2 ** 20);
  const download = new Download(content, port, { digests: nodeDigests, random: seededRandom(1), memory });
  download.picker.peerJoined(peer);
  download.next(peer, 1);
  download.target(peer, 0, 0);
  download.received(peer, 0, 0);
  await failed.promise;
  download.target(peer, 0, 0);
  download.close();
  assert.equal(pool.used, 0);
});
