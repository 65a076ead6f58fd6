import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderBar } from './bar.ts';

test('a bar fills in eighths of a cell', () => {
  assert.equal(renderBar(0, 4, 'blocks'), '░░░░');
  assert.equal(renderBar(0.5, 4, 'blocks'), '██░░');
  assert.equal(renderBar(0.53125, 4, 'blocks'), '██▏░');
  assert.equal(renderBar(1, 4, 'blocks'), '████');
});

test('a terminal without block characters gets signs', () => {
  assert.equal(renderBar(0.5, 6, 'ascii'), '###---');
});

test('a share out of range is bounded', () => {
  assert.equal(renderBar(7, 3, 'ascii'), '###');
  assert.equal(renderBar(Number.NaN, 3, 'blocks'), '░░░');
});
