import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EngineStatus } from '../engine-port.ts';
import { FakeEngine, FakeTorrent, smallTorrent } from '../fakes.test.ts';
import { RunCounters } from './torrent-counters.ts';

const { metainfo } = smallTorrent(1);
const idle = new FakeTorrent(new FakeEngine(), metainfo, { directory: '/', isPaused: true }).status();
const stored = { downloaded: 10, uploaded: 20, wasted: 3, secondsDownloading: 30, secondsSeeding: 40, activeAt: 5 };
const status = (kind: 'downloading' | 'seeding' | 'paused', figures: Partial<EngineStatus> = {}): EngineStatus => ({
  ...idle,
  state: { kind },
  ...figures,
});

describe('counters', () => {
  test('go on from what was stored, each kind of time for itself', () => {
    const counters = new RunCounters(stored, 0);
    counters.look(status('downloading'), 1_000, 101, 0);
    counters.look(status('seeding', { downloaded: 5, uploaded: 7, wasted: 2 }), 4_000, 104, 0);
    counters.look(status('paused', { downloaded: 5, uploaded: 7, wasted: 2 }), 6_000, 106, 0);
    counters.look(status('paused', { downloaded: 5, uploaded: 7, wasted: 2 }), 60_000, 160, 0);
    assert.deepEqual(counters.ever, {
      downloaded: 15,
      uploaded: 27,
      wasted: 5,
      secondsDownloading: 33,
      secondsSeeding: 42,
      activeAt: 104,
    });
  });

  test('tell a torrent in which nothing has moved for a minute', () => {
    const counters = new RunCounters(stored, 0);
    counters.look(status('downloading'), 0, 100, 0);
    counters.look(status('downloading', { downloaded: 1 }), 30_000, 130, 0);
    assert.equal(counters.isStalled(89_999), false);
    assert.equal(counters.isStalled(90_000), true);
    counters.look(status('seeding', { downloaded: 1 }), 90_000, 190, 0);
    assert.equal(counters.isStalled(90_000), false);
    counters.look(status('paused', { downloaded: 1 }), 91_000, 191, 0);
    assert.equal(counters.isStalled(900_000), false);
  });

  test('tell one that has been slower than the slow rate for a minute', () => {
    const counters = new RunCounters(stored, 0);
    counters.look(status('downloading', { downloadRate: 99 }), 0, 100, 100);
    assert.equal(counters.isSlow(59_999), false);
    assert.equal(counters.isSlow(60_000), true);
    counters.look(status('downloading', { downloadRate: 100 }), 61_000, 161, 100);
    assert.equal(counters.isSlow(200_000), false);
    counters.look(status('seeding', { uploadRate: 1 }), 200_000, 300, 100);
    assert.equal(counters.isSlow(260_000), true);
    const others = new RunCounters(stored, 0);
    others.look(status('downloading'), 0, 100, 0);
    assert.equal(others.isSlow(600_000), false);
  });

  test('tell how long nothing was sent', () => {
    const counters = new RunCounters(stored, 0);
    counters.look(status('seeding'), 10_000, 110, 0);
    counters.look(status('seeding', { downloaded: 3 }), 20_000, 120, 0);
    assert.equal(counters.secondsIdle(30_000), 20);
    counters.look(status('seeding', { downloaded: 3, uploaded: 1 }), 25_000, 125, 0);
    assert.equal(counters.secondsIdle(30_000), 5);
  });

  test('are stored only when they have changed', () => {
    const counters = new RunCounters(stored, 0);
    counters.look(status('paused'), 1_000, 101, 0);
    assert.equal(counters.isChanged, false);
    counters.look(status('seeding'), 2_000, 102, 0);
    counters.look(status('seeding'), 3_000, 103, 0);
    assert.equal(counters.isChanged, true);
  });
});
