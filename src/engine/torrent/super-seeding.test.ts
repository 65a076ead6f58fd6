import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../base/random.ts';
import type { Millis } from '../../base/units.ts';
import { PeerAvailability } from '../peer/peer-availability.ts';
import type { PeerSession } from '../peer/peer-session.ts';
import { SuperSeeding } from './super-seeding.ts';

const HAVE_LENGTH = 9;

/** A swarm around a super-seed, which is looked at without connections. */
class Scene {
  readonly peers: FakePeer[] = [];
  readonly superSeeding: SuperSeeding;
  readonly pieceCount: number;
  now: Millis = 0;
  /** Peers that were told of everything. */
  revealed = 0;
  #sent = 0;

  constructor(pieceCount: number) {
    this.pieceCount = pieceCount;
    this.superSeeding = new SuperSeeding(true, {
      random: seededRandom(16),
      now: () => this.now,
      pieceCount: () => pieceCount,
      peers: () => this.peers.map(sessionOf),
      uploaded: () => ++this.#sent, // it sends all the time
      peerHas: () => assert.fail(),
      revealed: () => this.revealed++,
    });
    this.superSeeding.update();
  }

  join(count: number): FakePeer[] {
    const joined = Array.from({ length: count }, () => new FakePeer(this.pieceCount));
    this.peers.push(...joined);
    for (const peer of joined) this.superSeeding.joined(sessionOf(peer));
    return joined;
  }

  second(): void {
    this.now += 1000;
    this.superSeeding.tick(this.now);
  }
}

class FakePeer {
  readonly pieces = new PeerAvailability();
  readonly uploads = { meter: { total: 0 } };
  peerInterested = true;
  isCongested = false;
  /** Numbers of pieces that it was told of at a time. */
  readonly told: number[] = [];

  constructor(pieceCount: number) {
    this.pieces.learnCount(pieceCount);
  }

  get have(): PeerAvailability['have'] {
    return this.pieces.have;
  }

  send(bytes: Uint8Array): void {
    this.told.push(bytes.length / HAVE_LENGTH);
  }
}

const sessionOf = (peer: FakePeer): PeerSession => peer as unknown as PeerSession;
const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);

test('whom to tell of which of many pieces is looked for bit by bit, and everybody has its turn', () => {
  const scene = new Scene(100_000);
  const [liar] = scene.join(1) as [FakePeer];
  liar.pieces.setAll();
  liar.pieces.have.delete(5); // now nothing is found without a look at everything
  scene.superSeeding.peerHasMany(sessionOf(liar));
  const others = scene.join(100);
  const told = (): number => others.filter((peer) => peer.told.length > 0).length;
  scene.second();
  scene.second();
  assert.ok(told() > 0 && told() < 20, `${told()} at once`);
  for (let i = 0; i < 30; i++) scene.second();
  assert.equal(told(), 100);
});

test('to a peer that wants nothing more and more pieces are named, but never too many at a time', () => {
  const scene = new Scene(20_000);
  const [peer] = scene.join(1) as [FakePeer];
  peer.peerInterested = false;
  for (let i = 0; i < 100; i++) scene.second();
  assert.deepEqual(peer.told.slice(0, 4), [1, 2, 4, 8]);
  assert.equal(Math.max(...peer.told), 2048);
  assert.equal(sum(peer.told), 20_000);
});

test('at its end peers are told of the rest in parts, as far as they read them', () => {
  const scene = new Scene(200_000);
  const [quick, slow] = scene.join(2) as [FakePeer, FakePeer];
  slow.isCongested = true;
  scene.superSeeding.set(false);
  assert.deepEqual([quick.told, slow.told, scene.revealed], [[2048], [], 0]);
  for (let i = 0; i < 100; i++) scene.second();
  assert.deepEqual([sum(quick.told), sum(slow.told), scene.revealed], [200_000, 0, 1]);
  slow.isCongested = false;
  for (let i = 0; i < 100; i++) scene.second();
  assert.deepEqual([sum(slow.told), scene.revealed], [200_000, 2]);
});
