/** The picker against a naive model: random facts in random order, everything recounted after each of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bitfield } from '../../base/bitfield.ts';
import { seededRandom } from '../../base/random.ts';
import { BLOCK_LENGTH, Geometry } from '../../codec/metainfo/index.ts';
import { type PickingPeer, PiecePicker, type Priority } from './piece-picker.ts';

const PIECES = 23;
const BLOCKS = 4;
const PEERS = 5;
/** The last piece has two blocks, the second of them short. */
const LENGTH = (PIECES - 1) * BLOCKS * BLOCK_LENGTH + BLOCK_LENGTH + 1000;
const BUDGET = 2;

const fileOf = (length: number, offset = 0, isPad = false): Geometry['files'][number] => ({
  path: ['file'],
  originalPath: ['file'],
  length,
  offset,
  isPad,
  isExecutable: false,
  isHidden: false,
  symlink: null,
  piecesRoot: null,
});

/** Every third piece ends in two and a half blocks of pads. */
const padded = Array.from({ length: PIECES }, (_, piece) => {
  const offset = piece * BLOCKS * BLOCK_LENGTH;
  const length = Math.min(BLOCKS * BLOCK_LENGTH, LENGTH - offset);
  const data = piece % 3 === 0 ? 1.5 * BLOCK_LENGTH : length;
  return data === length
    ? [fileOf(length, offset)]
    : [fileOf(data, offset), fileOf(length - data, offset + data, true)];
}).flat();

class ModelPeer implements PickingPeer {
  readonly id: number;
  have = new Bitfield(PIECES);
  rate = 0;
  isChoking = false;
  allowed: ReadonlySet<number> = new Set();
  readonly tellsLimit: boolean;

  constructor(id: number) {
    this.id = id;
    this.tellsLimit = id % 2 === 0;
  }

  mayRequest(piece: number): boolean {
    return !this.isChoking || this.allowed.has(piece);
  }

  get limitedTo(): ReadonlySet<number> | null {
    return this.isChoking && this.tellsLimit ? this.allowed : null;
  }
}

/** One random fact: which, and numbers from which its details are drawn. */
interface Fact {
  readonly kind: (typeof kinds)[number];
  readonly peer: number;
  readonly piece: number;
  readonly n: number;
}

const kinds = [
  'join',
  'leave',
  'have',
  'lost',
  'bitfield',
  'choke',
  'rate',
  'next',
  'next',
  'next',
  'arrive',
  'arrive',
  'arrive',
  'drop',
  'settle',
  'settle',
  'abandon',
  'priority',
  'lose',
  'mode',
  'deadline',
  'wait',
  'memory',
] as const;

const someFacts = fc.array(
  fc.record<Fact>({
    kind: fc.constantFrom(...kinds),
    peer: fc.nat(PEERS - 1),
    piece: fc.nat(PIECES - 1),
    n: fc.nat(2 ** 31 - 1),
  }),
  { minLength: 20, maxLength: 250, size: 'max' },
);

class Model {
  readonly have = new Bitfield(PIECES);
  readonly geometry: Geometry;
  readonly peers = Array.from({ length: PEERS }, (_, id) => new ModelPeer(id));
  readonly joined = new Set<ModelPeer>();
  readonly priorities = new Uint8Array(PIECES).fill(4);
  /** Block key → peer that shall bring it. */
  readonly awaited = new Map<number, number>();
  readonly arrived = new Set<number>();
  readonly open = new Set<number>();
  readonly picker: PiecePicker;
  now = 0;
  memory = 6;
  takenFromLive = 0;
  /** The peer for which `next` is under way. */
  #asking: ModelPeer | null = null;
  #isSequential = false;
  readonly #deadlines = new Set<number>();

  constructor(seed: number) {
    const random = seededRandom(seed);
    this.geometry = new Geometry({
      pieceLength: BLOCKS * BLOCK_LENGTH,
      pieceCount: PIECES,
      length: LENGTH,
      files: seed % 2 === 0 ? [fileOf(LENGTH)] : padded,
      hasV1: true,
    });
    for (let piece = 0; piece < PIECES; piece++) if (random.below(8) === 0) this.have.add(piece);
    const { geometry, have } = this;
    this.picker = new PiecePicker({
      geometry,
      have,
      random,
      canOpen: (piece) => {
        assert.ok(!this.open.has(piece) && !have.has(piece), 'asked for memory for a piece that needs none');
        this.#checkChoice(piece);
        if (this.open.size >= this.memory) return false;
        this.open.add(piece);
        if (geometry.hasPads && piece % 3 === 0) for (const block of [2, 3]) this.arrived.add(piece * BLOCKS + block);
        return true;
      },
    });
  }

