import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../base/random.ts';
import { type ChokeCandidate, Choker } from './choker.ts';

const MIB = 1024 * 1024;
const leeching = { isSeeding: false, now: 0 };
const seeding = { isSeeding: true, now: 0 };

function peer(id: number, facts: Partial<ChokeCandidate> = {}): ChokeCandidate {
  return {
    id,
    isInterested: true,
    isUnchoked: false,
    downloadRate: 0,
    uploadRate: 0,
    unchokedAt: null,
    sentSinceUnchoke: 0,
    isSnubbed: false,
    ...facts,
  };
}

const unchoked = (id: number, since: number, facts: Partial<ChokeCandidate> = {}): ChokeCandidate =>
  peer(id, { isUnchoked: true, unchokedAt: since, ...facts });

const chokerWith = (slots: number, seed = 1): Choker => new Choker({ slots, random: seededRandom(seed) });

const sorted = (ids: Iterable<number>): number[] => [...ids].sort((a, b) => a - b);

/** Peers that live through rounds ten seconds apart, as the engine would run them. */
class Swarm {
  readonly peers: ChokeCandidate[];
  now = 0;
  readonly #choker: Choker;
  readonly #isSeeding: boolean;

  constructor(choker: Choker, isSeeding: boolean, peers: ChokeCandidate[]) {
    this.#choker = choker;
    this.#isSeeding = isSeeding;
    this.peers = peers;
  }

  round(): ReadonlySet<number> {
    const served = this.#choker.round(this.peers, { isSeeding: this.#isSeeding, now: this.now });
    for (const [index, before] of this.peers.entries()) {
      const isUnchoked = served.has(before.id);
      const unchokedAt = isUnchoked ? (before.unchokedAt ?? this.now) : null;
      const sent = before.isUnchoked && isUnchoked ? before.sentSinceUnchoke + before.uploadRate * 10 : 0;
      this.peers[index] = { ...before, isUnchoked, unchokedAt, sentSinceUnchoke: sent };
    }
    this.now += 10_000;
    return served;
  }
}

describe('a choker that leeches', () => {
  test('names those whom it unchokes although they have not earned it', () => {
    const choker = chokerWith(3);
    const served = choker.round(
      [peer(1, { downloadRate: 50 }), peer(2, { downloadRate: 9 }), peer(3), peer(4)],
      leeching,
    );
    assert.equal(served.size, 3);
    assert.deepEqual(
      sorted(choker.optimistic),
      sorted(served).filter((id) => id > 2),
    );
    choker.round([peer(1), peer(2)], seeding);
    assert.deepEqual([...choker.optimistic], []);
  });

  test('gives the regular slots to those who give most', () => {
    const peers = [10, 50, 30, 20, 40, 5].map((downloadRate, id) => peer(id, { downloadRate }));
    const served = chokerWith(4).round(peers, leeching);
    for (const id of [1, 4, 2]) assert.ok(served.has(id), `peer ${id} gives more than the others`);
    assert.equal(served.size, 4);
  });

  test('prefers the unchoked of two that give the same', () => {
    const peers = [peer(1, { downloadRate: 5 }), unchoked(2, -60_000, { downloadRate: 5 }), peer(3), peer(4), peer(5)];
    assert.ok(chokerWith(2).round(peers, leeching).has(2));
  });

  test('keeps an optimistic slot for a peer that gives nothing', () => {
    const givers = Array.from({ length: 10 }, (_, id) => unchoked(id, -60_000, { downloadRate: 1000 - id }));
    const served = chokerWith(8).round([...givers, peer(10)], leeching);
    assert.deepEqual(sorted(served), [0, 1, 2, 3, 4, 5, 6, 10]);
  });

  test('has one optimistic slot in five', () => {
    const givers = Array.from({ length: 20 }, (_, id) => unchoked(id, -60_000, { downloadRate: 1000 - id }));
    const newcomers = Array.from({ length: 20 }, (_, i) => peer(100 + i));
    const served = chokerWith(20).round([...givers, ...newcomers], leeching);
    assert.equal([...served].filter((id) => id >= 100).length, 4);
  });

  test('leaves an optimistic unchoke in place for 30 seconds and then passes it on', () => {
    const choker = chokerWith(2);
    const giver = unchoked(1, -60_000, { downloadRate: 100 });
    const [first] = [...choker.round([giver, peer(2), peer(3)], leeching)].filter((id) => id !== 1);
    const other = first === 2 ? 3 : 2;
    const held = [giver, unchoked(first as number, 0), peer(other)];
    assert.ok(choker.round(held, { isSeeding: false, now: 20_000 }).has(first as number));
    assert.deepEqual(sorted(choker.round(held, { isSeeding: false, now: 30_000 })), [1, other]);
  });

  test('leaves an optimistic unchoke in place while nobody else waits', () => {
    const served = chokerWith(2).round([unchoked(1, 0)], { isSeeding: false, now: 900_000 });
    assert.deepEqual([...served], [1]);
  });

  test('picks a newcomer next three times as often as its share', () => {
    let picked = 0;
    for (let seed = 0; seed < 3000; seed++) {
      const choker = chokerWith(1, seed);
      const old = Array.from({ length: 9 }, (_, id) => peer(id));
      choker.setSlots(0);
      choker.round(old, leeching);
      choker.setSlots(1);
      if (choker.round([...old, peer(9)], leeching).has(9)) picked++;
    }
    // Ten places in the queue, the first of which has three lots of twelve: a quarter, not a tenth.
    assert.ok(picked > 660 && picked < 840, `${picked} of 3000`);
  });

  test('takes the regular slot from a snubbed peer', () => {
    const snubbed = unchoked(1, -60_000, { downloadRate: 900, isSnubbed: true });
    const served = chokerWith(2).round([snubbed, peer(2, { downloadRate: 5 }), peer(3)], leeching);
    assert.deepEqual(sorted(served), [2, 3]);
  });

  test('gives slots that nobody has earned to whoever waits', () => {
    const peers = Array.from({ length: 5 }, (_, id) => peer(id, { isSnubbed: id < 2 }));
    assert.equal(chokerWith(4).round(peers, leeching).size, 4);
  });
});

