import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeedGoal } from './seed-goal.ts';

test('without limits seeding has no end', () => {
  const goal = new SeedGoal({});
  goal.begin(0);
  assert.deepEqual([goal.isSet, goal.isReached(1e12, 1e15, 1)], [false, false]);
});

test('a ratio is reached when so many times the size was uploaded', () => {
  const goal = new SeedGoal({ seedRatio: 1.5 });
  assert.equal(goal.isReached(0, 1000, 100), false, 'seeding has not begun');
  goal.begin(0);
  assert.deepEqual([goal.isSet, goal.isReached(0, 149, 100), goal.isReached(0, 150, 100)], [true, false, true]);
});

test('a ratio of nothing is never reached', () => {
  const goal = new SeedGoal({ seedRatio: 1 });
  goal.begin(0);
  assert.equal(goal.isReached(0, 100, 0), false);
});

test('the time counts from the first beginning', () => {
  const goal = new SeedGoal({ seedTime: 1000 });
  goal.begin(500);
  goal.begin(1400);
  assert.deepEqual([goal.isReached(1499, 0, 1), goal.isReached(1500, 0, 1)], [false, true]);
});

test('of ratio and time whichever comes first ends seeding', () => {
  const goal = new SeedGoal({ seedRatio: 2, seedTime: 1000 });
  goal.begin(0);
  assert.equal(goal.isReached(10, 200, 100), true);
  assert.equal(goal.isReached(1000, 0, 100), true);
});
