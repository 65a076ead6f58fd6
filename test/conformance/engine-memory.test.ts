/** What becomes of the memory for pieces in progress when there is not enough for all torrents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testTorrent, type TestTorrentOptions } from '../sim/test-torrent.ts';
import { onStage } from './engine-stage.ts';
import { honestSeed } from './scripted-seed.ts';

const PIECE = 4 * 2 ** 20;
const content = (seed: number): TestTorrentOptions => ({ files: [4 * PIECE], pieceLength: PIECE, seed });

test('torrents whose peers have gone in the middle of pieces do not keep others from downloading', () =>
  onStage({ content: content(1), pieceBudget: PIECE }, async (stage) => {
    const stalled = [stage, stage.add(testTorrent(content(2))), stage.add(testTorrent(content(3)))];
    for (const one of stalled) {
      await one.untilState('downloading');
      for (const piece of [0, 1]) {
        let brought = 0;
        const peer = await honestSeed(one, { pieces: [piece], answer: (_, data) => (brought++ < 3 ? data : null) });
        await stage.clock.sleep(2000);
        peer.close();
      }
    }
    const other = stage.add(testTorrent(content(4)));
    await other.untilState('downloading');
    await honestSeed(other);
    await other.untilState('seeding', 60_000);
    assert.equal(other.torrent.status().wasted, 0);
  }));
