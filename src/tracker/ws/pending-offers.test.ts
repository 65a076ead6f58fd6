/** Offers that wait for their answer. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MOST_PENDING, PendingOffers } from './pending-offers.ts';

const maker = (number: number): { thread: number; number: number; id: string } => ({
  thread: 0,
  number,
  id: `${number}`,
});

describe('pending offers', () => {
  it('are answered once, and to who made them', () => {
    const offers = new PendingOffers();
    offers.add('same', maker(1), 0);
    offers.add('same', maker(2), 0);
    assert.equal(offers.take('same', '3'), null);
    assert.equal(offers.take('other', '1'), null);
    assert.deepEqual(offers.take('same', '2'), maker(2));
    assert.equal(offers.take('same', '2'), null);
    assert.deepEqual(offers.take('same', '1'), maker(1));
    assert.equal(offers.count, 0);
  });

  it('are bounded: the oldest is forgotten', () => {
    const offers = new PendingOffers();
    for (let i = 0; i <= MOST_PENDING; i++) offers.add(`${i}`, maker(i), 0);
    assert.equal(offers.count, MOST_PENDING);
    assert.equal(offers.take('0', '0'), null);
    assert.notEqual(offers.take('1', '1'), null);
  });

  it('are forgotten after a minute, when the next comes', () => {
    const offers = new PendingOffers();
    for (let i = 0; i < 5; i++) offers.add(`${i}`, maker(i), 0);
    offers.add('young', maker(6), 10);
    offers.add('new', maker(7), 16);
    assert.equal(offers.count, 2);
  });
});