  apply({ kind, peer: id, piece, n }: Fact): void {
    const peer = this.peers[id] as ModelPeer;
    const isJoined = this.joined.has(peer);
    if (kind === 'join' && !isJoined) this.#join(peer, n);
    else if (kind === 'leave' && isJoined) this.#leave(peer);
    else if (kind === 'have') {
      if (peer.have.add(piece) && isJoined) this.picker.peerHas(peer, piece);
    } else if (kind === 'lost') {
      if (peer.have.delete(piece) && isJoined) this.picker.peerLost(peer, piece);
    } else if (kind === 'bitfield' && isJoined) {
      this.#fill(peer, n);
      this.picker.peerHasBitfield(peer);
    } else if (kind === 'choke') {
      peer.isChoking = n % 3 === 0;
      peer.allowed = new Set([piece, n % PIECES]);
      if (peer.isChoking) for (const key of this.#heldBy(peer.id)) this.#drop(peer.id, key);
    } else if (kind === 'rate') peer.rate = n % 4 === 0 ? 0 : n % 200_000;
    else if (kind === 'next' && isJoined) this.next(peer, n % 12);
    else if (kind === 'arrive') this.#arriveAny(peer, n);
    else if (kind === 'drop') {
      const keys = this.#heldBy(peer.id);
      if (keys.length > 0) this.#drop(peer.id, keys[n % keys.length] as number);
    } else if (kind === 'settle') this.settle(n % 4 === 0);
    else if (kind === 'abandon') this.#close(piece, this.picker.abandon(piece));
    else if (kind === 'priority') this.setPriority(piece, (n % 8) as Priority);
    else if (kind === 'lose') this.picker.pieceLost(piece);
    else if (kind === 'mode') {
      this.#isSequential = n % 2 === 0;
      this.picker.setMode(this.#isSequential ? 'sequential' : 'rarest-first');
    } else if (kind === 'deadline') this.#setDeadline(piece, n % 3 === 0 ? null : this.now + (n % 20_000));
    else if (kind === 'wait') this.now += n % 5000;
    else if (kind === 'memory') this.memory = n % 12;
  }

  #setDeadline(piece: number, at: number | null): void {
    if (at !== null) this.#deadlines.add(piece);
    this.picker.setDeadline(piece, at);
  }

  /** A piece is started only if no better one could be. */
  #checkChoice(piece: number): void {
    const peer = this.#asking as ModelPeer;
    if (this.#deadlines.has(piece)) return;
    const best = Array.from({ length: PIECES }, (_, other) => other)
      .filter((other) => !this.have.has(other) && !this.open.has(other) && peer.have.has(other))
      .filter((other) => peer.mayRequest(other))
      .sort((a, b) => this.#rank(a) - this.#rank(b))[0] as number;
    assert.equal(this.#rank(piece), this.#rank(best), `piece ${piece} was started before ${best}`);
  }

  #rank(piece: number): number {
    const byPriority = (7 - (this.priorities[piece] as number)) * 1000;
    if (this.#isSequential) return byPriority + piece;
    const isRandom = this.have.count < 4 && this.#asking?.limitedTo === null;
    return byPriority + (isRandom ? 0 : this.picker.availabilityOf(piece));
  }

  #fill(peer: ModelPeer, n: number): void {
    const bits = seededRandom(n);
    peer.have = n % 3 === 0 ? Bitfield.full(PIECES) : new Bitfield(PIECES);
    for (let piece = 0; piece < PIECES; piece++) if (bits.below(2) === 0) peer.have.add(piece);
  }

  #join(peer: ModelPeer, n: number): void {
    this.#fill(peer, n);
    this.joined.add(peer);
    this.picker.peerJoined(peer);
  }

  #leave(peer: ModelPeer): void {
    this.joined.delete(peer);
    this.picker.peerLeft(peer);
    for (const key of this.#heldBy(peer.id)) this.awaited.delete(key);
  }

  #heldBy(id: number): number[] {
    return [...this.awaited].filter(([, holder]) => holder === id).map(([key]) => key);
  }

