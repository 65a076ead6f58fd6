import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransferLimits } from './transfer-limits.ts';

const KB = 1024;
const BLOCK = 16 * KB;

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

test('a torrent that waits for the session goes before one that has had more by its weight', () => {
  const session = new TransferLimits({ download: 100 * KB }, 0, null);
  const [light, heavy] = [new TransferLimits({}, 0, session), new TransferLimits({}, 0, session)];
  heavy.weight = 2;
  session.received(100 * KB, 0);
  assert.deepEqual([light.downloadRoom(0), heavy.downloadRoom(0)], [0, 0]);
  light.received(32 * KB, 0);
  heavy.received(48 * KB, 0);
  const later = 2000;
  for (let now = 100; now <= later; now += 100) for (const each of [light, heavy]) each.downloadRoom(now);
  assert.equal(heavy.downloadRoom(later), 32 * KB);
  heavy.received(20 * KB, later);
  assert.deepEqual([light.downloadRoom(later + 50) > 0, heavy.downloadRoom(later + 50) > 0], [true, true]);
});

test('a torrent that comes back has neither credit nor debt', () => {
  const session = new TransferLimits({ upload: 1000 * KB }, 0, null);
  const [steady, other] = [new TransferLimits({}, 0, session), new TransferLimits({}, 0, session)];
  assert.ok(other.uploadRoom(0) > 0);
  for (let now = 0; now < 10_000; now += 100) {
    assert.ok(steady.uploadRoom(now) > 0);
    steady.sent(50 * KB, now);
  }
  session.sent(500 * KB, 10_000);
  assert.equal(other.uploadRoom(10_000), 0);
  assert.equal(steady.uploadRoom(10_000), 0);
  assert.ok(steady.uploadRoom(10_300) > 0, 'it does not wait until the other has had as much');
});

test('a torrent that wanted little of its share for long does not keep the others waiting when it wants more', () => {
  const session = new TransferLimits({ upload: 1000 * KB }, 0, null);
  const [modest, other] = [0, 0].map(() => ({ limits: new TransferLimits({}, 0, session), wants: 0, sent: 0 }));
  assert.ok(modest && other);
  let now = 0;
  /** Both send, as at each tick of the limits, for so many seconds. */
  const send = (seconds: number, wants: number): void => {
    [modest.sent, other.sent] = [0, 0];
    for (const end = now + seconds * 1000; now < end; now += 100) {
      [modest.wants, other.wants] = [wants, Number.POSITIVE_INFINITY];
      for (const each of [modest, other]) {
        for (; each.wants > 0 && each.limits.uploadRoom(now) > 0; each.wants -= BLOCK) {
          each.limits.sent(BLOCK, now);
          each.sent += BLOCK;
        }
      }
    }
  };
  send(600, BLOCK);
  assert.ok(modest.sent < other.sent);
  send(10, Number.POSITIVE_INFINITY);
  const share = modest.sent / (modest.sent + other.sent);
  assert.ok(share > 0.4 && share < 0.6, `${share}`);
});
