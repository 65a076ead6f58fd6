import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SeedGoals } from '../torrent-settings.ts';
import { reachedGoal, secondsToGoal } from './seed-goals.ts';

const byDefault: SeedGoals = { ratio: 'default', minutes: 'default', idleMinutes: 'default' };
const none = { ratio: null, minutes: null, idleMinutes: null };
const facts = { ratio: 1.5, secondsSeeding: 600, secondsIdle: 120 };

describe('seeding', () => {
  test('has no end without a goal', () => {
    assert.equal(reachedGoal(byDefault, none, facts), null);
    const own = { ratio: 'none', minutes: 'none', idleMinutes: 'none' } as const;
    assert.equal(reachedGoal(own, { ratio: 1, minutes: 1, idleMinutes: 1 }, facts), null);
  });

  test('is over by the goal of the client that is reached', () => {
    assert.equal(reachedGoal(byDefault, { ...none, ratio: 1.5 }, facts), 'ratio');
    assert.equal(reachedGoal(byDefault, { ...none, ratio: 1.51 }, facts), null);
    assert.equal(reachedGoal(byDefault, { ...none, minutes: 10 }, facts), 'minutes');
    assert.equal(reachedGoal(byDefault, { ...none, minutes: 11 }, facts), null);
    assert.equal(reachedGoal(byDefault, { ...none, idleMinutes: 2 }, facts), 'idle');
    assert.equal(reachedGoal(byDefault, { ...none, idleMinutes: 3 }, facts), null);
  });

  test('goes by the own goal of a torrent rather than that of the client', () => {
    assert.equal(reachedGoal({ ...byDefault, ratio: 2 }, { ...none, ratio: 1 }, facts), null);
    assert.equal(reachedGoal({ ...byDefault, ratio: 1 }, { ...none, ratio: 2 }, facts), 'ratio');
    assert.equal(reachedGoal({ ...byDefault, ratio: 0 }, none, { ...facts, ratio: 0 }), 'ratio');
  });

  test('has so many seconds left to the nearest goal that can be foreseen', () => {
    const rates = { ...facts, uploadRate: 100, ratioBase: 10_000 };
    assert.equal(secondsToGoal({ ...byDefault, ratio: 2 }, none, rates), 50);
    assert.equal(secondsToGoal({ ...byDefault, ratio: 2, minutes: 10.5 }, none, rates), 30);
    assert.equal(secondsToGoal({ ...byDefault, ratio: 2 }, none, { ...rates, uploadRate: 0 }), null);
    assert.equal(secondsToGoal({ ...byDefault, minutes: 1 }, none, rates), 0);
    assert.equal(secondsToGoal(byDefault, { ...none, idleMinutes: 5 }, rates), null);
  });
});
