import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockDownloads } from './block-downloads.ts';

test('the queue grows by one with each block until the rate stops growing', () => {
  const downloads = new BlockDownloads(0);
  downloads.setLimit(500);
  const first = downloads.depth;
  for (let key = 0; key < 100; key++) downloads.asked(key, 0);
  for (let key = 0; key < 100; key++) downloads.arrived(key, 10);
  assert.equal(downloads.depth, first + 100);
});

test('the depth settles at three seconds of the measured rate', () => {
  const downloads = new BlockDownloads(0);
  downloads.setLimit(500);
  for (let key = 0; key < 40; key++) {
    downloads.asked(key, 0);
    downloads.arrived(key, 0);
  }
  for (let second = 1; second <= 20; second++) {
    downloads.received(10 * 16384);
    downloads.tick(second * 1000);
  }
  assert.equal(downloads.depth, 30);
});

test('no more blocks are asked for until half of the queue has come', () => {
  const downloads = new BlockDownloads(0);
  const { wanted, depth } = downloads;
  assert.equal(wanted, depth);
  for (let key = 0; key < depth; key++) downloads.asked(key, 0);
  assert.equal(downloads.wanted, 0);
  for (let key = 0; key < depth; key++) downloads.rejected(key);
  assert.equal(downloads.wanted, depth);
});

test('the depth never fills what the peer queues, but for a queue of one', () => {
  const downloads = new BlockDownloads(0);
  downloads.setLimit(3);
  assert.equal(downloads.depth, 2);
  downloads.setLimit(1);
  assert.equal(downloads.depth, 1);
});

test('under a limit of ours a second of it is asked ahead, and a few blocks at least', () => {
  const downloads = new BlockDownloads(0);
  const { depth } = downloads;
  downloads.maxRate = 10 * 16_384;
  assert.equal(downloads.depth, 10);
  downloads.maxRate = 1000;
  assert.equal(downloads.depth, 4);
  downloads.maxRate = Number.POSITIVE_INFINITY;
  assert.equal(downloads.depth, depth);
});

test('a block that was taken back is excused once', () => {
  const downloads = new BlockDownloads(0);
  downloads.asked(7, 0);
  assert.equal(downloads.excuse(7), true);
  assert.equal(downloads.isExcused(7), true);
  assert.equal(downloads.isExcused(7), false);
});

test('a reject for what was taken back leaves the same block pending that was asked for anew', () => {
  const downloads = new BlockDownloads(0);
  downloads.asked(7, 0);
  downloads.drain(true);
  downloads.asked(7, 0);
  assert.equal(downloads.rejected(7), false);
  assert.equal(downloads.isPending(7), true);
  assert.equal(downloads.rejected(7), true, 'the second answer is for the second request');
});

test('of what was taken back and came all the same no reject is awaited', () => {
  const downloads = new BlockDownloads(0);
  for (const comes of [
    (): void => downloads.arrived(7, 0),
    (): void => downloads.unused(7),
    (): void => void (downloads.drain(false), downloads.isExcused(7)),
  ]) {
    downloads.asked(7, 0);
    downloads.excuse(7);
    downloads.asked(7, 0);
    comes();
    downloads.asked(7, 0);
    assert.equal(downloads.rejected(7), true);
  }
});

test('a peer stalls when no block has come for the timeout', () => {
  const downloads = new BlockDownloads(0);
  assert.equal(downloads.isStalled(100_000, 60_000), false, 'nothing is pending');
  downloads.asked(1, 100_000);
  downloads.asked(2, 100_000);
  assert.equal(downloads.isStalled(150_000, 60_000), false);
  downloads.arrived(1, 150_000);
  assert.equal(downloads.isStalled(170_000, 60_000), false, 'a block came meanwhile');
  assert.equal(downloads.isStalled(211_000, 60_000), true);
});

test('a peer that stalled counts as snubbed until a block comes', () => {
  const downloads = new BlockDownloads(0);
  downloads.asked(1, 0);
  assert.equal(downloads.isSnubbed, false);
  downloads.snub();
  assert.equal(downloads.isSnubbed, true);
  downloads.arrived(1, 100);
  assert.equal(downloads.isSnubbed, false);
});
