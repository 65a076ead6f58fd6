/** Blocks of nothing but pads (BEP 47), of which nobody is asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bitfield } from '../../base/bitfield.ts';
import { seededRandom } from '../../base/random.ts';
import { BLOCK_LENGTH } from '../../codec/metainfo/index.ts';
import { geometryOf } from '../geometries.test.ts';
import { type PickingPeer, PiecePicker } from './piece-picker.ts';

const LENGTH = 8 * BLOCK_LENGTH;
const DATA = 2.5 * BLOCK_LENGTH;

/** One piece of eight blocks: two and a half of a file, and pads behind them. */
function setUp() {
  const picker = new PiecePicker({
    geometry: geometryOf(LENGTH, [DATA, DATA - LENGTH]),
    have: new Bitfield(1),
    random: seededRandom(1),
    canOpen: () => true,
  });
  const join = (id: number, rate: number): PickingPeer => {
    const peer = { id, rate, have: Bitfield.full(1), mayRequest: () => true };
    picker.peerJoined(peer);
    return peer;
  };
  const ask = (peer: PickingPeer, now = 0): number[] =>
    picker
      .next(peer, 100, now)
      .requests.map(({ block }) => block)
      .toSorted();
  return { picker, join, ask };
}

test('they are not asked for, and their piece is done without them', () => {
  const { picker, join, ask } = setUp();
  assert.deepEqual(ask(join(1, LENGTH)), [0, 1, 2]);
  assert.deepEqual([...picker.openPieces()], [{ piece: 0, blockCount: 8, done: 5, requested: 3 }]);
  assert.equal(picker.isWanted(0, 3), false);
  assert.deepEqual(
    [0, 1, 2].map((block) => picker.blockArrived(1, 0, block).pieceDone),
    [false, false, true],
  );
});

test('they are not asked for either when the piece begins anew or its peer has gone', () => {
  const { picker, join, ask } = setUp();
  const [first, second] = [join(1, LENGTH), join(2, LENGTH)];
  ask(first);
  picker.peerLeft(first);
  assert.deepEqual(ask(second), [0, 1, 2]);
  picker.pieceFailed(0);
  assert.deepEqual(ask(second), [0, 1, 2]);
});

test('they are not taken over in the end-game', () => {
  const { join, ask } = setUp();
  const [stalled, other] = [join(1, 0), join(2, LENGTH)];
  ask(stalled);
  assert.deepEqual(ask(other, 60_000), [0, 1, 2]);
});
