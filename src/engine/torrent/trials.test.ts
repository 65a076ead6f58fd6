import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Trials } from './trials.ts';

const always = (): boolean => true;
const never = (): boolean => false;

test('only its own peer may bring a piece on trial', () => {
  const trials = new Trials();
  trials.begin(3, 7, 16, 0);
  assert.deepEqual([trials.mayBring(7, 3, 0), trials.mayBring(8, 3, 0), trials.mayBring(8, 4, 0)], [true, false, true]);
  assert.deepEqual([trials.isOf(7, 3), trials.isOf(8, 3)], [true, false]);
});

test('a piece that begins anew is for the others first', () => {
  const trials = new Trials();
  trials.begin(3, 7, 16, 0);
  trials.fail(3, 1000);
  assert.deepEqual([trials.mayBring(7, 3, 1000), trials.mayBring(8, 3, 1000)], [false, true]);
  assert.equal(trials.mayBring(7, 3, 200_000), true, 'but not for ever');
});

test('a piece without a trial that begins anew is for everybody', () => {
  const trials = new Trials();
  trials.fail(3, 0);
  assert.equal(trials.mayBring(7, 3, 0), true);
  assert.equal(trials.isEmpty, true);
});

test('a piece is overdue when its peer does nothing for it', () => {
  const trials = new Trials();
  trials.begin(3, 7, 16, 0);
  trials.begin(4, 8, 16, 0);
  assert.deepEqual(
    trials.overdue(1000, (peer) => peer === 8),
    [3],
  );
  assert.deepEqual(trials.overdue(1000, always), []);
});

test('a piece is overdue when it takes too long, the next time only after twice the time', () => {
  const trials = new Trials();
  trials.begin(3, 7, 16, 0);
  assert.deepEqual(trials.overdue(119_999, always), []);
  assert.deepEqual(trials.overdue(120_000, always), [3]);
  trials.fail(3, 120_000);
  trials.begin(3, 8, 16, 120_000);
  assert.deepEqual(trials.overdue(120_000 + 239_999, always), []);
  assert.deepEqual(trials.overdue(120_000 + 240_000, always), [3]);
});

test('a large piece may take a second a block', () => {
  const trials = new Trials();
  trials.begin(3, 7, 500, 0);
  assert.deepEqual(trials.overdue(499_999, always), []);
  assert.deepEqual(trials.overdue(500_000, always), [3]);
});

test('a piece that is complete is no longer on trial', () => {
  const trials = new Trials();
  trials.begin(3, 7, 16, 0);
  trials.end(3);
  assert.equal(trials.mayBring(8, 3, 0), true);
  assert.deepEqual(trials.overdue(0, never), []);
});

test('when the guilty is found everything is forgotten', () => {
  const trials = new Trials();
  for (const piece of [3, 4]) trials.begin(piece, 7, 16, 0);
  trials.fail(4, 0);
  trials.endAll();
  assert.equal(trials.isEmpty, true);
  assert.equal(trials.mayBring(7, 4, 0), true);
});
