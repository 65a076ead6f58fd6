import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Bitfield } from '../../base/bitfield.ts';
import { seededRandom } from '../../base/random.ts';
import { BLOCK_LENGTH, Geometry } from '../../codec/metainfo/index.ts';
import { type PickerOptions, type PickingPeer, PiecePicker } from './piece-picker.ts';

const BLOCKS = 8;
const PIECE_LENGTH = BLOCKS * BLOCK_LENGTH;
/** Brings a piece in a second. */
const FAST = PIECE_LENGTH;
/** Brings a piece in 40 seconds. */
const SLOW = PIECE_LENGTH / 40;

class FakePeer implements PickingPeer {
  readonly id: number;
  readonly have: Bitfield;
  rate: number;
  isChoking = false;

  constructor(id: number, have: Bitfield, rate = SLOW) {
    this.id = id;
    this.have = have;
    this.rate = rate;
  }

  mayRequest(): boolean {
    return !this.isChoking;
  }
}

class Scene {
  readonly have: Bitfield;
  readonly picker: PiecePicker;
  memory = Number.POSITIVE_INFINITY;
  #nextId = 1;

  constructor(pieceCount: number, options: Partial<PickerOptions> & { had?: readonly number[] } = {}) {
    const length = pieceCount * PIECE_LENGTH;
    this.have = new Bitfield(pieceCount);
    for (const piece of options.had ?? []) this.have.add(piece);
    this.picker = new PiecePicker({
      geometry: new Geometry({ pieceLength: PIECE_LENGTH, pieceCount, length, files: [], hasV1: true }),
      have: this.have,
      random: seededRandom(3),
      canOpen: () => [...this.picker.openPieces()].length < this.memory,
      ...options,
    });
  }