describe('a choker that seeds', () => {
  test('does not look at what peers give', () => {
    const peers = [unchoked(1, 0, { uploadRate: 50 }), peer(2, { downloadRate: 999 })];
    assert.deepEqual([...chokerWith(1).round(peers, { isSeeding: true, now: 30_000 })], [1]);
  });

  test('lets a peer keep its slot for a minute even when it has had its share', () => {
    const peers = [unchoked(1, 0, { uploadRate: MIB, sentSinceUnchoke: 50 * MIB }), peer(2)];
    assert.deepEqual([...chokerWith(1).round(peers, { isSeeding: true, now: 59_000 })], [1]);
  });

  test('passes the slot of a peer that has had its share to one that waits', () => {
    const peers = [unchoked(1, 0, { uploadRate: MIB, sentSinceUnchoke: 50 * MIB }), peer(2)];
    assert.deepEqual([...chokerWith(1).round(peers, { isSeeding: true, now: 60_000 })], [2]);
  });

  test('lets a peer that has not had its share go on', () => {
    const peers = [unchoked(1, 0, { uploadRate: 1000, sentSinceUnchoke: 10 * MIB }), peer(2)];
    assert.deepEqual([...chokerWith(1).round(peers, { isSeeding: true, now: 120_000 })], [1]);
  });

  test('passes the slot of a peer that takes nothing to one that waits', () => {
    assert.deepEqual([...chokerWith(1).round([unchoked(1, 0), peer(2)], { isSeeding: true, now: 60_000 })], [2]);
  });

  test('ends the turn of a slow peer after five minutes', () => {
    const peers = [unchoked(1, 0, { uploadRate: 10, sentSinceUnchoke: 3000 }), peer(2)];
    assert.deepEqual([...chokerWith(1).round(peers, { isSeeding: true, now: 300_000 })], [2]);
  });

  test('leaves the slot to a peer that has had its share while nobody waits', () => {
    const peers = [unchoked(1, 0, { uploadRate: MIB, sentSinceUnchoke: 50 * MIB }), peer(2, { isInterested: false })];
    assert.deepEqual([...chokerWith(1).round(peers, { isSeeding: true, now: 600_000 })], [1]);
  });

  test('serves those who wait in the order in which they came', () => {
    const choker = chokerWith(1);
    const over = { uploadRate: MIB, sentSinceUnchoke: 50 * MIB };
    assert.deepEqual([...choker.round([peer(5), peer(3), peer(4)], seeding)], [5]);
    assert.deepEqual([...choker.round([unchoked(5, 0, over), peer(3), peer(4)], { ...seeding, now: 60_000 })], [3]);
    const then = [peer(5), unchoked(3, 60_000, over), peer(4), peer(6)];
    assert.deepEqual([...choker.round(then, { ...seeding, now: 120_000 })], [4]);
  });

  test('keeps the fastest when slots become fewer', () => {
    const choker = chokerWith(3);
    choker.setSlots(1);
    const peers = [10, 30, 20].map((uploadRate, id) => unchoked(id, 0, { uploadRate }));
    assert.deepEqual([...choker.round(peers, seeding)], [1]);
  });
});