  #drop(id: number, key: number): void {
    this.awaited.delete(key);
    this.picker.requestDropped(id, Math.floor(key / BLOCKS), key % BLOCKS);
  }

  next(peer: ModelPeer, count: number): number {
    this.#asking = peer;
    const { requests, takenOver } = this.picker.next(peer, count, this.now);
    assert.ok(requests.length <= count, 'more requests than asked for');
    const taken = new Map(takenOver.map(({ peerId, piece, block }) => [piece * BLOCKS + block, peerId]));
    for (const { piece, block } of requests) {
      const key = piece * BLOCKS + block;
      assert.ok(peer.have.has(piece), 'asked for a piece that the peer has not');
      assert.ok(peer.mayRequest(piece), 'asked a peer that chokes us');
      assert.ok(!this.have.has(piece), 'asked for a piece that we have');
      assert.notEqual(this.priorities[piece], 0, 'asked for an unwanted piece');
      assert.ok(block < this.geometry.blockCount(piece), 'asked for a block that does not exist');
      assert.ok(this.open.has(piece), 'asked for a piece without memory');
      assert.ok(!this.arrived.has(key), 'asked for a block that has come');
      assert.equal(this.awaited.get(key), taken.get(key), 'a block was asked twice without being taken over');
      assert.notEqual(taken.get(key), peer.id, 'a block was taken over by its holder');
      const loser = this.peers[taken.get(key) ?? -1];
      if (loser !== undefined && loser.rate > 0) this.takenFromLive++;
      this.awaited.set(key, peer.id);
      taken.delete(key);
    }
    if (requests.length < count) this.#checkNothingLeft(peer);
    assert.equal(taken.size, 0, 'a block was taken over but not asked for');
    assert.ok(this.takenFromLive <= BUDGET, 'too many blocks taken from peers that are alive');
    return requests.length;
  }

  /** The peer was given less than it could take: then there is nothing that nobody was asked for. */
  #checkNothingLeft(peer: ModelPeer): void {
    for (let piece = 0; piece < PIECES; piece++) {
      if (this.have.has(piece) || this.priorities[piece] === 0) continue;
      if (!peer.have.has(piece) || !peer.mayRequest(piece)) continue;
      assert.ok(this.open.has(piece) || this.open.size >= this.memory, `piece ${piece} could be started`);
      for (
        let key = piece * BLOCKS;
        this.open.has(piece) && key < piece * BLOCKS + this.geometry.blockCount(piece);
        key++
      ) {
        assert.ok(this.awaited.has(key) || this.arrived.has(key), `block ${key} is left`);
      }
    }
  }

  #arriveAny(peer: ModelPeer, n: number): void {
    const keys = this.#heldBy(peer.id);
    // Now and then a late block of whose request the picker no longer knows.
    const key = keys.length > 0 && n % 5 > 0 ? (keys[n % keys.length] as number) : n % (PIECES * BLOCKS);
    this.arrive(peer, key);
  }

  arrive(peer: ModelPeer, key: number): void {
    const piece = Math.floor(key / BLOCKS);
    const block = key % BLOCKS;
    const isReal = block < this.geometry.blockCount(piece);
    const isWanted = isReal && this.open.has(piece) && !this.arrived.has(key);
    assert.equal(this.picker.isWanted(piece, block), isWanted);
    const arrival = this.picker.blockArrived(peer.id, piece, block);
    assert.equal(arrival.isWanted, isWanted);
    if (!isWanted) return;
    const holder = this.awaited.get(key);
    assert.deepEqual(arrival.cancelAt, holder === undefined || holder === peer.id ? [] : [holder]);
    this.awaited.delete(key);
    this.arrived.add(key);
    assert.equal(arrival.pieceDone, this.isDone(piece));
  }

  isDone(piece: number): boolean {
    for (let block = 0; block < this.geometry.blockCount(piece); block++) {
      if (!this.arrived.has(piece * BLOCKS + block)) return false;
    }
    return true;
  }

  settle(isBad: boolean): void {
    for (const piece of this.open) {
      if (!this.isDone(piece)) continue;
      if (isBad) this.picker.pieceFailed(piece);
      else assert.deepEqual(this.picker.pieceVerified(piece), []);
      this.#close(piece, []);
    }
  }

  setPriority(piece: number, priority: Priority): void {
    this.priorities[piece] = priority;
    this.picker.setPriority(piece, priority);
  }

  #close(piece: number, awaited: readonly { piece: number; block: number; peerId: number }[]): void {
    const expected = new Set<string>();
    for (let key = piece * BLOCKS; key < (piece + 1) * BLOCKS; key++) {
      if (this.awaited.has(key)) expected.add(`${key} ${this.awaited.get(key)}`);
      this.awaited.delete(key);
      this.arrived.delete(key);
    }
    assert.deepEqual(new Set(awaited.map((held) => `${held.piece * BLOCKS + held.block} ${held.peerId}`)), expected);
    this.open.delete(piece);
  }

  check(): void {
    const { picker, have, geometry } = this;
    let left = 0;
    const copies = Array.from({ length: PIECES }, () => 0);
    const wanted: number[] = [];
    for (let piece = 0; piece < PIECES; piece++) {
      let available = 0;
      for (const peer of this.joined) if (peer.have.has(piece)) available++;
      assert.equal(picker.availabilityOf(piece), available, `availability of ${piece}`);
      copies[piece] = available + (have.has(piece) ? 1 : 0);
      assert.equal(picker.priorityOf(piece), this.priorities[piece]);
      if (have.has(piece) || this.priorities[piece] === 0) continue;
      left += geometry.pieceSize(piece);
      wanted.push(piece);
    }
    assert.equal(picker.wantedBytesLeft, left);
    assert.equal(picker.isFinished, wanted.length === 0);
    const rarest = Math.min(...copies);
    const above = copies.filter((count) => count > rarest).length / PIECES;
    assert.ok(Math.abs(picker.distributedCopies - rarest - above) < 1e-9);
    for (const peer of this.peers) {
      const isInteresting = wanted.some((piece) => peer.have.has(piece));
      assert.equal(picker.isInteresting(peer.have), isInteresting);
    }
    const open = [...picker.openPieces()];
    assert.deepEqual(new Set(open.map(({ piece }) => piece)), this.open);
    for (const { piece, blockCount, done, requested } of open) {
      const isIn = (key: number): boolean => Math.floor(key / BLOCKS) === piece;
      assert.equal(blockCount, geometry.blockCount(piece));
      assert.equal(done, [...this.arrived].filter(isIn).length);
      assert.equal(requested, [...this.awaited.keys()].filter(isIn).length);
    }
  }

  /** All peers serve at full speed. */
  finish(): void {
    this.memory = Number.POSITIVE_INFINITY;
    for (const peer of this.peers) {
      peer.isChoking = false;
      peer.rate = 1_000_000;
    }
    for (let idle = 0; idle < 2; idle++) {
      for (const peer of this.joined) if (this.next(peer, 7) > 0) idle = 0;
      for (const [key, id] of new Map(this.awaited)) this.arrive(this.peers[id] as ModelPeer, key);
      this.settle(false);
      this.now += 100;
    }
  }
}