  /** A peer joins; without `pieces` it is a seed. */
  join(rate: number, pieces?: readonly number[]): FakePeer {
    const have = pieces === undefined ? Bitfield.full(this.have.size) : new Bitfield(this.have.size);
    for (const piece of pieces ?? []) have.add(piece);
    const peer = new FakePeer(this.#nextId++, have, rate);
    this.picker.peerJoined(peer);
    return peer;
  }

  /** What a peer is asked for, as piece:block. */
  ask(peer: FakePeer, count: number, now = 0): string[] {
    return this.picker.next(peer, count, now).requests.map(({ piece, block }) => `${piece}:${block}`);
  }

  /** The pieces a peer is asked for, each once. */
  askPieces(peer: FakePeer, count: number, now = 0): number[] {
    return [...new Set(this.picker.next(peer, count, now).requests.map(({ piece }) => piece))];
  }

  deliver(peer: FakePeer, blocks: readonly string[]): void {
    for (const name of blocks) {
      const [piece, block] = name.split(':').map(Number) as [number, number];
      if (this.picker.blockArrived(peer.id, piece, block).pieceDone) this.picker.pieceVerified(piece);
    }
  }
}

const blocksOf = (piece: number, from = 0, to = BLOCKS): string[] =>
  Array.from({ length: to - from }, (_, i) => `${piece}:${from + i}`);

const manyHad = [0, 1, 2, 3, 4];

describe('a picker that chooses for one peer', () => {
  test('asks for a run of blocks and continues it', () => {
    const scene = new Scene(1);
    const seed = scene.join(SLOW);
    assert.deepEqual(scene.ask(seed, 3), blocksOf(0, 0, 3));
    assert.deepEqual(scene.ask(seed, 3), blocksOf(0, 3, 6));
  });

  test('asks nothing of a peer that it was not told of', () => {
    const scene = new Scene(1);
    assert.deepEqual(scene.ask(new FakePeer(9, Bitfield.full(1)), 3), []);
  });

  test('asks nothing of a peer that chokes us', () => {
    const scene = new Scene(2);
    const seed = scene.join(SLOW);
    seed.isChoking = true;
    assert.deepEqual(scene.ask(seed, 3), []);
    seed.isChoking = false;
    assert.equal(scene.ask(seed, 3).length, 3);
  });

  test('asks for a block again that was dropped', () => {
    const scene = new Scene(1);
    const seed = scene.join(SLOW);
    scene.ask(seed, BLOCKS);
    scene.picker.requestDropped(seed.id, 0, 5);
    assert.deepEqual(scene.ask(seed, BLOCKS), ['0:5']);
  });

  test('asks for all blocks again of a piece that failed', () => {
    const scene = new Scene(1);
    const seed = scene.join(SLOW);
    const blocks = scene.ask(seed, BLOCKS);
    for (const [block] of blocks.entries()) scene.picker.blockArrived(seed.id, 0, block);
    scene.picker.pieceFailed(0);
    assert.deepEqual(scene.ask(seed, BLOCKS), blocks);
  });

  test('asks for a block again that had come and proved spoiled, and counts its piece as incomplete until it comes', () => {
    const scene = new Scene(1);
    const [bad, good] = [scene.join(SLOW), scene.join(SLOW)];
    const blocks = scene.ask(bad, BLOCKS);
    for (const block of [0, 1, 2]) scene.picker.blockArrived(bad.id, 0, block);
    assert.equal(scene.picker.blockSpoiled(0, 1), true);
    assert.equal(scene.picker.blockSpoiled(0, 5), false, 'it had not come');
    assert.equal(scene.picker.blockSpoiled(3, 0), false, 'its piece is not in progress');
    assert.equal([...scene.picker.openPieces()][0]?.done, 2);
    assert.deepEqual(scene.ask(good, BLOCKS), ['0:1']);
    const done = [1, 3, 4, 5, 6, 7].map((block) => scene.picker.blockArrived(good.id, 0, block).pieceDone);
    assert.deepEqual([blocks.length, done], [BLOCKS, [false, false, false, false, false, true]]);
  });

  test('asks for a piece again that we lost', () => {
    const scene = new Scene(2, { had: [0, 1] });
    const seed = scene.join(SLOW);
    assert.ok(scene.picker.isFinished);
    scene.picker.pieceLost(1);
    assert.equal(scene.picker.wantedBytesLeft, PIECE_LENGTH);
    assert.deepEqual(scene.askPieces(seed, 50), [1]);
  });

  test('does not start a piece whose hash is not known yet', () => {
    let known = 1;
    const scene = new Scene(3, { isVerifiable: (piece) => piece === known });
    const seed = scene.join(SLOW);
    assert.deepEqual(scene.askPieces(seed, 50), [1]);
    known = 2;
    assert.deepEqual(scene.askPieces(seed, 50), [2]);
  });

  test('starts no more pieces than there is memory for', () => {
    const scene = new Scene(9);
    scene.memory = 2;
    const seed = scene.join(SLOW);
    const blocks = scene.ask(seed, 50);
    assert.equal(blocks.length, 2 * BLOCKS);
    scene.deliver(seed, blocks.slice(0, BLOCKS));
    assert.equal(scene.ask(seed, 50).length, BLOCKS);
  });

  test('forgets what a peer had before its bitfield', () => {
    const scene = new Scene(3);
    const peer = scene.join(SLOW, [0, 1]);
    const other = scene.join(SLOW, [1]);
    peer.have.delete(0);
    peer.have.add(2);
    scene.picker.peerHasBitfield(peer);
    assert.deepEqual(
      [0, 1, 2].map((piece) => scene.picker.availabilityOf(piece)),
      [0, 2, 1],
    );
    scene.picker.peerLeft(peer);
    scene.picker.peerLeft(other);
    assert.deepEqual(
      [0, 1, 2].map((piece) => scene.picker.availabilityOf(piece)),
      [0, 0, 0],
    );
  });
});

describe('a picker that chooses pieces by rarity', () => {
  test('starts with the rarest', () => {
    const scene = new Scene(12, { had: manyHad });
    const seed = scene.join(SLOW);
    scene.join(SLOW, [5, 6, 7, 9, 10, 11]);
    scene.join(SLOW, [5, 6, 7, 10, 11]);
    assert.deepEqual(scene.askPieces(seed, 2 * BLOCKS), [8, 9]);
  });

  test('follows the have messages of peers', () => {
    const scene = new Scene(7, { had: manyHad });
    const seed = scene.join(SLOW);
    const leecher = scene.join(SLOW, [6]);
    scene.askPieces(seed, 1);
    leecher.have.add(5);
    scene.picker.peerHas(leecher, 5);
    leecher.have.delete(6);
    scene.picker.peerLost(leecher, 6);
    scene.picker.abandon(5);
    assert.deepEqual(scene.askPieces(seed, 1), [6]);
  });

  test('notices that a leecher has left', () => {
    const scene = new Scene(8, { had: manyHad });
    const seed = scene.join(SLOW);
    const gone = scene.join(SLOW, [6, 7]);
    scene.join(SLOW, [6]);
    assert.deepEqual(scene.askPieces(seed, BLOCKS), [5]);
    scene.join(SLOW, [7]);
    scene.join(SLOW, [7]);
    scene.picker.peerLeft(gone);
    assert.deepEqual(scene.askPieces(seed, BLOCKS), [6]);
  });

  test('takes the first four pieces at random, however rare', () => {
    const first = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      const scene = new Scene(20, { random: seededRandom(seed) });
      const peer = scene.join(SLOW);
      scene.join(
        SLOW,
        Array.from({ length: 19 }, (_, piece) => piece),
      );
      for (const piece of scene.askPieces(peer, 1)) first.add(piece);
    }
    assert.ok(first.size > 10, `only ${first.size} different first pieces`);
  });

  test('prefers a common piece of higher priority to a rare one', () => {
    const scene = new Scene(8, { had: manyHad });
    const seed = scene.join(SLOW);
    scene.join(SLOW, [6]);
    scene.picker.setPriority(6, 5);
    scene.picker.setPriority(7, 1);
    assert.deepEqual(scene.askPieces(seed, 3 * BLOCKS), [6, 5, 7]);
  });

  test('never asks for what is not wanted', () => {
    const scene = new Scene(3);
    const seed = scene.join(SLOW);
    scene.picker.setPriority(1, 0);
    assert.deepEqual(scene.askPieces(seed, 50).sort(), [0, 2]);
    assert.equal(scene.picker.wantedBytesLeft, 2 * PIECE_LENGTH);
    assert.equal(scene.picker.isInteresting(fieldWith(3, 1)), false);
    scene.picker.setPriority(1, 4);
    assert.deepEqual(scene.askPieces(seed, 50), [1]);
  });

  test('asks for nothing more of a piece in progress that is no longer wanted', () => {
    const scene = new Scene(1);
    const seed = scene.join(SLOW);
    const blocks = scene.ask(seed, 2);
    scene.picker.setPriority(0, 0);
    assert.deepEqual(scene.ask(seed, 50), []);
    assert.deepEqual(
      scene.picker.abandon(0).map(({ peerId, piece, block }) => [peerId, `${piece}:${block}`]),
      blocks.map((name) => [seed.id, name]),
    );
    assert.deepEqual([...scene.picker.openPieces()], []);
  });

  test('counts copies as the rarest piece and the share of those above it', () => {
    const scene = new Scene(4, { had: [0] });
    assert.equal(scene.picker.distributedCopies, 0.25);
    scene.join(SLOW);
    scene.join(SLOW, [0, 1]);
    assert.equal(scene.picker.distributedCopies, 1.5);
  });
});

