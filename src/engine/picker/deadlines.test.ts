/** Pieces that are needed at once: how the picker spreads them, and what memory they get. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bitfield } from '../../base/bitfield.ts';
import { seededRandom } from '../../base/random.ts';
import { BLOCK_LENGTH, Geometry } from '../../codec/metainfo/index.ts';
import { PiecePicker, type PickingPeer } from './piece-picker.ts';

const PIECES = 6;
const BLOCKS = 16;
const pieceLength = BLOCKS * BLOCK_LENGTH;
const geometry = new Geometry({
  pieceLength,
  pieceCount: PIECES,
  length: PIECES * pieceLength,
  files: [],
  hasV1: true,
});

const peer = (id: number, blocksPerSecond: number): PickingPeer => ({
  id,
  have: Bitfield.full(PIECES),
  rate: blocksPerSecond * BLOCK_LENGTH,
  mayRequest: () => true,
});

function pickerWith(
  peers: readonly PickingPeer[],
  canOpen: (piece: number, isUrgent: boolean) => boolean,
): PiecePicker {
  const picker = new PiecePicker({ geometry, have: new Bitfield(PIECES), random: seededRandom(1), canOpen });
  for (const one of peers) picker.peerJoined(one);
  return picker;
}

/** How many blocks of a piece a peer is asked for. */
const asked = (picker: PiecePicker, one: PickingPeer, piece: number, count: number): number =>
  picker.next(one, count, 0).requests.filter((request) => request.piece === piece).length;

test('of a piece that is needed at once peers are given parts by their rates', () => {
  const peers = [peer(1, 0.4), peer(2, 0.6), peer(3, 0), peer(4, 0.6)];
  const picker = pickerWith(peers, () => true);
  picker.setDeadline(4, 4000);
  assert.deepEqual(
    peers.map((one) => asked(picker, one, 4, 16)),
    [4, 6, 0, 6],
  );
});

test('a peer that brings more within a second is given more', () => {
  const [slow, fast] = [peer(1, 10), peer(2, 100)];
  const picker = pickerWith([slow, fast], () => true);
  picker.setDeadline(4, 4000);
  assert.equal(asked(picker, slow, 4, 16), 10);
});

test('peers of which nothing is known yet are given equal parts', () => {
  const peers = [peer(1, 0), peer(2, 0), peer(3, 0)];
  const picker = pickerWith(peers, () => true);
  picker.setDeadline(4, 4000);
  assert.deepEqual(
    peers.map((one) => asked(picker, one, 4, 16)),
    [6, 6, 4],
  );
});

test('the only peer that has it, and one that can bring nothing else, are given all of it', () => {
  const [slow, fast] = [peer(1, 0.1), peer(2, 5)];
  const alone = pickerWith([slow], () => true);
  const busy = pickerWith([slow, fast], (piece) => piece === 4);
  for (const picker of [alone, busy]) {
    picker.setDeadline(4, 4000);
    assert.equal(asked(picker, slow, 4, 40), BLOCKS);
  }
});

test('a piece that is needed later is given to a peer whole', () => {
  const slow = peer(1, 3);
  const picker = pickerWith([slow], () => true);
  picker.setDeadline(4, 60_000);
  assert.equal(asked(picker, slow, 4, 40), BLOCKS);
});

test('only a piece that is needed at once is said to be urgent when memory is asked for', () => {
  const opened: (readonly [number, boolean])[] = [];
  const one = peer(1, 100);
  const picker = pickerWith([one], (piece, isUrgent) => opened.push([piece, isUrgent]) > 0);
  picker.setDeadline(4, 1000);
  picker.setDeadline(2, 60_000);
  picker.next(one, 3 * BLOCKS, 0);
  assert.deepEqual(opened.slice(0, 2), [
    [4, true],
    [2, false],
  ]);
  assert.equal(opened[2]?.[1], false);
});

test('it is told whether a peer could bring what is needed at once', () => {
  const [one, other] = [peer(1, 100), peer(2, 100)];
  const picker = pickerWith([one, other], () => true);
  assert.equal(picker.hasUrgent(one, 0), false);
  picker.setDeadline(4, 60_000);
  assert.equal(picker.hasUrgent(one, 0), false);
  picker.setDeadline(4, 1000);
  assert.equal(picker.hasUrgent(one, 0), true);
  picker.next(other, BLOCKS, 0);
  assert.equal(picker.hasUrgent(one, 0), false, 'all of it has been asked for');
});
