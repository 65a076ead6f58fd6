import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransferLimits } from './transfer-limits.ts';

const KB = 1024;

test('without limits there is always room', () => {
  const limits = new TransferLimits({ download: 0, upload: 0 }, 0, null);
  limits.received(1e9, 0);
  assert.deepEqual([limits.isLimited, limits.downloadRoom(0)], [false, Number.POSITIVE_INFINITY]);
});

test('what has passed leaves no room until time has paid for it', () => {
  const limits = new TransferLimits({ download: 100 * KB, upload: 0 }, 0, null);
  limits.received(132 * KB, 0);
  assert.equal(limits.downloadRoom(0), 0);
  assert.equal(limits.downloadRoom(1000), 0);
  assert.equal(limits.downloadRoom(1100), 10 * KB);
  assert.equal(limits.uploadRoom(0), Number.POSITIVE_INFINITY);
});

test('a torrent has room only when the session has it too, and counts at both', () => {
  const session = new TransferLimits({ download: 0, upload: 100 * KB }, 0, null);
  const torrents = [1, 2].map(() => new TransferLimits({ download: 0, upload: 0 }, 0, session));
  const [first, second] = torrents as [TransferLimits, TransferLimits];
  first.sent(500 * KB, 0);
  assert.deepEqual([first.isLimited, second.uploadRoom(0), session.uploadRoom(0)], [true, 0, 0]);
});

test('a changed limit holds from now on', () => {
  const limits = new TransferLimits({ download: 0, upload: 0 }, 0, null);
  limits.set({ download: 50 * KB }, 0);
  limits.received(82 * KB, 0);
  assert.equal(limits.downloadRoom(0), 0);
  limits.set({ download: 0 }, 0);
  assert.equal(limits.downloadRoom(0), Number.POSITIVE_INFINITY);
});