const fieldWith = (size: number, piece: number): Bitfield => {
  const field = new Bitfield(size);
  field.add(piece);
  return field;
};

describe('a picker with several peers', () => {
  test('lets slow peers share a piece', () => {
    const scene = new Scene(9);
    const [first] = scene.askPieces(scene.join(SLOW), 2);
    assert.deepEqual(scene.ask(scene.join(SLOW), 2), blocksOf(first as number, 2, 4));
  });

  test('gives fast peers pieces of their own', () => {
    const scene = new Scene(9);
    const [first] = scene.askPieces(scene.join(FAST), 2);
    const [second] = scene.askPieces(scene.join(FAST), 2);
    const [third] = scene.askPieces(scene.join(SLOW), 2);
    assert.equal(new Set([first, second, third]).size, 3);
  });

  test('lets others help with the piece of a fast peer when there is no other', () => {
    const scene = new Scene(1);
    scene.ask(scene.join(FAST), 2);
    assert.deepEqual(scene.ask(scene.join(SLOW), 2), blocksOf(0, 2, 4));
  });

  test('lets others help with the piece of a fast peer when there is no memory for another', () => {
    const scene = new Scene(9);
    scene.memory = 1;
    const [piece] = scene.askPieces(scene.join(FAST), 2);
    assert.deepEqual(scene.ask(scene.join(SLOW), 2), blocksOf(piece as number, 2, 4));
  });

  test('opens the piece of a fast peer to others when it slows down, chokes us or leaves', () => {
    const ends: ((peer: FakePeer, scene: Scene) => void)[] = [
      (peer) => {
        peer.rate = 10;
      },
      (peer) => {
        peer.isChoking = true;
      },
      (peer, scene) => scene.picker.peerLeft(peer),
    ];
    for (const end of ends) {
      const scene = new Scene(9);
      const fast = scene.join(FAST);
      const [piece] = scene.askPieces(fast, 2);
      end(fast, scene);
      assert.deepEqual(scene.askPieces(scene.join(SLOW), 2), [piece]);
    }
  });

  test('opens the piece of a fast peer to others when it works on another', () => {
    const scene = new Scene(9, { had: manyHad });
    const fast = scene.join(FAST);
    const [piece] = scene.askPieces(fast, 2);
    const urgent = piece === 8 ? 7 : 8;
    scene.picker.setDeadline(urgent, 60_000);
    scene.ask(fast, 2);
    scene.picker.setDeadline(urgent, null);
    assert.deepEqual(scene.askPieces(scene.join(SLOW), BLOCKS - 2), [piece]);
  });

  test('leaves a fast peer its piece when an urgent one has nothing left for it', () => {
    const scene = new Scene(9, { had: manyHad });
    const fast = scene.join(FAST);
    const [piece] = scene.askPieces(fast, 2);
    scene.ask(scene.join(SLOW), BLOCKS - 1);
    const urgent = [5, 6, 7, 8].find((other) => !scene.picker.isWanted(other, 0)) as number;
    scene.picker.setDeadline(urgent, 60_000);
    scene.ask(scene.join(FAST), BLOCKS);
    assert.deepEqual(scene.ask(fast, 2), blocksOf(piece as number, 2, 4));
  });

  test('asks a peer that had nothing for us as soon as it has', () => {
    const scene = new Scene(9);
    const peer = scene.join(SLOW, []);
    assert.deepEqual(scene.ask(peer, 1), []);
    peer.have.add(4);
    scene.picker.peerHas(peer, 4);
    assert.deepEqual(scene.ask(peer, 1), ['4:0']);
  });

  test('finishes a piece that a peer left behind before it starts another', () => {
    const scene = new Scene(9);
    const gone = scene.join(FAST);
    const [piece] = scene.askPieces(gone, 2);
    scene.picker.peerLeft(gone);
    assert.deepEqual(scene.ask(scene.join(FAST), BLOCKS), blocksOf(piece as number));
  });

  test('continues the piece that is nearest to its end', () => {
    const scene = new Scene(2);
    const one = scene.join(SLOW, [0]);
    const other = scene.join(SLOW, [1]);
    scene.ask(one, 3);
    scene.ask(other, 5);
    assert.deepEqual(scene.askPieces(scene.join(SLOW), BLOCKS), [1, 0]);
  });

  test('starts a piece of higher priority before it continues another', () => {
    const scene = new Scene(9);
    scene.ask(scene.join(SLOW), 2);
    scene.picker.setPriority(7, 6);
    assert.deepEqual(scene.askPieces(scene.join(SLOW), 2), [7]);
  });
});

