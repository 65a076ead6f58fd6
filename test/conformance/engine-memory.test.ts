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

test('nor does a piece that has stalled keep its own torrent from the others', () =>
  onStage(
    { content: { files: [3 * 8 * 2 ** 20], pieceLength: 8 * 2 ** 20 }, pieceBudget: PIECE / 4 },
    async (stage) => {
      let brought = 0;
      const peer = await honestSeed(stage, { pieces: [0], answer: (_, data) => (brought++ < 3 ? data : null) });
      await stage.clock.sleep(2000);
      peer.close();
      await honestSeed(stage, { pieces: [1, 2] });
      await stage.until(() => stage.torrent.status().piecesHave === 2, 60_000);
    },
  ));
