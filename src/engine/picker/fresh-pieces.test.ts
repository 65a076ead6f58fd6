import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Bitfield } from '../../base/bitfield.ts';
import { seededRandom } from '../../base/random.ts';
import { Availability } from './availability.ts';
import { FreshPieces } from './fresh-pieces.ts';
import { type JoinedPeer, joinedPeer } from './joined-peer.ts';

const PIECES = 5000;

/** Pieces 0 to 2499 are had by one leecher, the others by two. */
function setUp(): { fresh: FreshPieces; availability: Availability } {
  const availability = new Availability(PIECES);
  const half = new Bitfield(PIECES);
  for (let piece = PIECES / 2; piece < PIECES; piece++) half.add(piece);
  const all = Bitfield.full(PIECES);
  for (const have of [half, all]) availability.addLeecher(have);
  const fresh = new FreshPieces({
    pieceCount: PIECES,
    availability,
    random: seededRandom(7),
    priorityOf: () => 4,
    mayStart: (peer, piece) => peer.mayRequest(piece),
  });
  for (let piece = 0; piece < PIECES; piece++) fresh.add(piece);
  return { fresh, availability };
}

function peerWith(pieces: readonly number[], facts: Partial<JoinedPeer['peer']> = {}): JoinedPeer {
  const have = new Bitfield(PIECES);
  for (const piece of pieces) have.add(piece);
  return joinedPeer({ id: 9, have, rate: 0, mayRequest: () => true, ...facts });
}

describe('fresh pieces of a torrent with thousands of pieces', () => {
  test('finds the only piece of a peer among many rarer ones', () => {
    const { fresh } = setUp();
    assert.equal(fresh.choose(peerWith([4321]), 'rarest', 0), 4321);
  });

  test('chooses the rarer of two pieces that are both far from the front', () => {
    const { fresh } = setUp();
    assert.equal(fresh.choose(peerWith([4321, 1234]), 'rarest', 0), 1234);
  });

  test('does not start with what all other peers have', () => {
    const { fresh } = setUp();
    const pieces = Array.from({ length: 400 }, (_, i) => i * 12);
    const started = new Set<number>();
    for (let i = 0; i < 30; i++) {
      const piece = fresh.choose(peerWith(pieces), 'rarest', 0);
      fresh.remove(piece);
      started.add(piece);
    }
    assert.equal(started.size, 30);
    assert.ok([...started].every((piece) => piece < PIECES / 2));
  });

  test('remembers that a peer has none of them until one becomes fresh', () => {
    const { fresh } = setUp();
    const peer = peerWith([17]);
    fresh.remove(17);
    assert.equal(fresh.choose(peer, 'rarest', 0), -1);
    assert.ok(fresh.isBarren(peer));
    fresh.add(17);
    assert.ok(!fresh.isBarren(peer));
    assert.equal(fresh.choose(peer, 'rarest', 0), 17);
  });

  test('remembers the same in sequential order', () => {
    const { fresh } = setUp();
    const peer = peerWith([17]);
    fresh.remove(17);
    assert.equal(fresh.choose(peer, 'sequential', 0), -1);
    assert.ok(fresh.isBarren(peer));
    fresh.add(17);
    assert.equal(fresh.choose(peer, 'sequential', 0), 17);
  });

  test('goes back in sequential order when an earlier piece becomes fresh again', () => {
    const { fresh } = setUp();
    const peer = joinedPeer({ id: 9, have: Bitfield.full(PIECES), rate: 0, mayRequest: () => true });
    for (let piece = 0; piece < 50; piece++) fresh.remove(piece);
    assert.equal(fresh.choose(peer, 'sequential', 0), 50);
    fresh.add(3);
    assert.equal(fresh.choose(peer, 'sequential', 0), 3);
  });

  test('starts a piece that a choking peer allows, however many it has', () => {
    const { fresh } = setUp();
    const have = Bitfield.full(PIECES);
    const limitedTo = new Set([4000, 2000, 3000]);
    const peer = joinedPeer({ id: 9, have, rate: 0, mayRequest: (piece) => limitedTo.has(piece), limitedTo });
    assert.equal(fresh.choose(peer, 'rarest', 0), 2000);
    fresh.remove(2000);
    assert.equal(fresh.choose(peer, 'sequential', 0), 3000);
  });

  test('does not take a peer for barren because it chokes us', () => {
    const { fresh } = setUp();
    const peer = peerWith([17], { mayRequest: () => false });
    for (const order of ['rarest', 'sequential'] as const) {
      assert.equal(fresh.choose(peer, order, 0), -1);
      assert.ok(!fresh.isBarren(peer));
    }
  });

  test('follows single changes of rarity', () => {
    const { fresh, availability } = setUp();
    const peer = joinedPeer({ id: 9, have: Bitfield.full(PIECES), rate: 0, mayRequest: () => true });
    assert.ok(fresh.choose(peer, 'rarest', 0) < PIECES / 2);
    for (let piece = 0; piece < PIECES; piece++) {
      if (piece === 2222) continue;
      const count = availability.increment(piece);
      fresh.rarityChanged(piece, count - 1, count);
    }
    assert.equal(fresh.choose(peer, 'rarest', 0), 2222);
  });

  test('tells more copies apart when more leechers come', () => {
    const { fresh, availability } = setUp();
    const peer = joinedPeer({ id: 9, have: Bitfield.full(PIECES), rate: 0, mayRequest: () => true });
    fresh.choose(peer, 'rarest', 0);
    for (let leecher = 0; leecher < 6; leecher++) {
      availability.addLeecher(new Bitfield(PIECES));
      for (let piece = leecher === 5 ? 1 : 0; piece < PIECES / 2; piece++) {
        const count = availability.increment(piece);
        fresh.rarityChanged(piece, count - 1, count);
      }
      for (let piece = PIECES / 2; piece < PIECES; piece++) {
        const count = availability.increment(piece);
        fresh.rarityChanged(piece, count - 1, count);
      }
    }
    assert.equal(fresh.choose(peer, 'rarest', 0), 0);
  });

  test('spreads equally rare pieces at random', () => {
    const { fresh } = setUp();
    const peer = joinedPeer({ id: 9, have: Bitfield.full(PIECES), rate: 0, mayRequest: () => true });
    const chosen = new Set(Array.from({ length: 20 }, () => fresh.choose(peer, 'rarest', 0)));
    assert.ok(chosen.size > 15);
  });
});