describe('a picker in sequential mode', () => {
  test('asks for pieces in their order', () => {
    const scene = new Scene(6, { had: [1] });
    scene.picker.setMode('sequential');
    assert.deepEqual(scene.askPieces(scene.join(FAST), 3 * BLOCKS), [0, 2, 3]);
    assert.deepEqual(scene.askPieces(scene.join(FAST, [2, 5]), 3 * BLOCKS), [5]);
  });

  test('goes back to an earlier piece that failed before it continues a later one', () => {
    const scene = new Scene(6);
    scene.picker.setMode('sequential');
    const peer = scene.join(SLOW);
    scene.ask(peer, 2 * BLOCKS + 1);
    scene.picker.abandon(0);
    assert.deepEqual(scene.askPieces(scene.join(SLOW), 2 * BLOCKS), [0, 2, 3]);
  });

  test('still puts priority first', () => {
    const scene = new Scene(6);
    scene.picker.setMode('sequential');
    scene.picker.setPriority(4, 7);
    scene.picker.setPriority(1, 5);
    assert.deepEqual(scene.askPieces(scene.join(SLOW), 3 * BLOCKS), [4, 1, 0]);
  });
});

describe('a picker with deadlines', () => {
  test('asks for pieces with a deadline first, the soonest before the later ones', () => {
    const scene = new Scene(9, { had: manyHad });
    scene.picker.setDeadline(8, 60_000);
    scene.picker.setDeadline(6, 50_000);
    assert.deepEqual(scene.askPieces(scene.join(SLOW), 2 * BLOCKS), [6, 8]);
  });

  test('forgets a deadline that is taken back', () => {
    const scene = new Scene(40);
    scene.picker.setMode('sequential');
    scene.picker.setDeadline(30, 60_000);
    scene.picker.setDeadline(30, null);
    assert.deepEqual(scene.askPieces(scene.join(SLOW), 1), [0]);
  });

  test('helps even a fast peer with a piece that has a deadline', () => {
    const scene = new Scene(9);
    scene.picker.setDeadline(6, 60_000);
    scene.ask(scene.join(FAST), 2);
    assert.deepEqual(scene.ask(scene.join(FAST), 2), blocksOf(6, 2, 4));
  });

  test('gives blocks that a slow peer would bring too late to a faster one', () => {
    const scene = new Scene(9);
    scene.picker.setDeadline(6, 7000);
    const slow = scene.join(SLOW);
    scene.ask(slow, BLOCKS);
    const { requests, takenOver } = scene.picker.next(scene.join(FAST), 1, 6000);
    assert.deepEqual(requests, [{ piece: 6, block: 7 }]);
    assert.deepEqual(takenOver, [{ peerId: slow.id, piece: 6, block: 7 }]);
  });

  test('leaves blocks with a peer that will bring them in time', () => {
    const scene = new Scene(9);
    scene.picker.setDeadline(6, 4000);
    scene.ask(scene.join(FAST), BLOCKS);
    assert.deepEqual(scene.picker.next(scene.join(100 * FAST), 1, 1000).takenOver, []);
  });
});

