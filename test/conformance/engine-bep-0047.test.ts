/** BEP 47: pads are zeros that everybody has. They are neither asked for nor counted, and given to who asks for them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeRequest, Frame } from '../../src/codec/wire/index.ts';
import type { FakePeer } from '../sim/fake-peer.ts';
import { Swarm } from '../sim/swarm.ts';
import { testTorrent } from '../sim/test-torrent.ts';
import { onStage, type Stage } from './engine-stage.ts';
import { honestSeed, seed, spoiled } from './scripted-seed.ts';

const PIECE = 65_536;
/** Each file has a block and a part of a second one; two blocks of its piece are pads, but for the last file. */
const hybrid = { files: [20_000, 20_000, 20_000, 20_000], version: 'hybrid' } as const;
/** The files begin at the pieces 0, 4 and 8; behind each there are two or three pieces of pads. */
const v1 = { files: [20_000, 100_000, 20_000], alignment: 4 * PIECE } as const;

const asked = (peer: FakePeer): string[] => {
  const blocks = peer.received.flatMap((message) => (message.type === 'request' ? [message] : []));
  return blocks.map(({ piece, begin, length }) => `${piece}:${begin}+${length}`).toSorted();
};
const transfer = ({ torrent }: Stage): number[] => {
  const { downloaded, wasted } = torrent.status();
  return [downloaded, wasted];
};

describe('a download', () => {
  test('asks for no block that is nothing but pads, and whole for one that ends in a pad', () =>
    onStage({ content: hybrid }, async (stage) => {
      const peer = await honestSeed(stage);
      await stage.untilState('seeding');
      const expected = [0, 1, 2].flatMap((piece) => [`${piece}:0+16384`, `${piece}:16384+16384`]);
      assert.deepEqual(asked(peer), [...expected, '3:0+16384', '3:16384+3616']);
      assert.deepEqual(transfer(stage), [80_000, 0]);
      await stage.swarm.assertBitExact();
    }));

  test('has the pieces of nothing but pads from the start, and is complete without them', () =>
    onStage({ content: v1 }, async (stage) => {
      assert.deepEqual([...(stage.torrent.pieces()?.have ?? [])], [1, 2, 3, 6, 7]);
      const peer = await honestSeed(stage, { pieces: [0, 4, 5, 8] });
      await stage.untilState('seeding');
      assert.deepEqual(new Set(asked(peer).map((block) => block.split(':')[0])), new Set(['0', '4', '5', '8']));
      assert.equal(stage.torrent.pieces()?.have.isComplete, true);
      assert.deepEqual(transfer(stage), [140_000, 0]);
      await stage.swarm.assertBitExact();
    }));

  test('knows of them again after a restart, also while it rests', () =>
    onStage({ content: v1 }, async (first) => {
      await honestSeed(first);
      await first.untilState('seeding');
      await first.member.session.remove(first.torrent);
      const stage = first.add(first.content, { isPaused: true });
      await stage.torrent.data.idle();
      assert.equal(stage.torrent.pieces()?.have.isComplete, true);
      stage.torrent.life.start();
      await stage.untilState('seeding');
    }));

  test('of bad data counts no pads as wasted, and blames who sent it', () =>
    onStage({ content: hybrid }, async (stage) => {
      const bad = await stage.peer({ fast: true });
      seed(stage, bad, { answer: ({ piece }, data) => (piece === 0 ? spoiled(data) : null) });
      await bad.expectClose();
      await honestSeed(stage);
      await stage.untilState('seeding');
      assert.equal(stage.member.banned.length, 1);
      const [downloaded, wasted] = transfer(stage) as [number, number];
      assert.equal(wasted, 20_000);
      assert.equal(downloaded - wasted, 80_000);
      await stage.swarm.assertBitExact();
    }));

  test('of a piece from two peers finds the one that sent bad data', () =>
    onStage({ content: { files: [700_000, 10_000], pieceLength: 1_048_576, version: 'hybrid' } }, async (stage) => {
      const honest = await stage.peer({ fast: true });
      const from = stage.host();
      const bad = await stage.peer({ fast: true, from });
      seed(stage, honest, { delay: 20 });
      seed(stage, bad, { delay: 20, answer: (_, data) => spoiled(data) });
      await stage.untilState('seeding');
      assert.deepEqual(stage.member.banned, [from.address]);
      const [downloaded, wasted] = transfer(stage) as [number, number];
      assert.equal(downloaded - wasted, 710_000);
      await stage.swarm.assertBitExact();
    }));
});

test('pads are given to who asks for them', () =>
  onStage({ content: hybrid, has: 'everything' }, async (stage) => {
    const peer = await stage.peer({ fast: true });
    peer.send(Frame.interested);
    await peer.expect('unchoke');
    peer.send(encodeRequest(stage.block(0, 1)), encodeRequest(stage.block(0, 3)));
    const [mixed, pad] = [await peer.expect('piece'), await peer.expect('piece')];
    assert.deepEqual([mixed.data, pad.data], [stage.bytes(stage.block(0, 1)), new Uint8Array(16_384)]);
    assert.equal(stage.torrent.status().uploaded, 3616);
  }));

for (const torrent of [hybrid, v1]) {
  test(`one copy has the size of the files on both sides (${'alignment' in torrent ? 'v1' : 'hybrid'})`, async () => {
    const swarm = new Swarm({ seed: 47, torrent });
    const source = await swarm.addSeed();
    const leecher = await swarm.addMember({ isMagnet: true });
    await swarm.untilComplete({ within: 60_000 });
    const { totalSize } = swarm.torrent.metainfo.info;
    assert.equal(leecher.torrent.status().downloaded, totalSize);
    assert.equal(source.torrent.status().uploaded, totalSize);
    await swarm.assertBitExact();
  });
}

test('pieces of pads are not taken for data of the torrent when another has its files', () =>
  onStage({ content: v1, has: 'everything' }, async (stage) => {
    await stage.untilState('seeding');
    const other = stage.add(testTorrent({ ...v1, seed: 2, name: 'test-1' }));
    await other.untilState('failed');
    const { state } = other.torrent;
    assert.equal(state.kind === 'failed' ? state.error.code : null, 'ENGINE_FILES_TAKEN');
  }));