test('agrees with a naive recount after every fact, and finishes all that the peers have', () => {
  fc.assert(
    fc.property(someFacts, fc.nat(), (facts, seed) => {
      const model = new Model(seed);
      model.check();
      for (const fact of facts) {
        model.apply(fact);
        model.check();
      }
      model.finish();
      model.check();
      for (let piece = 0; piece < PIECES; piece++) {
        const isServed = model.priorities[piece] !== 0 && model.picker.availabilityOf(piece) > 0;
        assert.ok(!isServed || model.have.has(piece), `piece ${piece} was not finished`);
      }
    }),
    { numRuns: 150 },
  );
});

test('finishes what one slow peer has while the others are dead, through takeovers alone', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 8 }), (seed, memory) => {
      const model = new Model(seed);
      model.memory = memory;
      for (const peer of model.peers) {
        peer.have = Bitfield.full(PIECES);
        model.joined.add(peer);
        model.picker.peerJoined(peer);
      }
      const alive = model.peers[seed % PEERS] as ModelPeer;
      // Nobody is known to be dead at first: all are given work.
      for (const peer of model.peers) model.next(peer, 4);
      for (let second = 0; second < 2000 && !model.picker.isFinished; second++) {
        model.now += 1000;
        const mine = [...model.awaited].filter(([, id]) => id === alive.id).map(([key]) => key);
        for (const key of mine) model.arrive(alive, key);
        alive.rate = 20_000;
        model.settle(false);
        for (const peer of model.peers) model.next(peer, peer === alive ? 2 : 1);
        model.check();
      }
      assert.ok(model.picker.isFinished, 'stuck behind dead peers');
    }),
    { numRuns: 20 },
  );
});