describe('a picker in the end-game', () => {
  /** One peer holds all eight blocks of the only piece that is missing. */
  function endGame(rate: number): { scene: Scene; holder: FakePeer } {
    const scene = new Scene(6, { had: manyHad });
    const holder = scene.join(rate);
    scene.ask(holder, BLOCKS);
    return { scene, holder };
  }

  test('moves the last blocks of a slow peer to an idle faster one', () => {
    const { scene, holder } = endGame(SLOW);
    const { requests, takenOver } = scene.picker.next(scene.join(FAST), 1, 6000);
    assert.deepEqual(requests, [{ piece: 5, block: 7 }]);
    assert.deepEqual(takenOver, [{ peerId: holder.id, piece: 5, block: 7 }]);
  });

  test('leaves blocks with a peer that will bring them soon', () => {
    const { scene } = endGame(5 * FAST);
    assert.deepEqual(scene.ask(scene.join(100 * FAST), 4, 6000), []);
  });

  test('takes no more blocks from slow peers than its budget allows', () => {
    const { scene } = endGame(SLOW);
    assert.equal(scene.ask(scene.join(100 * FAST), BLOCKS, 6000).length, 2);
    assert.deepEqual(scene.ask(scene.join(100 * FAST), BLOCKS, 6000), []);
  });

  test('takes all blocks from a peer that is dead', () => {
    const { scene, holder } = endGame(SLOW);
    holder.rate = 0;
    assert.equal(scene.ask(scene.join(FAST), BLOCKS, 6000).length, BLOCKS);
  });

  test('gives a peer that was just asked time to answer', () => {
    const { scene } = endGame(0);
    assert.deepEqual(scene.ask(scene.join(FAST), BLOCKS, 4500), []);
  });

  test('tries an unknown peer with one block', () => {
    const { scene, holder } = endGame(SLOW);
    holder.rate = 0;
    const unknown = scene.join(0);
    assert.equal(scene.ask(unknown, BLOCKS, 6000).length, 1);
    assert.equal(scene.ask(unknown, BLOCKS, 6000).length, 0);
  });

  test('gives nothing of others to a peer that stalled itself', () => {
    const { scene, holder } = endGame(SLOW);
    holder.rate = 0;
    const other = scene.join(FAST);
    scene.ask(other, BLOCKS, 6000);
    other.rate = 0;
    assert.deepEqual(scene.ask(holder, 1, 60_000), []);
    assert.equal(scene.ask(scene.join(SLOW), 1, 60_000).length, 1);
  });

  test('lets a peer that stalled help again after it has delivered', () => {
    const { scene, holder } = endGame(SLOW);
    holder.rate = 0;
    const other = scene.join(FAST);
    scene.ask(other, 6, 6000);
    other.rate = 0;
    scene.deliver(holder, ['5:0', '5:1']);
    assert.equal(scene.ask(holder, 1, 60_000).length, 1);
  });

  test('lets a peer help whose own piece was given up', () => {
    const scene = new Scene(7, { had: manyHad });
    const holder = scene.join(SLOW, [5]);
    scene.ask(holder, BLOCKS);
    const helper = scene.join(0, [5, 6]);
    scene.ask(helper, 1);
    scene.picker.abandon(6);
    scene.picker.setPriority(6, 0);
    holder.rate = 0;
    assert.equal(scene.ask(helper, 1, 6000).length, 1);
  });

  test('calls a peer dead that is asked again and again in vain', () => {
    const { scene, holder } = endGame(0);
    scene.picker.requestDropped(holder.id, 5, 7);
    scene.ask(holder, 1, 2500);
    assert.equal(scene.ask(scene.join(FAST), BLOCKS, 6000).length, BLOCKS);
  });

  test('waits longer for a block each time it is taken over', () => {
    const { scene, holder } = endGame(0);
    for (let block = 0; block < BLOCKS - 1; block++) scene.picker.blockArrived(holder.id, 5, block);
    assert.deepEqual(scene.ask(scene.join(0), 1, 5000), ['5:7']);
    const third = scene.join(0);
    assert.deepEqual(scene.ask(third, 1, 10_000), []);
    assert.deepEqual(scene.ask(third, 1, 15_000), ['5:7']);
    const fourth = scene.join(0);
    assert.deepEqual(scene.ask(fourth, 1, 34_000), []);
    assert.deepEqual(scene.ask(fourth, 1, 35_000), ['5:7']);
  });

  test('takes from the slowest of several slow peers', () => {
    const scene = new Scene(6, { had: manyHad });
    const peers = [SLOW, SLOW / 2, SLOW * 2].map((rate) => scene.join(rate));
    for (const peer of peers) scene.ask(peer, 2);
    scene.ask(scene.join(100 * FAST), 2);
    const { takenOver } = scene.picker.next(scene.join(FAST), 1, 6000);
    assert.deepEqual(takenOver, [{ peerId: peers[1]?.id, piece: 5, block: 3 }]);
  });

  test('takes a block from whoever brings it first', () => {
    const { scene, holder } = endGame(SLOW);
    const faster = scene.join(FAST);
    scene.ask(faster, 1, 6000);
    const late = scene.picker.blockArrived(holder.id, 5, 7);
    assert.deepEqual(late, { isWanted: true, cancelAt: [faster.id], pieceDone: false });
    assert.equal(scene.picker.blockArrived(faster.id, 5, 7).isWanted, false);
  });

  test('has not begun while there are pieces to start', () => {
    const scene = new Scene(7, { had: manyHad });
    scene.ask(scene.join(SLOW, [5]), BLOCKS);
    assert.deepEqual(scene.ask(scene.join(FAST, [5]), 4, 6000), []);
  });

  test('begins early when slow peers occupy all memory', () => {
    const scene = new Scene(7, { had: manyHad });
    scene.memory = 1;
    scene.ask(scene.join(SLOW), BLOCKS);
    assert.equal(scene.ask(scene.join(FAST), 1, 6000).length, 1);
  });

  test('relieves a dead peer of its blocks at any time', () => {
    const scene = new Scene(7, { had: manyHad });
    scene.ask(scene.join(0, [5]), BLOCKS);
    assert.equal(scene.ask(scene.join(FAST, [5]), 4, 6000).length, 4);
  });
});
