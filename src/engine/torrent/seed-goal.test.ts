import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeedGoal } from './seed-goal.ts';

test('without limits seeding has no end', () => {
  const goal = new SeedGoal({});
  goal.reach(0, 0, 1);
  assert.deepEqual([goal.isAhead, goal.reach(1e12, 1e15, 1)], [false, false]);
});

test('a ratio is reached when so many times the size was uploaded', () => {
  const goal = new SeedGoal({ seedRatio: 1.5 });
  assert.deepEqual([goal.isAhead, goal.reach(0, 149, 100), goal.reach(0, 150, 100)], [true, false, true]);
});

test('a ratio of nothing is never reached', () => {
  const goal = new SeedGoal({ seedRatio: 1 });
  assert.equal(goal.reach(0, 100, 0), false);
});

test('the time counts from the beginning of seeding', () => {
  const goal = new SeedGoal({ seedTime: 1000 });
  assert.deepEqual([goal.reach(500, 0, 1), goal.reach(1499, 0, 1), goal.reach(1500, 0, 1)], [false, false, true]);
});

test('of ratio and time whichever comes first ends seeding', () => {
  const options = { seedRatio: 2, seedTime: 1000 };
  assert.equal(new SeedGoal(options).reach(0, 200, 100), true);
  const goal = new SeedGoal(options);
  goal.reach(0, 0, 100);
  assert.equal(goal.reach(1000, 0, 100), true);
});

test('a goal that was reached ends seeding no second time', () => {
  const goal = new SeedGoal({ seedRatio: 1 });
  goal.reach(0, 100, 100);
  assert.deepEqual([goal.isAhead, goal.reach(1000, 200, 100)], [false, false]);
});