describe('a choker', () => {
  test('unchokes everybody who is interested when slots are unlimited', () => {
    const peers = Array.from({ length: 50 }, (_, id) => peer(id, { isInterested: id % 5 !== 0, downloadRate: id % 3 }));
    const interested = peers.filter((one) => one.isInterested).map((one) => one.id);
    assert.deepEqual(sorted(chokerWith(Number.POSITIVE_INFINITY).round(peers, leeching)), interested);
    assert.deepEqual(sorted(chokerWith(Number.POSITIVE_INFINITY).round(peers, seeding)), interested);
  });

  test('gives no slot to a fast peer that wants nothing', () => {
    const peers = [unchoked(1, 0, { isInterested: false, downloadRate: 999, uploadRate: 999 }), peer(2)];
    assert.deepEqual([...chokerWith(2).round(peers, leeching)], [2]);
    assert.deepEqual([...chokerWith(2).round(peers, seeding)], [2]);
  });

  test('has a free slot while fewer interested peers than slots are unchoked', () => {
    const choker = chokerWith(2);
    const idle = unchoked(3, 0, { isInterested: false });
    assert.equal(choker.freeSlot([unchoked(1, 0), peer(2), idle]), true);
    assert.equal(choker.freeSlot([unchoked(1, 0), unchoked(2, 0), idle]), false);
    assert.equal(chokerWith(Number.POSITIVE_INFINITY).freeSlot([unchoked(1, 0)]), true);
  });

  test('counts a peer that was unchoked between rounds as one in its turn', () => {
    const choker = chokerWith(1);
    choker.round([peer(1, { isInterested: false }), peer(2, { isInterested: false })], leeching);
    const served = choker.round([unchoked(1, 8000), peer(2)], { isSeeding: false, now: 10_000 });
    assert.deepEqual([...served], [1]);
  });

  test('forgets the place of a peer that has gone', () => {
    const choker = chokerWith(1);
    choker.setSlots(0);
    choker.round([peer(1), peer(2)], seeding);
    choker.round([peer(2)], seeding);
    choker.setSlots(1);
    assert.deepEqual([...choker.round([peer(1), peer(2)], seeding)], [2]);
  });

  const facts = fc.record({
    isInterested: fc.boolean(),
    isUnchoked: fc.boolean(),
    downloadRate: fc.nat(100),
    uploadRate: fc.nat(100),
    sentSinceUnchoke: fc.nat(50 * MIB),
    isSnubbed: fc.boolean(),
    since: fc.nat(400_000),
  });

  test('fills exactly its slots with interested peers, whatever they do', () => {
    const run = fc.array(fc.array(facts, { maxLength: 30 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(run, fc.nat(12), fc.boolean(), fc.nat(), (rounds, slots, isSeeding, seed) => {
        const choker = chokerWith(slots, seed);
        for (const round of rounds) {
          const peers = round.map(({ since, ...rest }, id) =>
            peer(id, { ...rest, unchokedAt: rest.isUnchoked ? since : null }),
          );
          const served = choker.round(peers, { isSeeding, now: 400_000 });
          const interested = peers.filter((one) => one.isInterested);
          assert.equal(served.size, Math.min(slots, interested.length));
          for (const id of served) assert.ok(peers[id]?.isInterested, 'a peer that wants nothing has a slot');
        }
      }),
    );
  });

  test('serves every interested peer before long, leeching and seeding', () => {
    const steady = fc.array(
      fc.record({ downloadRate: fc.nat(100), uploadRate: fc.nat(MIB), isSnubbed: fc.boolean() }),
      {
        minLength: 1,
        maxLength: 20,
      },
    );
    fc.assert(
      fc.property(steady, fc.integer({ min: 1, max: 8 }), fc.boolean(), fc.nat(), (peers, slots, isSeeding, seed) => {
        const swarm = new Swarm(
          chokerWith(slots, seed),
          isSeeding,
          peers.map((each, id) => peer(id, each)),
        );
        const turns = isSeeding ? 31 : 4; // rounds of the longest turn
        const unserved = new Set(peers.keys());
        for (let round = 0; round < peers.length * turns && unserved.size > 0; round++) {
          for (const id of swarm.round()) unserved.delete(id);
        }
        assert.deepEqual([...unserved], []);
      }),
    );
  });
});
