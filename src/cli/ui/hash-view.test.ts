import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../base/clock.ts';
import { HashView } from './hash-view.ts';

const MIB = 1024 * 1024;

const viewAt = (title: string): { view: HashView; advance: (ms: number) => void } => {
  let now = 0;
  const clock = { now: () => now } as Clock;
  return { view: new HashView(title, 'ascii', clock), advance: (ms) => void (now += ms) };
};

test('hashing shows a bar, the share, the rate and the time left', () => {
  const { view, advance } = viewAt('Hashing');
  view.update(0, 100 * MIB);
  advance(1000);
  view.update(25 * MIB, 100 * MIB);
  assert.deepEqual(view.lines(), ['Hashing: 25.0 %  25 MiB of 100 MiB  25 MiB/s  ETA 0:03']);
  assert.deepEqual(view.drawing(77), ['Hashing  #####---------------  25.0 %  25 MiB of 100 MiB  25 MiB/s  ETA 0:03']);
});

test('a narrow terminal loses the bar, and no rate is shown before one is known', () => {
  const { view } = viewAt('Hashing');
  view.update(0, MIB);
  assert.deepEqual(view.drawing(30), ['Hashing  0.0 %  0 B of 1 MiB']);
});

test('what has no known end shows how much was done, without a bar', () => {
  const { view, advance } = viewAt('Encrypting');
  view.update(0, null);
  advance(1000);
  view.update(5 * MIB, null);
  assert.deepEqual(view.lines(), ['Encrypting: 5 MiB  5 MiB/s']);
  assert.deepEqual(view.drawing(77), ['Encrypting  5 MiB  5 MiB/s']);
});
